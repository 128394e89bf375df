"""A build that is kept in a folder, not opened: what is read of it without a question."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from corpus.reading import Skipped
from index import dropped, holdings, wording
from index.catalog import Catalog
from index.encoders.protocol import Vectors
from index.holdings import Holding
from index.layout import Layout
from index.lexical import LexicalIndex
from index.manifest import Manifest, check_file, check_files, read_manifest
from index.members import Members
from index.opened import OpenedFolder
from index.spelling import Vocabulary


@dataclass(frozen=True, slots=True)
class FolderBuild:
    """A build of a collection by its files."""

    layout: Layout

    def __str__(self) -> str:
        return str(self.layout.folder)

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.layout.folder.name

    def manifest(self) -> Manifest:
        """Read and check manifest.json itself."""
        return read_manifest(self.layout)

    def check_catalog(self) -> None:
        """Check that the catalog is what was written."""
        check_file(self.layout.catalog, self.layout, self.manifest())

    def check(self, *, but_catalog: bool = False) -> None:
        """Check that every file is what was written."""
        but = self.layout.catalog if but_catalog else None
        check_files(self.layout, self.manifest(), but=but)

    def open(self, *, checked: bool = False) -> OpenedFolder:
        """Map its files, after checking every one of them."""
        if not checked:
            self.check()
        return OpenedFolder(self.layout, self.manifest())

    def catalog(self) -> Catalog:
        """Open its catalog alone."""
        return Catalog(self.layout.catalog)

    def vectors(self) -> Vectors:
        """Map its passages' vectors."""
        return _loaded(self.layout.vectors, self.manifest().counts.passages)

    def paragraphs(self) -> Vectors:
        """Map its paragraphs' vectors."""
        return _loaded(self.layout.paragraphs, self.manifest().counts.paragraphs)

    def vocabulary(self) -> Vocabulary:
        """Read its documents' words."""
        return wording.read_vocabulary(self.layout)

    def holdings(self) -> list[Holding] | None:
        """Read what its documents were read from."""
        return holdings.read(self.layout)

    def skipped(self) -> list[Skipped]:
        """Read which files it skipped."""
        return dropped.skipped(self.layout)

    def found_by_words(self) -> int:
        """Count the passages that the search by words holds."""
        return len(LexicalIndex(self.layout.lexical, Members.read(self.layout.members)))

    def size_bytes(self) -> int:
        """Add up its files."""
        files = self.layout.folder.rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())

    def has_original(self, sha256: str) -> bool:
        """Tell whether the file of a document is kept."""
        return self.layout.original(sha256).is_file()

    def original(self, sha256: str) -> BinaryIO | None:
        """Open the file of a document."""
        with suppress(FileNotFoundError):
            return self.layout.original(sha256).open("rb")
        return None

    def calibration(self) -> str | None:
        """Read the collection's calibration."""
        with suppress(FileNotFoundError):
            return self.layout.calibration.read_text(encoding="utf-8")
        return None


def _loaded(path: Path, rows: int) -> Vectors:
    vectors: Vectors = np.load(path, mmap_mode="r" if rows else None)
    return vectors
