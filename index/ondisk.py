"""Arrays on disk that are read, not mapped: what was read does not stay in this process's memory.

Pages of a mapped file count as the process's own as soon as they are touched, and with each page
its neighbours come in: a hundred questions would make a file of 150 MB resident. Read, they stay in
the system's cache, which all processes share and which gives way when memory is wanted elsewhere.
A short read is an error here; under a mapping it would end the process.
"""

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoders.protocol import Vectors
from index.errors import DamagedError
from index.vectors.protocol import Rows

_MAPPED_UP_TO = 64_000_000
"""Bytes up to which a file is mapped: then a hundred rows are had in a tenth of the time."""


class Values:
    """The values of a .npy file, by ranges of its first axis; any number of threads may read."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its header; DamagedError where it is no array of rows."""
        self._path = path
        try:
            with path.open("rb") as file:
                np.lib.format.read_magic(file)
                shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
                self._offset = file.tell()
            self._descriptor = os.open(path, os.O_RDONLY)
        except (OSError, ValueError) as error:
            raise DamagedError(f"{path}: cannot be read: {error}") from error
        # Open as long as it is used: the file may be deleted with its build meanwhile.
        weakref.finalize(self, os.close, self._descriptor)
        if fortran or not shape:
            raise DamagedError(f"{path}: holds no rows")
        self.shape: tuple[int, ...] = shape
        self.dtype: np.dtype[Any] = dtype
        self._width = dtype.itemsize * int(np.prod(shape[1:]))

    def __len__(self) -> int:
        return self.shape[0]

    def ranges(self, bounds: Sequence[tuple[int, int]]) -> NDArray[Any]:
        """Return the values from each start to each end, one behind the other."""
        width, offset, descriptor = self._width, self._offset, self._descriptor
        data = b"".join(
            [
                os.pread(descriptor, (end - start) * width, offset + start * width)
                for start, end in bounds
            ]
        )
        if len(data) != width * sum(end - start for start, end in bounds):
            raise DamagedError(f"{self._path}: ends before the last of its values")
        return np.frombuffer(data, dtype=self.dtype).reshape(-1, *self.shape[1:])


def opened(path: Path) -> Values | NDArray[Any]:
    """Open a .npy file: read where it is large, mapped where it may well be in memory as a whole.

    DamagedError where it cannot be read.
    """
    if path.exists() and path.stat().st_size > _MAPPED_UP_TO:
        return Values(path)
    return mapped(path)


def mapped(path: Path) -> NDArray[Any]:
    """Map a .npy file; DamagedError where it cannot be."""
    try:
        return np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path}: cannot be read: {error}") from error


class StoredVectors:
    """Vectors in a .npy file, float32, by row: a Matrix of which next to nothing is in memory."""

    def __init__(self, path: Path, rows: int, dim: int) -> None:
        """Open the file; DamagedError where it holds vectors of another shape."""
        self._values = opened(path)
        self.shape: tuple[int, ...] = (rows, dim)
        if (self._values.shape, self._values.dtype) != (self.shape, np.dtype(np.float32)):
            raise DamagedError(
                f"{path}: holds {self._values.shape}, the manifest says {self.shape}"
            )

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | Rows, /) -> Vectors:
        """Return these rows."""
        found: Vectors
        if not isinstance(self._values, Values):
            found = self._values[rows]
        elif isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step != 1:
                raise ValueError("rows are read one after the other")
            found = self._values.ranges([(start, max(start, stop))])
        else:
            found = self._values.ranges([(row, row + 1) for row in rows.tolist()])
        return found
