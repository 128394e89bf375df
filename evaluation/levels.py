"""Levels of confidence: the rule that parts scores into buckets by judged questions.

The rule, in this order:

1. *No answer* below the score with the highest answer_rate + cost * refusal_recall; at cost 1 that
   is Youden's index (1950), which weighs both faults alike whatever their numbers. Of equal scores
   the lowest: it answers more.
2. Above it, the share of right answers is fitted as a step function that never falls as the score
   rises (isotonic regression, Ayer et al. 1955; Zadrozny and Elkan 2002).
3. *High* where the fitted share is at least 92 of 100, *medium* where it is at least 80, *low*
   where it is less. So the weakest answers of a bucket are as good as the bucket says, not only
   their mean.

A bucket needs at least 20 answers to be medium or high; one that has fewer is not there, and its
answers belong to the next lower. A higher bucket is never less often right than a lower one.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from evaluation.errors import CalibrationError
from evaluation.intervals import Interval
from evaluation.outcomes import Outcome

Bucket = Literal["low", "medium", "high"]

FEWEST = 20
"""Answers below which a share says too little."""

_Z = 1.959964
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """What thresholds are chosen by; shares are in [0, 1].

    `cost` is the weight of answering an unanswerable question against refusing an answerable one.
    """

    cost: float = 1.0
    medium: float = 0.80
    high: float = 0.92
    fewest: int = FEWEST

    def __post_init__(self) -> None:
        sane = 0 < self.medium <= self.high <= 1 and self.cost > 0 and self.fewest > 0
        if not (sane and math.isfinite(self.cost)):
            raise CalibrationError(
                f"{self}: cost and fewest are above 0, and medium is at most high, both in (0, 1]"
            )


@dataclass(frozen=True, slots=True)
class Level:
    """One bucket: the lowest score in it, and how many of its answers were right."""

    bucket: Bucket
    from_score: float
    right: int
    questions: int

    @property
    def precision(self) -> float:
        """Share of right answers, in [0, 1]."""
        return self.right / self.questions

    @property
    def interval(self) -> Interval:
        """The 95 % score interval of the share (Wilson 1927)."""
        return wilson(self.right, self.questions)

    @property
    def meaning(self) -> str:
        """The measured meaning in words; the share is rounded down, to promise no more."""
        if self.questions < FEWEST:
            return (
                "too few of this collection's tests were at this level to say how often answers "
                f"are right (n={self.questions})"
            )
        share = 100 * self.right // self.questions
        return (
            f"in this collection's tests {share} of 100 answers at this level were right "
            f"(n={self.questions})"
        )


def wilson(right: int, questions: int) -> Interval:
    """Return the 95 % score interval of a share (Wilson 1927); [0, 1] of nothing."""
    if not questions:
        return Interval(0.0, 1.0)
    share, z2 = right / questions, _Z * _Z
    centre = (share + z2 / (2 * questions)) / (1 + z2 / questions)
    spread = math.sqrt(share * (1 - share) / questions + z2 / (4 * questions**2))
    half = _Z * spread / (1 + z2 / questions)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


class _Counts:
    """How many outcomes, and of which sort, have a score in a range, by bisection."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        ordered = sorted(outcomes, key=lambda one: one.score)
        self.scores = [one.score for one in ordered]
        self._right = [0, *accumulate(int(one.right) for one in ordered)]
        self._answerable = [0, *accumulate(int(one.answerable) for one in ordered)]

    def of(self, start: float, end: float = math.inf) -> tuple[int, int, int]:
        """Return how many scores are in [start, end), the right and the answerable among them."""
        low, high = bisect_left(self.scores, start), bisect_left(self.scores, end)
        return (
            high - low,
            self._right[high] - self._right[low],
            self._answerable[high] - self._answerable[low],
        )


def choose(outcomes: Sequence[Outcome], rule: Rule) -> tuple[Level, ...]:
    """Choose the levels by the rule; their scores rise, and each holds an answer.

    Some of the outcomes are answerable and some are not.
    """
    counts = _Counts(outcomes)
    cuts = _cuts(sorted(set(counts.scores)))
    total, _, answerable = counts.of(0.0)

    def utility(cut: float) -> float:
        given, _, answered = counts.of(cut)
        refused = (total - answerable) - (given - answered)
        return answered / answerable + rule.cost * refused / (total - answerable)

    first = max(cuts, key=utility)  # the lowest of equals
    steps = _steps(counts, [cut for cut in cuts if cut >= first])
    high = _start(steps, rule.high)
    if counts.of(high)[0] < rule.fewest:
        high = math.inf
    medium = min(_start(steps, rule.medium), high)
    if counts.of(medium, high)[0] < rule.fewest:
        medium = high
    starts: tuple[tuple[Bucket, float, float], ...] = (
        ("low", first, medium),
        ("medium", medium, high),
        ("high", high, math.inf),
    )
    found = ((bucket, start, counts.of(start, end)) for bucket, start, end in starts)
    return tuple(
        Level(bucket, start, right, questions)
        for bucket, start, (questions, right, _) in found
        if questions
    )


def _steps(counts: _Counts, cuts: Sequence[float]) -> list[tuple[float, int, int]]:
    """Return the steps of the fit, rising: where each starts, its right answers and all of them.

    Neighbours that fall are pooled until none does.
    """
    steps: list[tuple[float, int, int]] = []
    for start, end in pairwise([*cuts, math.inf]):
        questions, right, _ = counts.of(start, end)
        steps.append((start, right, questions))
        while len(steps) > 1 and steps[-2][1] * steps[-1][2] >= steps[-1][1] * steps[-2][2]:
            _, more_right, more = steps.pop()
            start_before, right_before, before = steps.pop()
            steps.append((start_before, right_before + more_right, before + more))
    return steps


def _start(steps: Sequence[tuple[float, int, int]], share: float) -> float:
    """Return where the first step that reaches `share` starts; infinity where none does."""
    found = (start for start, right, questions in steps if right >= share * questions)
    return next(found, math.inf)


def _cuts(scores: Sequence[float]) -> list[float]:
    """Return 0 and a number between each two scores, rising; short ones where that parts them."""
    cuts = [0.0]
    for below, above in pairwise(scores):
        middle = (below + above) / 2
        short = round(middle, _DIGITS)
        cuts.append(next((cut for cut in (short, middle) if below < cut <= above), above))
    return cuts
