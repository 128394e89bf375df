"""What a score means: the three states, the buckets, and the measured words for each.

The default thresholds and shares were measured on this project's own benchmark with the packaged
models, by `pincite evaluate evaluation/clinic` (docs/evaluation.md); `pincite calibrate` measures a
site's own, which then hold for its collection.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from index.ranking import Mode, Options
from index.retriever import Retriever
from service.errors import SettingsError

Status = Literal["answered", "low_confidence", "no_answer"]
Bucket = Literal["low", "medium", "high"]

_ORDER: tuple[Bucket, ...] = ("low", "medium", "high")
_FEWEST = 20
"""Questions at a level below which a share of them says nothing."""


@dataclass(frozen=True, slots=True)
class Level:
    """One bucket: the lowest score in it, and how many of the answers there were right."""

    bucket: Bucket
    from_score: float
    right: int
    questions: int


@dataclass(frozen=True, slots=True)
class Scale:
    """The levels, lowest first; a score below the first is no answer.

    `refused` questions were below the first level when it was measured, `refused_right` of them
    rightly. `tests` names whose questions they were, "" where these settings were not measured.
    """

    levels: tuple[Level, ...]
    refused_right: int
    refused: int
    tests: str

    def level(self, score: float) -> Level | None:
        """Return the level that `score` in [0, 1] falls into, None below all."""
        reached = [level for level in self.levels if score >= level.from_score]
        return reached[-1] if reached else None

    def meaning(self, level: Level | None) -> str:
        """Return the measured meaning of a level, or of none; shares are rounded down."""
        right, asked = (
            (self.refused_right, self.refused) if level is None else (level.right, level.questions)
        )
        if not self.tests:
            return "not measured with these settings; pincite calibrate measures it"
        if asked < _FEWEST:
            return f"too few of {self.tests} were at this level to say (n={asked})"
        share = 100 * right // asked
        if level is None:
            return (
                f"in {self.tests} {share} of 100 questions at this level had no answer in the "
                f"documents (n={asked})"
            )
        return f"in {self.tests} {share} of 100 answers at this level were right (n={asked})"


DEFAULT = Scale(
    levels=(
        Level("low", 0.30, 26, 51),
        Level("medium", 0.45, 34, 50),
        Level("high", 0.65, 72, 79),
    ),
    refused_right=88,
    refused=174,
    tests="Pincite's own tests",
)
_MEASURED_WITH = ("hybrid", "bge-small-en-v1.5-int8@68807e3f/512", Options(), True)


def scale_for(retrievers: Sequence[Retriever], mode: Mode) -> Scale:
    """Return the scale of a collection that was calibrated in this mode, else the default one.

    Several collections asked at once share the default: one answer has one scale.
    """
    own = [scale for one in retrievers if (scale := _calibrated(one, mode)) is not None]
    if len(retrievers) == 1 and own:
        return own[0]
    used = {(mode, one.manifest.encoder, one.options, one.reranks) for one in retrievers}
    same = used <= {_MEASURED_WITH}
    return DEFAULT if same else replace(DEFAULT, tests="")


def status_of(level: Level | None) -> Status:
    """Return the state that a level stands for."""
    if level is None:
        return "no_answer"
    return "low_confidence" if level.bucket == "low" else "answered"


def reaches(level: Level, least: Bucket) -> bool:
    """Tell whether a level is at least the one a caller asked for."""
    return _ORDER.index(level.bucket) >= _ORDER.index(least)


def _calibrated(retriever: Retriever, mode: Mode) -> Scale | None:
    text = retriever.kept.calibration()
    if text is None:
        return None
    body = _read(text)
    if (body["mode"], body["encoder"]) != (mode, retriever.manifest.encoder):
        return None
    return Scale(
        tuple(
            Level(one["bucket"], one["from_score"], one["right"], one["questions"])
            for one in body["levels"]
        ),
        body["refused_right"],
        body["refused"],
        "this collection's tests",
    )


@lru_cache(maxsize=64)
def _read(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
        levels = [(one["bucket"], one["from_score"]) for one in body["levels"]]
        if levels != sorted(levels, key=lambda one: (_ORDER.index(one[0]), one[1])):
            raise ValueError("its levels are out of order")  # noqa: TRY301 - one way out for all faults
        return {
            name: body[name] for name in ("mode", "encoder", "levels", "refused_right", "refused")
        }
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"the collection's calibration is not a calibration ({error}); pincite calibrate again"
        ) from error
