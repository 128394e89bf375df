"""Every way in which a collection changes; each ends in one published build, or changes nothing."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from corpus.allowance import LIMITS, Limits
from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.reading import Skipped
from index.build import build, is_made_by
from index.earlier import Earlier
from index.encoders.protocol import Encoder
from index.encoding import Progress
from index.errors import BuildError, CollectionError, DamagedError, FormatError
from index.holdings import Holding
from index.journal import Journal, discard
from index.plan import SAMPLE, Report, is_same, plan
from index.recovery import read_again
from index.store import StoredCollection

__all__ = [
    "SAMPLE",
    "Makers",
    "Report",
    "activate",
    "compare",
    "index_documents",
    "put",
    "remove",
    "update",
]


@dataclass(frozen=True, slots=True)
class Makers:
    """What a build is made with; opened only when a build is made, because a model is slow.

    `engine` names what is to search in it; `patience_seconds` is how long to wait for another
    writer.
    """

    encoder: Callable[[], Encoder]
    engine: str
    clock: Callable[[], datetime]
    progress: Progress
    limits: Limits = LIMITS
    patience_seconds: float = 0.0
    journals: Path | None = None

    def journal(self, collection: str) -> Path | None:
        """Return where the vectors of a build under way are kept, if they are."""
        return self.journals / collection if self.journals else None


@dataclass(frozen=True, slots=True)
class _Held:
    """What is published: its documents, and the build where it can be built upon."""

    documents: Sequence[Document] = ()
    earlier: Earlier | None = None
    whole: bool = True


def update(
    collection: StoredCollection, paths: Sequence[Path], makers: Makers, *, dry_run: bool = False
) -> Report:
    """Bring a collection up to date with `paths` and publish; nothing changed, nothing published.

    A folder speaks for all that was read from it: what is no longer there is removed. Documents
    from elsewhere stay.
    """
    if dry_run:
        return plan(
            _held(collection, makers.limits).documents,
            paths,
            makers.limits,
            lambda _sha256, _data: None,
            collection.originals.read,
        ).report
    with collection.writing(makers.patience_seconds):
        held = _held(collection, makers.limits)
        made = plan(
            held.documents,
            paths,
            makers.limits,
            collection.originals.keep,
            collection.originals.read,
        )
        collection.originals.settle()
        if made.report.changes or made.moved or _is_stale(collection, held, makers):
            _publish(collection, made.documents, held, made.report, makers)
        return made.report


def put(collection: StoredCollection, document: Document, data: bytes, makers: Makers) -> Report:
    """Add a document, or replace the one of its id, and publish; the same again publishes nothing.

    `data` are the bytes that the document was read from; they are kept. A document that is replaced
    keeps its uri. UnreadableError (same_uri) where another document has the uri of a new one.
    """
    if document.sha256 != sha256(data).hexdigest():
        raise BuildError(f"{document.uri}: the document was not read from these bytes")
    with collection.writing(makers.patience_seconds):
        held = _held(collection, makers.limits)
        stays = {one.uri: one for one in held.documents if one.source != SAMPLE}
        ids = {one.document_id: one for one in stays.values()}
        known = ids.get(document.document_id)
        if known is not None:
            document = replace(document, uri=known.uri)
        elif document.uri in stays:
            raise UnreadableError(
                Reason.SAME_URI,
                "another document of the collection has this file name; choose another, or "
                "replace that document under its own id",
            )
        report = Report(
            removed=[one.uri for one in held.documents if one.source == SAMPLE],
            unchanged=[uri for uri in stays if uri != document.uri],
        )
        if known is None:
            report.added.append(document.uri)
        else:
            same = is_same(known, document)
            (report.unchanged if same else report.changed).append(document.uri)
        stays[document.uri] = document
        collection.originals.keep(document.sha256, data)
        collection.originals.settle()
        if report.changes or document != known:
            documents = [stays[uri] for uri in sorted(stays)]
            skipped = _skipped_before(held, document.uri)
            _publish(collection, documents, held, report, makers, skipped=skipped)
        return report


def remove(
    collection: StoredCollection, document_id: str, makers: Makers, *, erase: bool = False
) -> Report:
    """Publish a build without one document; CollectionError where there is none of that id.

    Builds before it still hold the document, to roll back to. With `erase` they are deleted, and
    the original where no other document was read from the same bytes: then it is gone from disk.
    """
    with collection.writing(makers.patience_seconds):
        held = _held(collection, makers.limits)
        kept = [one for one in held.documents if one.document_id != document_id]
        report = Report(unchanged=[one.uri for one in kept])
        if len(kept) < len(held.documents):
            report.removed = [one.uri for one in held.documents if one.document_id == document_id]
            _publish(collection, kept, held, report, makers, skipped=_skipped_before(held))
        elif not (erase and collection.holds(document_id)):
            raise CollectionError(
                f"the collection {collection.name!r} has no document {document_id!r}; "
                "pincite documents list"
            )
        if erase:
            report.erased = collection.erase(document_id)
            path = makers.journal(collection.name)
            if path is not None:
                discard(path)
        return report


def activate(collection: StoredCollection, build: str, patience_seconds: float = 0.0) -> Report:
    """Publish a kept build again, after checking every part of it.

    The report names the documents that come back, go, or are as they were before.
    """
    with collection.writing(patience_seconds):
        collection.build(build).check()
        report = compare(collection, build)
        collection.activate(build)
        return report


def compare(collection: StoredCollection, build: str) -> Report:
    """Return what publishing a kept build again would do to what is published; nothing is done."""
    kept = collection.build(build)
    try:
        before = _by_uri(collection.published().holdings() or ())
    except (DamagedError, CollectionError):  # what is published may be why one goes back
        before = {}
    after = _by_uri(kept.holdings() or ())
    both = sorted(before.keys() & after.keys())
    return Report(
        build=build,
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        changed=[uri for uri in both if before[uri] != after[uri]],
        unchanged=[uri for uri in both if before[uri] == after[uri]],
    )


def index_documents(
    collection: StoredCollection, documents: Sequence[Document], makers: Makers
) -> Report:
    """Publish exactly `documents` as the collection's next build; no originals are kept."""
    with collection.writing(makers.patience_seconds):
        try:
            held = _held(collection, makers.limits)
        except DamagedError:
            held = _Held()
        report = Report(added=[document.uri for document in documents])
        _publish(collection, documents, held, report, makers)
        return report


