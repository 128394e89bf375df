"""What a score means: the three states, the buckets, and the measured words for each.

The thresholds and the shares below were measured, not chosen by taste: docs/evaluation.md says
on which questions and by which command.
"""

from dataclasses import dataclass
from typing import Literal

Status = Literal["answered", "low_confidence", "no_answer"]
Bucket = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Level:
    """One bucket: the lowest score in it, and how many of the answers there were right."""

    bucket: Bucket
    from_score: float
    right: int
    questions: int

    @property
    def meaning(self) -> str:
        """The measured meaning, in words."""
        share = round(100 * self.right / self.questions)
        return (
            f"in Pincite's own tests {share} of 100 answers at this level were right "
            f"(n={self.questions})"
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """The levels, lowest first; a score below the first is no answer."""

    levels: tuple[Level, ...]
    refused_right: int
    refused: int

    def level(self, score: float) -> Level | None:
        """Return the level that `score` in [0, 1] falls into, None below all."""
        reached = [level for level in self.levels if score >= level.from_score]
        return reached[-1] if reached else None

    @property
    def refusal_meaning(self) -> str:
        """The measured meaning of no answer, in words."""
        share = round(100 * self.refused_right / self.refused)
        return (
            f"in Pincite's own tests {share} of 100 questions at this level had no answer in the "
            f"documents (n={self.refused})"
        )


DEFAULT = Scale(
    levels=(
        Level("low", 0.35, 60, 100),
        Level("medium", 0.6, 80, 100),
        Level("high", 0.8, 94, 100),
    ),
    refused_right=90,
    refused=100,
)


def status_of(level: Level | None) -> Status:
    """Return the state that a level stands for."""
    if level is None:
        return "no_answer"
    return "low_confidence" if level.bucket == "low" else "answered"


def reaches(level: Level, least: Bucket) -> bool:
    """Tell whether a level is at least the one a caller asked for."""
    order: tuple[Bucket, ...] = ("low", "medium", "high")
    return order.index(level.bucket) >= order.index(least)
