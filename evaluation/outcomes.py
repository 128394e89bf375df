"""What happened to each question, one by one and as columns that measures are computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The lowest score of each bucket, in [0, 1]; below `low` the answer is no answer.

    From `low` to `medium` the state is low_confidence, from `medium` on answered.
    """

    low: float
    medium: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.medium <= self.high <= 1:
            raise ValueError(f"thresholds rise from 0 to 1, not {self}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked.

    `score` is the final score of the best hit, in [0, 1], 0.0 where there was none; `right` whether
    the first unit of the ranking answers. `values` are the retrieval measures, each in [0, 1],
    empty for an unanswerable question.
    """

    question_id: str
    kind: str | None
    answerable: bool
    score: float
    right: bool
    milliseconds: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Columns:
    """Outcomes as columns of shape (n,); a retrieval value is NaN for an unanswerable question."""

    answerable: Flags
    scores: Floats
    right: Flags
    values: Mapping[str, Floats]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Self:
        """Turn outcomes into columns, in their order."""
        names = dict.fromkeys(name for one in outcomes for name in one.values)
        return cls(
            np.array([one.answerable for one in outcomes], dtype=np.bool_),
            np.array([one.score for one in outcomes], dtype=np.float64),
            np.array([one.right for one in outcomes], dtype=np.bool_),
            {
                name: np.array([one.values.get(name, np.nan) for one in outcomes], dtype=np.float64)
                for name in names
            },
        )

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: Numbers) -> Self:
        """Return the given rows, repeated where they are."""
        return type(self)(
            self.answerable[rows],
            self.scores[rows],
            self.right[rows],
            {name: column[rows] for name, column in self.values.items()},
        )

    def exchanged(self, other: Self, where: Flags) -> Self:
        """Return these columns with the other's rows where `where` is true."""
        return type(self)(
            self.answerable,
            np.where(where, other.scores, self.scores),
            np.where(where, other.right, self.right),
            {
                name: np.where(where, other.values[name], column)
                for name, column in self.values.items()
            },
        )
