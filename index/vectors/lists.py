"""Inverted lists of short codes, and an exact comparison of the best: FAISS for many rows.

Rows are put into lists around centres (k-means). In the lists nearest to a question every row is
estimated from four bits for each two dimensions (product quantisation, Jégou et al. 2011), by
look-ups that stay in registers (André et al. 2015); the best of these are estimated again from four
bits for each dimension, and the best of those compared exactly with the vectors on disk. How many
lists are looked through is chosen when the index is made: the fewest that find what should be
found. Where these are many, each half of them is a search of its own, so that a processor that
idles can take one. docs/decisions/0017-structures-by-size.md has what else was measured.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from index.aside import SPARE, Aside
from index.encoders.protocol import Vectors
from index.errors import EngineError
from index.vectors.faiss_file import made, mapped, write
from index.vectors.protocol import Allowed, Matrix, Rows, Scores, Structure
from index.vectors.recall import AT, nearest, questions, recall, sample

_SETTINGS = "lists.json"
_MOST = 4096
_MILLIONS = 2_000_000
_A_LIST = 40
"""Rows that a centre is learned from; faiss asks for 39."""
_ROUNDS = 8
_ADDED_AT_ONCE = 65_536
_SCANNED = 1_000_000
"""Rows estimated for a question at most: about 15 ms of one core."""
_HALVED = 100_000
"""Rows estimated for a question from which on halves are worth the waking of a thread."""
_COMPARED = 200
_AMPLE = 2
"""Rows compared exactly: twice as many as are wanted, and at least `_COMPARED`."""
_AGAIN = (1_000, 2_000, 4_000)
"""Rows estimated again: more where fewer do not reach the goal."""
_EXACT_WITHIN = 20_000
"""Rows up to which, where a filter leaves no more, each of them is compared exactly."""
_COMPARED_AT_ONCE = 4096
_ONE_QUESTION = 11
"""How faiss scans: one question's tables for all lists, not packed with others' for each list."""
_SEED = 1


def goal(rows: int) -> float:
    """Return the recall@10 that an index of so many rows should have."""
    return 0.99 if rows <= _MILLIONS else 0.95


@dataclass(frozen=True, slots=True)
class _Settings:
    """How many lists are looked through for a question, and how many rows estimated again."""

    probed: int
    again: int

    @classmethod
    def read(cls, folder: Path) -> Self:
        try:
            return cls(**json.loads((folder / _SETTINGS).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise EngineError(f"{folder / _SETTINGS}: cannot be read: {error}") from error

    def write(self, folder: Path) -> None:
        (folder / _SETTINGS).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def is_here(folder: Path) -> bool:
    """Tell whether `create` wrote into this folder."""
    return (folder / _SETTINGS).exists()


def create(folder: Path, vectors: Matrix) -> Structure:
    """Learn the lists from a sample, fill them block by block, and measure what is found."""
    rows, dim = vectors.shape
    random = np.random.default_rng(_SEED)
    lists = 2 ** int(np.log2(max(min(5 * np.sqrt(rows), rows / _A_LIST, _MOST), 1)))
    codes = f"PQ{dim // 2}x4fs" if dim % 2 == 0 else "SQ8"
    structure = f"IVF{lists},{codes},Refine(SQ4)"
    index: Any = faiss.index_factory(dim, structure, faiss.METRIC_INNER_PRODUCT)
    inverted = faiss.extract_index_ivf(index)
    inverted.cp.niter = _ROUNDS
    inverted.cp.max_points_per_centroid = 2 * _A_LIST
    index.train(sample(vectors, _A_LIST * lists, random))
    for start in range(0, rows, _ADDED_AT_ONCE):
        index.add(vectors[start : start + _ADDED_AT_ONCE])
    write(folder, index)

    asked = questions(vectors, random)
    truth = nearest(vectors, asked)
    most = min(lists, max(_SCANNED * lists // rows, 1))

    def found(settings: _Settings) -> float:
        searched = ListedIndex(index, vectors, settings)
        return recall(truth, lambda at: searched.search(asked[at : at + 1], AT)[1][0])

    for again in _AGAIN:
        settings, reached = _fewest(most, again, goal(rows), found)
        if reached >= goal(rows):
            break
    settings.write(folder)
    return Structure(
        f"{structure}, {settings.probed} lists looked through, {settings.again} rows again",
        reached,
        len(asked),
        goal(rows),
    )


def open_lists(folder: Path, vectors: Matrix) -> "ListedIndex":
    """Map what `create` wrote; `vectors` are the rows that the best are compared with."""
    index: Any = mapped(folder)
    return ListedIndex(index, vectors, _Settings.read(folder))


def _fewest(
    most: int, again: int, wanted: float, found: Callable[[_Settings], float]
) -> tuple[_Settings, float]:
    """Return the fewest lists, within an eighth, that find what is wanted; `most` if none do.

    With them, what they find. More lists find more, but for the noise of estimates.
    """
    enough, too_few = 1, 0
    reached = found(_Settings(enough, again))
    while reached < wanted and enough < most:
        too_few, enough = enough, min(2 * enough, most)
        reached = found(_Settings(enough, again))
    while reached >= wanted and enough - too_few > max(enough // 8, 1):
        between = (too_few + enough) // 2
        share = found(_Settings(between, again))
        if share >= wanted:
            enough, reached = between, share
        else:
            too_few = between
    return _Settings(enough, again), reached


class ListedIndex:
    """Codes in lists, mapped, and the vectors that they stand for."""

    def __init__(
        self,
        index: "faiss.IndexRefine",
        vectors: Matrix,
        settings: _Settings,
        aside: Aside = SPARE,
    ) -> None:
        self._index = index
        self._vectors = vectors
        inverted: Any = faiss.downcast_index(faiss.extract_index_ivf(index))
        if isinstance(inverted, faiss.IndexIVFPQFastScan):
            inverted.implem = _ONE_QUESTION
        self._centres, self._lists = inverted.quantizer, int(inverted.nlist)
        self._settings = settings
        self._aside = aside

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, queries: Vectors, k: int, allowed: Allowed | None = None
    ) -> tuple[Scores, Rows]:
        """Return the best rows for each query, with exact scores."""
        among = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, among)
        if k == 0:
            empty = (len(queries), 0)
            return np.empty(empty, np.float32), np.empty(empty, np.int64)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        compared = min(max(_AMPLE * k, _COMPARED), among)
        if allowed is not None and among <= max(compared, _EXACT_WITHIN):
            rows = np.broadcast_to(np.flatnonzero(allowed), (len(queries), among))
        else:
            rows = self._estimated(queries, k, compared, allowed, among)
        pairs = [self._best(query, found, k) for query, found in zip(queries, rows, strict=True)]
        return np.array([scores for scores, _ in pairs]), np.array([best for _, best in pairs])

    def _estimated(
        self, queries: Vectors, k: int, count: int, allowed: Allowed | None, among: int
    ) -> Rows:
        """Return `count` rows with the best estimates, at least `k` of them, padded with -1.

        Among the rows that a filter leaves, as many are met only in as many more lists.
        """
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        probed = min(-(-self._settings.probed * len(self) // among), self._lists)
        rows = self._found(queries, count, bits, probed)
        if not (rows[:, k - 1] >= 0).all():  # fewer stand in these lists; in all there are enough
            rows = self._found(queries, count, bits, self._lists)
        return rows

    def _found(
        self, queries: Vectors, count: int, bits: NDArray[np.uint8] | None, probed: int
    ) -> Rows:
        """Search so many lists: as halves where that is much work, whoever does it.

        Who answers while others do gets the same rows as who is alone.
        """
        if probed == 1 or probed * len(self) < _HALVED * self._lists:
            return self._searched(queries, count, bits, probed)[1]
        return np.array([self._halved(query[None], count, bits, probed) for query in queries])

    def _halved(
        self, query: Vectors, count: int, bits: NDArray[np.uint8] | None, probed: int
    ) -> Rows:
        lists = np.sort(self._centres.search(query, probed)[1][0])
        first, second = np.array_split(lists, 2)  # in this order: neighbours in memory stay such
        other = self._aside.begin(lambda: self._searched(query, count, bits, first))
        (scores, rows), (more, others) = self._searched(query, count, bits, second), other()
        best = np.argsort(-np.concatenate([scores[0], more[0]]), kind="stable")[:count]
        return np.concatenate([rows[0], others[0]])[best]

    def _searched(
        self, queries: Vectors, count: int, bits: NDArray[np.uint8] | None, among: int | Rows
    ) -> tuple[Scores, Rows]:
        """Search the nearest lists, so many of all or these ones, which are half of them."""
        again = self._settings.again
        settings: dict[str, object] = {"nprobe": among}
        if bits is not None:
            settings["sel"] = made("IDSelectorBitmap", bits)
        if not isinstance(among, int):
            chosen = np.zeros(self._lists, dtype=np.bool_)
            chosen[among] = True
            packed = np.packbits(chosen, bitorder="little")  # in a name: faiss only points to it
            only = made("SearchParameters", sel=made("IDSelectorBitmap", packed))
            settings |= {"nprobe": len(among), "quantizer_params": only}
            again //= 2
        parameters = made(
            "IndexRefineSearchParameters",
            k_factor=max(again / count, 1.0),
            base_index_params=made("SearchParametersIVF", **settings),
        )
        scores, rows = self._index.search(queries, count, params=parameters)
        return scores, rows

    def _best(self, query: Vectors, rows: Rows, k: int) -> tuple[Scores, Rows]:
        """Return the best of some rows, by their vectors; of equal ones the first row first."""
        rows = np.sort(rows[rows >= 0])  # in this order a disk is faster
        scores = np.concatenate(
            [
                self._vectors[rows[start : start + _COMPARED_AT_ONCE]] @ query
                for start in range(0, len(rows), _COMPARED_AT_ONCE)
            ]
        )
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best].clip(-1.0, 1.0), rows[best]
