"""The bytes that documents were read from, each kept once under its SHA-256.

They belong to the collection and are shared by its builds. One is durable before a build that
refers to it is published, and stays until no kept build does.
"""

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from index.errors import BuildError, DamagedError
from index.layout import sync

_ASIDE = ".new-"
_SYNCS_AT_ONCE = 8


class Originals:
    """The folder of originals of one collection; only the collection's one writer changes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside: dict[str, Path] = {}
        self._settled: list[Path] = []

    def path(self, sha256: str) -> Path:
        """Return where the original of this SHA-256 is, or would be."""
        return self._folder / sha256

    def read(self, sha256_hex: str) -> bytes:
        """Return an original's bytes; DamagedError where they are missing or not what they were."""
        path = self.path(sha256_hex)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DamagedError(
                f"{path}: the original is missing or unreadable ({error.strerror}); {MEND}"
            ) from error
        if sha256(data).hexdigest() != sha256_hex:
            raise DamagedError(
                f"{path}: the original is damaged (its SHA-256 is not its name); {MEND}"
            )
        return data

    def keep(self, sha256: str, data: bytes) -> None:
        """Write an original aside, unless it is there; `settle` puts it in its place."""
        path = self.path(sha256)
        if sha256 in self._aside or (path.exists() and path.stat().st_size == len(data)):
            return
        try:
            self._folder.mkdir(exist_ok=True)
            aside = self._aside[sha256] = self._folder / f"{_ASIDE}{sha256}"
            aside.write_bytes(data)
            aside.chmod(0o644)
        except OSError as error:
            raise self._cannot_be_written(error) from error

    def settle(self) -> None:
        """Make what was written aside durable, and put it in its place."""
        if not self._aside:
            return
        try:
            with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:  # so that the disk can join them
                list(pool.map(sync, self._aside.values()))
            for sha256, aside in self._aside.items():
                self._settled.append(aside.replace(self.path(sha256)))
            sync(self._folder)
            sync(self._folder.parent)
        except OSError as error:
            raise self._cannot_be_written(error) from error
        self._aside.clear()

    def confirm(self) -> None:
        """Let what was settled stay: a build is about to refer to it."""
        self._settled.clear()

    def undo(self) -> None:
        """Delete what was kept since `confirm`: the build that it was for did not come to be."""
        for path in self._settled:
            path.unlink(missing_ok=True)
        self._settled.clear()
        self.sweep_aside()

    def _cannot_be_written(self, error: OSError) -> BuildError:
        return BuildError(
            f"{self._folder}: the documents' originals cannot be written "
            f"({error.strerror or error}); free some space or give the right to write; "
            "what was published before is untouched"
        )

    def held(self) -> list[str]:
        """Return the SHA-256 of every original that is kept, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(one.name for one in self._folder.iterdir() if not _is_aside(one))

    def sweep_aside(self) -> None:
        """Delete what a writer that died had written aside."""
        for path in self._folder.glob(f"{_ASIDE}*") if self._folder.is_dir() else ():
            path.unlink(missing_ok=True)
        self._aside.clear()

    def keep_only(self, wanted: Collection[str]) -> list[str]:
        """Delete every original but the wanted; return the SHA-256 of the deleted."""
        gone = [one for one in self.held() if one not in wanted]
        for one in gone:
            self.path(one).unlink()
        if gone:
            sync(self._folder)
        return gone


MEND = "delete it and index the document's file again, or upload the document again"


def _is_aside(path: Path) -> bool:
    return os.path.basename(path).startswith(_ASIDE)  # noqa: PTH119 - quicker, for many files
