"""What an update would do: the documents that there are, compared with the paths to be indexed.

Every file is read, because only its bytes say whether it changed; only those that did are parsed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from corpus.allowance import Limits
from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.isolation import Workers
from corpus.readers import READERS, read_by
from corpus.reading import (
    Skipped,
    Source,
    document_from_bytes,
    document_of,
    fetch,
    find,
    read_each,
)
from index.errors import DamagedError
from index.manifest import Counts
from index.vectors.protocol import Structure

SAMPLE = "sample:"
"""Source of the sample's document; it leaves a collection as soon as anything else is indexed."""

_Read = tuple[Document | None, Document, bytes]
"""The document that a file is known as, the document that it is now, and its bytes."""

Keep = Callable[[str, bytes], None]
"""Called with the SHA-256 and the bytes of every file that is, or stays, a document."""


@dataclass(slots=True)
class Report:
    """What an update did, or would do; `build` is None where nothing was published.

    Documents are named by their uris. `erased` are older builds that were deleted.
    """

    build: str | None = None
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    counts: Counts | None = None
    dense: Structure | None = None
    erased: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether there is anything to build."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, and the documents there are afterwards, in order of their uris.

    `moved` tells that files stand elsewhere than before, although no document changed.
    """

    report: Report
    documents: Sequence[Document]
    moved: bool


def plan(
    documents: Iterable[Document],
    paths: Sequence[Path],
    limits: Limits,
    keep: Keep,
    original: Callable[[str], bytes],
) -> Plan:
    """Compare what is under `paths` with `documents`.

    `original` gives the kept bytes of a document that has no file under `paths`: one that an
    earlier version of its reader read is read again from there.
    """
    before = {document.uri: document for document in documents}
    report = Report(removed=[uri for uri, one in before.items() if one.source == SAMPLE])
    kept = {uri: one for uri, one in before.items() if one.source != SAMPLE}
    by_source = {one.source: one for one in kept.values() if one.source}
    found = find(paths)
    report.skipped += found.skipped
    seen: set[str] = set()

    def read_one(source: Source, workers: Workers) -> _Read:
        known = by_source.get(str(source.path)) or before.get(source.uri)
        return _read(source, None if known and known.source == SAMPLE else known, limits, workers)

    for known, fresh, data in read_each(found.sources, read_one, report.skipped.append):
        keep(fresh.sha256, data)
        if known is None:
            report.added.append(fresh.uri)
        elif known.source not in {"", fresh.source} and Path(known.source).exists():
            report.skipped.append(_same_uri(fresh, known))
            continue
        else:
            same = is_same(known, fresh)
            (report.unchanged if same else report.changed).append(fresh.uri)
        kept[fresh.uri] = fresh
        seen.add(fresh.source)
    folders = [path.resolve() for path in paths if path.is_dir()]
    unreadable = {str(folder / one.uri) for folder in folders for one in report.skipped}
    for uri, document in list(kept.items()):
        if document.source and document.source in seen:
            continue
        source_path = Path(document.source)
        gone = document.source and any(source_path.is_relative_to(one) for one in folders)
        if gone and document.source not in unreadable:
            report.removed.append(uri)
            del kept[uri]
            continue
        again = (
            document if is_read_by_present(document) else _again(document, original, report, limits)
        )
        (report.unchanged if again is document else report.changed).append(uri)
        kept[uri] = again
    for names in (report.added, report.changed, report.removed, report.unchanged):
        names.sort()
    after = [kept[uri] for uri in sorted(kept)]
    moved = any(before[one.uri].source != one.source for one in after if one.uri in before)
    return Plan(report, after, moved)


def is_same(known: Document, fresh: Document) -> bool:
    """Tell whether two readings of one document differ in nothing that a build holds."""
    return replace(known, source=fresh.source) == fresh


def is_read_by_present(document: Document) -> bool:
    """Tell whether a document was read by its reader's present version."""
    return document.media_type in READERS and document.read_by == read_by(document.media_type)


def _read(source: Source, known: Document | None, limits: Limits, workers: Workers) -> _Read:
    """Read a file as the document it is known as; one with the same bytes is not parsed again."""
    file = fetch(source, limits)
    if (
        known is not None
        and is_read_by_present(known)
        and known.sha256 == sha256(file.data).hexdigest()
    ):
        return known, replace(known, source=str(source.path)), file.data
    fresh = document_of(file, limits, workers)
    if known is not None:
        # A file indexed with its folder stays known by its name there.
        fresh = replace(fresh, uri=known.uri, document_id=known.document_id)
    return known, fresh, file.data


def _again(
    document: Document, original: Callable[[str], bytes], report: Report, limits: Limits
) -> Document:
    """Read a document's original with its reader's present version, or leave it as it is."""
    try:
        data = original(document.sha256)
        return document_from_bytes(
            data, document.uri, document.media_type, source=document.source, limits=limits
        )
    except (DamagedError, UnreadableError, KeyError) as error:
        reason = error.reason if isinstance(error, UnreadableError) else Reason.NOT_READABLE
        detail = f"cannot be read again, so it stays as an earlier version read it: {error}"
        report.skipped.append(Skipped(document.uri, reason, detail))
        return document


def _same_uri(fresh: Document, known: Document) -> Skipped:
    return Skipped(
        fresh.uri,
        Reason.SAME_URI,
        f"{fresh.source} would be known by the same name as {known.source}; "
        "put both into one folder and index that folder, or rename one",
    )
