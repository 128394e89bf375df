"""The files of one build, as a value: every name on disk stands here and nowhere else."""

import os
from dataclasses import dataclass
from pathlib import Path

FORMAT = 5
"""Version of everything below; a build of another format is rebuilt, never guessed at."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a build are, inside its folder."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """What the build is and the SHA-256 of every other file; written last."""
        return self.folder / "manifest.json"

    @property
    def catalog(self) -> Path:
        """Documents, sentences, passages and places (SQLite)."""
        return self.folder / "catalog.sqlite"

    @property
    def holdings(self) -> Path:
        """What each document was read from, a JSON object a line; the same in every format."""
        return self.folder / "documents.jsonl"

    @property
    def dropped(self) -> Path:
        """What was merged or skipped, a JSON object a line."""
        return self.folder / "dropped.jsonl"

    @property
    def vectors(self) -> Path:
        """float32 (passages, dim): each passage encoded; the truth that engines are built from."""
        return self.folder / "vectors.npy"

    @property
    def paragraphs(self) -> Path:
        """float32 (paragraphs, dim): each paragraph encoded."""
        return self.folder / "paragraphs.npy"

    @property
    def expansions(self) -> Path:
        """Which words mean the same (JSON)."""
        return self.folder / "expansions.json"

    @property
    def vocabulary(self) -> Path:
        """The documents' words and how often each occurs (JSON)."""
        return self.folder / "vocabulary.json"

    @property
    def members(self) -> Path:
        """Which paragraphs each passage stands in, and what it is (arrays)."""
        return self.folder / "members"

    @property
    def dense(self) -> Path:
        """The vector engine's own folder; derived, disposable."""
        return self.folder / "dense"

    @property
    def lexical(self) -> Path:
        """The lexical engine's own folder; derived, disposable."""
        return self.folder / "lexical"

    @property
    def synonyms(self) -> Path:
        """The site's own list of equal terms, beside the builds of the collection."""
        return self.folder.parent.parent / "synonyms.txt"

    @property
    def calibration(self) -> Path:
        """The collection's calibration, beside its builds: it outlives each of them."""
        return self.folder.parent.parent / "calibration.json"

    def original(self, sha256: str) -> Path:
        """Return where the file of a document is kept, beside the builds, if it is."""
        return self.folder.parent.parent / "originals" / sha256

    def files(self) -> list[Path]:
        """Return every file of the build but its manifest, sorted."""
        return sorted(
            path for path in self.folder.rglob("*") if path.is_file() and path != self.manifest
        )


def sync(path: Path) -> None:
    """Make a file or a folder's list of entries survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
