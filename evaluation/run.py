"""A run: every question of a benchmark asked once, measured, and kept as one value."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from evaluation.benchmark import Benchmark
from evaluation.errors import BenchmarkError, EvaluationError
from evaluation.integrity import Inspection, Integrity
from evaluation.intervals import RESAMPLES, SEED, Interval, bootstrap
from evaluation.measures import MEASURES, Values, retrieval, summary
from evaluation.outcomes import Columns, Outcome, Thresholds
from evaluation.rankings import Units
from evaluation.timing import Stopwatch, percentile
from index.retriever import Hit

Ask = Callable[[str, int], Sequence[Hit]]
"""A question and how many hits, to the hits, best first."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

DEPTH = 100
"""Hits asked for; they are collapsed to units before any cut-off, and MRR reads them all."""

ENOUGH_UNITS = 10
"""Units that R@10 and nDCG@10 need; a question that got fewer is asked again, deeper."""

DEEPEST = 1_600

_DIGITS = 6
_UNNAMED = "unspecified"


@dataclass(frozen=True, slots=True)
class Result:
    """The measures of some questions, each in [0, 1] or None, with their 95 % intervals."""

    questions: int
    measures: Values
    intervals: Mapping[str, Interval | None]


@dataclass(frozen=True, slots=True)
class Run:
    """All that is known of a benchmark asked once.

    `rankings` are each question's distinct units, best first; `relevant` its judged units with
    their grades. `by_kind` is empty where the benchmark names no kinds. `build` and `encoder` say
    what was asked, `version` is the product's.
    """

    benchmark: str
    form: str
    mode: str
    encoder: str
    build: str
    version: str
    thresholds: Thresholds
    outcomes: tuple[Outcome, ...]
    rankings: Mapping[str, tuple[str, ...]]
    relevant: Mapping[str, Mapping[str, int]]
    integrity: Integrity
    result: Result
    by_kind: Mapping[str, Result]
    left_out: int = 0

    def columns(self) -> Columns:
        """Return the outcomes as columns, in the order of the questions."""
        return Columns.of(self.outcomes)

    def latency(self, percent: float) -> float:
        """Return a nearest-rank percentile of the time a question took, in milliseconds."""
        return percentile([one.milliseconds for one in self.outcomes], percent)

    def to_json(self) -> str:
        """Return the run without questions' words: what `pincite evaluate --json` writes."""
        answerable = sum(one.answerable for one in self.outcomes)
        body = {
            "benchmark": self.benchmark,
            "mode": self.mode,
            "encoder": self.encoder,
            "questions": self.result.questions,
            "measures": _rounded(self.result.measures),
            "latency_ms": {"p50": round(self.latency(50), 3), "p95": round(self.latency(95), 3)},
            "answerable": answerable,
            "unanswerable": len(self.outcomes) - answerable,
            "left_out": self.left_out,
            "intervals": _pairs(self.result.intervals),
            "by_kind": {
                kind: {
                    "questions": one.questions,
                    "measures": _rounded(one.measures),
                    "intervals": _pairs(one.intervals),
                }
                for kind, one in self.by_kind.items()
            },
            "gates": {
                "citation_validity": self.integrity.citation_validity,
                "duplicate_rate_top10": self.integrity.duplicate_rate,
                "citations": self.integrity.citations,
                "faults": list(self.integrity.faults),
            },
            "thresholds": asdict(self.thresholds),
            "form": self.form,
            "build": self.build,
            "version": self.version,
        }
        return json.dumps(body, indent=2, ensure_ascii=False) + "\n"

    def to_text(self) -> str:
        """Return the run as a table for a terminal."""
        answerable = sum(one.answerable for one in self.outcomes)
        unasked = f" ({self.left_out} without a judgement left out)" if self.left_out else ""
        lines = [
            f"{self.benchmark}: {len(self.outcomes)} questions, {answerable} answerable{unasked}",
            f"mode {self.mode}, encoder {self.encoder}, build {self.build}",
            "",
            f"{'measure':<20} {'value':>7}  {'95 % interval':<16}  meaning",
        ]
        for name, measure in MEASURES.items():
            if (value := self.result.measures[name]) is not None:
                interval = _shown(self.result.intervals[name])
                arrow = "" if measure.better == "higher" else " (lower is better)"
                lines.append(f"{name:<20} {value:>7.4f}  {interval:<16}  {measure.meaning}{arrow}")
        lines += ["", f"latency              p50 {self.latency(50):.1f} ms, "]
        lines[-1] += f"p95 {self.latency(95):.1f} ms"
        lines.append(
            f"citation validity    {self.integrity.citation_validity:.4f} "
            f"of {self.integrity.citations} (must be 1)"
        )
        lines.append(f"duplicates in top 10 {self.integrity.duplicate_rate:.4f} (must be 0)")
        lines.extend(f"  {fault}" for fault in self.integrity.faults)
        if self.by_kind:
            lines += ["", *_kind_table(self.by_kind)]
        return "\n".join(lines) + "\n"


