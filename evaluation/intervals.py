"""How sure a measure is: bootstrap intervals over the questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.measures import MEASURES, value
from evaluation.outcomes import Columns, Thresholds

RESAMPLES = 1_000
SEED = 20_190_711

_TAIL = 2.5


@dataclass(frozen=True, slots=True)
class Interval:
    """The range in which a measure lies with 95 % confidence."""

    low: float
    high: float


def bootstrap(
    columns: Columns,
    thresholds: Thresholds,
    *,
    names: Iterable[str] = MEASURES,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Mapping[str, Interval | None]:
    """Return a 95 % percentile interval for each measure, None for one that is not defined.

    The questions are drawn anew with replacement, `resamples` times, and the measure is taken of
    each draw (Efron and Tibshirani 1993, chapter 13). The same seed gives the same intervals.
    """
    defined = [name for name in names if value(name, columns, thresholds) is not None]
    found: dict[str, Interval | None] = dict.fromkeys(names)
    if not defined:
        return found
    random = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in defined}
    for _ in range(resamples):
        sample = columns.take(random.integers(0, len(columns), len(columns)))
        for name in defined:
            one = value(name, sample, thresholds)
            if one is not None:  # a draw may hold no unanswerable question
                drawn[name].append(one)
    for name, values in drawn.items():
        if values:
            found[name] = interval_of(values)
    return found


def interval_of(values: Iterable[float]) -> Interval:
    """Return the middle 95 % of values drawn."""
    low, high = np.percentile(list(values), [_TAIL, 100 - _TAIL])
    return Interval(float(low), float(high))
