"""One vector a passage: itself and the paragraphs it stands in, made as rows are asked for.

Its inner product with a question is, but for the vector's length, the dense part of the sum that
ranks (index.ranking): one search finds the candidates of both. At ten million passages they would
fill 15 GB, so they are never all made: an engine takes them block by block.
"""

import numpy as np

from index.encoders.protocol import Vectors
from index.members import Members
from index.ranking import DENSE, DENSE_PARAGRAPH
from index.vectors.protocol import Matrix, Rows

_WEIGHT = DENSE_PARAGRAPH / DENSE


class Contextual:
    """The vectors of passages mixed with those of their paragraphs, each of unit length."""

    def __init__(self, passages: Matrix, paragraphs: Matrix, members: Members) -> None:
        self._passages = passages
        self._paragraphs = paragraphs
        self._members = members

    @property
    def shape(self) -> tuple[int, ...]:
        """Passages and dimensions."""
        return self._passages.shape

    def __getitem__(self, rows: slice | Rows, /) -> Vectors:
        """Mix and scale these rows."""
        mixed = np.array(self._passages[rows], dtype=np.float32)
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self.shape[0]), dtype=np.int64)
        members, counts = self._members.paragraphs.of(rows)
        starts = np.cumsum(counts) - counts
        distinct, which = np.unique(members[starts].astype(np.int64), return_inverse=True)
        around = self._paragraphs[distinct][which]
        for at in np.flatnonzero(counts > 1).tolist():
            own = members[starts[at] : starts[at] + counts[at]].astype(np.int64)
            around[at] = self._paragraphs[own].mean(axis=0)
        mixed += _WEIGHT * around
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        return mixed
