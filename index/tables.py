"""The tables that a catalog is read from: of a SQLite file, or whatever else takes a SELECT."""

import sqlite3
from pathlib import Path
from queue import LifoQueue
from typing import Any, Protocol

from index.errors import DamagedError

_CONNECTIONS = 8
"""How many threads may read at once; others wait for the milliseconds that a question takes."""


class Tables(Protocol):
    """The tables of a written catalog, for reading by any number of threads."""

    def ask(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Return the rows that a SELECT gives; each ? stands for an argument.

        The SQL is such that SQLite and PostgreSQL take it for the same. DamagedError where the
        tables cannot be read.
        """
        ...


class FileTables:
    """Tables in a SQLite file, opened read-only and immutable: it takes no lock, writes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # All are opened now: later the file may have been deleted with its build, and what is open
        # stays readable.
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        for connection in [self._connect() for _ in range(_CONNECTIONS)]:
            self._idle.put(connection)

    def ask(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Return the rows that a SELECT gives."""
        connection = self._idle.get()
        try:
            return connection.execute(sql, arguments).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        finally:
            self._idle.put(connection)

    def _connect(self) -> sqlite3.Connection:
        uri = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            connection.execute("SELECT 1 FROM documents LIMIT 1")
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        return connection

    def _damaged(self, error: sqlite3.DatabaseError) -> DamagedError:
        return DamagedError(f"{self._path}: the catalog cannot be read: {error}")
