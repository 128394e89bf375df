"""A question to hits: candidates from both searches, every one of them scored on all signals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from corpus.documents import Passage, Place
from corpus.paragraphs import under
from index import wording
from index.catalog import Catalog
from index.encoders.protocol import Encoder, Vectors
from index.errors import DamagedError, EncoderError
from index.filters import Filter
from index.layout import Layout
from index.lexical import PARAGRAPH, SENTENCE, LexicalIndex, Terms
from index.manifest import Manifest, check_files, read_manifest
from index.ranking import DEFAULT, LEXICAL, LEXICAL_PARAGRAPH, Mode, Options, Signals, profile_of
from index.reranker import Reranker
from index.selection import Selection, Selections
from index.suggestions import Suggestions
from index.vectors.opening import open_engine

CANDIDATES = 100
"""How many rows each search contributes; the score then decides among them."""
_PARAGRAPHS = 20
"""Paragraphs of a passage that are read for words where not all of its places are allowed."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: `score` in [0, 1], `rank` from 1, and what is behind the score.

    `places` are those that may be shown, at least one: all, or those that a filter allows.
    """

    passage: Passage
    score: float
    rank: int
    fused: float
    signals: Signals
    places: tuple[Place, ...]


class Retriever:
    """One opened build; it can be asked by many threads and never changes."""

    def __init__(
        self,
        layout: Layout,
        encoder: Encoder,
        reranker: Reranker | None = None,
        options: Options = DEFAULT,
        *,
        checked: bool = False,
    ) -> None:
        """Open the build at `layout`; `checked` says that its files were compared already."""
        manifest = read_manifest(layout)
        _check_encoder(manifest, encoder, layout)
        if not checked:
            check_files(layout, manifest)
        self.layout = layout
        self.manifest: Manifest = manifest
        self.index_sha256 = manifest.sha256()
        self.catalog = Catalog(layout.catalog)
        self._encoder = encoder
        self._reranker = reranker if options.reranked else None
        self.options = options
        self._profile = profile_of(encoder.name)
        self._vectors = _map(layout.vectors, manifest.counts.passages, manifest.dim)
        self._paragraphs = _map(layout.paragraphs, manifest.counts.paragraphs, manifest.dim)
        self._dense = open_engine(manifest.engine).open(layout.dense, self._vectors)
        self._lexical = LexicalIndex(layout.lexical)
        self.wording = wording.read(layout)
        self._selections = Selections(self.catalog, manifest.counts.passages)

    @property
    def reranks(self) -> bool:
        """Whether the best candidates are read again by a reranker."""
        return self._reranker is not None

    @cached_property
    def suggestions(self) -> Suggestions:
        """What this build offers to complete; made when it is first asked for."""
        return Suggestions.of(self.catalog, self.wording.vocabulary)

    def select(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what a filter leaves of the build, as a part of this collection, on this day."""
        return self._selections.of(wanted, collection, today)

    def search(
        self,
        question: str,
        k: int,
        mode: Mode = "hybrid",
        selection: Selection | None = None,
    ) -> list[Hit]:
        """Return the k best passages for a question, best first; ties by passage order.

        With a selection, the best of those that have a place in its documents, shown there.
        """
        within = None if selection is None or selection.is_whole else selection
        if not self.manifest.counts.passages or k < 1 or (within and not within.documents):
            return []
        query = self._encoder.encode_questions([question])
        terms = self._lexical.terms(question, self.wording.expansions.equal(question))
        pool = max(CANDIDATES, k)
        rows: set[int] = set()
        if mode != "lexical":
            allowed = within.rows if within else None
            rows.update(int(row) for row in self._dense.search(query, pool, allowed)[1][0])
        if mode != "dense":
            documents = within.documents if within else None
            weight = LEXICAL_PARAGRAPH / LEXICAL
            rows.update(row for row, _ in self._lexical.search(terms, pool, weight, documents))
        signals = self._signals(query[0], terms, sorted(rows), within)
        fused = {row: self._fused(one, mode) for row, one in signals.items()}
        best = sorted(fused, key=lambda row: (-fused[row], row))[: max(k, self.options.reranked)]
        found = {row: one.passage for row, one in self.catalog.rows(best).items()}
        places = {
            row: within.places(passage) if within else passage.places
            for row, passage in found.items()
        }
        if self._reranker is not None:
            first = best[: self.options.reranked]
            texts = [self._in_context(found[row], places[row][0]) for row in first]
            for row, judgement in zip(first, self._reranker.judge(question, texts), strict=True):
                signals[row] = replace(signals[row], rerank=judgement)
                fused[row] = self._fused(signals[row], mode)
            best.sort(key=lambda row: (-fused[row], row))
        return [
            Hit(
                found[row],
                self._profile.score(fused[row], mode, reranked=self.reranks),
                rank,
                fused[row],
                signals[row],
                places[row],
            )
            for rank, row in enumerate(best[:k], start=1)
        ]

    def _fused(self, signals: Signals, mode: Mode) -> float:
        return self._profile.fused(signals, mode, context=self.options.context)

    def _in_context(self, passage: Passage, place: Place) -> str:
        """Return a passage as the reranker reads it: after its document's title and headings."""
        if not self.options.context:
            return passage.text
        sentence = place.sentence
        card = self.catalog.card(sentence.document_id)
        located = self.catalog.sentences(sentence.document_id, sentence.ordinal, sentence.ordinal)
        section = located[0].section if located else ()
        return under((card.title if card else "", *section), passage.text)

    def _signals(
        self, query: Vectors, terms: Terms, rows: Sequence[int], within: Selection | None
    ) -> dict[int, Signals]:
        """Return the signals of each row; what stands where it is not allowed adds nothing."""
        if not rows:
            return {}
        paragraph_rows = self.catalog.paragraph_rows(rows, within.numbers if within else None)
        needed = sorted({one for members in paragraph_rows.values() for one in members})
        roles = self.catalog.roles(rows)
        dense = self._vectors[rows] @ query
        paragraphs = dict(zip(needed, (self._paragraphs[needed] @ query).tolist(), strict=True))
        lexical = self._lexical.coverage(terms, SENTENCE, rows)
        lexical_paragraph = self._lexical.coverage(terms, PARAGRAPH, rows)
        if within is not None:
            lexical_paragraph |= self._shares(terms, rows, within)
        return {
            row: Signals(
                dense=float(similarity),
                dense_paragraph=max(paragraphs[one] for one in paragraph_rows[row]),
                lexical=lexical.get(row, 0.0),
                lexical_paragraph=lexical_paragraph.get(row, 0.0),
                role=roles[row],
            )
            for row, similarity in zip(rows, dense, strict=True)
        }

    def _shares(self, terms: Terms, rows: Sequence[int], within: Selection) -> dict[int, float]:
        """Return, for rows with places elsewhere too, the terms' share in allowed paragraphs.

        The lexical index has the paragraphs of all places as one text.
        """
        mixed = [row for row in rows if within.mixed[row]]
        keys = {
            row: [
                (place.sentence.document_id, place.sentence.ordinal)
                for place in within.places(one.passage)[:_PARAGRAPHS]
            ]
            for row, one in self.catalog.rows(mixed).items()
        }
        excerpts = self.catalog.excerpts(key for row in mixed for key in keys[row])
        texts = {
            key: under((one.title, *one.section), one.paragraph) for key, one in excerpts.items()
        }
        return {
            row: self._lexical.share(
                terms, PARAGRAPH, "\n".join(texts[key] for key in keys[row] if key in texts)
            )
            for row in mixed
        }


def _check_encoder(manifest: Manifest, encoder: Encoder, layout: Layout) -> None:
    if manifest.encoder != encoder.name or manifest.dim != encoder.dim:
        raise EncoderError(
            f"{layout.folder}: built with the encoder {manifest.encoder}, asked with "
            f"{encoder.name}; set PINCITE_ENCODER as it was, or index the documents again"
        )
    if manifest.weights_sha256 != encoder.weights_sha256:
        raise EncoderError(
            f"{layout.folder}: built with other weights of {encoder.name}; "
            "index the documents again"
        )


def _map(path: Path, rows: int, dim: int) -> Vectors:
    try:
        vectors: Vectors = np.load(path, mmap_mode="r" if rows else None, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path}: the vectors cannot be read: {error}") from error
    if vectors.shape != (rows, dim) or vectors.dtype != np.float32:
        raise DamagedError(f"{path}: holds {vectors.shape}, the manifest says {(rows, dim)}")
    return vectors
