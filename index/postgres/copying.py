"""PostgreSQL's binary COPY format, made and read by numpy: vectors and arrays in great numbers."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
import psycopg
from numpy.typing import NDArray

from index.encoders.protocol import Vectors
from index.vectors.protocol import Matrix

_HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_ROWS_AT_ONCE = 4_096
_INT4, _FLOAT4 = 23, 700
"""Numbers of PostgreSQL's types of array elements."""

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


def copy_postings(
    connection: psycopg.Connection,
    table: str,
    blocks: Iterable[tuple[str, int, int, NDArray[np.int32], NDArray[np.float32]]],
) -> None:
    """Copy (term, field, block, rows, impacts) into a table of postings."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY {table} (term, field, block, rows, impacts) FROM STDIN (FORMAT BINARY)".encode()
        ) as copy,
    ):
        copy.write(_HEADER)
        for made in _batched(_posting(*one) for one in blocks):
            copy.write(made)
        copy.write(_TRAILER)


def _posting(
    term: str, field: int, block: int, rows: NDArray[np.int32], impacts: NDArray[np.float32]
) -> bytes:
    word = term.encode()
    return b"".join(
        (
            struct.pack(">hi", 5, len(word)),
            word,
            struct.pack(">ihii", 2, field, 4, block),
            _array(rows, _INT4, ">i4"),
            _array(impacts, _FLOAT4, ">f4"),
        )
    )


def _array(values: NDArray[np.generic], kind: int, form: str) -> bytes:
    elements = np.empty(len(values), dtype=[("bytes", ">i4"), ("value", form)])
    elements["bytes"], elements["value"] = 4, values
    body = struct.pack(">iiiii", 1, 0, kind, len(values), 1) + elements.tobytes()
    return struct.pack(">i", len(body)) + body


def _batched(pieces: Iterable[bytes], size: int = 1 << 20) -> Iterator[bytes]:
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    yield b"".join(held)


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
