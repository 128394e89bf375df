"""Where collections are kept: the seam between what is done with builds and where they are.

Two stores fit it: folders of a HOME (index.collection and its neighbours) and a PostgreSQL database
(index.postgres). Ranking, updating, serving and checking are written once, against these.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Protocol

from corpus.reading import Skipped
from index.catalog import Catalog
from index.encoders.protocol import Vectors
from index.expansion import Expansions
from index.filters import Filter
from index.holdings import Holding
from index.manifest import Manifest
from index.merging import Merged
from index.parts import Part
from index.ranking import Candidates, Mode
from index.selection import Selection
from index.spelling import Vocabulary
from index.vectors.protocol import Structure
from index.wording import Synonyms, Wording

Encode = Callable[[], Vectors]
"""What encodes a question, to shape (dim,), when it is called."""


class OpenedBuild(Protocol):
    """A build opened for questions, by any number of threads; it never changes."""

    @property
    def catalog(self) -> Catalog:
        """Its documents, sentences, passages and places."""
        ...

    @property
    def wording(self) -> Wording:
        """What it knows of words."""
        ...

    def select(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what a filter leaves of it, as a part of this collection, on this day."""
        ...

    def prompts(self) -> tuple[list[str], list[str]]:
        """Return its distinct questions and headings, the commonest first."""
        ...

    def candidates(
        self, question: str, encode: Encode, pool: int, mode: Mode, within: Selection | None
    ) -> Candidates:
        """Return the candidates for a question with all their signals.

        Candidates are the best `pool` rows of the search by meaning, unless the mode is lexical,
        and of the search by words, unless it is dense; that one needs no `encode`, and may go on
        beside it. With a selection, they and their signals are of what stands in its documents.
        """
        ...


class StoredBuild(Protocol):
    """A build that is kept, by name; str() says where. DamagedError where it is not as written."""

    @property
    def name(self) -> str:
        """Its name, which sorts by age."""
        ...

    def manifest(self) -> Manifest:
        """Read the manifest; FormatError where another version made the build."""
        ...

    def check_catalog(self) -> None:
        """Check that the catalog is what was written."""
        ...

    def check(self, *, but_catalog: bool = False) -> None:
        """Check that every part is what was written; the catalog not, where it was before."""
        ...

    def open(self, *, checked: bool = False) -> OpenedBuild:
        """Open it for questions, after checking what is checked at each opening.

        `checked` says that all of it was checked already.
        """
        ...

    def catalog(self) -> Catalog:
        """Open its catalog alone, unchecked."""
        ...

    def vectors(self) -> Vectors:
        """Return its passages' vectors: float32, (passages, dim)."""
        ...

    def paragraphs(self) -> Vectors:
        """Return its paragraphs' vectors: float32, (paragraphs, dim)."""
        ...

    def vocabulary(self) -> Vocabulary:
        """Return its documents' words."""
        ...

    def holdings(self) -> list[Holding] | None:
        """Return what its documents were read from, whatever its format; None where unknown."""
        ...

    def skipped(self) -> list[Skipped]:
        """Return the files that it skipped."""
        ...

    def found_by_words(self) -> int:
        """Return how many passages the search by words holds."""
        ...

    def size_bytes(self) -> int:
        """Return how much space it takes."""
        ...

    def has_original(self, sha256: str) -> bool:
        """Tell whether the file of a document is kept."""
        ...

    def original(self, sha256: str) -> BinaryIO | None:
        """Open the file of a document, None where it is not kept; the caller closes it."""
        ...

    def calibration(self) -> str | None:
        """Return the collection's calibration as it is now; it outlives every build."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """All that a build is to hold, worked out and not yet written.

    `encoded` waits for the vectors of passages and paragraphs: a draft that writes what else there
    is before it asks for them does so while the encoder works.
    """

    parts: Sequence[Part]
    merged: Merged
    encoded: Callable[[], tuple[Vectors, Vectors]]
    expansions: Expansions
    vocabulary: Vocabulary
    skipped: Sequence[Skipped]

    @property
    def vectors(self) -> Vectors:
        """Passages, float32 of unit length, a row for each of `merged`."""
        return self.encoded()[0]

    @property
    def paragraphs(self) -> Vectors:
        """Paragraphs, likewise."""
        return self.encoded()[1]


@dataclass(frozen=True, slots=True)
class Written:
    """What a draft made of its content: the SHA-256 of each part by name, and what searches it."""

    files: Mapping[str, str]
    dense: Structure


class Draft(Protocol):
    """A build under way, seen by nobody until it is published."""

    @property
    def engine(self) -> str:
        """Name what searches in it, with all that decides what it makes."""
        ...

    def write(self, content: Content) -> Written:
        """Write everything. Called once."""
        ...

    def publish(self, manifest: Manifest) -> None:
        """Make it durable, then current by one atomic step."""
        ...


class Originals(Protocol):
    """The bytes that documents were read from, by SHA-256; changed by the one writer alone."""

    def read(self, sha256_hex: str, /) -> bytes:
        """Return an original's bytes; DamagedError where they are missing or not what they were."""
        ...

    def keep(self, sha256: str, data: bytes, /) -> None:
        """Take an original in, unless it is there; `settle` makes it stay."""
        ...

    def settle(self) -> None:
        """Make what was taken in durable."""
        ...

    def held(self) -> list[str]:
        """Return the SHA-256 of every original that is kept, sorted."""
        ...


