import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.measures import (
    ANSWERS,
    MEASURES,
    aurc,
    auroc,
    expected_calibration_error,
    reliability,
    retrieval,
    risk_coverage,
    summary,
    value,
)
from evaluation.outcomes import Columns, Thresholds
from tests.evaluation.runs import THRESHOLDS, outcome

_SCORES = st.integers(0, 8).map(lambda number: number / 8)


def test_retrieval_by_hand() -> None:
    """Two relevant units of grades 2 and 1 at ranks 2 and 7 give the values computed by hand."""
    ranking = [f"u{rank}" for rank in range(1, 13)]
    found = retrieval({"q": ranking}, {"q": {"u2": 2, "u7": 1}})["q"]
    gain = 2 / math.log2(3) + 1 / math.log2(8)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert found == pytest.approx(
        {"P@1": 0, "R@5": 0.5, "R@10": 1, "MRR": 0.5, "nDCG@10": gain / ideal}
    )


def test_mrr_looks_beyond_the_tenth() -> None:
    """MRR has no cut-off: a first answer at rank 25 counts 1/25."""
    ranking = [f"u{rank}" for rank in range(1, 101)]
    found = retrieval({"q": ranking}, {"q": {"u25": 1}})["q"]
    assert found["MRR"] == pytest.approx(1 / 25)
    assert found["nDCG@10"] == 0


def test_a_question_without_hits_counts_zero() -> None:
    """A question that got nothing, or is not in the run at all, is 0 in every measure."""
    found = retrieval({"silent": []}, {"silent": {"a": 1}, "absent": {"b": 1}})
    assert found["silent"] == found["absent"] == dict.fromkeys(found["silent"], 0.0)
    assert len(found["absent"]) == 5


def test_unanswerable_questions_have_no_retrieval_measures() -> None:
    """A question that nothing answers is not in the retrieval measures."""
    assert set(retrieval({"q": ["a"], "none": ["a"]}, {"q": {"a": 1}})) == {"q"}


def test_ranks_decide_not_names() -> None:
    """The order given is the order measured, whatever the units are called."""
    assert retrieval({"q": ["a", "z"]}, {"q": {"a": 1}})["q"]["P@1"] == 1
    assert retrieval({"q": ["z", "a"]}, {"q": {"a": 1}})["q"]["P@1"] == 0


def test_a_grade_of_zero_does_not_answer() -> None:
    """A unit judged 0 is as good as one not judged."""
    found = retrieval({"q": ["no", "yes"]}, {"q": {"no": 0, "yes": 1}})["q"]
    assert (found["P@1"], found["MRR"]) == (0, 0.5)


@given(
    st.permutations(range(12)), st.dictionaries(st.integers(0, 11), st.integers(1, 3), min_size=1)
)
def test_retrieval_equals_the_definitions(order: list[int], grades: dict[int, int]) -> None:
    """Every retrieval measure equals its definition written out."""
    ranking = [f"u{one}" for one in order]
    relevant = {f"u{one}": grade for one, grade in grades.items()}
    ranks = [rank for rank, unit in enumerate(ranking, start=1) if unit in relevant]
    gain = sum(relevant.get(unit, 0) / math.log2(r + 1) for r, unit in enumerate(ranking[:10], 1))
    best = sorted(relevant.values(), reverse=True)[:10]
    ideal = sum(grade / math.log2(r + 1) for r, grade in enumerate(best, 1))
    assert retrieval({"q": ranking}, {"q": relevant})["q"] == pytest.approx(
        {
            "P@1": float(ranks[0] == 1),
            "R@5": sum(rank <= 5 for rank in ranks) / len(relevant),
            "R@10": sum(rank <= 10 for rank in ranks) / len(relevant),
            "MRR": 1 / ranks[0],
            "nDCG@10": gain / ideal,
        }
    )


@given(st.lists(_SCORES, min_size=1), st.lists(_SCORES, min_size=1))
def test_auroc_equals_the_pairs(positive: list[float], negative: list[float]) -> None:
    """AUROC is the share of pairs in the right order, a tie counting half."""
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    assert auroc(np.array(positive), np.array(negative)) == pytest.approx(sum(pairs) / len(pairs))


def test_auroc_of_one_side_alone() -> None:
    """Without a positive or without a negative there is no AUROC."""
    assert auroc(np.array([]), np.array([0.5])) is None
    assert auroc(np.array([0.5]), np.array([])) is None


def test_risk_and_coverage_by_hand() -> None:
    """Right, wrong, right, from the best score down: risks 0, 1/2, 1/3."""
    coverage, risk = risk_coverage(np.array([0.2, 0.9, 0.5]), np.array([True, True, False]))
    assert coverage.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3])
    assert aurc(np.array([0.2, 0.9, 0.5]), np.array([True, True, False])) == pytest.approx(5 / 18)