def _by_uri(held: Iterable[Holding]) -> dict[str, str]:
    return {one.uri: one.sha256 for one in held}


def _held(collection: StoredCollection, limits: Limits) -> _Held:
    """Return what is published, each of its parts checked once.

    Where the catalog is damaged, or of an earlier format, its documents are read again from their
    originals. DamagedError where that cannot be done: nothing is built upon what is not sure.
    """
    if collection.current() is None:
        return _Held()
    kept = collection.published()
    try:
        manifest = kept.manifest()
    except FormatError as error:
        if not error.readable_again:
            raise
        return _Held(read_again(kept, collection.originals, limits), whole=False)
    try:
        kept.check_catalog()
    except DamagedError:
        return _Held(read_again(kept, collection.originals, limits), whole=False)
    earlier = Earlier(kept, manifest)
    documents = [document for document, _ in earlier.documents]
    try:
        kept.check(but_catalog=True)
    except DamagedError:
        return _Held(documents, whole=False)
    return _Held(documents, earlier)


def _skipped_before(held: _Held, but: str = "") -> list[Skipped]:
    """Return what the published build skipped: no file is looked for where one document changes."""
    if held.earlier is None:
        return []
    return [one for one in held.earlier.build.skipped() if one.uri != but]


def _is_stale(collection: StoredCollection, held: _Held, makers: Makers) -> bool:
    """Tell whether the published build is damaged, or made with anything else than now."""
    if held.earlier is None:
        return not held.whole
    manifest = held.earlier.manifest
    if not is_made_by(manifest, makers.encoder(), makers.engine):
        return True
    return manifest.synonyms_sha256 != collection.synonyms().sha256


def _publish(
    collection: StoredCollection,
    documents: Sequence[Document],
    held: _Held,
    report: Report,
    makers: Makers,
    *,
    skipped: Sequence[Skipped] | None = None,
) -> None:
    encoder = makers.encoder()
    path = makers.journal(collection.name)
    with (
        collection.staging(makers.engine) as draft,
        Journal(path, encoder) if path else nullcontext() as journal,
    ):
        manifest = build(
            draft,
            documents,
            report.skipped if skipped is None else skipped,
            encoder=encoder,
            earlier=held.earlier,
            synonyms=collection.synonyms(),
            now=makers.clock(),
            taken=collection.builds(),
            progress=makers.progress,
            journal=journal,
        )
        draft.publish(manifest)
    report.build = manifest.build
    report.counts = manifest.counts
    report.dense = manifest.dense
