"""What every engine owes, compared with plain multiplication; inherited in test_engines."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.encoders.protocol import Vectors
from index.vectors.opening import open_engine
from index.vectors.protocol import VectorIndex

DIM = 24
TOLERANCE = 1e-5


def unit(rows: NDArray[np.floating]) -> Vectors:
    """Return rows scaled to unit length."""
    scaled = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(scaled, dtype=np.float32)


def gathered(seed: int, count: int) -> Vectors:
    """Return unit vectors around a few centres, as sentences lie, not evenly spread."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((8, DIM))
    return unit(
        centres[random.integers(8, size=count)] + 0.6 * random.standard_normal((count, DIM))
    )


class VectorIndexContract:
    """Inherited by one class an engine, which names it."""

    name: str

    def built(self, folder: Path, vectors: Vectors) -> VectorIndex:
        """Create and open as a build does: into an empty folder, over vectors mapped from disk."""
        engine = open_engine(self.name)
        dense = folder / "dense"
        dense.mkdir()
        np.save(folder / "vectors.npy", vectors)
        engine.create(dense, vectors)
        mapped = np.load(folder / "vectors.npy", mmap_mode="r" if len(vectors) else None)
        return engine.open(dense, mapped)

    def test_the_best_rows_and_their_scores_are_those_of_plain_multiplication(
        self, tmp_path: Path
    ) -> None:
        """Scores equal the cosines of the best rows within 1e-5, best first."""
        vectors, queries = gathered(1, 500), gathered(2, 20)
        scores, rows = self.built(tmp_path, vectors).search(queries, 10)
        cosines = queries @ vectors.T
        best = -np.sort(-cosines, axis=1)[:, :10]
        assert scores.shape == rows.shape == (20, 10)
        np.testing.assert_allclose(scores, best, atol=TOLERANCE)
        np.testing.assert_allclose(
            scores, np.take_along_axis(cosines, rows, axis=1), atol=TOLERANCE
        )

    def test_a_row_finds_itself_first(self, tmp_path: Path) -> None:
        """The nearest row to a stored vector is that vector, at a score of 1."""
        vectors = gathered(3, 200)
        scores, rows = self.built(tmp_path, vectors).search(vectors[:50], 1)
        assert rows[:, 0].tolist() == list(range(50))
        np.testing.assert_allclose(scores[:, 0], 1.0, atol=TOLERANCE)

    def test_equal_scores_are_all_found_in_whatever_order(self, tmp_path: Path) -> None:
        """Rows that tie are compared as a set: each engine orders them its own way."""
        axes = np.eye(DIM, dtype=np.float32)
        vectors = np.ascontiguousarray(axes[[0, 1, 0, 2, 0, 0, 3]])
        scores, rows = self.built(tmp_path, vectors).search(axes[:1], 4)
        assert set(rows[0].tolist()) == {0, 2, 4, 5}
        np.testing.assert_allclose(scores, 1.0, atol=TOLERANCE)

    def test_more_than_there_is_gives_all_there_is(self, tmp_path: Path) -> None:
        """With k above the number of rows the answer has every row once and no padding."""
        vectors = gathered(4, 7)
        scores, rows = self.built(tmp_path, vectors).search(gathered(5, 3), 1000)
        assert scores.shape == (3, 7)
        assert all(sorted(found) == list(range(7)) for found in rows.tolist())

    def test_nothing_asked_for_gives_nothing(self, tmp_path: Path) -> None:
        """With k = 0 both answers are empty and keep their shape and type."""
        scores, rows = self.built(tmp_path, gathered(6, 5)).search(gathered(7, 2), 0)
        assert scores.shape == rows.shape == (2, 0)
        assert [scores.dtype.name, rows.dtype.name] == ["float32", "int64"]

    def test_no_rows_at_all(self, tmp_path: Path) -> None:
        """An index of nothing opens, has length 0 and finds nothing."""
        index = self.built(tmp_path, np.empty((0, DIM), np.float32))
        scores, rows = index.search(gathered(8, 2), 5)
        assert len(index) == 0
        assert scores.shape == rows.shape == (2, 0)

    def test_one_row(self, tmp_path: Path) -> None:
        """An index of one row finds it for any question, however unlike."""
        vectors = gathered(9, 1)
        scores, rows = self.built(tmp_path, vectors).search(-vectors, 5)
        assert rows.tolist() == [[0]]
        np.testing.assert_allclose(scores, [[-1.0]], atol=TOLERANCE)

    def test_scores_are_cosines_best_first(self, tmp_path: Path) -> None:
        """Every score is in [-1, 1], none above the one before; types are those of the protocol."""
        scores, rows = self.built(tmp_path, gathered(10, 300)).search(gathered(11, 30), 300)
        assert [scores.dtype.name, rows.dtype.name] == ["float32", "int64"]
        assert float(np.abs(scores).max()) <= 1.0
        assert np.all(np.diff(scores, axis=1) <= 0.0)

    @pytest.mark.parametrize("share", [0.002, 0.02, 0.3, 0.95, 1.0])
    @pytest.mark.parametrize("k", [1, 10, 700])
    def test_within_allowed_rows_the_best_of_these_are_found(
        self, tmp_path: Path, share: float, k: int
    ) -> None:
        """Rows and scores are those of multiplying with the allowed rows alone, none missing."""
        vectors, queries = gathered(19, 1500), gathered(20, 5)
        allowed = np.random.default_rng(21).random(1500) < share
        scores, rows = self.built(tmp_path, vectors).search(queries, k, allowed)
        cosines = np.where(allowed, queries @ vectors.T, -np.inf)
        k = min(k, int(allowed.sum()))
        assert scores.shape == rows.shape == (5, k)
        assert allowed[rows].all()
        assert all(len(set(one)) == k for one in rows.tolist())
        np.testing.assert_allclose(scores, -np.sort(-cosines, axis=1)[:, :k], atol=TOLERANCE)
        np.testing.assert_allclose(
            scores, np.take_along_axis(cosines, rows, axis=1), atol=TOLERANCE
        )

    def test_allowed_rows_far_from_the_question_are_found_all_the_same(
        self, tmp_path: Path
    ) -> None:
        """Only the least like of all rows are allowed, and the best of them are what is found."""
        vectors, queries = gathered(22, 1500), gathered(23, 1)
        cosines = (queries @ vectors.T)[0]
        last = np.argsort(cosines)[:40]
        allowed = np.zeros(1500, dtype=np.bool_)
        allowed[last] = True
        scores, rows = self.built(tmp_path, vectors).search(queries, 10, allowed)
        assert set(rows[0].tolist()) == set(last[-10:].tolist())
        np.testing.assert_allclose(scores[0], cosines[last[:-11:-1]], atol=TOLERANCE)

    def test_with_no_row_allowed_nothing_is_found(self, tmp_path: Path) -> None:
        """The answers are empty and keep their shape and type."""
        nothing = np.zeros(5, dtype=np.bool_)
        scores, rows = self.built(tmp_path, gathered(24, 5)).search(gathered(25, 2), 3, nothing)
        assert scores.shape == rows.shape == (2, 0)
        assert [scores.dtype.name, rows.dtype.name] == ["float32", "int64"]

    def test_there_is_no_way_to_change_an_opened_index(self, tmp_path: Path) -> None:
        """An opened index offers no method that adds, removes or writes."""
        index = self.built(tmp_path, gathered(12, 5))
        offered = {name for name in dir(index) if not name.startswith("_")}
        assert offered == {"search"}

    def test_searching_changes_no_file(self, tmp_path: Path) -> None:
        """Opening and searching leave every byte of the folder as it was."""
        index = self.built(tmp_path, gathered(13, 50))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        index.search(gathered(14, 5), 5)
        assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before

    def test_opened_again_it_answers_the_same(self, tmp_path: Path) -> None:
        """A second opening of the same folder gives equal rows and scores."""
        vectors, queries = gathered(15, 100), gathered(16, 5)
        first = self.built(tmp_path, vectors)
        again = open_engine(self.name).open(tmp_path / "dense", vectors)
        for one, other in zip(first.search(queries, 9), again.search(queries, 9), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_the_engine_bears_the_name_it_is_opened_by(self) -> None:
        """The name in a manifest opens the engine that wrote it."""
        assert open_engine(self.name).name == self.name

    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_questions_together_are_answered_as_alone(self, tmp_path: Path, count: int) -> None:
        """A batch of questions finds what each finds by itself."""
        index = self.built(tmp_path, gathered(17, 120))
        queries = gathered(18, count)
        scores, rows = index.search(queries, 6)
        for at in range(count):
            alone_scores, alone_rows = index.search(queries[at : at + 1], 6)
            np.testing.assert_allclose(alone_scores[0], scores[at], atol=TOLERANCE)
            assert set(alone_rows[0].tolist()) == set(rows[at].tolist())
