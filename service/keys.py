"""API keys: who may ask, read, write or administer, in which collections, from which origins.

HOME/keys.json, or the database, holds a key's SHA-256 and never the key: a key is 256 random bits,
so no table and no guessing turns the hash back, and no slow hash is needed (NIST SP 800-63B,
look-up secrets). As soon as there ever was one, everything that is not granted is refused; revoking
the last key opens nothing.
"""

import hmac
import json
import re
import secrets
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

from index.collection import Folders
from index.errors import UnavailableError
from index.store import Record
from service.errors import KeysError

Scope = Literal["ask", "read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_FORMAT = 1
_TOKEN = re.compile(r"pin_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Key:
    """What a key opens; `collections` None means all, no `origins` means callers of any kind.

    `origins` are those of browsers' pages ("https://chat.clinic.example"): where a key has some, a
    request must come from one of them.
    """

    key_id: str
    name: str
    sha256: str
    scopes: tuple[Scope, ...]
    collections: tuple[str, ...] | None
    origins: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None

    def opens(self, collection: str) -> bool:
        """Tell whether the key was granted a collection."""
        return self.collections is None or collection in self.collections

    def valid_at(self, now: datetime) -> bool:
        """Tell whether the key has not expired."""
        return self.expires_at is None or now < self.expires_at

    def usable_from(self, origin: str | None) -> bool:
        """Tell whether a request with this Origin header may use the key."""
        return not self.origins or origin in self.origins


class Keyring:
    """The keys of a store, or of a HOME's folder, read again whenever they have changed."""

    def __init__(self, kept: Record | Path) -> None:
        self._record: Record = Folders(kept).record("keys") if isinstance(kept, Path) else kept
        self._read: tuple[Hashable, dict[str, Key]] | None = None

    def closed(self) -> bool:
        """Tell whether a key was ever made here: then nothing is open without one.

        KeysError where that cannot be told now, and may be told later.
        """
        try:
            return self._record.stamp() is not None
        except UnavailableError as error:
            raise KeysError(str(error)) from error
        except OSError:
            return True  # what cannot be looked at opens nothing

    def keys(self) -> list[Key]:
        """Return all keys, oldest first; KeysError where their file cannot be read."""
        return sorted(self._keys().values(), key=lambda key: (key.created_at, key.key_id))

    def find(self, token: str, now: datetime, origin: str | None = None) -> Key | None:
        """Return the key that a caller presents, None where it is not one that holds now.

        Takes the same time for a key that never was as for one whose secret is wrong.
        """
        match = _TOKEN.fullmatch(token)
        key = self._keys().get(match[1]) if match else None
        presented = sha256((match[2] if match else "").encode()).hexdigest()
        same = hmac.compare_digest(presented, key.sha256 if key else _NOBODY)
        if key is None or not same or not key.valid_at(now) or not key.usable_from(origin):
            return None
        return key

    def create(
        self,
        name: str,
        scopes: Sequence[Scope],
        *,
        now: datetime,
        collections: Sequence[str] | None = None,
        origins: Sequence[str] = (),
        expires_at: datetime | None = None,
    ) -> tuple[Key, str]:
        """Make a key; return it with its token, which is shown this once and kept nowhere."""
        if expires_at is not None and expires_at <= now:
            raise KeysError(f"a key that expired on {expires_at:%Y-%m-%d} opens nothing")
        secret = secrets.token_urlsafe(32)
        key = Key(
            key_id=secrets.token_hex(6),
            name=name,
            sha256=sha256(secret.encode()).hexdigest(),
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            collections=None if collections is None else tuple(sorted(set(collections))),
            origins=tuple(dict.fromkeys(origin.rstrip("/") for origin in origins)),
            created_at=now,
            expires_at=expires_at,
        )
        with self._changing() as write:
            write({**(self._keys() if self.closed() else {}), key.key_id: key})
        return key, f"pin_{key.key_id}_{secret}"

    def revoke(self, key_id: str) -> Key:
        """Take a key away, at once for every process; KeysError where there is none of this id."""
        with self._changing() as write:
            keys = dict(self._keys())
            if key_id not in keys:
                raise KeysError(f"there is no key {key_id!r}; pincite keys list")
            gone = keys.pop(key_id)
            write(keys)
        return gone

    @contextmanager
    def _changing(self) -> Iterator[Callable[[Mapping[str, Key]], None]]:
        """Be the one who changes the keys; give what writes all of them."""
        try:
            with self._record.changing() as replace:
                yield lambda keys: replace(_to_bytes(keys.values()))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> KeysError:
        return KeysError(
            f"{self._record}: cannot be written ({error.strerror}); give this user the right to "
            "write there; the keys are as they were"
        )

    def _keys(self) -> dict[str, Key]:
        try:
            seen = self._record.stamp()
            if seen is None:
                return {}
            if self._read is None or self._read[0] != seen:
                body = json.loads(self._record.read())
                if body["format"] != _FORMAT:
                    raise ValueError(f"its format is {body['format']}")  # noqa: TRY301 - one way out
                self._read = seen, {one["key_id"]: _from_json(one) for one in body["keys"]}
        except UnavailableError as error:
            raise KeysError(str(error)) from error
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # Closed, not open: a file that cannot be read grants nothing.
            raise KeysError(
                f"{self._record}: cannot be read ({error}); restore it from a backup, or remove it "
                "and make the keys anew"
            ) from error
        return self._read[1]


def _to_bytes(keys: Iterable[Key]) -> bytes:
    body = {"format": _FORMAT, "keys": [_to_json(key) for key in keys]}
    return json.dumps(body, ensure_ascii=False, indent=2).encode()


def _to_json(key: Key) -> dict[str, Any]:
    times = {
        name: moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
        for name, moment in (("created_at", key.created_at), ("expires_at", key.expires_at))
    }
    return asdict(key) | times


def _from_json(body: dict[str, Any]) -> Key:
    collections = body["collections"]
    return Key(
        key_id=str(body["key_id"]),
        name=str(body["name"]),
        sha256=str(body["sha256"]),
        scopes=tuple(scope for scope in SCOPES if scope in body["scopes"]),
        collections=None if collections is None else tuple(collections),
        origins=tuple(body["origins"]),
        created_at=datetime.fromisoformat(body["created_at"]),
        expires_at=datetime.fromisoformat(body["expires_at"]) if body["expires_at"] else None,
    )
