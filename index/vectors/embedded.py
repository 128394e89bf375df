"""FAISS: the engine inside the process. The one module that knows faiss.

Facts that shape it (faiss-cpu 1.15): `IO_FLAG_MMAP_IFC` maps an index so that processes share one
copy, and a mapped index must never be added to; a search for more rows than there are pads its
answer, so k is clipped here.
"""

from pathlib import Path

import faiss
import numpy as np

from index.encoders.protocol import Vectors
from index.errors import EngineError
from index.vectors.protocol import Rows, Scores

_FILE = "index.faiss"
_EXACT_BELOW = 250_000
"""Rows up to which looking at every one is fast enough (about 10 ms on two cores)."""
_EF_SEARCH = 128
_WRITE_BYTES = 1 << 20


class FaissIndex:
    """A mapped FAISS index of inner products over unit vectors."""

    def __init__(self, index: "faiss.Index") -> None:
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: Vectors, k: int) -> tuple[Scores, Rows]:
        """Return the best rows for each query, exactly or nearly so, as the structure allows."""
        k = min(k, len(self))
        if k == 0:
            empty = (len(queries), 0)
            return np.empty(empty, np.float32), np.empty(empty, np.int64)
        scores, rows = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), k)
        return scores.clip(-1.0, 1.0), rows


class FaissEngine:
    """FAISS with a structure named in the language of its index_factory, or `auto`."""

    def __init__(self, structure: str = "auto") -> None:
        self._structure = structure
        self.name = f"faiss:{structure}"

    def create(self, folder: Path, vectors: Vectors) -> None:
        """Build the structure and write it; EngineError for a structure FAISS does not know."""
        rows, dim = vectors.shape
        structure = self._structure
        if structure == "auto":
            structure = "Flat" if rows <= _EXACT_BELOW else "HNSW32"
        try:
            index = faiss.index_factory(dim, structure, faiss.METRIC_INNER_PRODUCT)
            if rows and not index.is_trained:
                index.train(vectors)
            if rows:
                index.add(vectors)
        except RuntimeError as error:
            raise EngineError(
                f"faiss cannot build {structure!r} for {rows} rows: {error}"
            ) from error
        # Written through Python: to a full disk, faiss's own writer may end without an error.
        with (folder / _FILE).open("wb") as file:
            writer = faiss.PyCallbackIOWriter(file.write, _WRITE_BYTES)  # type: ignore[attr-defined] # not in its types
            faiss.write_index(index, writer)

    def open(self, folder: Path, vectors: Vectors) -> FaissIndex:  # noqa: ARG002 - the protocol's
        """Map the index into memory."""
        try:
            index = faiss.read_index(str(folder / _FILE), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise EngineError(f"{folder / _FILE}: faiss cannot open it: {error}") from error
        if isinstance(index, faiss.IndexHNSW):
            index.hnsw.efSearch = _EF_SEARCH
        return FaissIndex(index)