def run(
    benchmark: Benchmark,
    ask: Ask,
    *,
    mode: str,
    encoder: str,
    build: str,
    version: str,
    thresholds: Thresholds,
    depth: int = DEPTH,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    clock: Callable[[], float] = time.perf_counter,
    progress: Progress = lambda _what, _done, _total: None,
) -> Run:
    """Ask every question once, in order, and measure.

    The first question is asked once more beforehand, untimed, so that opening a model is not
    counted as an answer's time. A question whose `depth` hits are fewer than ten units is asked
    again, deeper and untimed. Raises EvaluationError for hits that are not of this benchmark.
    """
    if not benchmark.questions:
        raise BenchmarkError(Path(benchmark.name), None, "asks no question")
    units = Units(benchmark)
    inspection = Inspection({one.document_id: one for one in benchmark.documents})
    scores: dict[str, float] = {}
    times: dict[str, float] = {}
    rankings: dict[str, tuple[str, ...]] = {}
    ask(benchmark.questions[0].text, depth)
    for number, question in enumerate(benchmark.questions):
        progress("asking", number, len(benchmark.questions))
        with Stopwatch(clock) as watch:
            hits = ask(question.text, depth)
        ranking = units.collapse(question.question_id, hits)
        deeper, found = depth, hits
        while len(ranking) < ENOUGH_UNITS and len(found) == deeper and deeper < DEEPEST:
            deeper *= 2
            found = ask(question.text, deeper)
            ranking = units.collapse(question.question_id, found)
        inspection.look_at(question.question_id, hits)
        _refuse_bad_scores(question.question_id, hits)
        rankings[question.question_id] = tuple(one.unit for one in ranking)
        scores[question.question_id] = hits[0].score if hits else 0.0
        times[question.question_id] = watch.milliseconds
    progress("asking", len(benchmark.questions), len(benchmark.questions))

    answerable = benchmark.answerable()
    relevant = {one: units.relevant(one) for one in rankings if one in answerable}
    values = retrieval(rankings, relevant)
    outcomes = tuple(
        Outcome(
            question_id=one.question_id,
            kind=one.kind,
            answerable=one.question_id in answerable,
            score=scores[one.question_id],
            right=_right(rankings[one.question_id], relevant.get(one.question_id, {})),
            milliseconds=times[one.question_id],
            values=values.get(one.question_id, {}),
        )
        for one in benchmark.questions
    )
    return Run(
        benchmark=benchmark.name,
        form=benchmark.form,
        mode=mode,
        encoder=encoder,
        build=build,
        version=version,
        thresholds=thresholds,
        outcomes=outcomes,
        rankings=rankings,
        relevant=relevant,
        integrity=inspection.result(),
        result=_result(outcomes, thresholds, resamples, seed),
        by_kind={
            kind: _result(group, thresholds, resamples, seed)
            for kind, group in _by_kind(outcomes).items()
        },
        left_out=benchmark.left_out,
    )


def _right(ranking: Sequence[str], relevant: Mapping[str, int]) -> bool:
    return bool(ranking) and relevant.get(ranking[0], 0) > 0


def _refuse_bad_scores(question_id: str, hits: Sequence[Hit]) -> None:
    """Refuse scores not in [0, 1] or not falling: the measures of answers read the first."""
    falling = all(one.score >= other.score for one, other in pairwise(hits))
    if not falling or any(not 0 <= hit.score <= 1 for hit in hits):
        raise EvaluationError(
            f"question {question_id}: the hits' scores are not in [0, 1], best first; "
            "give the final scores, in order"
        )


def _by_kind(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    if all(one.kind is None for one in outcomes):
        return {}
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.kind or _UNNAMED, []).append(one)
    return dict(sorted(groups.items()))


def _result(
    outcomes: Sequence[Outcome], thresholds: Thresholds, resamples: int, seed: int
) -> Result:
    columns = Columns.of(outcomes)
    return Result(
        len(outcomes),
        summary(columns, thresholds),
        bootstrap(columns, thresholds, resamples=resamples, seed=seed),
    )


def _rounded(values: Values) -> Values:
    return {name: None if one is None else round(one, _DIGITS) for name, one in values.items()}


def _pairs(intervals: Mapping[str, Interval | None]) -> dict[str, list[float] | None]:
    return {
        name: None if one is None else [round(one.low, _DIGITS), round(one.high, _DIGITS)]
        for name, one in intervals.items()
    }


def _shown(interval: Interval | None) -> str:
    return f"{interval.low:.4f}–{interval.high:.4f}" if interval else ""  # noqa: RUF001 - a range


def _kind_table(by_kind: Mapping[str, Result]) -> list[str]:
    names = ("P@1", "MRR", "nDCG@10", "precision", "answer_rate", "refusal_recall")
    lines = [f"{'kind':<20} {'questions':>9} " + " ".join(f"{name:>14}" for name in names)]
    for kind, one in by_kind.items():
        cells = (one.measures[name] for name in names)
        shown = " ".join("             –" if cell is None else f"{cell:>14.4f}" for cell in cells)  # noqa: RUF001 - no value
        lines.append(f"{kind:<20} {one.questions:>9} {shown}")
    return lines
