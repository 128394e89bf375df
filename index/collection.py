"""A collection on disk: its builds, which of them is published, and the one writer at a time.

HOME/collections/NAME/
    CURRENT     the name of the published build; replaced atomically
    LOCK        held by the one process that writes
    originals/  the bytes that documents were read from, by SHA-256; shared by the builds
    builds/     immutable once published; .building-* is one under way
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index import holdings
from index.draft import Files
from index.errors import (
    BuildError,
    BusyError,
    CollectionError,
    DamagedError,
    NothingIndexedError,
)
from index.kept import FolderBuild
from index.layout import Layout, sync
from index.manifest import Manifest
from index.originals import Originals
from index.record import FileRecord
from index.wording import Synonyms, synonyms_at

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
        self.originals = Originals(self.folder / "originals")

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

    def published(self) -> FolderBuild:
        """Return the published build; NothingIndexedError before the first."""
        name = self.current()
        if name is None:
            raise NothingIndexedError(
                f"nothing is indexed in the collection {self.name!r}; pincite index PATH"
            )
        return self.build(name)

    def build(self, name: str) -> FolderBuild:
        """Return a kept build; CollectionError where there is none of that name."""
        return FolderBuild(self.layout(name))

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

    def synonyms(self) -> Synonyms:
        """Return what HOME/collections/NAME/synonyms.txt says now."""
        return synonyms_at(self.folder / "synonyms.txt")

    def calibrate(self, text: str) -> None:
        """Set the collection's calibration."""
        file = self.folder / "calibration.json"
        aside = file.with_suffix(".new")
        aside.write_text(text, encoding="utf-8")
        aside.replace(file)

    @contextmanager
    def writing(self, patience_seconds: float = 0.0) -> Iterator[None]:
        """Be the one writer; BusyError where another one is, and stays so for so long."""
        try:
            self._builds.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "LOCK", timeout=patience_seconds)
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
        except BaseException:
            self.originals.undo()
            raise
        finally:
            self.originals.confirm()
            lock.release()

    @contextmanager
    def staging(self, engine: str) -> Iterator["FolderDraft"]:
        """Give a folder to build in; it is gone afterwards unless it was published."""
        folder = None
        try:
            folder = Path(tempfile.mkdtemp(prefix=_UNDER_WAY, dir=self._builds))
            yield FolderDraft(self, Layout(folder), engine)
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
        self.originals.confirm()
        layout.folder.rename(self._builds / manifest.build)
        for above in (self._builds, self.folder, *self.folder.parents[:2]):
            sync(above)
        self._point_to(manifest.build)

    def activate(self, build: str) -> None:
        """Publish a kept build again, after checking its manifest."""
        self.build(build).manifest()
        try:
            self._point_to(build)
        except OSError as error:
            raise BuildError(
                f"{self.folder}: cannot be written ({error.strerror}); "
                "what was published before is untouched"
            ) from error

    def prune(self, keep: int) -> list[str]:
        """Delete all but the `keep` newest builds and the current one; return the deleted.

        Originals that no kept build refers to are deleted as well.
        """
        gone = self.prunable(keep)
        self._delete(gone)
        return gone

    def prunable(self, keep: int) -> list[str]:
        """Return the builds that `prune` would delete, oldest first."""
        names = self.builds()
        kept = {*names[max(len(names) - keep, 0) :], self.current()}
        return [name for name in names if name not in kept]

    def erase(self, document_id: str) -> list[str]:
        """Delete every build that holds a document, or may, and what it was read from.

        Returns the deleted builds; CollectionError where the published one is among them.
        """
        gone = [
            name
            for name in self.builds()
            if holdings.may_hold(self.build(name).holdings, document_id)
        ]
        if self.current() in gone:
            raise CollectionError(
                f"the published build of {self.name!r} holds {document_id!r}, or cannot be read; "
                "pincite doctor"
            )
        self._delete(gone)
        return gone

    def holds(self, document_id: str) -> bool:
        """Tell whether any kept build holds a document, or may."""
        return any(
            holdings.may_hold(self.build(name).holdings, document_id) for name in self.builds()
        )

    def wanted_originals(self) -> set[str] | None:
        """Return the originals that kept builds refer to; None where one cannot be asked."""
        wanted: set[str] = set()
        for name in self.builds():
            try:
                wanted.update(one.sha256 for one in holdings.read(self.layout(name)) or ())
            except DamagedError:
                return None
        return wanted

    def _delete(self, builds: Sequence[str]) -> None:
        for name in builds:
            # Out of sight first: a crash half-way must not leave half a build under its name.
            hidden = self._builds / f"{_UNDER_WAY}{name}"
            (self._builds / name).rename(hidden)
            sync(self._builds)
            shutil.rmtree(hidden)
        wanted = self.wanted_originals()
        if wanted is not None:
            self.originals.keep_only(wanted)

    def leftovers(self) -> list[str]:
        """Name the folders of builds that died under way; the next writer removes them."""
        found = self._builds.glob(f"{_UNDER_WAY}*") if self._builds.is_dir() else ()
        return sorted(path.name for path in found)

    def _sweep(self) -> None:
        self.originals.sweep_aside()
        for name in self.leftovers():
            shutil.rmtree(self._builds / name, ignore_errors=True)

    def _point_to(self, build: str) -> None:
        aside = self.folder / "CURRENT.new"
        aside.write_text(build + "\n", encoding="ascii")
        sync(aside)
        aside.replace(self._current)
        sync(self.folder)


class FolderDraft(Files):
    """A build under way in a folder that nobody looks into until it is published."""

    def __init__(self, collection: Collection, layout: Layout, engine: str) -> None:
        super().__init__(layout, engine)
        self._collection = collection

    def publish(self, manifest: Manifest) -> None:
        """Write the manifest, make all durable, and make the build the current one."""
        self.layout.manifest.write_text(manifest.to_json(), encoding="utf-8")
        self._collection.publish(self.layout, manifest)


class Folders:
    """The collections of a HOME."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __str__(self) -> str:
        return str(self._home)

    def collection(self, name: str) -> Collection:
        """Return a collection, there or not yet."""
        return Collection(self._home, name)

    def collections(self) -> list[Collection]:
        """Return the collections that have a published build, by name."""
        return collections(self._home)

    def names(self) -> list[str]:
        """Return the names of all folders where collections are kept, sorted."""
        folder = self._home / "collections"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def record(self, name: str) -> FileRecord:
        """Return HOME/NAME.json, there or not yet."""
        return FileRecord(self._home / f"{name}.json")


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