class StoredCollection(Protocol):
    """One named set of documents with its builds, of which one is published."""

    name: str

    @property
    def originals(self) -> Originals:
        """The bytes that its documents were read from."""
        ...

    def current(self) -> str | None:
        """Return the name of the published build, None before the first."""
        ...

    def exists(self) -> bool:
        """Tell whether anything was ever published here."""
        ...

    def builds(self) -> list[str]:
        """Return the names of the kept builds, oldest first."""
        ...

    def build(self, name: str) -> StoredBuild:
        """Return a kept build; CollectionError where there is none of that name."""
        ...

    def published(self) -> StoredBuild:
        """Return the published build; NothingIndexedError before the first."""
        ...

    def synonyms(self) -> Synonyms:
        """Return the site's own list of equal terms, as it is now."""
        ...

    def calibrate(self, text: str) -> None:
        """Set the collection's calibration."""
        ...

    def writing(self, patience_seconds: float = 0.0) -> AbstractContextManager[None]:
        """Be the one writer; BusyError where another one is, and stays so for so long.

        What changes the collection is called within.
        """
        ...

    def staging(self, engine: str) -> AbstractContextManager[Draft]:
        """Give a draft to build in; nothing of it is left afterwards, unless it was published."""
        ...

    def activate(self, build: str) -> None:
        """Publish a kept build again."""
        ...

    def prunable(self, keep: int) -> list[str]:
        """Return the builds that `prune` would delete, oldest first."""
        ...

    def prune(self, keep: int) -> list[str]:
        """Delete all but the `keep` newest builds and the current one; return the deleted.

        Originals that no kept build refers to are deleted as well.
        """
        ...

    def holds(self, document_id: str) -> bool:
        """Tell whether any kept build holds a document, or may."""
        ...

    def erase(self, document_id: str) -> list[str]:
        """Delete every build that holds a document, or may, and what it was read from.

        Returns the deleted builds; CollectionError where the published one is among them.
        """
        ...

    def leftovers(self) -> list[str]:
        """Name the builds that died under way; the next writer removes them."""
        ...


class Record(Protocol):
    """A small document kept beside the collections; str() says where.

    OSError or UnavailableError where it cannot be read or written.
    """

    def stamp(self) -> Hashable | None:
        """Return what changes whenever the document does, None before it is first written."""
        ...

    def read(self) -> bytes:
        """Return the document."""
        ...

    def changing(self) -> AbstractContextManager[Callable[[bytes], None]]:
        """Be the one who changes it; give what replaces it whole."""
        ...


class Store(Protocol):
    """Collections by name; str() says where they are kept."""

    def collection(self, name: str) -> StoredCollection:
        """Return a collection, there or not yet; CollectionError where none can have the name."""
        ...

    def collections(self) -> Sequence[StoredCollection]:
        """Return the collections that have a published build, by name."""
        ...

    def names(self) -> Sequence[str]:
        """Return the names of all there is a trace of, sorted."""
        ...

    def record(self, name: str) -> Record:
        """Return a document beside them, there or not yet."""
        ...