@given(st.lists(st.tuples(_SCORES, st.booleans()), min_size=1, max_size=30))
def test_ties_have_no_order(answers: list[tuple[float, bool]]) -> None:
    """The curve is the same however equal scores are listed, and ends in the overall risk."""
    curves = []
    for listed in (sorted(answers), sorted(answers, key=lambda one: (one[0], not one[1]))):
        scores = np.array([score for score, _ in listed])
        right = np.array([right for _, right in listed])
        curves.append(risk_coverage(scores, right)[1])
    assert curves[0] == pytest.approx(curves[1])
    assert curves[0][-1] == pytest.approx(1 - np.mean([right for _, right in answers]))


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_the_curve_without_ties_is_the_plain_one(right: list[bool]) -> None:
    """With distinct scores the risk is the running share of wrong answers."""
    scores = np.linspace(1, 0, len(right) + 1)[:-1]
    _, risk = risk_coverage(scores, np.array(right))
    plain = [sum(not one for one in right[:n]) / n for n in range(1, len(right) + 1)]
    assert risk.tolist() == pytest.approx(plain)


def test_calibration_error_by_hand() -> None:
    """Two bins: 0.9 and 1.0 with one of two right, 0.1 with none right."""
    scores, right = np.array([0.9, 1.0, 0.1]), np.array([True, False, False])
    expected = (2 * abs(0.5 - 0.95) + 1 * 0.1) / 3
    assert expected_calibration_error(scores, right) == pytest.approx(expected)
    bins = reliability(scores, right)
    assert [(one.start, one.questions, one.right) for one in bins] == [(0.1, 1, 0.0), (0.9, 2, 0.5)]


@given(st.lists(st.tuples(_SCORES, st.booleans()), min_size=1))
def test_calibration_error_equals_the_definition(answers: list[tuple[float, bool]]) -> None:
    """The error equals its definition written out over ten bins."""
    total = 0.0
    for at in range(10):
        inside = [one for one in answers if min(int(one[0] * 10), 9) == at]
        total += abs(sum(right for _, right in inside) - sum(score for score, _ in inside))
    scores = np.array([score for score, _ in answers])
    right = np.array([right for _, right in answers])
    assert expected_calibration_error(scores, right) == pytest.approx(total / len(answers))


_MIXED = Columns.of(
    [
        outcome(0, 0.9, right=True),
        outcome(1, 0.7, right=False),
        outcome(2, 0.4, right=True),
        outcome(3, 0.1, right=False),
        outcome(4, 0.5, answerable=False),
        outcome(5, 0.2, answerable=False),
    ]
)


def test_answers_by_hand() -> None:
    """Four of six questions score at least 0.35 and two at least 0.6; the rest is counted."""
    found = summary(_MIXED, THRESHOLDS)
    assert {name: found[name] for name in ANSWERS} == pytest.approx(
        {
            "AUROC": 5 / 8,
            "AURC": (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5 + 4 / 6) / 6,
            "ECE": (0.1 + 0.7 + 0.6 + 0.1 + 0.5 + 0.2) / 6,
            "precision": 2 / 4,
            "coverage": 4 / 6,
            "answer_rate": 3 / 4,
            "refusal_precision": 1 / 2,
            "refusal_recall": 1 / 2,
            "precision_confident": 1 / 2,
            "coverage_confident": 2 / 6,
        }
    )
    assert found["P@1"] == 1 / 2


def test_a_score_at_the_threshold_is_answered() -> None:
    """A bucket begins at its threshold, not above it."""
    columns = Columns.of([outcome(0, 0.35, right=True)])
    assert value("coverage", columns, THRESHOLDS) == 1
    assert value("precision_confident", columns, THRESHOLDS) is None


def test_measures_that_are_not_defined_are_none() -> None:
    """Without unanswerable questions there is neither AUROC nor refusal recall."""
    found = summary(Columns.of([outcome(0, 0.9, right=True)]), THRESHOLDS)
    assert found["AUROC"] is found["refusal_recall"] is found["refusal_precision"] is None
    found = summary(Columns.of([outcome(0, 0.9, answerable=False)]), THRESHOLDS)
    assert found["P@1"] is found["answer_rate"] is None
    assert list(found) == list(MEASURES)


@given(st.lists(st.tuples(_SCORES, st.booleans(), st.booleans()), min_size=1), st.data())
def test_every_measure_is_a_share(
    answers: list[tuple[float, bool, bool]], data: st.DataObject
) -> None:
    """Every measure is None or in [0, 1], and the order of the questions does not matter."""
    outcomes = [
        outcome(number, score, right=right and answerable, answerable=answerable)
        for number, (score, right, answerable) in enumerate(answers)
    ]
    found = summary(Columns.of(outcomes), THRESHOLDS)
    assert all(one is None or -1e-9 <= one <= 1 + 1e-9 for one in found.values())
    shuffled = data.draw(st.permutations(outcomes))
    assert summary(Columns.of(shuffled), THRESHOLDS) == pytest.approx(found)


def test_thresholds_rise() -> None:
    """Thresholds that do not rise, or are no scores, are refused."""
    for wrong in ((0.6, 0.35, 0.8), (-0.1, 0.5, 0.8), (0.1, 0.5, 1.1)):
        with pytest.raises(ValueError, match="rise"):
            Thresholds(*wrong)
