import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.aside import Aside
from index.encoders.protocol import Vectors
from index.errors import EngineError
from index.vectors import embedded, lists
from index.vectors import recall as quality
from index.vectors.embedded import FaissIndex
from index.vectors.opening import open_engine
from index.vectors.protocol import Rows
from tests.contracts.vectors import VectorIndexContract, gathered, unit


class TestExact(VectorIndexContract):
    """Plain multiplication itself."""

    name = "exact:"


class TestFaissAuto(VectorIndexContract):
    """The default."""

    name = "faiss:auto"


class TestFaissListsOfCodes(VectorIndexContract):
    """What `auto` makes of many rows, made of few, and compared so amply that all is found."""

    name = "faiss:auto"

    @pytest.fixture(autouse=True)
    def many_rows_are_few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make codes of a hundred rows, in one list, and compare whatever is found there."""
        monkeypatch.setattr(embedded, "_EXACT_BELOW", 99)
        monkeypatch.setattr(lists, "_EXACT_WITHIN", 10)
        monkeypatch.setattr(lists, "_A_LIST", 10_000)
        monkeypatch.setattr(lists, "_COMPARED", 10_000)
        monkeypatch.setattr(lists, "_AGAIN", (10_000,))
        monkeypatch.setattr(quality, "QUESTIONS", 20)


class TestFaissListsInHalves(TestFaissListsOfCodes):
    """The same, of several lists, all looked through, each half in a search of its own."""

    @pytest.fixture(autouse=True)
    def little_is_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make lists of forty rows, half of which are estimated in another thread."""
        monkeypatch.setattr(lists, "_A_LIST", 40)
        monkeypatch.setattr(lists, "goal", lambda _: 1.01)
        monkeypatch.setattr(lists, "_HALVED", 0)


class TestFaissFlat(VectorIndexContract):
    """Every row, by FAISS."""

    name = "faiss:Flat"


class TestFaissHnsw(VectorIndexContract):
    """A graph of neighbours."""

    name = "faiss:HNSW32"


class TestFaissLists(VectorIndexContract):
    """Lists of neighbours, all of which are looked through where a contract is exact."""

    name = "faiss:IVF1,Flat"


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_a_graphs_walk_among_allowed_rows_is_long_enough(tmp_path: Path, share: float) -> None:
    """Where too many are allowed to look at each, as large a share is found as of all rows."""
    vectors, queries = gathered(1, 4000), gathered(2, 20)
    allowed = np.random.default_rng(3).random(4000) < share
    open_engine("faiss:HNSW32").create(tmp_path, vectors)
    opened = open_engine("faiss:HNSW32").open(tmp_path, vectors)
    assert isinstance(opened, FaissIndex)
    walking = FaissIndex(opened._index, exact_up_to=0)
    _, rows = walking.search(queries, 100, allowed)
    assert allowed[rows].all()
    among_all = recall(walking.search(queries, 100)[1], queries @ vectors.T)
    among_allowed = recall(rows, np.where(allowed, queries @ vectors.T, -np.inf))
    assert among_allowed >= among_all - 0.01
    assert among_allowed > 0.9


def beside(rows: Vectors) -> Vectors:
    """Return vectors a little away from these rows."""
    return unit(rows + 0.1 * np.random.default_rng(8).standard_normal(rows.shape))


def recall(rows: Rows, cosines: NDArray[np.floating]) -> float:
    """Return how many of the best rows by `cosines` are among the found, 0 to 1."""
    best = np.argsort(-cosines, axis=1)[:, : rows.shape[1]]
    pairs = zip(rows.tolist(), best.tolist(), strict=True)
    return float(np.mean([len({*one} & {*other}) / len(other) for one, other in pairs]))


@pytest.mark.parametrize("structure", ["HNSW32", "IVF16,Flat"])
def test_a_walk_that_meets_too_few_rows_is_followed_by_a_look_at_each(
    tmp_path: Path, structure: str
) -> None:
    """More is asked for than a walk or a list can hold, and all allowed rows are found."""
    vectors = gathered(4, 700)
    allowed = np.arange(700) % 7 == 0
    open_engine(f"faiss:{structure}").create(tmp_path, vectors)
    opened = open_engine(f"faiss:{structure}").open(tmp_path, vectors)
    assert isinstance(opened, FaissIndex)
    _, rows = FaissIndex(opened._index, exact_up_to=0).search(gathered(5, 2), 700, allowed)
    assert [sorted(one) for one in rows.tolist()] == [np.flatnonzero(allowed).tolist()] * 2


def test_lists_that_hold_too_few_rows_are_not_all_that_is_looked_through(tmp_path: Path) -> None:
    """More is asked for than the nearest list holds, and no padding comes with it."""
    vectors = gathered(7, 700)
    open_engine("faiss:IVF16,Flat").create(tmp_path, vectors)
    index = open_engine("faiss:IVF16,Flat").open(tmp_path, vectors)
    _, rows = index.search(gathered(8, 2), 400)
    assert rows.min() >= 0
    assert [len(set(one)) for one in rows.tolist()] == [400, 400]


def test_a_structure_that_cannot_search_within_rows_says_so(tmp_path: Path) -> None:
    """Compressed rows (PQ) know no selection: an EngineError with the mend, never all rows."""
    vectors = gathered(6, 300)
    engine = open_engine("faiss:PQ4x4")
    engine.create(tmp_path, vectors)
    index = engine.open(tmp_path, vectors)
    assert index.search(vectors[:1], 1)[1].shape == (1, 1)
    with pytest.raises(EngineError, match="set PINCITE_ENGINE to faiss:auto"):
        index.search(vectors[:1], 1, np.ones(300, dtype=np.bool_))


