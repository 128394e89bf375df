"""Runs for tests: made by asking a small benchmark, or of outcomes chosen by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from evaluation.benchmark import Benchmark
from evaluation.integrity import Integrity
from evaluation.intervals import bootstrap
from evaluation.measures import RETRIEVAL, summary
from evaluation.outcomes import Columns, Outcome, Thresholds
from evaluation.preparation import prepare
from evaluation.run import Ask, Result, Run, run
from index.encoders.hashing import HashingEncoder
from index.ranking import Mode
from index.update import Makers

THRESHOLDS = Thresholds(0.35, 0.6, 0.8)


def makers(dim: int = 64) -> Makers:
    """Return the makers of an index without a model."""
    return Makers(
        encoder=lambda: HashingEncoder(dim),
        engine="exact:",
        clock=lambda: datetime(2026, 11, 22, 13, 7, 47, tzinfo=UTC),
        progress=lambda _what, _done, _total: None,
    )


def asked(benchmark: Benchmark, ask: Ask, thresholds: Thresholds = THRESHOLDS) -> Run:
    """Run a benchmark with few resamples."""
    return run(
        benchmark,
        ask,
        mode="hybrid",
        encoder="hashing/64",
        build="none",
        version="0",
        thresholds=thresholds,
        resamples=20,
    )


def indexed(benchmark: Benchmark, home: Path, mode: Mode = "hybrid") -> Run:
    """Index a benchmark without a model and run it."""
    retriever = prepare(benchmark, home, makers())
    return asked(benchmark, lambda question, k: retriever.search(question, k, mode))


def outcome(
    number: int,
    score: float,
    *,
    right: bool = False,
    answerable: bool = True,
    kind: str | None = None,
) -> Outcome:
    """Return an outcome whose retrieval measures are all 1 or all 0."""
    values = dict.fromkeys(RETRIEVAL, float(right)) if answerable else {}
    return Outcome(f"q{number}", kind, answerable, score, right, float(number + 1), values)


def made(outcomes: Sequence[Outcome], thresholds: Thresholds = THRESHOLDS) -> Run:
    """Return a run of outcomes chosen by hand, without rankings."""
    columns = Columns.of(outcomes)
    result = Result(
        len(outcomes),
        summary(columns, thresholds),
        bootstrap(columns, thresholds, resamples=20),
    )
    return Run(
        "made",
        "reqa",
        "hybrid",
        "hashing/64",
        "none",
        "0",
        thresholds,
        tuple(outcomes),
        {},
        {},
        Integrity(0, 0, 0, 0),
        result,
        {},
    )
