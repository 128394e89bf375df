"""Documents to a build: passages, vectors, terms, catalog, manifest.

A build is made in a folder of its own and knows nothing of what is published. What an earlier build
has worked out of a document that did not change is taken from there: its sentences, and the vectors
of every text. The rest is made from the whole, so that a build equals one made of nothing.
"""

import mmap
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np

from corpus import sentences
from corpus.documents import Document
from corpus.reading import Skipped
from index import dropped, holdings, lexical, records, wording
from index.earlier import Earlier
from index.encoders.protocol import Encoder, Vectors
from index.encoders.weights import sha256_of
from index.encoding import Progress, encode
from index.errors import BuildError
from index.layout import Layout, sync
from index.manifest import Counts, Manifest
from index.merging import Merged, merge
from index.parts import Part, split
from index.ranking import DENSE, DENSE_PARAGRAPH, contextual
from index.spelling import Vocabulary
from index.vectors.protocol import Engine

RULES = (
    f"{sentences.RULES}+dedup/1+paragraphs/3+acronyms/1+words/1"
    f"+context/{DENSE_PARAGRAPH / DENSE:.3f}"
)
"""Names all that decides what a build holds, beside its documents; part of every manifest."""

_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_LENGTH = 16


def build(
    layout: Layout,
    documents: Sequence[Document],
    skipped: Sequence[Skipped],
    *,
    encoder: Encoder,
    engine: Engine,
    earlier: Earlier | None,
    now: datetime,
    taken: Collection[str],
    progress: Progress,
) -> Manifest:
    """Write a whole build of `documents` into `layout.folder`, which is empty."""
    splits = earlier if earlier and earlier.manifest.rules == RULES else None
    stored = splits.parts() if splits else {}
    parts = [_part(document, stored.get(document.document_id)) for document in documents]
    merged = merge(parts)
    texts = [text for _, text in merged.passages]
    with _Sealing() as sealing:
        same = earlier if earlier and earlier.is_encoded_by(encoder) else None
        known = same.passages() if same else None
        vectors = encode(texts, known, encoder, "encoding sentences", progress)
        _save(layout.vectors, vectors, sealing)
        known = same.paragraphs() if same else None
        paragraphs = encode(merged.paragraphs, known, encoder, "encoding paragraphs", progress)
        _save(layout.paragraphs, paragraphs, sealing)
        layout.dense.mkdir()
        engine.create(layout.dense, contextual(vectors, paragraphs, merged.paragraphs_of))
        for path in layout.dense.iterdir():
            sealing.seal(path)

        records.write(layout.catalog, contents(parts, merged))
        sealing.seal(layout.catalog)
        holdings.write(layout, documents)
        wording.write(
            layout,
            (acronym for part in parts for acronym in part.acronyms),
            texts,
            _vocabulary(merged, splits),
        )
        dropped.write(layout.dropped, parts, merged, skipped)
        _write_lexical(layout.lexical, parts, merged)
        sealed = sealing.sealed()

    kinds = [kind for _, _, _, (_, kind, _) in merged.repeats()]
    manifest = Manifest(
        build=_name(now, documents, encoder, engine, taken),
        created_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        encoder=encoder.name,
        dim=encoder.dim,
        weights_sha256=encoder.weights_sha256,
        engine=engine.name,
        rules=RULES,
        synonyms_sha256=wording.synonyms_sha256(layout),
        counts=Counts(
            documents=len(documents),
            sentences=sum(len(part.passages) for part in parts),
            passages=len(merged.passages),
            paragraphs=len(merged.paragraphs),
            exact_duplicates=kinds.count("exact"),
            near_duplicates=kinds.count("near"),
            skipped=len(skipped),
        ),
        files={
            path.relative_to(layout.folder).as_posix(): sealed.get(path) or sha256_of(path)
            for path in layout.files()
        },
    )
    layout.manifest.write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def is_made_by(manifest: Manifest, encoder: Encoder, engine: Engine) -> bool:
    """Tell whether a build was made by these rules, this encoder and this engine."""
    made_by = (manifest.rules, manifest.encoder, manifest.weights_sha256, manifest.engine)
    return made_by == (RULES, encoder.name, encoder.weights_sha256, engine.name)


