"""What building sees of an engine, and what serving sees of an index."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.encoders.protocol import Vectors

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]
Allowed = NDArray[np.bool_]


class Matrix(Protocol):
    """Unit vectors by row, float32, of which no more need be in memory than are asked for.

    An array in memory is one, so is one mapped from disk.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and dimensions."""
        ...

    def __getitem__(self, rows: slice | Rows, /) -> Vectors:
        """Return these rows, in this order."""
        ...


@dataclass(frozen=True, slots=True)
class Structure:
    """What an engine made of a matrix: what it is, and how much of the truth it finds.

    `recall` is recall@10: which share, in [0, 1], of the ten nearest rows a search for ten returns,
    on average over `questions` vectors that are not among the rows; 1.0 over none where every row
    is looked at, None where it was not measured. `goal` is what it should be.
    """

    description: str
    recall: float | None = 1.0
    questions: int = 0
    goal: float = 1.0

    def __str__(self) -> str:
        if self.recall is None:
            return f"{self.description}: recall not measured"
        if not self.questions:
            return f"{self.description}: exact"
        found = f"{self.description}: recall@10 {self.recall:.3f} over {self.questions} questions"
        return found if self.reaches_goal else f"{found}, which misses the goal of {self.goal}"

    @property
    def reaches_goal(self) -> bool:
        """Whether as much is found as should be."""
        return self.recall is None or self.recall >= self.goal


class VectorIndex(Protocol):
    """Rows that can be searched and in no way changed.

    Queries in: float32, C-contiguous, unit length. Scores out: cosine similarities in [-1, 1],
    higher is better, best first; equal scores come in no particular order.
    """

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def search(
        self, queries: Vectors, k: int, allowed: Allowed | None = None
    ) -> tuple[Scores, Rows]:
        """Return the best rows for each query; both of shape (len(queries), min(k, len(self))).

        `allowed`, of shape (len(self),), says which rows may be found: the best of these are, all
        of them where they are no more than k, however few and wherever they lie. EngineError where
        an engine cannot search within some of its rows.
        """
        ...


class Engine(Protocol):
    """Makes and opens the searchable form of vectors inside a folder of a build."""

    @property
    def name(self) -> str:
        """The engine as an operator names it, with all that changes what it makes."""
        ...

    def create(self, folder: Path, vectors: Matrix) -> Structure:
        """Write the searchable form of `vectors` into `folder`, which is empty; say what it is."""
        ...

    def open(self, folder: Path, vectors: Matrix) -> VectorIndex:
        """Open what `create` wrote; `vectors` are the same rows, read from disk when asked for."""
        ...
