"""FAISS: the engine inside the process. It and its neighbours `lists` and `faiss_file` know faiss.

A search for more rows than there are pads its answer, so k is clipped here.
"""

from pathlib import Path

import faiss
import numpy as np

from index.encoders.protocol import Vectors
from index.errors import EngineError
from index.vectors import lists
from index.vectors.faiss_file import made, mapped, write
from index.vectors.protocol import Allowed, Matrix, Rows, Scores, Structure, VectorIndex
from index.vectors.recall import AT, nearest, questions, recall, sample

_EXACT_BELOW = 8_192
"""Rows up to which looking at every one is fastest: 12 MB of 384 dimensions, half a millisecond."""
_EXACT_WITHIN = 250_000
"""Rows up to which, where a filter leaves no more, each of them is looked at."""
_EF_SEARCH = 128
_TRAINED_ON = 131_072
_ADDED_AT_ONCE = 65_536
_GOAL = 0.99
_SEED = 1


class FaissIndex:
    """A mapped FAISS index of inner products over unit vectors.

    Where no more than `exact_up_to` rows are allowed, each of them is looked at: a graph's walk
    would end before it had met enough.
    """

    def __init__(self, index: "faiss.Index", exact_up_to: int = _EXACT_WITHIN) -> None:
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
            if isinstance(self._index, faiss.IndexIVF) and not (rows >= 0).all():
                # The lists looked through hold fewer than k; all of them hold enough.
                every = made("SearchParametersIVF", nprobe=self._index.nlist)
                scores, rows = self._index.search(queries, k, params=every)
        else:
            bits = np.packbits(allowed, bitorder="little")  # in a name: faiss only points to it
            scores, rows = self._within(queries, k, made("IDSelectorBitmap", bits), among)
        return scores.clip(-1.0, 1.0), rows

    def _within(
        self, queries: Vectors, k: int, selector: "faiss.IDSelector", among: int
    ) -> tuple[Scores, Rows]:
        """Search the rows that a selector lets through; `among` is how many these are."""
        index, every = self._index, made("SearchParameters", sel=selector)
        some = None
        if isinstance(index, faiss.IndexHNSW):
            # A walk meets few rows that are allowed if few are: it has to be as much longer, and
            # twice that, as rows of like meaning are often allowed, or not, together.
            long = max(k, _EF_SEARCH) * 2 * len(self) // among
            some = made("SearchParametersHNSW", sel=selector, efSearch=long)
        elif isinstance(index, faiss.IndexIVF):
            every = made("SearchParametersIVF", sel=selector, nprobe=index.nlist)
            some = made("SearchParametersIVF", sel=selector, nprobe=index.nprobe)
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


class FaissEngine:
    """FAISS with a structure named in the language of its index_factory, or `auto`.

    `auto` is one rule: every row is looked at up to some size, inverted lists of short codes above.
    """

    def __init__(self, structure: str = "auto") -> None:
        self._structure = structure
        self.name = f"faiss:{structure}"

    def create(self, folder: Path, vectors: Matrix) -> Structure:
        """Build the structure and write it; EngineError for a structure FAISS does not know."""
        rows, dim = vectors.shape
        structure = self._structure
        if structure == "auto" and rows <= _EXACT_BELOW:
            structure = "Flat"
        random = np.random.default_rng(_SEED)
        try:
            if structure == "auto":
                return lists.create(folder, vectors)
            index = faiss.index_factory(dim, structure, faiss.METRIC_INNER_PRODUCT)
            if rows and not index.is_trained:
                index.train(sample(vectors, _TRAINED_ON, random))
            for start in range(0, rows, _ADDED_AT_ONCE):
                index.add(vectors[start : start + _ADDED_AT_ONCE])
        except RuntimeError as error:
            raise EngineError(
                f"faiss cannot build {structure!r} for {rows} rows: {error}"
            ) from error
        write(folder, index)
        if rows <= AT or isinstance(index, faiss.IndexFlat):
            return Structure(structure)
        asked = questions(vectors, random)
        _, found = _opened(index).search(asked, AT)
        reached = recall(nearest(vectors, asked), found.__getitem__)
        return Structure(structure, reached, len(asked), _GOAL)

    def open(self, folder: Path, vectors: Matrix) -> VectorIndex:
        """Map the index into memory."""
        if lists.is_here(folder):
            return lists.open_lists(folder, vectors)
        return _opened(mapped(folder))


def _opened(index: "faiss.Index") -> FaissIndex:
    if isinstance(index, faiss.IndexHNSW):
        index.hnsw.efSearch = _EF_SEARCH
    return FaissIndex(index)
