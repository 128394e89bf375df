"""PostgreSQL's binary COPY format, made and read by numpy: vectors in great numbers."""

import struct
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import psycopg

from index.encoders.protocol import Vectors
from index.vectors.protocol import Matrix

_HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_ROWS_AT_ONCE = 4_096

Precision = Literal[">f4", ">f2"]


def copy_vectors(
    connection: psycopg.Connection, table: str, vectors: Matrix, precision: Precision = ">f4"
) -> None:
    """Copy vectors into a table of (row, vector), vector or halfvec by their precision."""
    rows, dim = vectors.shape
    layout = _layout(dim, precision, numbered=True)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} (row, vector) FROM STDIN (FORMAT BINARY)".encode()) as copy,
    ):
        copy.write(_HEADER)
        for first in range(0, rows, _ROWS_AT_ONCE):
            some = vectors[first : first + _ROWS_AT_ONCE]
            block = np.zeros(len(some), dtype=layout)
            block["fields"], block["row_bytes"] = 2, 4
            block["row"] = np.arange(first, first + len(some))
            block["vector_bytes"], block["dim"] = 4 + dim * int(precision[-1]), dim
            block["vector"] = some
            copy.write(block.tobytes())
        copy.write(_TRAILER)


def read_vectors(connection: psycopg.Connection, table: str, rows: int, dim: int) -> Vectors:
    """Read the vectors of a table of (row, vector), by row: float32 of shape (rows, dim)."""
    vectors = np.empty((rows, dim), dtype=np.float32)
    layout = _layout(dim, ">f4", numbered=False)
    at, held = 0, b""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY (SELECT vector FROM {table} ORDER BY row) TO STDOUT (FORMAT BINARY)".encode()
        ) as copy,
    ):
        skip = len(_HEADER)
        for piece in copy:
            held += bytes(piece)
            if skip:
                if len(held) < skip:
                    continue
                held, skip = held[skip:], 0
            whole = min(len(held) // layout.itemsize, rows - at)
            if whole:
                block = np.frombuffer(held, dtype=layout, count=whole)
                vectors[at : at + whole] = block["vector"]
                at += whole
                held = held[whole * layout.itemsize :]
    if at != rows:
        raise ValueError(f"{table} holds {at} of {rows} vectors")
    return vectors


def copy_bytes(
    connection: psycopg.Connection,
    table: str,
    types: Sequence[str],
    rows: Iterable[Sequence[int | bytes]],
) -> None:
    """Copy rows of numbers and bytes into a table whose columns are of these types."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)".encode()) as copy,
    ):
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def copy_rows(connection: psycopg.Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Copy rows of whatever values into a table, as text."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _layout(dim: int, precision: Precision, *, numbered: bool) -> np.dtype[np.void]:
    """Return one row as COPY writes it: a number of fields, then each with its length before it."""
    number = [("row_bytes", ">i4"), ("row", ">i4")] if numbered else []
    return np.dtype(
        [
            ("fields", ">i2"),
            *number,
            ("vector_bytes", ">i4"),
            ("dim", ">i2"),
            ("unused", ">i2"),
            ("vector", precision, (dim,)),
        ]
    )
