"""The bytes that documents were read from, in pieces, by SHA-256; one collection's."""

from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

import psycopg

from index.errors import DamagedError
from index.postgres.database import Database

_PIECE = 1 << 20
MEND = "index the document's file again, or upload the document again"


class TableOriginals:
    """The originals of one collection; the one writer changes them over its own connection."""

    def __init__(self, database: Database, area: str, collection: str) -> None:
        self._database = database
        self._table = f"{area}.originals"
        self._collection = collection
        self.writer: psycopg.Connection | None = None

    def read(self, sha256_hex: str, /) -> bytes:
        """Return an original's bytes; DamagedError where they are missing or not what they were."""
        data = self._data(sha256_hex)
        if data is None:
            raise DamagedError(f"{self._where(sha256_hex)}: the original is missing; {MEND}")
        if sha256(data).hexdigest() != sha256_hex:
            raise DamagedError(
                f"{self._where(sha256_hex)}: the original is damaged (its SHA-256 is not its "
                f"name); {MEND}"
            )
        return data

    def open(self, sha256_hex: str) -> BinaryIO | None:
        """Return an original to read from; None where it is not kept, or is damaged."""
        with suppress(DamagedError):
            return BytesIO(self.read(sha256_hex))
        return None

    def keep(self, sha256: str, data: bytes, /) -> None:
        """Write an original, unless it is there."""
        assert self.writer is not None
        known = self.writer.execute(
            f"SELECT 1 FROM {self._table} WHERE collection = %s AND sha256 = %s LIMIT 1".encode(),
            [self._collection, sha256],
        ).fetchone()
        if known:
            return
        pieces = [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)] or [b""]
        with self.writer.transaction(), self.writer.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {self._table} VALUES (%s, %s, %s, %s)".encode(),
                [(self._collection, sha256, at, piece) for at, piece in enumerate(pieces)],
            )

    def settle(self) -> None:
        """Do nothing: each was durable when it was written."""

    def held(self) -> list[str]:
        """Return the SHA-256 of every original that is kept, sorted."""
        sql = f"SELECT sha256 FROM {self._table} WHERE collection = %s AND piece = 0 ORDER BY 1"
        return [name for (name,) in self._database.ask(sql, [self._collection])]

    def _data(self, sha256_hex: str) -> bytes | None:
        sql = f"SELECT data FROM {self._table} WHERE collection = %s AND sha256 = %s ORDER BY piece"
        arguments = [self._collection, sha256_hex]
        rows = (
            self._database.ask(sql, arguments)
            if self.writer is None
            else self.writer.execute(sql.encode(), arguments).fetchall()
        )
        return b"".join(piece for (piece,) in rows) if rows else None

    def _where(self, sha256_hex: str) -> str:
        return f"{self._database.address}, {self._collection}, original {sha256_hex}"
