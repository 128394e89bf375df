"""What is held, as an administrator sees it: collections, kept builds, documents, skipped files."""

from dataclasses import dataclass
from datetime import date, datetime

from corpus.attributes import ReviewStatus, review_status
from corpus.reading import Skipped
from index.catalog import Card
from index.errors import RetrievalError
from index.manifest import Manifest
from service.library import Library
from service.links import document_url, original_url


@dataclass(frozen=True, slots=True)
class KeptBuild:
    """A kept build; `manifest` is None where it cannot be read."""

    name: str
    current: bool
    made: date | None
    documents: int | None


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document with the state of its review; `original` is the way to its file, if kept."""

    card: Card
    review: ReviewStatus
    url: str
    original: str | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection; `manifest` is of the build that answers, None where none can be opened.

    `published` is what should answer: another name than the manifest's, where it cannot be opened.
    `age_days` counts from the day on which the build was made, 0 or more.
    """

    name: str
    published: str | None
    manifest: Manifest | None
    age_days: int
    problem: str


def shelf(library: Library, name: str) -> Shelf:
    """Return a collection with the build that answers; NotFoundError where there is none."""
    held = library.collection(name)
    try:
        published = held.current()
        manifest = library.retriever(name).manifest
    except RetrievalError as error:
        return Shelf(name, None, None, 0, str(error))
    age = (library.today() - _day(manifest)).days
    return Shelf(name, published, manifest, max(age, 0), "")


def kept_builds(library: Library, name: str) -> list[KeptBuild]:
    """Return the kept builds of a collection, newest first."""
    held = library.collection(name)
    try:
        current = held.current()
    except RetrievalError:  # the list is how it is mended
        current = None
    found = []
    for build in reversed(held.builds()):
        try:
            manifest = held.build(build).manifest()
            found.append(
                KeptBuild(build, build == current, _day(manifest), manifest.counts.documents)
            )
        except RetrievalError:
            found.append(KeptBuild(build, build == current, None, None))
    return found


def documents(library: Library, name: str) -> list[HeldDocument]:
    """Return the documents of a collection that are answered from, in the order of the build."""
    retriever = library.retriever(name)
    today = library.today()
    return [
        HeldDocument(
            card,
            review_status(card.attributes, today),
            document_url(card.document_id),
            original_url(card.document_id) if retriever.kept.has_original(card.sha256) else None,
        )
        for card in retriever.catalog.documents()
    ]


def skipped(library: Library, name: str) -> list[Skipped]:
    """Return the files that the build that answers skipped."""
    return library.retriever(name).kept.skipped()


def _day(manifest: Manifest) -> date:
    return datetime.fromisoformat(manifest.created_at).date()
