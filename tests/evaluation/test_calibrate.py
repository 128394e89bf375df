import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.calibrate import Calibration, calibrate
from evaluation.errors import CalibrationError
from evaluation.levels import FEWEST, Level, Rule, _Counts, _steps, choose, wilson
from evaluation.outcomes import Outcome
from tests.evaluation.runs import made, outcome


def _clear() -> list[Outcome]:
    """Return unanswerable below 0.2, then half, nine of ten and all right."""
    outcomes = [outcome(n, 0.1 + n / 1_000, answerable=False) for n in range(40)]
    outcomes += [outcome(100 + n, 0.3 + n / 1_000, right=n % 2 == 0) for n in range(40)]
    outcomes += [outcome(200 + n, 0.5 + n / 1_000, right=n % 10 > 0) for n in range(40)]
    outcomes += [outcome(300 + n, 0.7 + n / 1_000, right=True) for n in range(60)]
    return outcomes


def test_thresholds_by_the_rule() -> None:
    """On scores in clear bands each threshold stands where the rule says, by hand."""
    found = calibrate(made(_clear()))
    low, medium, high = found.levels
    assert low.from_score == pytest.approx((0.139 + 0.3) / 2, abs=1e-4)
    assert (found.answer_rate, found.refusal_recall) == (1, 1)
    assert (found.refused, found.refused_right) == (40, 40)
    # The band of nine in ten begins with a wrong answer, which falls to the band below, and ends
    # with nine right ones, which rise to the band above.
    assert (low.right, low.questions) == (20, 41)
    assert (medium.right, medium.questions) == (27, 30)
    assert (high.right, high.questions) == (69, 69)
    assert medium.from_score == pytest.approx(0.5005, abs=1e-4)
    assert found.thresholds.low == low.from_score
    assert found.thresholds.high == high.from_score


def test_the_words_are_the_measured_ones() -> None:
    """A bucket's meaning gives its share, rounded down, and its count."""
    assert Level("high", 0.8, 200, 212).meaning == (
        "in this collection's tests 94 of 100 answers at this level were right (n=212)"
    )
    assert "99 of 100" in Level("high", 0.8, 999, 1_000).meaning
    assert "100 of 100" in Level("high", 0.8, 50, 50).meaning


def test_too_little_data_is_said() -> None:
    """Below twenty answers no share is told, and a remark says so."""
    assert Level("low", 0.2, 18, FEWEST - 1).meaning == (
        "too few of this collection's tests were at this level to say how often answers are right "
        "(n=19)"
    )
    few = calibrate(made([outcome(0, 0.9, right=True), outcome(1, 0.1, answerable=False)]))
    assert [level.bucket for level in few.levels] == ["low"]
    assert few.held_out is None
    assert any("too little data for low: 1" in one for one in few.remarks)
    assert any("no score is high" in one for one in few.remarks)
    assert "too few" in few.refusal_meaning


def test_a_bucket_that_is_not_reached_is_not_there() -> None:
    """Where every answer is right there is neither low nor medium: high begins at the first."""
    outcomes = [outcome(n, 0.8 + n / 1_000, right=True) for n in range(30)]
    outcomes += [outcome(50 + n, 0.1, answerable=False) for n in range(30)]
    found = calibrate(made(outcomes))
    assert [level.bucket for level in found.levels] == ["high"]
    assert found.thresholds.low == found.thresholds.medium == found.thresholds.high


def test_cost_moves_the_refusal() -> None:
    """The dearer a wrong answer to the unanswerable, the more is refused."""
    outcomes = [outcome(n, n / 100, answerable=n % 100 > 60 or n % 3 == 0) for n in range(100)]
    rates = [calibrate(made(outcomes), Rule(cost=cost)).refusal_recall for cost in (0.2, 1, 5)]
    assert rates == sorted(rates)
    assert rates[0] < rates[2]


def test_one_sort_of_question_is_not_enough() -> None:
    """Without unanswerable, or without answerable questions, nothing can be chosen."""
    with pytest.raises(CalibrationError, match="no unanswerable question; add some"):
        calibrate(made([outcome(0, 0.5)]))
    with pytest.raises(CalibrationError, match="no answerable question"):
        calibrate(made([outcome(0, 0.5, answerable=False)]))


_OUTCOMES = st.lists(
    st.tuples(st.integers(0, 30), st.booleans(), st.booleans()), min_size=2, max_size=80
).map(
    lambda drawn: [
        outcome(n, score / 30, right=right and answerable, answerable=answerable)
        for n, (score, right, answerable) in enumerate(drawn)
    ]
)


def _utility(outcomes: Sequence[Outcome], cut: float) -> float:
    yes = [one.score >= cut for one in outcomes if one.answerable]
    no = [one.score < cut for one in outcomes if not one.answerable]
    return sum(yes) / len(yes) + sum(no) / len(no)


