"""FAISS: the engine inside the process. The one module that knows faiss.

Facts that shape it (faiss-cpu 1.15): `IO_FLAG_MMAP_IFC` maps an index so that processes share one
copy, and a mapped index must never be added to; a search for more rows than there are pads its
answer, so k is clipped here.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.encoders.protocol import Vectors
from index.errors import EngineError
from index.vectors.protocol import Allowed, Rows, Scores

_FILE = "index.faiss"
_EXACT_BELOW = 250_000
"""Rows up to which looking at every one is fast enough (about 10 ms on two cores)."""
_EF_SEARCH = 128
_WRITE_BYTES = 1 << 20


class FaissIndex:
    """A mapped FAISS index of inner products over unit vectors.

    Where no more than `exact_up_to` rows are allowed, each of them is looked at: a graph's walk
    would end before it had met enough.
    """

    def __init__(self, index: "faiss.Index", exact_up_to: int = _EXACT_BELOW) -> None:
        self._index = index
        self._exact_up_to = exact_up_to

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, queries: Vectors, k: int, allowed: Allowed | None = None
    ) -> tuple[Scores, Rows]:
        """Return the best rows for each query, exactly or nearly so, as the structure allows."""
        among = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, among)
        if k == 0:
            empty = (len(queries), 0)
            return np.empty(empty, np.float32), np.empty(empty, np.int64)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if allowed is None:
            scores, rows = self._index.search(queries, k)
        else:
            bits = np.packbits(allowed, bitorder="little")  # in a name: faiss only points to it
            scores, rows = self._within(queries, k, _made("IDSelectorBitmap", bits), among)
        return scores.clip(-1.0, 1.0), rows

    def _within(
        self, queries: Vectors, k: int, selector: "faiss.IDSelector", among: int
    ) -> tuple[Scores, Rows]:
        """Search the rows that a selector lets through; `among` is how many these are."""
        index, every = self._index, _made("SearchParameters", sel=selector)
        some = None
        if isinstance(index, faiss.IndexHNSW):
            # A walk meets few rows that are allowed if few are: it has to be as much longer, and
            # twice that, as rows of like meaning are often allowed, or not, together.
            long = max(k, _EF_SEARCH) * 2 * len(self) // among
            some = _made("SearchParametersHNSW", sel=selector, efSearch=long)
        elif isinstance(index, faiss.IndexIVF):
            every = _made("SearchParametersIVF", sel=selector, nprobe=index.nlist)
            some = _made("SearchParametersIVF", sel=selector, nprobe=index.nprobe)
        try:
            if some is not None and among > self._exact_up_to:
                scores, rows = index.search(queries, k, params=some)
                if (rows >= 0).all():  # it is -1 where fewer than k were met
                    return scores, rows
            if isinstance(index, faiss.IndexHNSW):
                index = faiss.downcast_index(index.storage)
            found: tuple[Scores, Rows] = index.search(queries, k, params=every)
        except RuntimeError as error:
            raise EngineError(
                "faiss cannot search this structure within some of its rows, as filters ask for; "
                f"set PINCITE_ENGINE to faiss:auto and index the documents again ({error})"
            ) from error
        return found


def _made(kind: str, *arguments: object, **settings: object) -> Any:  # noqa: ANN401 - see below
    """Make one of faiss's own objects by name: its types do not say how these are made."""
    return getattr(faiss, kind)(*arguments, **settings)


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
