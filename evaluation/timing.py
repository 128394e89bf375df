"""Time: a stopwatch, and percentiles of what it measured."""

import math
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self


class Stopwatch:
    """Measures the wall-clock time of a `with` block, in milliseconds.

    `clock` returns seconds and never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._started = 0.0
        self.milliseconds = 0.0

    def __enter__(self) -> Self:
        """Start."""
        self._started = self._clock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, also where the block failed."""
        self.milliseconds = (self._clock() - self._started) * 1_000


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: the least value that `percent` of 100 do not exceed.

    It is always one of `values` (Hyndman and Fan 1996, definition 1); `percent` is above 0 and at
    most 100. ValueError for no values.

    >>> percentile([15, 20, 35, 40, 50], 40)
    20
    """
    if not 0 < percent <= 100:  # noqa: PLR2004 - per cent
        raise ValueError(f"a percentile is above 0 and at most 100, not {percent}")
    if not values:
        raise ValueError("there is no percentile of no values")
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
