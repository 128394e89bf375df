from pathlib import Path

import numpy as np
import pytest

from index.errors import EngineError
from index.vectors.opening import open_engine
from tests.contracts.vectors import VectorIndexContract, gathered


class TestExact(VectorIndexContract):
    """Plain multiplication itself."""

    name = "exact:"


class TestFaissAuto(VectorIndexContract):
    """The default."""

    name = "faiss:auto"


class TestFaissFlat(VectorIndexContract):
    """Every row, by FAISS."""

    name = "faiss:Flat"


class TestFaissHnsw(VectorIndexContract):
    """A graph of neighbours."""

    name = "faiss:HNSW32"


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
