"""Documents to a build: sentences, passages, vectors, terms, catalog, manifest.

A build is made in a folder of its own and knows nothing of what is published. Vectors of texts that
an earlier build has encoded with the same encoder are taken from there, so the cost of encoding is
the cost of what is new.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np

from corpus import dedup, sentences
from corpus.documents import Document, Passage
from corpus.paragraphs import Paragraphs
from corpus.reading import Skipped
from index import catalog, lexical, wording
from index.catalog import Catalog, Row
from index.encoders.protocol import Encoder, Vectors
from index.encoders.weights import sha256_of
from index.errors import BuildError
from index.layout import Layout
from index.manifest import Counts, Manifest
from index.ranking import DENSE, DENSE_PARAGRAPH, contextual
from index.vectors.protocol import Engine

RULES = f"{sentences.RULES}+dedup/1+paragraphs/3+acronyms/1+context/{DENSE_PARAGRAPH / DENSE:.3f}"
"""Names all that decides what a build holds, beside its documents; part of every manifest."""

_BATCH = 256
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_LENGTH = 16
_UNIT_TOLERANCE = 1e-3

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A build to take vectors from: they are used only where the encoder is the same."""

    layout: Layout
    manifest: Manifest


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
    by_id = {document.document_id: document for document in documents}
    found = [one for document in documents for one in sentences.sentences(document)]
    merged = dedup.passages(by_id, found)
    rows, paragraph_texts = _rows(merged, Paragraphs(by_id))

    encode = _Encoding(encoder, earlier, progress)
    vectors = encode.passages([row.passage.text for row in rows])
    paragraphs = encode.paragraphs(paragraph_texts)
    np.save(layout.vectors, vectors)
    np.save(layout.paragraphs, paragraphs)

    keys = [_key(text) for text in paragraph_texts]
    catalog.write(layout.catalog, documents, rows, keys)
    wording.write(layout, documents, [row.passage.text for row in rows])
    _write_dropped(layout.dropped, merged, skipped)
    _write_lexical(layout.lexical, rows, paragraph_texts)
    layout.dense.mkdir()
    engine.create(layout.dense, contextual(vectors, paragraphs, [row.paragraphs for row in rows]))

    places = [place for passage in merged for place in passage.places[1:]]
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
            sentences=len(found),
            passages=len(merged),
            paragraphs=len(paragraph_texts),
            exact_duplicates=sum(place.kind == "exact" for place in places),
            near_duplicates=sum(place.kind == "near" for place in places),
            skipped=len(skipped),
        ),
        files={
            path.relative_to(layout.folder).as_posix(): sha256_of(path) for path in layout.files()
        },
    )
    layout.manifest.write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def is_made_by(manifest: Manifest, encoder: Encoder, engine: Engine) -> bool:
    """Tell whether a build was made by these rules, this encoder and this engine."""
    made_by = (manifest.rules, manifest.encoder, manifest.weights_sha256, manifest.engine)
    return made_by == (RULES, encoder.name, encoder.weights_sha256, engine.name)


def _write_lexical(folder: Path, rows: Sequence[Row], paragraph_texts: Sequence[str]) -> None:
    folder.mkdir()
    texts = (
        (
            row.passage.text,
            "\n".join(paragraph_texts[p] for p in dict.fromkeys(row.paragraphs)),
            dict.fromkeys(place.sentence.document_id for place in row.passage.places),
        )
        for row in rows
    )
    try:
        lexical.create(folder, texts)
    except ValueError as error:  # tantivy's word for whatever it could not write
        raise BuildError(
            f"{folder}: the lexical index cannot be written ({error}); free some space or give "
            "the right to write; what was published before is untouched"
        ) from error


def _rows(merged: Sequence[Passage], paragraphs: Paragraphs) -> tuple[list[Row], list[str]]:
    """Give numbers to the passages, and the distinct paragraph texts that their places stand in."""
    numbers: dict[str, int] = {}
    rows = [
        Row(
            row,
            passage,
            tuple(
                numbers.setdefault(paragraphs.text(place.sentence), len(numbers))
                for place in passage.places
            ),
        )
        for row, passage in enumerate(merged)
    ]
    return rows, list(numbers)


class _Encoding:
    """Encodes what no earlier build has encoded, longest texts together."""

    def __init__(self, encoder: Encoder, earlier: Earlier | None, progress: Progress) -> None:
        self._encoder = encoder
        self._progress = progress
        self._known: dict[str, tuple[Vectors, int]] = {}
        same = earlier is not None and (
            (earlier.manifest.encoder, earlier.manifest.weights_sha256)
            == (encoder.name, encoder.weights_sha256)
        )
        if earlier is not None and same and earlier.manifest.counts.passages:
            old = Catalog(earlier.layout.catalog)
            vectors = np.load(earlier.layout.vectors, mmap_mode="r")
            paragraphs = np.load(earlier.layout.paragraphs, mmap_mode="r")
            for text, row in old.passage_rows_by_text().items():
                self._known[_key(text)] = (vectors, row)
            for key, row in old.paragraph_rows_by_key().items():
                self._known[key] = (paragraphs, row)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, "encoding sentences")

    def paragraphs(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, "encoding paragraphs")

    def _encode(self, texts: Sequence[str], what: str) -> Vectors:
        vectors = np.empty((len(texts), self._encoder.dim), dtype=np.float32)
        new: list[int] = []
        for at, text in enumerate(texts):
            known = self._known.get(_key(text))
            if known is None:
                new.append(at)
            else:
                vectors[at] = known[0][known[1]]
        # Texts of like length share a batch: the model pads each batch to its longest.
        new.sort(key=lambda at: (-len(texts[at]), at))
        for first in range(0, len(new), _BATCH):
            self._progress(what, first, len(new))
            batch = new[first : first + _BATCH]
            vectors[batch] = self._encoder.encode_passages([texts[at] for at in batch])
        self._progress(what, len(new), len(new))
        _refuse_bad(vectors, self._encoder.name)
        return vectors


def _refuse_bad(vectors: Vectors, encoder: str) -> None:
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1.0) < _UNIT_TOLERANCE):  # false for NaN as well
        bad = int(np.count_nonzero(~(np.abs(lengths - 1.0) < _UNIT_TOLERANCE)))
        raise BuildError(
            f"the encoder {encoder} gave {bad} of {len(vectors)} vectors that are not of unit "
            "length; nothing was published; use another encoder"
        )


def _key(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _write_dropped(path: Path, merged: Sequence[Passage], skipped: Sequence[Skipped]) -> None:
    """Record every merged place and every skipped file; the catalog keeps the places too."""
    with path.open("w", encoding="utf-8") as file:
        for passage in merged:
            first = passage.places[0].sentence
            for place in passage.places[1:]:
                record = {
                    "merged": place.kind,
                    "similarity": place.similarity,
                    "document_id": place.sentence.document_id,
                    "sentence": place.sentence.ordinal,
                    "into": {"document_id": first.document_id, "sentence": first.ordinal},
                    "passage_id": passage.passage_id,
                }
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        for one in skipped:
            record = {"skipped": one.reason.value, **asdict(one), "reason": one.reason.value}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


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
