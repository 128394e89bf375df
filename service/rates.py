"""How often a caller may ask: so many requests in so much time. The one module that counts them."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

import limits
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

_NETWORK = 64
"""Bits of an IPv6 address that tell one customer's network from another's."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands after a request: whether it is `within`, and the headers that say so.

    The headers are those of the IETF's draft (RateLimit header fields for HTTP), with Retry-After
    where the request was too many.
    """

    within: bool
    headers: Mapping[str, str]


class Rate:
    """One limit, such as "600/minute", kept for each caller apart, over a sliding window.

    In memory: each process counts for itself, and a restart forgets.
    """

    def __init__(self, limit: str) -> None:
        self._limit = limits.parse(limit)
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def hit(self, caller: str) -> Standing:
        """Count one more request of a caller."""
        within = self._counter.hit(self._limit, caller)
        stats = self._counter.get_window_stats(self._limit, caller)
        window = self._limit.get_expiry()
        seconds = min(max(1, math.ceil(stats.reset_time - time.time())), window)
        headers = {
            "RateLimit-Policy": f'"requests";q={self._limit.amount};w={window}',
            "RateLimit": f'"requests";r={stats.remaining if within else 0};t={seconds}',
        }
        return Standing(within, headers if within else {**headers, "Retry-After": str(seconds)})


def whereabouts(host: str) -> str:
    """Return what a client's requests are counted under: its address, of IPv6 its network."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), _NETWORK), strict=False))
