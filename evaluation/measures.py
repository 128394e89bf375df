"""Measures: how good the rankings are, and how good the answers.

Retrieval measures are computed by ir_measures over the answerable questions; one that got no hits
counts 0. Answer measures are computed here, over all questions. Every value is in [0, 1], or None
where it is not defined (AUROC without an unanswerable question).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluation.errors import MissingLibraryError
from evaluation.outcomes import Columns, Flags, Floats, Thresholds

Values = dict[str, float | None]

BINS = 10
"""Bins of equal width in which the calibration of the score is measured."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a measure says, in words, which way is better, and where it comes from."""

    meaning: str
    better: Literal["higher", "lower"]
    source: str


RETRIEVAL = {
    "P@1": Measure("the first unit answers", "higher", "Ahmad et al. 2019"),
    "R@5": Measure("share of the answering units in the first 5", "higher", "van Rijsbergen 1979"),
    "R@10": Measure(
        "share of the answering units in the first 10", "higher", "van Rijsbergen 1979"
    ),
    "MRR": Measure("1 / rank of the first unit that answers", "higher", "Kantor and Voorhees 2000"),
    "nDCG@10": Measure(
        "graded gain, discounted by rank, of the best", "higher", "Järvelin and Kekäläinen 2002"
    ),
}

ANSWERS = {
    "AUROC": Measure(
        "an answerable question scores above an unanswerable one", "higher", "Hanley, McNeil 1982"
    ),
    "AURC": Measure(
        "share of wrong answers, mean over all coverages", "lower", "Geifman and El-Yaniv 2017"
    ),
    "ECE": Measure("distance of the score from the share of right answers", "lower", "Naeini 2015"),
    "precision": Measure("right among all answers given", "higher", "El-Yaniv and Wiener 2010"),
    "coverage": Measure("answers given to all questions", "higher", "El-Yaniv and Wiener 2010"),
    "answer_rate": Measure("answerable questions that got an answer", "higher", "Rajpurkar 2018"),
    "refusal_precision": Measure("unanswerable among the refused", "higher", "Rajpurkar 2018"),
    "refusal_recall": Measure("refused among the unanswerable", "higher", "Rajpurkar 2018"),
    "precision_confident": Measure(
        "right among answers not of low confidence", "higher", "El-Yaniv and Wiener 2010"
    ),
    "coverage_confident": Measure(
        "answers not of low confidence to all questions", "higher", "El-Yaniv and Wiener 2010"
    ),
}

MEASURES: Mapping[str, Measure] = {**RETRIEVAL, **ANSWERS}
"""Every measure by its name, in the order in which they are shown."""


def retrieval(
    rankings: Mapping[str, Sequence[str]], relevant: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, float]]:
    """Return each answerable question's retrieval measures, by question id and measure.

    `rankings` are distinct units, best first; `relevant` the judged units with their grades, of
    the answerable questions. nDCG's gain is the grade itself, as in trec_eval.
    """
    try:
        import ir_measures  # noqa: PLC0415 - it sets up logging when imported
    except ImportError as error:
        raise MissingLibraryError(
            "measuring needs ir_measures; pip install 'ir-measures>=0.4.3,<0.5'"
        ) from error
    measures = {
        ir_measures.P @ 1: "P@1",
        ir_measures.R @ 5: "R@5",
        ir_measures.R @ 10: "R@10",
        ir_measures.RR: "MRR",
        ir_measures.nDCG @ 10: "nDCG@10",
    }
    # A name of our own for each unit: equal scores would be ordered by name, so none are equal.
    qrels = [
        ir_measures.Qrel(question_id, unit, grade)
        for question_id, units in relevant.items()
        for unit, grade in units.items()
    ]
    run = [
        ir_measures.ScoredDoc(question_id, unit, float(len(units) - position))
        for question_id, units in rankings.items()
        if question_id in relevant
        for position, unit in enumerate(units)
    ]
    found: dict[str, dict[str, float]] = {
        question_id: dict.fromkeys(RETRIEVAL, 0.0) for question_id in relevant
    }
    for one in ir_measures.iter_calc(list(measures), qrels, run):
        found[one.query_id][measures[one.measure]] = float(one.value)
    return found


