"""Paths to a published build: what is new, changed, gone, and the same; then build and publish."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.reading import LARGEST_FILE, Skipped, find, read_all
from index.build import Earlier, Progress, build, is_made_by
from index.catalog import Catalog
from index.collection import Collection
from index.encoders.protocol import Encoder
from index.errors import CollectionError, DamagedError
from index.manifest import Counts, check_file, check_files, read_manifest
from index.vectors.protocol import Engine
from index.wording import synonyms_sha256

SAMPLE = "sample:"
"""Source of the sample's document; it leaves a collection as soon as anything else is indexed."""


@dataclass(slots=True)
class Report:
    """What an update did, or would do; `build` is None where nothing was published.

    Documents are named by their uris.
    """

    build: str | None = None
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    counts: Counts | None = None

    @property
    def changes(self) -> bool:
        """Whether there is anything to build."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Makers:
    """What a build is made with; opened only when a build is made, because a model is slow."""

    encoder: Callable[[], Encoder]
    engine: Engine
    clock: Callable[[], datetime]
    progress: Progress
    largest_file: int = LARGEST_FILE


def update(
    collection: Collection, paths: Sequence[Path], makers: Makers, *, dry_run: bool = False
) -> Report:
    """Bring a collection up to date with `paths` and publish; nothing changed, nothing published.

    A folder speaks for all that was read from it: what is no longer there is removed. Documents
    from elsewhere stay.
    """
    if dry_run:
        plan, _ = _plan(_published_documents(collection), paths, makers)
        return plan
    with collection.writing():
        documents = _published_documents(collection)
        report, documents = _plan(documents, paths, makers)
        if report.changes or _stale(collection, makers):
            _publish(collection, documents, report, makers)
        return report


def index_documents(
    collection: Collection, documents: Sequence[Document], makers: Makers
) -> Report:
    """Publish exactly `documents` as the collection's next build."""
    with collection.writing():
        report = Report(added=[document.uri for document in documents])
        _publish(collection, list(documents), report, makers)
        return report


def put(collection: Collection, document: Document, data: bytes, makers: Makers) -> Report:  # noqa: ARG001
    """Publish a build with `document`, in the place of the one of its id, whose uri it then keeps.

    `data` are the bytes it was read from. UnreadableError (same_uri) where another document of the
    collection has its uri; the same bytes again change nothing.
    """
    with collection.writing():
        kept = {one.document_id: one for one in _published_documents(collection)}
        report = Report(removed=[one.uri for one in kept.values() if one.source == SAMPLE])
        kept = {name: one for name, one in kept.items() if one.source != SAMPLE}
        known = kept.get(document.document_id)
        if known is not None:
            document = replace(document, uri=known.uri)
        elif any(one.uri == document.uri for one in kept.values()):
            raise UnreadableError(
                Reason.SAME_URI,
                "another document of the collection has this file name; choose another, or "
                "replace that document under its own id",
            )
        kept[document.document_id] = document
        others = [one.uri for name, one in kept.items() if name != document.document_id]
        report.unchanged += others
        same = known is not None and (known.sha256, known.read_by) == (
            document.sha256,
            document.read_by,
        )
        if same:
            report.unchanged.append(document.uri)
        else:
            (report.added if known is None else report.changed).append(document.uri)
            _publish(collection, sorted(kept.values(), key=lambda one: one.uri), report, makers)
        return report


def remove(collection: Collection, document_id: str, makers: Makers) -> Report:
    """Publish a build without one document; CollectionError where there is none of that id."""
    with collection.writing():
        documents = _published_documents(collection)
        kept = [document for document in documents if document.document_id != document_id]
        if len(kept) == len(documents):
            raise CollectionError(
                f"the collection {collection.name!r} has no document {document_id!r}; "
                "pincite documents list"
            )
        gone = [document.uri for document in documents if document.document_id == document_id]
        report = Report(removed=gone, unchanged=[document.uri for document in kept])
        _publish(collection, kept, report, makers)
        return report


def _published_documents(collection: Collection) -> list[Document]:
    if collection.current() is None:
        return []
    layout = collection.published()
    check_file(layout.catalog, layout, read_manifest(layout))
    catalog = Catalog(layout.catalog)
    found = (catalog.document(card.document_id) for card in catalog.documents())
    return [document for document in found if document is not None]


def _plan(
    documents: Sequence[Document], paths: Sequence[Path], makers: Makers
) -> tuple[Report, list[Document]]:
    """Compare what is under `paths` with `documents`; return the report and the new documents."""
    report = Report(removed=[document.uri for document in documents if document.source == SAMPLE])
    kept = {document.uri: document for document in documents if document.source != SAMPLE}
    by_source = {document.source: document for document in kept.values() if document.source}
    found = find(paths)
    report.skipped += found.skipped
    seen: set[str] = set()
    for fresh in read_all(found.sources, report.skipped.append, makers.largest_file):
        known = by_source.get(fresh.source) or kept.get(fresh.uri)
        if known is None:
            report.added.append(fresh.uri)
            kept[fresh.uri] = fresh
        elif known.source not in {"", fresh.source} and Path(known.source).exists():
            report.skipped.append(_same_uri(fresh, known))
            continue
        else:
            # A file indexed with its folder stays known by its name there.
            same = replace(fresh, uri=known.uri, document_id=known.document_id)
            (report.unchanged if same.sha256 == known.sha256 else report.changed).append(same.uri)
            kept[same.uri] = same
        seen.add(fresh.source)
    folders = [path.resolve() for path in paths if path.is_dir()]
    unreadable = {str(folder / one.uri) for folder in folders for one in report.skipped}
    for uri, document in list(kept.items()):
        source = Path(document.source)
        if not document.source or document.source in seen:
            continue
        if any(source.is_relative_to(folder) for folder in folders) and (
            document.source not in unreadable
        ):
            report.removed.append(uri)
            del kept[uri]
        else:
            report.unchanged.append(uri)
    return report, [kept[uri] for uri in sorted(kept)]


def _same_uri(fresh: Document, known: Document) -> Skipped:
    return Skipped(
        fresh.uri,
        Reason.SAME_URI,
        f"{fresh.source} would be known by the same name as {known.source}; "
        "put both into one folder and index that folder, or rename one",
    )


def _stale(collection: Collection, makers: Makers) -> bool:
    """Tell whether the published build is damaged, or made with anything else than now."""
    if collection.current() is None:
        return False
    earlier = _earlier(collection)
    if earlier is None:
        return True
    manifest = earlier.manifest
    if not is_made_by(manifest, makers.encoder(), makers.engine):
        return True
    return manifest.synonyms_sha256 != synonyms_sha256(earlier.layout)


def _earlier(collection: Collection) -> Earlier | None:
    """Return the published build where it is whole; what is damaged is made again."""
    if collection.current() is None:
        return None
    layout = collection.published()
    manifest = read_manifest(layout)
    try:
        check_files(layout, manifest)
    except DamagedError:
        return None
    return Earlier(layout, manifest)


def _publish(
    collection: Collection, documents: Sequence[Document], report: Report, makers: Makers
) -> None:
    earlier = _earlier(collection)
    with collection.staging() as layout:
        manifest = build(
            layout,
            documents,
            report.skipped,
            encoder=makers.encoder(),
            engine=makers.engine,
            earlier=earlier,
            now=makers.clock(),
            taken=collection.builds(),
            progress=makers.progress,
        )
        collection.publish(layout, manifest)
    report.build = manifest.build
    report.counts = manifest.counts
