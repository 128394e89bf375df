"""Two runs over the same questions: which is better, and whether that may be luck."""

from dataclasses import dataclass

import numpy as np

from evaluation.errors import ComparisonError
from evaluation.intervals import RESAMPLES, SEED, Interval, interval_of
from evaluation.measures import MEASURES, RETRIEVAL, value
from evaluation.run import Run

PERMUTATIONS = 2_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure of two runs: `difference` is the second's value less the first's.

    `interval` is its 95 % bootstrap interval; `p_value` in (0, 1] is how often chance alone makes
    a difference as large, either way.
    """

    measure: str
    questions: int
    first: float
    second: float
    difference: float
    interval: Interval
    p_value: float


def compare(
    first: Run,
    second: Run,
    measure: str,
    *,
    permutations: int = PERMUTATIONS,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Comparison:
    """Compare two runs on one measure, question by question.

    The p-value is of the paired randomisation test (Fisher 1935; Smucker, Allan and Carterette
    2007): each question's two outcomes are exchanged or not by the toss of a coin. Raises
    ComparisonError for runs over other questions or judgements, or a measure that is not defined.
    """
    if measure not in MEASURES:
        raise ComparisonError(f"no measure is called {measure!r}; known are {', '.join(MEASURES)}")
    asked = [(one.question_id, one.answerable) for one in first.outcomes]
    if asked != [(one.question_id, one.answerable) for one in second.outcomes]:
        raise ComparisonError(
            f"the runs of {first.benchmark} and {second.benchmark} did not ask the same questions; "
            "compare runs of one benchmark"
        )
    mine, others = first.columns(), second.columns()
    rows = np.flatnonzero(mine.answerable) if measure in RETRIEVAL else np.arange(len(mine))
    mine, others = mine.take(rows), others.take(rows)
    before = value(measure, mine, first.thresholds)
    after = value(measure, others, second.thresholds)
    if before is None or after is None:
        raise ComparisonError(f"{measure} is not defined on these questions; compare another")

    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        sample = random.integers(0, len(rows), len(rows))
        low = value(measure, mine.take(sample), first.thresholds)
        high = value(measure, others.take(sample), second.thresholds)
        if low is not None and high is not None:
            drawn.append(high - low)
    as_large = 0
    for _ in range(permutations):
        tossed = random.random(len(rows)) < 0.5  # noqa: PLR2004 - a coin
        low = value(measure, mine.exchanged(others, tossed), first.thresholds)
        high = value(measure, others.exchanged(mine, tossed), second.thresholds)
        # Sums in another order differ in the last digits; an equal difference must count.
        if low is None or high is None or abs(high - low) >= abs(after - before) - 1e-12:
            as_large += 1
    return Comparison(
        measure,
        len(rows),
        before,
        after,
        after - before,
        interval_of(drawn or [after - before]),
        (as_large + 1) / (permutations + 1),
    )
