"""The plainest engine: one matrix product over every row. Other engines are compared with it."""

from pathlib import Path

import numpy as np

from index.encoders.protocol import Vectors
from index.vectors.protocol import Allowed, Matrix, Rows, Scores, Structure

_BLOCK = 65_536


class ExactIndex:
    """All rows, searched by multiplication."""

    def __init__(self, vectors: Matrix) -> None:
        self._vectors = vectors

    def __len__(self) -> int:
        return self._vectors.shape[0]

    def search(
        self, queries: Vectors, k: int, allowed: Allowed | None = None
    ) -> tuple[Scores, Rows]:
        """Return the best of the allowed rows for each query, exactly."""
        k = min(k, len(self) if allowed is None else int(np.count_nonzero(allowed)))
        if k == 0:
            empty = (len(queries), 0)
            return np.empty(empty, np.float32), np.empty(empty, np.int64)
        starts = range(0, len(self), _BLOCK)
        blocks = [queries @ self._vectors[start : start + _BLOCK].T for start in starts]
        similarities = np.concatenate(blocks, axis=1)
        if allowed is not None:
            similarities[:, ~allowed] = -np.inf
        rows = np.argpartition(-similarities, k - 1, axis=1)[:, :k]
        scores = np.take_along_axis(similarities, rows, axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")
        rows = np.take_along_axis(rows, order, axis=1).astype(np.int64)
        return np.take_along_axis(scores, order, axis=1).clip(-1.0, 1.0), rows


class ExactEngine:
    """Makes nothing: the vectors of the build are the index."""

    name = "exact:"

    def create(self, folder: Path, vectors: Matrix) -> Structure:  # noqa: ARG002 - the protocol's
        """Write nothing."""
        return Structure("every row")

    def open(self, folder: Path, vectors: Matrix) -> ExactIndex:  # noqa: ARG002 - the protocol's
        """Search the build's own vectors."""
        return ExactIndex(vectors)
