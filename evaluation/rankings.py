"""Hits to rankings of the judged unit, made before any cut-off.

What is judged is not what is found: a benchmark judges documents or its own sentences, a hit is a
passage with places. A measure cut to k hits instead of k units would count one document several
times, so hits are first collapsed to distinct units, each at the rank and score of its best hit.

BEIR form: the unit is the document. ReQA form: the unit is the sentence, the benchmark's own (gold)
where it has them, else the house's. A place stands for each sentence of which it covers at least
half, and where there is none for the one it overlaps most; a place outside every sentence is a unit
of its own, which answers nothing but takes its rank. Two sentences that say the same (by the key
that deduplication uses) are one unit, as they are one passage. A hit that stands for several units
takes as many ranks: a longer quote gains nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpus import sentences
from corpus.dedup import near_key
from corpus.documents import Document, Span
from evaluation.benchmark import Benchmark
from evaluation.errors import EvaluationError
from index.retriever import Hit


@dataclass(frozen=True, slots=True)
class Ranked:
    """One distinct unit of a ranking, with the score of its best hit."""

    unit: str
    score: float


class Units:
    """The judged units of a benchmark: which of them a hit is, and which answer a question."""

    def __init__(self, benchmark: Benchmark) -> None:
        self._benchmark = benchmark
        self._documents = {one.document_id: one for one in benchmark.documents}
        self._sentences: dict[str, _Sentences] = {}
        if benchmark.form == "reqa":
            names: dict[str, str] = {}
            for document in benchmark.documents:
                self._sentences[document.document_id] = _Sentences(
                    document, _spans(benchmark, document), names
                )
        self._relevant = self._judged()

    def relevant(self, question_id: str) -> Mapping[str, int]:
        """Return the judged units of a question with their grades; empty for an unanswerable one.

        A sentence that overlaps an answer's span has its grade; an answer that no sentence overlaps
        is a unit that nothing finds, so that it counts as missed.
        """
        return self._relevant.get(question_id, {})

    def collapse(self, question_id: str, hits: Sequence[Hit]) -> list[Ranked]:
        """Return the distinct units of hits, best first.

        As in BEIR, the document that bears the question's own id is left out, because sets whose
        questions are documents would find themselves; unless it is judged to answer.
        """
        ranking: dict[str, float] = {}
        for hit in hits:
            for unit in self._units_of(hit):
                if unit != question_id or unit in self.relevant(question_id):
                    ranking.setdefault(unit, hit.score)
        return [Ranked(unit, score) for unit, score in ranking.items()]

    def _units_of(self, hit: Hit) -> list[str]:
        found: list[str] = []
        for place in hit.passage.places:
            document_id, span = place.sentence.document_id, place.sentence
            if document_id not in self._documents:
                raise EvaluationError(
                    f"a hit is from the document {document_id!r}, which the benchmark "
                    f"{self._benchmark.name!r} has not; ask the index that was made of it"
                )
            if self._benchmark.form == "beir":
                found.append(document_id)
            else:
                found.extend(self._sentences[document_id].covered(Span(span.start, span.end)))
        return found

    def _judged(self) -> dict[str, dict[str, int]]:
        judged: dict[str, dict[str, int]] = {}
        for one in self._benchmark.judgements:
            units = judged.setdefault(one.question_id, {})
            if one.span is None:
                names = [one.document_id]
            else:
                names = self._sentences[one.document_id].overlapping(one.span)
            for name in names:
                units[name] = max(one.grade, units.get(name, one.grade))
        return judged


def _spans(benchmark: Benchmark, document: Document) -> Sequence[Span]:
    gold = (benchmark.units or {}).get(document.document_id)
    if gold is not None:
        return gold
    return [Span(one.start, one.end) for one in sentences.sentences(document)]


class _Sentences:
    """The sentences of one document as units, in text order; none overlaps another."""

    def __init__(self, document: Document, spans: Sequence[Span], names: dict[str, str]) -> None:
        self._document_id = document.document_id
        self._spans = spans
        self._starts = [span.start for span in spans]
        self._ends = [span.end for span in spans]
        self._names = []
        for span in spans:
            own = self._name(span)
            # A text whose every word is light has no key; it equals nothing but itself.
            key = near_key(document.text[span.start : span.end]) or own
            self._names.append(names.setdefault(key, own))

    def covered(self, place: Span) -> list[str]:
        """Return the units that a place stands for, at least one."""
        touched = self._touched(place)
        shares = [_overlap(self._spans[at], place) for at in touched]
        whole = [
            at
            for at, share in zip(touched, shares, strict=True)
            if 2 * share >= self._ends[at] - self._starts[at]
        ]
        if not whole and touched:
            whole = [touched[shares.index(max(shares))]]
        return [self._names[at] for at in whole] or [self._name(place)]

    def overlapping(self, answer: Span) -> list[str]:
        """Return the units that hold a part of an answer, at least one."""
        return [self._names[at] for at in self._touched(answer)] or [self._name(answer)]

    def _touched(self, span: Span) -> range:
        return range(bisect_right(self._ends, span.start), bisect_left(self._starts, span.end))

    def _name(self, span: Span) -> str:
        return f"{self._document_id}@{span.start}-{span.end}"


def _overlap(one: Span, other: Span) -> int:
    return max(0, min(one.end, other.end) - max(one.start, other.start))