@given(_OUTCOMES)
def test_the_levels_keep_the_rule(outcomes: list[Outcome]) -> None:
    """No cut refuses better, levels rise, and a higher one is never less often right."""
    if len({one.answerable for one in outcomes}) < 2:
        return
    rule = Rule(fewest=3)
    levels = choose(outcomes, rule)
    best = max(_utility(outcomes, cut) for cut in {0.0, *(one.score for one in outcomes)})
    assert _utility(outcomes, levels[0].from_score) == pytest.approx(best)
    starts = [level.from_score for level in levels]
    assert starts == sorted(set(starts))
    shares = [level.precision for level in levels]
    assert shares == sorted(shares)
    answered = [one for one in outcomes if one.score >= starts[0]]
    assert sum(level.questions for level in levels) == len(answered)
    assert sum(level.right for level in levels) == sum(one.right for one in answered)
    for level in levels:
        if level.bucket != "low":
            assert level.questions >= rule.fewest
            assert level.precision >= (rule.high if level.bucket == "high" else rule.medium)


@given(_OUTCOMES)
def test_the_steps_are_the_isotonic_fit(outcomes: list[Outcome]) -> None:
    """The steps equal the isotonic fit written out as the greatest of least means."""
    scores = sorted({one.score for one in outcomes})
    steps = _steps(_Counts(outcomes), scores)
    assert sum(questions for *_, questions in steps) == len(outcomes)
    for at, score in enumerate(scores):
        fitted = [right / questions for start, right, questions in steps if start <= score][-1]
        assert fitted == pytest.approx(
            max(
                min(_share(outcomes, low, high) for high in scores[at:]) for low in scores[: at + 1]
            )
        )


def _share(outcomes: Sequence[Outcome], low: float, high: float) -> float:
    inside = [one.right for one in outcomes if low <= one.score <= high]
    return sum(inside) / len(inside)


@given(_OUTCOMES)
def test_a_calibration_reads_back(outcomes: list[Outcome]) -> None:
    """A calibration written and read is the same, and its held-out counts add up."""
    if len({one.answerable for one in outcomes}) < 2:
        return
    found = calibrate(made(outcomes), Rule(fewest=3))
    assert Calibration.from_json(found.to_json()) == found
    if found.held_out:
        given_answers = sum(found.held_out.questions.values())
        assert given_answers + found.held_out.refused == len(outcomes)
    assert all(level.bucket in found.to_text() for level in found.levels)


def test_held_out_counts_are_of_questions_that_did_not_choose() -> None:
    """On scores that say nothing, thresholds look better on their own questions than held out."""
    # Right at random: the lucky end of the scores looks high only to who chose it.
    outcomes = [
        outcome(n, (n * 7_919 % 400) / 400, right=n * 31 % 5 > 0, answerable=n % 4 > 0)
        for n in range(400)
    ]
    found = calibrate(made(outcomes))
    assert found.held_out is not None
    chosen = found.answer_rate + found.refusal_recall
    assert found.held_out.answer_rate + found.held_out.refusal_recall < chosen


def test_folds_do_not_depend_on_the_order() -> None:
    """The held-out counts are the same in whatever order the questions are listed."""
    outcomes = _clear()
    assert calibrate(made(outcomes)) == calibrate(made(outcomes[::-1]))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(format=2),
        lambda body: body.pop("levels"),
        lambda body: body.update(levels=[]),
        lambda body: body["levels"].reverse(),
        lambda body: body["levels"][0].update(right=10_000),
        lambda body: body["levels"][0].update(bucket="huge"),
        lambda body: body.update(surprise=1),
        lambda body: body["rule"].update(cost=-1),
    ],
)
def test_a_calibration_that_was_changed(change: object) -> None:
    """A saved calibration that is not whole and in order is refused, never half read."""
    assert callable(change)
    body = json.loads(calibrate(made(_clear())).to_json())
    change(body)
    with pytest.raises(CalibrationError):
        Calibration.from_json(json.dumps(body))


def test_what_is_no_calibration() -> None:
    """A text that is no JSON object is refused."""
    for text in ("", "[]", "3", "{}"):
        with pytest.raises(CalibrationError, match="calibrate the collection again"):
            Calibration.from_json(text)


def test_wilson_by_hand() -> None:
    """The interval of 9 right of 10 is that of the textbooks; of nothing it is everything."""
    found = wilson(9, 10)
    assert (found.low, found.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)
    assert wilson(0, 5).low == 0
    assert wilson(5, 5).high == pytest.approx(1)


def test_a_rule_that_makes_no_sense() -> None:
    """A rule whose medium is above its high, or whose cost is nothing, is refused."""
    for rule in ({"medium": 0.95}, {"cost": 0.0}, {"high": 1.1}, {"fewest": 0}):
        with pytest.raises(CalibrationError, match="cost and fewest"):
            Rule(**rule)
