"""Calibration: thresholds chosen on a run, with what each bucket then means, as one value.

How they are chosen is in levels.py. The numbers of the final thresholds come from the questions
that chose them, so they are a little too good; the same counts from questions that did not choose
(k-fold cross-validation, Stone 1974) stand beside them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, get_args

from evaluation.errors import CalibrationError
from evaluation.levels import FEWEST, Bucket, Level, Rule, choose
from evaluation.outcomes import Outcome, Thresholds
from evaluation.run import Run

FORMAT = 1

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The same counts from questions that did not choose the thresholds they were judged by.

    `answer_rate` and `refusal_recall` are shares of the answerable and of the unanswerable.
    """

    folds: int
    right: Mapping[Bucket, int]
    questions: Mapping[Bucket, int]
    refused_right: int
    refused: int
    answer_rate: float
    refusal_recall: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds with their measured meaning.

    `levels` are the buckets that the data reach, lowest first; a score below the first is no
    answer. `refused` counts the questions below it, `refused_right` the unanswerable among them.
    """

    benchmark: str
    mode: str
    encoder: str
    questions: int
    rule: Rule
    levels: tuple[Level, ...]
    refused_right: int
    refused: int
    answer_rate: float
    refusal_recall: float
    held_out: HeldOut | None
    remarks: tuple[str, ...] = ()

    @property
    def thresholds(self) -> Thresholds:
        """The lowest scores of the buckets; one that is not reached begins with the next, or 1."""
        starts: dict[str, float] = {level.bucket: level.from_score for level in self.levels}
        high = starts.get("high", 1.0)
        medium = starts.get("medium", high)
        return Thresholds(starts.get("low", medium), medium, high)

    @property
    def refusal_meaning(self) -> str:
        """The measured meaning of no answer, in words."""
        if self.refused < FEWEST:
            return (
                "too few of this collection's tests were refused to say how often that is right "
                f"(n={self.refused})"
            )
        share = 100 * self.refused_right // self.refused
        return (
            f"in this collection's tests {share} of 100 questions at this level had no answer in "
            f"the documents (n={self.refused})"
        )

    def to_json(self) -> str:
        """Return the calibration as `from_json` reads it, with the meanings for whoever looks."""
        body = asdict(self)
        for level, written in zip(self.levels, body["levels"], strict=True):
            written["meaning"] = level.meaning
        body = {"format": FORMAT, **body, "refusal_meaning": self.refusal_meaning}
        return json.dumps(body, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Calibration":
        """Read what `to_json` wrote; CalibrationError for anything else."""
        try:
            body: dict[str, Any] = json.loads(text)
            if body.pop("format") != FORMAT:
                raise CalibrationError(
                    "a calibration of another format; calibrate the collection again"
                )
            body.pop("refusal_meaning")
            levels = tuple(
                Level(one["bucket"], one["from_score"], one["right"], one["questions"])
                for one in body.pop("levels")
            )
            held_out = body.pop("held_out")
            found = cls(
                **body
                | {
                    "rule": Rule(**body["rule"]),
                    "levels": levels,
                    "held_out": held_out and HeldOut(**held_out),
                    "remarks": tuple(body["remarks"]),
                }
            )
            _refuse_disorder(found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CalibrationError(
                f"a calibration that cannot be read ({error}); calibrate the collection again"
            ) from error
        return found

    def to_text(self) -> str:
        """Return the calibration as a table for a terminal."""
        lines = [
            f"{self.benchmark}: {self.questions} questions, {self.mode}, {self.encoder}",
            "",
            f"{'bucket':<10} {'from':>8} {'right':>6} {'of':>6}  {'95 % interval':<15}  held out",
        ]
        for level in self.levels:
            low, high = level.interval.low, level.interval.high
            interval = f"{low:.3f}–{high:.3f}"  # noqa: RUF001 - a range
            lines.append(
                f"{level.bucket:<10} {level.from_score:>8.4f} {level.right:>6} "
                f"{level.questions:>6}  {interval:<15}  {self._held_out(level.bucket)}"
            )
        below = self.levels[0].from_score
        lines.append(
            f"{'no answer':<10} {'<':>1}{below:>7.4f} {self.refused_right:>6} {self.refused:>6}"
        )
        lines += ["", f"answer_rate {self.answer_rate:.4f}, "]
        lines[-1] += f"refusal_recall {self.refusal_recall:.4f}"
        if self.held_out:
            lines.append(
                f"held out ({self.held_out.folds} folds): answer_rate "
                f"{self.held_out.answer_rate:.4f}, "
                f"refusal_recall {self.held_out.refusal_recall:.4f}"
            )
        lines += [f"{level.bucket}: {level.meaning}" for level in self.levels]
        lines += [f"no answer: {self.refusal_meaning}", *self.remarks]
        return "\n".join(lines) + "\n"

    def _held_out(self, bucket: Bucket) -> str:
        if self.held_out is None or bucket not in self.held_out.questions:
            return ""
        return f"{self.held_out.right[bucket]} of {self.held_out.questions[bucket]}"


def calibrate(run: Run, rule: Rule | None = None, *, folds: int = _FOLDS) -> Calibration:
    """Choose thresholds on a run; CalibrationError where it cannot be done on its questions."""
    rule = rule or Rule()
    answerable = [one for one in run.outcomes if one.answerable]
    unanswerable = [one for one in run.outcomes if not one.answerable]
    if not answerable or not unanswerable:
        missing = "unanswerable" if answerable else "answerable"
        raise CalibrationError(
            f"{run.benchmark} asks no {missing} question; add some (at least {rule.fewest}), "
            "because a threshold is chosen between both"
        )
    levels = choose(run.outcomes, rule)
    refused = [one for one in run.outcomes if one.score < levels[0].from_score]
    held_out = _held_out(answerable, unanswerable, rule, folds)
    refused_unanswerable = sum(not one.answerable for one in refused)
    return Calibration(
        benchmark=run.benchmark,
        mode=run.mode,
        encoder=run.encoder,
        questions=len(run.outcomes),
        rule=rule,
        levels=levels,
        refused_right=refused_unanswerable,
        refused=len(refused),
        answer_rate=1 - (len(refused) - refused_unanswerable) / len(answerable),
        refusal_recall=refused_unanswerable / len(unanswerable),
        held_out=held_out,
        remarks=tuple(_remarks(levels, len(refused), rule, held_out)),
    )


def _held_out(
    answerable: Sequence[Outcome], unanswerable: Sequence[Outcome], rule: Rule, folds: int
) -> HeldOut | None:
    """Judge each fold by thresholds chosen on the others; each has its share of both sorts."""
    folds = min(folds, len(answerable), len(unanswerable))
    if folds < 2:  # noqa: PLR2004 - one fold leaves nothing to choose on
        return None
    parts: list[list[Outcome]] = [[] for _ in range(folds)]
    for group in (answerable, unanswerable):
        # By the hash of its id, a question is in the same fold in every run, on every machine.
        shuffled = sorted(group, key=lambda one: sha256(one.question_id.encode()).digest())
        for at, one in enumerate(shuffled):
            parts[at % folds].append(one)
    right: dict[Bucket, int] = dict.fromkeys(get_args(Bucket), 0)
    questions = dict(right)
    refused: list[Outcome] = []
    for held in range(folds):
        levels = choose([one for at, part in enumerate(parts) if at != held for one in part], rule)
        for one in parts[held]:
            reached = [level for level in levels if one.score >= level.from_score]
            if reached:
                questions[reached[-1].bucket] += 1
                right[reached[-1].bucket] += one.right
            else:
                refused.append(one)
    refused_right = sum(not one.answerable for one in refused)
    return HeldOut(
        folds,
        right,
        questions,
        refused_right,
        len(refused),
        1 - (len(refused) - refused_right) / len(answerable),
        refused_right / len(unanswerable),
    )


def _remarks(
    levels: Sequence[Level], refused: int, rule: Rule, held_out: HeldOut | None
) -> list[str]:
    shares = {"medium": rule.medium, "high": rule.high}
    reached = {level.bucket: level for level in levels}
    remarks = [
        f"no score is {bucket}: there are not {rule.fewest} further answers at scores where "
        f"{share:.0%} are right"
        for bucket, share in shares.items()
        if bucket not in reached
    ]
    remarks += [
        f"too little data for {bucket}: {level.questions} answers, at least {FEWEST} are needed"
        for bucket, level in reached.items()
        if level.questions < FEWEST
    ]
    if refused < FEWEST:
        remarks.append(f"too little data for no answer: {refused} refused, at least {FEWEST}")
    if held_out is None:
        remarks.append("too little data to judge the thresholds on questions held out")
    return remarks


def _refuse_disorder(found: Calibration) -> None:
    order: tuple[Bucket, ...] = get_args(Bucket)
    ranks = [order.index(level.bucket) for level in found.levels]
    starts = [level.from_score for level in found.levels]
    risen = all(one < other for one, other in pairwise(ranks)) and all(
        one < other for one, other in pairwise(starts)
    )
    sane = all(
        0 <= level.from_score <= 1 and 0 <= level.right <= level.questions and level.questions
        for level in found.levels
    )
    if not (found.levels and risen and sane and 0 <= found.refused_right <= found.refused):
        raise CalibrationError("its levels do not rise, or its counts cannot be")