def _part(document: Document, known: Part | None) -> Part:
    if known is None or not _reads_the_same(known.document, document):
        return split(document)
    return replace(known, document=document)


def _reads_the_same(one: Document, other: Document) -> bool:
    """Tell whether two documents of one id have the same sentences, in the same places."""
    return (one.title, one.text, one.structure) == (other.title, other.text, other.structure)


def contents(parts: Sequence[Part], merged: Merged) -> records.Contents:
    """Return what the catalog of a build holds."""
    return records.Contents(
        [(part.document, part.acronyms) for part in parts],
        merged.passages,
        merged.paragraphs,
        _sentence_rows(parts, merged),
    )


def _sentence_rows(parts: Sequence[Part], merged: Merged) -> Iterable[tuple[object, ...]]:
    for number, (part, placed) in enumerate(zip(parts, merged.sentences, strict=True)):
        for fields, (row, standing, paragraph) in zip(part.fields, placed, strict=True):
            yield (number, *fields, row, *standing, paragraph)


def _vocabulary(merged: Merged, earlier: Earlier | None) -> Vocabulary:
    if earlier is None:
        return Vocabulary.of(text for _, text in merged.passages)
    before, now = {*earlier.all_passages}, {*merged.passages}
    gone, come = before - now, now - before
    return wording.read_vocabulary(earlier.layout).changed(
        (text for _, text in gone), (text for _, text in come)
    )


def _save(path: Path, vectors: Vectors, sealing: "_Sealing") -> None:
    np.save(path, vectors)
    sealing.seal(path)


class _Sealing:
    """Hashes files, and makes them durable, while others are still written."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._under_way: dict[Path, Future[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def seal(self, path: Path) -> None:
        """Begin with a file that is written."""
        self._under_way[path] = self._pool.submit(_sealed, path)

    def sealed(self) -> dict[Path, str]:
        """Return the SHA-256 of each file, when all are done."""
        return {path: future.result() for path, future in self._under_way.items()}


def _sealed(path: Path) -> str:
    sync(path)
    with path.open("rb") as file:
        if not path.stat().st_size:
            return sha256().hexdigest()
        # As one piece: for each piece it would have to wait for its turn among Python's threads.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return sha256(data).hexdigest()


def _write_lexical(folder: Path, parts: Sequence[Part], merged: Merged) -> None:
    folder.mkdir()
    texts = (
        (
            text,
            "\n".join(merged.paragraphs[p] for p in dict.fromkeys(members)),
            dict.fromkeys(parts[number].document.document_id for number, _ in places),
        )
        for (_, text), members, places in zip(
            merged.passages, merged.paragraphs_of, merged.places, strict=True
        )
    )
    try:
        lexical.create(folder, texts)
    except ValueError as error:  # tantivy's word for whatever it could not write
        raise BuildError(
            f"{folder}: the lexical index cannot be written ({error}); free some space or give "
            "the right to write; what was published before is untouched"
        ) from error


def _name(
    now: datetime,
    documents: Sequence[Document],
    encoder: Encoder,
    engine: Engine,
    taken: Collection[str],
) -> str:
    """Name a build so that names sort by age, even where the clock was set back."""
    identity = sha256(f"{encoder.name}\n{engine.name}\n{RULES}\n".encode())
    for document in documents:
        identity.update(f"{document.uri}\n{document.sha256}\n".encode())
    made = now.astimezone(UTC)
    newest = max(taken, default="")[:_STAMP_LENGTH]
    if newest and made.strftime(_STAMP) <= newest:
        made = datetime.strptime(newest, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
    return f"{made.strftime(_STAMP)}-{identity.hexdigest()[:8]}"
