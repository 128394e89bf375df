"""Lists of numbers, one a row and of any length, as two arrays: where each starts, and values."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedError
from index.ondisk import Values, mapped, opened

_AT_ONCE = 4096
Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Ragged:
    """Row `row` is `values[starts[row]:starts[row + 1]]`."""

    starts: NDArray[np.int64]
    values: Values | Integers

    @classmethod
    def read(cls, folder: Path, name: str) -> Self:
        """Open what `write` wrote; DamagedError where the two do not fit together.

        Where each list starts is mapped; the values are as index.ondisk has it.
        """
        starts, values = _paths(folder, name)
        lists = cls(mapped(starts), opened(values))
        if not len(lists.starts) or lists.starts[-1] != len(lists.values):
            raise DamagedError(f"{values}: holds other lists than {starts.name} says")
        return lists

    def __len__(self) -> int:
        return len(self.starts) - 1

    def all(self) -> Integers:
        """Return the values of all rows."""
        if isinstance(self.values, Values):
            return self.values.ranges([(0, len(self.values))])
        return self.values

    def of(self, rows: Sequence[int] | Integers) -> tuple[Integers, NDArray[np.int64]]:
        """Return the lists of some rows one behind the other, and how long each is."""
        starts = self.starts[rows]
        lengths = self.starts[1:][rows] - starts
        if isinstance(self.values, Values):
            bounds = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
            return self.values.ranges(list(bounds)), lengths
        ends = np.cumsum(lengths)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
        return self.values[np.repeat(starts, lengths) + within], lengths


def write(
    folder: Path, name: str, lists: Iterable[Sequence[int] | Integers], dtype: type[np.integer[Any]]
) -> None:
    """Write lists as they come: of the values, no more than a few thousand lists are in memory."""
    starts_path, values_path = _paths(folder, name)
    starts = array("q", [0])
    waiting: list[NDArray[Any]] = []
    with values_path.open("wb") as file:
        _write_header(file, 0, dtype)
        for one in lists:
            starts.append(starts[-1] + len(one))
            waiting.append(np.asarray(one, dtype=dtype))
            if len(waiting) == _AT_ONCE:
                file.write(np.concatenate(waiting).tobytes())
                waiting.clear()
        file.write(b"".join(one.tobytes() for one in waiting))
        file.seek(0)
        _write_header(file, starts[-1], dtype)  # as long as the first: numpy leaves room to grow
    np.save(starts_path, np.frombuffer(starts, dtype=np.int64))


def gathered(lists: Iterable[Sequence[int]]) -> Ragged:
    """Gather lists of 32-bit numbers in memory."""
    values, starts = array("i"), array("q", [0])
    for one in lists:
        values.extend(one)
        starts.append(len(values))
    return Ragged(np.array(starts, dtype=np.int64), np.array(values, dtype=np.int32))


def save(folder: Path, name: str, lists: Ragged) -> None:
    """Write lists that are in memory."""
    starts_path, values_path = _paths(folder, name)
    np.save(starts_path, lists.starts)
    np.save(values_path, lists.all())


def _write_header(file: BinaryIO, count: int, dtype: type[np.integer[Any]]) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype))}
    np.lib.format.write_array_header_1_0(
        file, {**header, "fortran_order": False, "shape": (count,)}
    )


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}-starts.npy", folder / f"{name}.npy"
