import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.intervals import bootstrap
from evaluation.outcomes import Columns
from tests.evaluation.runs import THRESHOLDS, outcome


def _columns(right: list[bool]) -> Columns:
    return Columns.of([outcome(number, 0.5, right=one) for number, one in enumerate(right)])


def test_the_interval_is_the_percentile_bootstrap() -> None:
    """The interval equals the percentiles of means over the same draws, taken plainly."""
    right = [True] * 30 + [False] * 20
    found = bootstrap(_columns(right), THRESHOLDS, names=["P@1"], resamples=500, seed=7)["P@1"]
    random = np.random.default_rng(7)
    means = [np.mean(np.array(right)[random.integers(0, 50, 50)]) for _ in range(500)]
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))


def test_the_interval_has_the_width_that_theory_gives() -> None:
    """For 400 questions of which half are right, the interval is about 0.5 plus or minus 0.049."""
    found = bootstrap(_columns([True, False] * 200), THRESHOLDS, names=["P@1"])["P@1"]
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.451, 0.549), abs=0.01)


def test_the_same_seed_gives_the_same_interval() -> None:
    """Two bootstraps with one seed are equal; another seed draws otherwise."""
    columns = _columns([True, False, True, True, False, False, True] * 5)
    first, again, other = (
        bootstrap(columns, THRESHOLDS, names=["P@1"], resamples=99, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_what_is_not_defined_has_no_interval() -> None:
    """AUROC without an unanswerable question has no interval; with one, rare draws are skipped."""
    columns = _columns([True, False])
    assert bootstrap(columns, THRESHOLDS, names=["AUROC"], resamples=9)["AUROC"] is None
    one = Columns.of([outcome(0, 0.9), outcome(1, 0.1, answerable=False)])
    found = bootstrap(one, THRESHOLDS, names=["AUROC"], resamples=50)["AUROC"]
    assert found is not None
    assert (found.low, found.high) == (1, 1)


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_the_interval_is_in_range(right: list[bool]) -> None:
    """An interval is ordered and in [0, 1]."""
    found = bootstrap(_columns(right), THRESHOLDS, names=["P@1"], resamples=20)["P@1"]
    assert found is not None
    assert 0 <= found.low <= found.high <= 1
