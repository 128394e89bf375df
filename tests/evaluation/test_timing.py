import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.timing import Stopwatch, percentile


def test_nearest_rank() -> None:
    """The nearest-rank percentiles are those of the textbook's example."""
    values = [50, 15, 40, 20, 35]
    assert [percentile(values, one) for one in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.001, 100))
def test_a_percentile_is_a_value(values: list[float], percent: float) -> None:
    """A percentile is one of the values, and at least that share of them is not above it."""
    found = percentile(values, percent)
    assert found in values
    assert sum(one <= found for one in values) >= len(values) * percent / 100 - 1e-9


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_a_percent_outside_the_range_is_refused(percent: float) -> None:
    """A percent that is not above 0 and at most 100 is refused."""
    with pytest.raises(ValueError, match="above 0"):
        percentile([1.0], percent)


def test_no_values() -> None:
    """There is no percentile of nothing."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_the_stopwatch_counts_milliseconds() -> None:
    """A block that lasts a quarter of a second took 250 milliseconds."""
    clock = iter([10.0, 10.25])
    with Stopwatch(lambda: next(clock)) as watch:
        pass
    assert watch.milliseconds == 250


def test_the_stopwatch_stops_at_a_fault() -> None:
    """A block that fails is timed too, and its fault goes on."""
    clock = iter([0.0, 1.0])
    watch = Stopwatch(lambda: next(clock))
    with pytest.raises(RuntimeError), watch:
        raise RuntimeError
    assert watch.milliseconds == 1_000
