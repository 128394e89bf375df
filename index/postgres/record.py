"""A small document kept in the database, as every process of the service knows it.

It is looked at once a second, by a thread of its own: whoever asks waits for no database. Where it
could not be looked at for a while nothing is said of it, rather than what it was.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress

from index.errors import RetrievalError, UnavailableError
from index.postgres.database import Database
from index.postgres.migrations import migrate

_LOOK_SECONDS = 1.0
_OLDEST_SECONDS = 10.0
_FOR_A_PRIMARY_SECONDS = 10.0


class TableRecord:
    """One row of the table of records."""

    def __init__(
        self, database: Database, area: str, name: str, is_ready: Callable[[], bool]
    ) -> None:
        self._database = database
        self._area = area
        self._name = name
        self._is_ready = is_ready  # once, for a newer version may bring the tables forward
        self._known: tuple[float, int, bytes] | None = None  # when, changes, body
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return f"{self._database.address}, {self._name}"

    def stamp(self) -> Hashable | None:
        """Return how often it was changed, None before it was first written."""
        return self._snapshot()[1] or None

    def read(self) -> bytes:
        """Return the document; UnavailableError where it cannot be known."""
        return self._snapshot()[2]

    @contextmanager
    def changing(self) -> Iterator[Callable[[bytes], None]]:
        """Be the one who changes it; give what replaces it."""
        with self._database.writing(_FOR_A_PRIMARY_SECONDS) as connection:
            migrate(connection, self._area, str(self._database.address))
            with connection.transaction():
                connection.execute(
                    f"LOCK TABLE {self._area}.records IN SHARE ROW EXCLUSIVE MODE".encode()
                )
                row = connection.execute(
                    f"SELECT changes, body FROM {self._area}.records WHERE name = %s".encode(),
                    [self._name],
                ).fetchone()
                self._known = (time.monotonic(), *(row or (0, b"")))

                def write(body: bytes) -> None:
                    connection.execute(
                        f"INSERT INTO {self._area}.records VALUES (%s, 1, %s) ON CONFLICT (name) "
                        f"DO UPDATE SET changes = records.changes + 1, body = %s".encode(),
                        [self._name, body, body],
                    )

                yield write
            self._look()

    def _snapshot(self) -> tuple[float, int, bytes]:
        with self._lock:
            if self._known is None:
                self._look()
                threading.Thread(target=self._follow, name=self._name, daemon=True).start()
        known = self._known
        assert known is not None
        if time.monotonic() - known[0] > _OLDEST_SECONDS:
            raise UnavailableError(f"{self}: the database does not answer; it may be tried again")
        return known

    def _follow(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with suppress(RetrievalError):
                self._look()

    def _look(self) -> None:
        asked = time.monotonic()
        rows = (
            self._database.ask(
                f"SELECT changes, body FROM {self._area}.records WHERE name = %s", [self._name]
            )
            if self._is_ready()
            else []
        )
        changes, body = rows[0] if rows else (0, b"")
        self._known = (asked, changes, bytes(body))
