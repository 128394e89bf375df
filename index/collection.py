"""A collection on disk: its builds, which of them is published, and the one writer at a time.

HOME/collections/NAME/
    CURRENT     the name of the published build; replaced atomically
    LOCK        held by the one process that writes
    builds/     immutable once published; .building-* is one under way
    originals/  the files that documents were read from, each under its SHA-256
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import (
    BuildError,
    BusyError,
    CollectionError,
    DamagedError,
    NothingIndexedError,
)
from index.layout import Layout, sync
from index.manifest import Manifest, read_manifest

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_BUILD = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-z-]+")
_UNDER_WAY = ".building-"


class Collection:
    """One named set of documents with its builds."""

    def __init__(self, home: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise CollectionError(
                f"{name!r} cannot name a collection; use 1 to 63 of a-z, 0-9, '-' and '_', "
                "a letter or digit first"
            )
        self.name = name
        self.folder = home / "collections" / name
        self._builds = self.folder / "builds"
        self._current = self.folder / "CURRENT"

    def current(self) -> str | None:
        """Return the name of the published build, or None before the first."""
        try:
            name = self._current.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise CollectionError(f"{self._current}: cannot be read: {error}") from error
        if not _BUILD.fullmatch(name):
            raise DamagedError(
                f"{self._current}: names no build; pincite builds list, then builds activate one"
            )
        return name

    def exists(self) -> bool:
        """Tell whether anything was ever published here."""
        return self._current.exists()

    def published(self) -> Layout:
        """Return the published build's layout; NothingIndexedError before the first."""
        name = self.current()
        if name is None:
            raise NothingIndexedError(
                f"nothing is indexed in the collection {self.name!r}; pincite index PATH"
            )
        return self.layout(name)

    def layout(self, build: str) -> Layout:
        """Return the layout of a build by name; CollectionError where there is none."""
        layout = Layout(self._builds / build)
        if not _BUILD.fullmatch(build) or not layout.folder.is_dir():
            raise CollectionError(
                f"the collection {self.name!r} has no build {build!r}; pincite builds list"
            )
        return layout

    def builds(self) -> list[str]:
        """Return the names of the kept builds, oldest first."""
        if not self._builds.is_dir():
            return []
        return sorted(path.name for path in self._builds.iterdir() if _BUILD.fullmatch(path.name))

    def original(self, sha256: str) -> Path:
        """Return where the file of this SHA-256 is kept that a document was read from."""
        return self.folder / "originals" / sha256

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer; BusyError at once where another is."""
        try:
            self._builds.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "LOCK", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise BusyError(
                f"another process is indexing the collection {self.name!r}; wait for it to end"
            ) from error
        except OSError as error:
            raise CollectionError(
                f"{self.folder}: cannot be written ({error.strerror}); "
                "give this user the right to write there, or choose another --home"
            ) from error
        try:
            self._sweep()
            yield
        finally:
            lock.release()

    @contextmanager
    def staging(self) -> Iterator[Layout]:
        """Give a folder to build in; it is gone afterwards unless it was published."""
        folder = None
        try:
            folder = Path(tempfile.mkdtemp(prefix=_UNDER_WAY, dir=self._builds))
            yield Layout(folder)
        except OSError as error:
            raise BuildError(
                f"{folder or self._builds}: the build cannot be written "
                f"({error.strerror or error}); free some space or give the right to write; "
                "what was published before is untouched"
            ) from error
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def publish(self, layout: Layout, manifest: Manifest) -> None:
        """Make a finished build the current one: durable first, then one atomic replacement."""
        for folder, _, files in os.walk(layout.folder):
            for name in files:
                path = Path(folder) / name
                path.chmod(0o644)
                sync(path)
            sync(Path(folder))
        layout.folder.chmod(0o755)
        layout.folder.rename(self._builds / manifest.build)
        sync(self._builds)
        self._point_to(manifest.build)

    def activate(self, build: str) -> None:
        """Publish a kept build again, after checking that it is whole."""
        read_manifest(self.layout(build))
        self._point_to(build)

    def prune(self, keep: int) -> list[str]:
        """Delete all but the `keep` newest builds and the current one; return the deleted."""
        names = self.builds()
        kept = {*names[max(len(names) - keep, 0) :], self.current()}
        gone = [name for name in names if name not in kept]
        for name in gone:
            # Out of sight first: a crash half-way must not leave half a build under its name.
            hidden = self._builds / f"{_UNDER_WAY}{name}"
            (self._builds / name).rename(hidden)
            shutil.rmtree(hidden)
        return gone

    def leftovers(self) -> list[Path]:
        """Return folders of builds that died under way; the next writer removes them."""
        return sorted(self._builds.glob(f"{_UNDER_WAY}*")) if self._builds.is_dir() else []

    def _sweep(self) -> None:
        for folder in self.leftovers():
            shutil.rmtree(folder, ignore_errors=True)

    def _point_to(self, build: str) -> None:
        aside = self.folder / "CURRENT.new"
        aside.write_text(build + "\n", encoding="ascii")
        sync(aside)
        aside.replace(self._current)
        sync(self.folder)


def collections(home: Path) -> list[Collection]:
    """Return the collections of a HOME that have a published build, by name."""
    folder = home / "collections"
    if not folder.is_dir():
        return []
    found = (
        Collection(home, path.name)
        for path in sorted(folder.iterdir())
        if path.is_dir() and _NAME.fullmatch(path.name)
    )
    return [collection for collection in found if collection.exists()]
