from itertools import product

import pytest

from evaluation.compare import compare
from evaluation.errors import ComparisonError
from tests.evaluation.runs import made, outcome


def test_the_p_value_is_that_of_all_exchanges() -> None:
    """The drawn p-value is near the exact one, counted over all 2^8 exchanges."""
    first = [False, False, False, True, False, True, False, False]
    second = [True, True, True, True, False, True, True, False]
    differences = [int(b) - int(a) for a, b in zip(first, second, strict=True)]
    exchanges = [
        abs(sum(sign * one for sign, one in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=8)
    ]
    exact = sum(one >= abs(sum(differences)) for one in exchanges) / len(exchanges)
    runs = [
        made([outcome(n, 0.5, right=r) for n, r in enumerate(side)]) for side in (first, second)
    ]
    found = compare(runs[0], runs[1], "P@1", permutations=4_000)
    assert (found.first, found.second, found.difference) == (0.25, 0.75, 0.5)
    assert found.questions == 8
    assert found.p_value == pytest.approx(exact, abs=0.03)
    assert 0 <= found.interval.low <= 0.5 <= found.interval.high <= 1


def test_a_run_against_itself() -> None:
    """A run does not differ from itself: difference 0, p-value 1."""
    run = made([outcome(n, n / 10, right=n > 4, answerable=n % 3 > 0) for n in range(10)])
    for measure in ("P@1", "AUROC", "AURC", "ECE"):
        found = compare(run, run, measure, permutations=50, resamples=50)
        assert (found.difference, found.p_value) == (0, 1)
        assert (found.interval.low, found.interval.high) == (0, 0)


def test_a_clear_difference_is_told() -> None:
    """Sixty questions that only the second run gets right: p is the least that can be drawn."""
    first = made([outcome(n, 0.5) for n in range(60)])
    second = made([outcome(n, 0.5, right=True) for n in range(60)])
    found = compare(first, second, "MRR", permutations=999)
    assert (found.difference, found.p_value) == (1, 1 / 1_000)


def test_retrieval_is_compared_on_answerable_questions() -> None:
    """Unanswerable questions are no part of a comparison of rankings."""
    run = made([outcome(0, 0.9, right=True), outcome(1, 0.2, answerable=False)])
    assert compare(run, run, "P@1", permutations=9, resamples=9).questions == 1
    assert compare(run, run, "AUROC", permutations=9, resamples=9).questions == 2


def test_what_cannot_be_compared() -> None:
    """Other questions, unknown measures and measures that are not defined are refused."""
    run = made([outcome(0, 0.9)])
    with pytest.raises(ComparisonError, match="same questions"):
        compare(run, made([outcome(1, 0.9)]), "P@1")
    with pytest.raises(ComparisonError, match=r"no measure is called 'P@2'.*P@1"):
        compare(run, run, "P@2")
    with pytest.raises(ComparisonError, match="not defined"):
        compare(run, run, "AUROC")
