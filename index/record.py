"""A small document kept beside the collections, in a file: replaced whole, by one at a time."""

import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from index.layout import sync


class FileRecord:
    """A document that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def stamp(self) -> Hashable | None:
        """Return what changes whenever the document does, None before it is first written."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return (status.st_mtime_ns, status.st_ino, status.st_size)

    def read(self) -> bytes:
        """Return the document; OSError where it cannot be read."""
        return self._path.read_bytes()

    @contextmanager
    def changing(self) -> Iterator[Callable[[bytes], None]]:
        """Be the one who changes it; give what replaces it, at once and durably."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_suffix(".lock"), timeout=10):
            yield self._write

    def _write(self, body: bytes) -> None:
        aside = self._path.with_suffix(".new")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(descriptor)
        aside.replace(self._path)
        sync(self._path.parent)
