"""Where callers reach this service: the links that they can follow, the names that it goes by."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from service.settings import Settings, listed

_LOOPBACK_HOSTS = ("127.0.0.1:*", "localhost:*", "[::1]:*")
_LOOPBACK_ORIGINS = ("http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*")


@dataclass(frozen=True, slots=True)
class Address:
    """The service as it is known from outside; never taken from a request's Host header.

    `public_url` has no slash at its end and is "" where none is known. `hosts` and `origins` are
    those that a request to `/mcp` may name; `:*` at the end stands for any port.
    """

    public_url: str = ""
    hosts: tuple[str, ...] = _LOOPBACK_HOSTS
    origins: tuple[str, ...] = _LOOPBACK_ORIGINS

    def absolute(self, path: str) -> str:
        """Return a link for callers on other sites; `path` itself where no address is known."""
        return self.public_url + path


def address_of(settings: Settings, host: str, port: int) -> Address:
    """Return the address of a service that listens on `host`, an IP address, and `port`."""
    public_url = settings.public_url
    if public_url == "auto":
        shown = f"[{host}]" if ":" in host else host
        public_url = f"http://{shown}:{port}" if ip_address(host).is_loopback else ""
    known = urlsplit(public_url)
    own_hosts = (known.netloc, f"{known.hostname}:*") if known.netloc else ()
    own_origins = (f"{known.scheme}://{known.netloc}",) if known.netloc else ()
    return Address(
        public_url.rstrip("/"),
        (*_LOOPBACK_HOSTS, *own_hosts, *listed(settings.allowed_hosts)),
        (
            *(*_LOOPBACK_ORIGINS, *own_origins),
            *(*listed(settings.allowed_origins), *listed(settings.cors_origins)),
        ),
    )
