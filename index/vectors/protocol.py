"""What building sees of an engine, and what serving sees of an index."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.encoders.protocol import Vectors

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]
Allowed = NDArray[np.bool_]


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

    def create(self, folder: Path, vectors: Vectors) -> None:
        """Write the searchable form of `vectors` into `folder`, which is empty."""
        ...

    def open(self, folder: Path, vectors: Vectors) -> VectorIndex:
        """Open what `create` wrote; `vectors` are the same rows, mapped from disk."""
        ...
