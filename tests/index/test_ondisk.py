from pathlib import Path

import numpy as np
import pytest

from index import ondisk
from index.errors import DamagedError
from index.ondisk import StoredVectors


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file for a large one."""
    monkeypatch.setattr(ondisk, "_MAPPED_UP_TO", 0)


@pytest.mark.parametrize("up_to", [0, 10**6], ids=["read", "mapped"])
def test_rows_are_those_of_the_file_and_stay_readable_when_it_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, up_to: int
) -> None:
    """Blocks and single rows, also after the build was pruned under a reader."""
    monkeypatch.setattr(ondisk, "_MAPPED_UP_TO", up_to)
    path = tmp_path / "vectors.npy"
    vectors = np.random.default_rng(1).standard_normal((50, 6)).astype(np.float32)
    np.save(path, vectors)
    stored = StoredVectors(path, 50, 6)
    path.unlink()
    rows = np.array([49, 0, 7, 7])
    np.testing.assert_array_equal(stored[rows], vectors[rows])
    np.testing.assert_array_equal(stored[rows[:0]], vectors[:0])
    np.testing.assert_array_equal(stored[10:20], vectors[10:20])
    np.testing.assert_array_equal(stored[40:90], vectors[40:])
    assert (len(stored), stored.shape) == (50, (50, 6))


def test_reading_rows_keeps_none_of_them_in_memory(read: None, tmp_path: Path) -> None:
    """What is mapped of a file counts as the process's own; what is read does not."""
    path = tmp_path / "vectors.npy"
    np.save(path, np.ones((40_000, 384), np.float32))
    stored = StoredVectors(path, 40_000, 384)
    before = resident_of_files()
    for start in range(0, 40_000, 1000):
        assert stored[np.arange(start, start + 1000)].all()
    assert resident_of_files() - before < 8_000


def resident_of_files() -> int:
    """Return how much of files is mapped and in memory, in kB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssFile"):
            return int(line.split()[1])
    raise AssertionError


@pytest.mark.parametrize("shape", [(49, 6), (50, 7)])
def test_another_shape_than_the_manifest_says_is_a_known_fault(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    """Too few or too many rows or dimensions are a DamagedError; so is no array at all."""
    path = tmp_path / "vectors.npy"
    np.save(path, np.zeros(shape, np.float32))
    with pytest.raises(DamagedError, match=r"the manifest says \(50, 6\)"):
        StoredVectors(path, 50, 6)
    path.write_bytes(b"garbage")
    with pytest.raises(DamagedError, match="cannot be read"):
        StoredVectors(path, 50, 6)


def test_a_file_cut_short_under_a_reader_is_a_known_fault(read: None, tmp_path: Path) -> None:
    """A DamagedError, not the end of the process."""
    path = tmp_path / "vectors.npy"
    np.save(path, np.zeros((5000, 6), np.float32))
    stored = StoredVectors(path, 5000, 6)
    with path.open("r+b") as file:
        file.truncate(4096)
    with pytest.raises(DamagedError, match="ends before"):
        stored[np.array([4000])]
