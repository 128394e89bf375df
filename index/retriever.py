"""A question to hits: candidates from both searches, every one of them scored on all signals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from corpus.documents import Passage, Place
from corpus.paragraphs import under
from index.encoders.protocol import Encoder
from index.errors import EncoderError
from index.filters import Filter
from index.manifest import Manifest
from index.ranking import DEFAULT, Mode, Options, Signals, profile_of
from index.reranker import Reranker
from index.selection import Selection
from index.store import StoredBuild
from index.suggestions import Suggestions

CANDIDATES = 100
"""How many rows each search contributes; the score then decides among them."""


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
        kept: StoredBuild,
        encoder: Encoder,
        reranker: Reranker | None = None,
        options: Options = DEFAULT,
        *,
        checked: bool = False,
    ) -> None:
        """Open a kept build; `checked` says that its parts were compared already."""
        manifest = kept.manifest()
        _check_encoder(manifest, encoder, kept)
        self.kept = kept
        self.manifest: Manifest = manifest
        self.index_sha256 = manifest.sha256()
        self._opened = kept.open(checked=checked)
        self.catalog = self._opened.catalog
        self.wording = self._opened.wording
        self._encoder = encoder
        self._reranker = reranker if options.reranked else None
        self._reranked = options.reranked if reranker else 0
        self.options = options
        self._profile = profile_of(encoder.name)

    @property
    def reranks(self) -> bool:
        """Whether the best candidates are read again by a reranker."""
        return self._reranker is not None

    @cached_property
    def suggestions(self) -> Suggestions:
        """What this build offers to complete; made when it is first asked for."""
        questions, headings = self._opened.prompts()
        titles = (card.title for card in self.catalog.documents())
        return Suggestions([*questions, *titles, *headings], self.wording.vocabulary.counts)

    def select(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what a filter leaves of the build, as a part of this collection, on this day."""
        return self._opened.select(wanted, collection, today)

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
        pool = max(CANDIDATES, k)
        candidates = self._opened.candidates(
            question, lambda: self._encoder.encode_questions([question])[0], pool, mode, within
        )
        sums = self._profile.fused_all(candidates, mode, context=self.options.context)
        # Stable, and candidates are in the order of their rows: of equal ones the first row first.
        first = np.argsort(-sums, kind="stable")[: max(k, self._reranked)].tolist()
        best: list[int] = candidates.rows[first].tolist()
        signals = {row: candidates.signals(at) for row, at in zip(best, first, strict=True)}
        fused = dict(zip(best, sums[first].tolist(), strict=True))
        found = {row: one.passage for row, one in self.catalog.rows(best).items()}
        places = {
            row: within.places(passage) if within else passage.places
            for row, passage in found.items()
        }
        if self._reranker is not None:
            read = best[: self._reranked]
            texts = self._in_context([(found[row], places[row][0]) for row in read])
            for row, judgement in zip(read, self._reranker.judge(question, texts), strict=True):
                signals[row] = replace(signals[row], rerank=judgement)
                fused[row] = self._profile.fused(signals[row], mode, context=self.options.context)
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

    def _in_context(self, shown: Sequence[tuple[Passage, Place]]) -> list[str]:
        """Return passages as the reranker reads them: after their documents' title and headings."""
        if not self.options.context:
            return [passage.text for passage, _ in shown]
        keys = [(place.sentence.document_id, place.sentence.ordinal) for _, place in shown]
        read = self.catalog.excerpts(keys)
        return [
            under((read[key].title, *read[key].section), passage.text)
            for key, (passage, _) in zip(keys, shown, strict=True)
        ]


def _check_encoder(manifest: Manifest, encoder: Encoder, kept: StoredBuild) -> None:
    if manifest.encoder != encoder.name or manifest.dim != encoder.dim:
        raise EncoderError(
            f"{kept}: built with the encoder {manifest.encoder}, asked with "
            f"{encoder.name}; set PINCITE_ENCODER as it was, or index the documents again"
        )
    if manifest.weights_sha256 != encoder.weights_sha256:
        raise EncoderError(
            f"{kept}: built with other weights of {encoder.name}; index the documents again"
        )