def summary(columns: Columns, thresholds: Thresholds) -> Values:
    """Return every measure of some questions; the refusal measures read `thresholds.low`."""
    return {name: value(name, columns, thresholds) for name in MEASURES}


def value(name: str, columns: Columns, thresholds: Thresholds) -> float | None:
    """Return one measure of some questions, by its name in MEASURES."""
    if name in RETRIEVAL:
        column = columns.values.get(name)
        return None if column is None else _mean(column[columns.answerable])
    return _ANSWER_VALUES[name](columns, thresholds)


_ANSWER_VALUES: Mapping[str, Callable[[Columns, Thresholds], float | None]] = {
    "AUROC": lambda c, _: auroc(c.scores[c.answerable], c.scores[~c.answerable]),
    "AURC": lambda c, _: aurc(c.scores, c.right),
    "ECE": lambda c, _: expected_calibration_error(c.scores, c.right),
    "precision": lambda c, t: _mean(c.right[c.scores >= t.low]),
    "coverage": lambda c, t: _mean(c.scores >= t.low),
    "answer_rate": lambda c, t: _mean(c.scores[c.answerable] >= t.low),
    # Where everything is answerable, no refusal could have been right.
    "refusal_precision": lambda c, t: (
        None if c.answerable.all() else _mean(~c.answerable[c.scores < t.low])
    ),
    "refusal_recall": lambda c, t: _mean(c.scores[~c.answerable] < t.low),
    "precision_confident": lambda c, t: _mean(c.right[c.scores >= t.medium]),
    "coverage_confident": lambda c, t: _mean(c.scores >= t.medium),
}


def auroc(positive: Floats, negative: Floats) -> float | None:
    """Return how often a positive's score is above a negative's, a tie counting half.

    The area under the ROC curve, exactly, as the rank statistic of Mann and Whitney (Hanley and
    McNeil 1982); None where either side is empty.
    """
    if not len(positive) or not len(negative):
        return None
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).sum() / (2 * len(positive) * len(negative)))


def risk_coverage(scores: Floats, right: Flags) -> tuple[Floats, Floats]:
    """Return coverages and risks, both of shape (n,): the best-scored 1, 2, … n are answered.

    The risk at a coverage is the share of wrong answers among those given (Geifman and El-Yaniv
    2017). Questions of equal score are answered in no order, so the errors among them are spread
    evenly over them.
    """
    total = len(scores)
    ranks = np.arange(1, total + 1)
    if not total:
        return np.zeros(0), np.zeros(0)
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    wrong = np.bincount(group, weights=~right, minlength=len(sizes)) / sizes
    errors = np.cumsum(np.repeat(wrong, sizes))
    return ranks / total, errors / ranks


def aurc(scores: Floats, right: Flags) -> float | None:
    """Return the area under the risk-coverage curve: the mean risk over all coverages."""
    return _mean(risk_coverage(scores, right)[1])


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose score is in [start, end): how many, their mean score, the share right."""

    start: float
    end: float
    questions: int
    score: float
    right: float


def reliability(scores: Floats, right: Flags, bins: int = BINS) -> list[Bin]:
    """Return the bins that hold a question, lowest first; 1.0 belongs to the last (Guo 2017)."""
    numbers = np.minimum((scores * bins).astype(np.int64), bins - 1)
    counts = np.bincount(numbers, minlength=bins)
    score_sums = np.bincount(numbers, weights=scores, minlength=bins)
    right_sums = np.bincount(numbers, weights=right, minlength=bins)
    return [
        Bin(
            at / bins,
            (at + 1) / bins,
            int(counts[at]),
            float(score_sums[at] / counts[at]),
            float(right_sums[at] / counts[at]),
        )
        for at in np.flatnonzero(counts).tolist()
    ]


def expected_calibration_error(scores: Floats, right: Flags, bins: int = BINS) -> float | None:
    """Return the mean distance of score and share of right answers over bins, by their sizes.

    Naeini, Cooper and Hauskrecht 2015; an answer to an unanswerable question is wrong.
    """
    if not len(scores):
        return None
    found = reliability(scores, right, bins)
    return sum(one.questions * abs(one.right - one.score) for one in found) / len(scores)


def _mean(column: Floats | Flags) -> float | None:
    return float(column.mean()) if len(column) else None
