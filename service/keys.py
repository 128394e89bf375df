"""API keys: who may ask, read, write or administer, in which collections, from which origins.

HOME/keys.json holds a key's SHA-256 and never the key: a key is 256 random bits, so no table and no
guessing turns the hash back, and no slow hash is needed (NIST SP 800-63B, look-up secrets). As soon
as the file exists, everything that is not granted is refused; revoking the last key opens nothing.
"""

import hmac
import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from index.layout import sync
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
    """The keys of a HOME, read again whenever their file has changed."""

    def __init__(self, home: Path) -> None:
        self._file = home / "keys.json"
        self._read: tuple[tuple[int, int, int], dict[str, Key]] | None = None

    def closed(self) -> bool:
        """Tell whether a key was ever made here: then nothing is open without one."""
        try:
            self._file.stat()
        except FileNotFoundError:
            return False
        except OSError:
            return True  # what cannot be looked at opens nothing
        return True

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
        with self._writing():
            self._write({**(self._keys() if self.closed() else {}), key.key_id: key})
        return key, f"pin_{key.key_id}_{secret}"

    def revoke(self, key_id: str) -> Key:
        """Take a key away, at once for every process; KeysError where there is none of this id."""
        with self._writing():
            keys = dict(self._keys())
            if key_id not in keys:
                raise KeysError(f"there is no key {key_id!r}; pincite keys list")
            gone = keys.pop(key_id)
            self._write(keys)
        return gone

    def _writing(self) -> FileLock:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        return FileLock(self._file.with_suffix(".lock"), timeout=10)

    def _write(self, keys: dict[str, Key]) -> None:
        body = {"format": _FORMAT, "keys": [_to_json(key) for key in keys.values()]}
        aside = self._file.with_suffix(".new")
        try:
            aside.unlink(missing_ok=True)
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(body, file, ensure_ascii=False, indent=2)
                file.flush()
                os.fsync(descriptor)
            aside.replace(self._file)
            sync(self._file.parent)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> KeysError:
        return KeysError(
            f"{self._file}: cannot be written ({error.strerror}); give this user the right to "
            "write there; the keys are as they were"
        )

    def _keys(self) -> dict[str, Key]:
        try:
            status = self._file.stat()
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            if self._read is None or self._read[0] != seen:
                body = json.loads(self._file.read_bytes())
                if body["format"] != _FORMAT:
                    raise ValueError(f"its format is {body['format']}")  # noqa: TRY301 - one way out
                self._read = seen, {one["key_id"]: _from_json(one) for one in body["keys"]}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # Closed, not open: a file that cannot be read grants nothing.
            raise KeysError(
                f"{self._file}: cannot be read ({error}); restore it from a backup, or remove it "
                "and make the keys anew"
            ) from error
        return self._read[1]


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
