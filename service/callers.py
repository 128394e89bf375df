"""Who asks: a key with what it opens, anybody where no key was ever made, or nobody."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from service.keys import SCOPES, Keyring, Scope

_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request may do; `key_id` is None without a key, `collections` None for all."""

    key_id: str | None
    name: str
    scopes: tuple[Scope, ...]
    collections: tuple[str, ...] | None

    def may(self, any_of: Collection[Scope]) -> bool:
        """Tell whether the caller has one of these scopes."""
        return any(scope in any_of for scope in self.scopes)

    def opens(self, collection: str) -> bool:
        """Tell whether the caller was granted a collection."""
        return self.collections is None or collection in self.collections


ANYBODY = Caller(None, "anybody", SCOPES, None)
"""Every caller, where no key was ever made."""
NOBODY = Caller(None, "nobody", (), ())
"""A caller without a key that holds, where there are keys."""

Presented = Literal["nothing", "refused"]
"""Why a caller is nobody: no key was sent, or one that does not hold."""


class Callers:
    """Tells who asks; once a key was seen to exist, nothing opens this process again."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._closed = False

    def closed(self) -> bool:
        """Tell whether a key is needed; a file of keys that vanishes lets nobody in.

        KeysError where that cannot be told now.
        """
        self._closed = self._closed or self._keyring.closed()
        return self._closed

    def find(self, method: str, headers: Headers, now: datetime) -> Caller | Presented:
        """Return who sent a request; KeysError where the keys cannot be read."""
        if not self.closed():
            return ANYBODY
        if "authorization" not in headers:
            return "nothing"
        key = self._keyring.find(_token(method, headers), now, headers.get("origin"))
        if key is None:
            return "refused"
        return Caller(key.key_id, key.name, key.scopes, key.collections)


def _token(method: str, headers: Headers) -> str:
    """Return the key in the Authorization header: a bearer's, or the password of a browser's form.

    "" where there is none. A browser sends a password it knows with every request, also with one
    that another site's page made it send; such a one may not change anything.
    """
    scheme, _, value = headers["authorization"].partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() != "basic" or not (method in _SAFE or _is_own_page(headers)):
        return ""
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]


def _is_own_page(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    try:
        return urlsplit(headers.get("origin", "")).netloc == headers.get("host")
    except ValueError:
        return False