def test_lists_find_what_the_manifest_says_and_the_fewest_are_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten nearest rows the stated share comes back, scored exactly, from few of the lists."""
    monkeypatch.setattr(embedded, "_EXACT_BELOW", 99)
    vectors = gathered(9, 4_000)
    queries = beside(vectors[:100])
    made = open_engine("faiss:auto").create(tmp_path, vectors)
    index = open_engine("faiss:auto").open(tmp_path, vectors)
    scores, rows = index.search(queries, 10)
    cosines = queries @ vectors.T
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, rows, axis=1), atol=1e-5)
    assert recall(rows, cosines) > 0.97
    assert made.goal == 0.99
    assert made.reaches_goal
    assert made.questions == 500
    match = re.search(r"IVF(\d+),PQ12x4fs,Refine\(SQ4\), (\d+) lists", made.description)
    assert match is not None
    assert int(match[2]) < int(match[1]) / 2


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_lists_find_as_much_within_allowed_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """Where a filter leaves too many to look at each, as large a share is found as of all."""
    monkeypatch.setattr(embedded, "_EXACT_BELOW", 99)
    monkeypatch.setattr(lists, "_EXACT_WITHIN", 10)
    vectors = gathered(9, 4_000)
    queries = beside(vectors[:50])
    allowed = np.random.default_rng(3).random(4_000) < share
    open_engine("faiss:auto").create(tmp_path, vectors)
    index = open_engine("faiss:auto").open(tmp_path, vectors)
    _, rows = index.search(queries, 100, allowed)
    assert allowed[rows].all()
    among_allowed = recall(rows, np.where(allowed, queries @ vectors.T, -np.inf))
    assert among_allowed >= recall(index.search(queries, 100)[1], queries @ vectors.T) - 0.01


def test_halves_find_the_same_whoever_searches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a thread that is free, and with none, the same rows: as many as one search finds."""
    monkeypatch.setattr(embedded, "_EXACT_BELOW", 99)
    vectors = gathered(9, 4_000)
    queries = beside(vectors[:50])
    open_engine("faiss:auto").create(tmp_path, vectors)
    index = lists.open_lists(tmp_path, vectors)
    whole = recall(index.search(queries, 100)[1], queries @ vectors.T)
    monkeypatch.setattr(lists, "_HALVED", 0)
    found = []
    for aside in (Aside(1), Aside(0)):
        halved = lists.ListedIndex(index._index, vectors, index._settings, aside)
        found.append(halved.search(queries, 100))
    np.testing.assert_array_equal(found[0][1], found[1][1])
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert recall(found[0][1], queries @ vectors.T) >= whole - 0.01


def test_an_index_that_misses_its_goal_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no more lists may be looked through than find enough, what is found is stated."""
    monkeypatch.setattr(embedded, "_EXACT_BELOW", 99)
    monkeypatch.setattr(lists, "_SCANNED", 100)
    made = open_engine("faiss:auto").create(tmp_path, gathered(12, 5000))
    assert not made.reaches_goal
    assert made.recall is not None
    assert 0.0 < made.recall < made.goal


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    """The error names what was asked for and what there is."""
    with pytest.raises(EngineError, match=r"'annoy:'; known are exact:, faiss: or module:attr"):
        open_engine("annoy:")


def test_an_argument_that_an_engine_does_not_take_is_a_known_fault() -> None:
    """`exact:` has no structure to choose."""
    with pytest.raises(EngineError, match="'exact:Flat' cannot be opened by this name"):
        open_engine("exact:Flat")


def test_an_engine_of_ones_own_is_opened_by_module_and_attribute() -> None:
    """A name with a dotted module is imported."""
    assert open_engine("index.vectors.exact:ExactEngine").name == "exact:"


@pytest.mark.parametrize("name", ["no.such:Engine", "index.vectors.exact:Missing"])
def test_an_engine_that_cannot_be_imported_is_a_known_fault(name: str) -> None:
    """A missing module or attribute is an EngineError, not an ImportError."""
    with pytest.raises(EngineError, match="cannot be imported"):
        open_engine(name)


def test_a_structure_faiss_does_not_know_is_a_known_fault(tmp_path: Path) -> None:
    """A bad index_factory string is reported with the string."""
    with pytest.raises(EngineError, match="'Nonsense'"):
        open_engine("faiss:Nonsense").create(tmp_path, gathered(1, 3))


def test_a_file_that_is_no_index_is_a_known_fault(tmp_path: Path) -> None:
    """Garbage where the index should be is an EngineError."""
    (tmp_path / "index.faiss").write_bytes(b"garbage")
    with pytest.raises(EngineError, match="cannot open"):
        open_engine("faiss:auto").open(tmp_path, np.empty((0, 4), np.float32))


def test_processes_share_one_copy_of_a_mapped_index(tmp_path: Path) -> None:
    """An opened FAISS index is mapped from its file, not read into memory."""
    open_engine("faiss:Flat").create(tmp_path, gathered(1, 50_000))
    index = open_engine("faiss:Flat").open(tmp_path, np.empty((0, 4), np.float32))
    assert len(index) == 50_000
    assert str(tmp_path / "index.faiss") in Path("/proc/self/maps").read_text(encoding="utf-8")
