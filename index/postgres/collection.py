"""A collection in a database: its builds, which of them is published, and its one writer.

Every build has tables of its own, so that one is written, and another dropped, beside those that
are searched. Publishing is one transaction, after all of the build is committed: a replica, which
replays in order, can never know the new name without having all of the new rows. The writer holds
an advisory lock of the session that it writes with: when that ends, so does its right to write.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from index.errors import BusyError, CollectionError, NothingIndexedError
from index.expansion import parse_synonyms
from index.manifest import Manifest
from index.postgres.database import Database
from index.postgres.draft import TableDraft
from index.postgres.kept import TableBuild, schema_of
from index.postgres.migrations import migrate
from index.postgres.originals import TableOriginals
from index.wording import Synonyms

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LOOK_SECONDS = 0.05
_FOR_A_PRIMARY_SECONDS = 30.0
"""How long a writer waits for a host that takes writes."""
_REPLAY_SECONDS = 5.0
"""How long a reader waits for its host to have what this process itself has published."""


class Progress:
    """How far the database was when this process last published: its readers wait for that."""

    def __init__(self) -> None:
        self.position: str | None = None


class TableCollection:
    """One named set of documents with its builds."""

    def __init__(
        self,
        database: Database,
        area: str,
        name: str,
        *,
        folder: Path,
        seen: Progress,
        is_ready: Callable[[], bool],
    ) -> None:
        if not _NAME.fullmatch(name):
            raise CollectionError(
                f"{name!r} cannot name a collection; use 1 to 63 of a-z, 0-9, '-' and '_', "
                "a letter or digit first"
            )
        self.name = name
        self.originals = TableOriginals(database, area, name)
        self._database = database
        self._area = area
        self._folder = folder
        self._seen = seen
        self._is_ready = is_ready
        self._writer: psycopg.Connection | None = None

    def current(self) -> str | None:
        """Return the name of the published build, or None before the first."""
        self._wait_for_what_was_published()
        found = self._ask(
            "SELECT b.name FROM {area}.collections c JOIN {area}.builds b ON b.number = c.current "
            "WHERE c.name = %s"
        )
        return found[0][0] if found else None

    def exists(self) -> bool:
        """Tell whether anything was ever published here."""
        return self.current() is not None

    def published(self) -> TableBuild:
        """Return the published build; NothingIndexedError before the first."""
        name = self.current()
        if name is None:
            raise NothingIndexedError(
                f"nothing is indexed in the collection {self.name!r}; pincite index PATH"
            )
        return self.build(name)

    def build(self, name: str) -> TableBuild:
        """Return a kept build; CollectionError where there is none of that name."""
        found = self._ask(
            "SELECT number FROM {area}.builds WHERE collection = %s AND name = %s", name
        )
        if not found:
            raise CollectionError(
                f"the collection {self.name!r} has no build {name!r}; pincite builds list"
            )
        return TableBuild(self._database, self._area, self.name, found[0][0], name)

    def builds(self) -> list[str]:
        """Return the names of the kept builds, oldest first."""
        sql = (
            "SELECT name FROM {area}.builds WHERE collection = %s AND name IS NOT NULL "
            'ORDER BY name COLLATE "C"'
        )
        return [name for (name,) in self._ask(sql)]

    def synonyms(self) -> Synonyms:
        """Return the site's own list: what the one who indexed last had in HOME."""
        found = self._ask("SELECT synonyms FROM {area}.collections WHERE name = %s")
        text = found[0][0] if found else None
        if text is None:
            return Synonyms()
        groups = parse_synonyms(text, f"synonyms.txt of the collection {self.name!r}")
        return Synonyms(groups, sha256(text.encode()).hexdigest())

    def calibrate(self, text: str) -> None:
        """Set the collection's calibration."""
        with self._database.writing(_FOR_A_PRIMARY_SECONDS) as connection:
            self._execute(
                connection, "UPDATE {area}.collections SET calibration = %s WHERE name = %s", text
            )

    @contextmanager
    def writing(self, patience_seconds: float = 0.0) -> Iterator[None]:
        """Be the one writer; BusyError where another one is, and stays so for so long."""
        with self._database.writing(_FOR_A_PRIMARY_SECONDS) as connection:
            migrate(connection, self._area, str(self._database.address))
            self._lock(connection, patience_seconds)
            self._writer = self.originals.writer = connection
            try:
                self._execute(
                    connection,
                    "INSERT INTO {area}.collections (name) VALUES (%s) ON CONFLICT DO NOTHING",
                )
                self._sweep(connection)
                self._take_synonyms(connection)
                yield
            finally:
                with suppress(psycopg.Error):
                    self._sweep(connection)
                    # A server may notice a moment later that the session has ended.
                    connection.execute("SELECT pg_advisory_unlock_all()")
                self._writer = self.originals.writer = None

    @contextmanager
    def staging(self, engine: str) -> Iterator[TableDraft]:
        """Give tables to build in; they are gone afterwards unless they were published."""
        connection = self._held()
        sql = f"INSERT INTO {self._area}.builds (collection) VALUES (%s) RETURNING number"
        row = connection.execute(sql.encode(), [self.name]).fetchone()
        assert row is not None
        number = row[0]
        schema = schema_of(self._area, number)
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        yield TableDraft(
            connection, schema, engine, lambda manifest: self._publish(number, manifest)
        )
        # Where it was not published, the sweep at the end of `writing` drops it.

    def activate(self, build: str) -> None:
        """Publish a kept build again, after checking its manifest."""
        self.build(build).manifest()
        connection = self._held()
        with connection.transaction():
            connection.execute(
                f"UPDATE {self._area}.collections SET current = (SELECT number FROM "
                f"{self._area}.builds WHERE collection = %s AND name = %s) "
                "WHERE name = %s".encode(),
                [self.name, build, self.name],
            )
        self._note_position(connection)

    def prunable(self, keep: int) -> list[str]:
        """Return the builds that `prune` would delete, oldest first."""
        names = self.builds()
        kept = {*names[max(len(names) - keep, 0) :], self.current()}
        return [name for name in names if name not in kept]

    def prune(self, keep: int) -> list[str]:
        """Delete all but the `keep` newest builds and the current one; return the deleted."""
        gone = self.prunable(keep)
        self._delete(gone)
        return gone

    def holds(self, document_id: str) -> bool:
        """Tell whether any kept build holds a document."""
        return bool(self._holding(document_id))

    def erase(self, document_id: str) -> list[str]:
        """Delete every build that holds a document, and what it was read from."""
        gone = self._holding(document_id)
        if self.current() in gone:
            raise CollectionError(
                f"the published build of {self.name!r} holds {document_id!r}; pincite doctor"
            )
        self._delete(gone)
        return gone

    def leftovers(self) -> list[str]:
        """Name the builds that died under way, or are under way now."""
        sql = "SELECT number FROM {area}.builds WHERE collection = %s AND name IS NULL ORDER BY 1"
        return [schema_of(self._area, number) for (number,) in self._ask(sql)]

    def _holding(self, document_id: str) -> list[str]:
        sql = (
            "SELECT b.name FROM {area}.builds b WHERE b.collection = %s AND b.name IS NOT NULL "
            "AND EXISTS (SELECT FROM {area}.holdings h WHERE h.build = b.number AND "
            'h.document_id = %s) ORDER BY b.name COLLATE "C"'
        )
        return [name for (name,) in self._ask(sql, document_id)]

    def _publish(self, number: int, manifest: Manifest) -> None:
        """Name the build and point to it, in one transaction."""
        connection = self._held()
        with connection.transaction():
            connection.execute(
                f"UPDATE {self._area}.builds SET name = %s, manifest = %s "
                "WHERE number = %s".encode(),
                [manifest.build, manifest.to_json(), number],
            )
            connection.execute(
                f"INSERT INTO {self._area}.holdings SELECT %s, number, document_id, uri, "
                "media_type, sha256, source FROM "
                f"{schema_of(self._area, number)}.documents".encode(),
                [number],
            )
            connection.execute(
                f"UPDATE {self._area}.collections SET current = %s WHERE name = %s".encode(),
                [number, self.name],
            )
        self._note_position(connection)

    def _delete(self, names: Sequence[str]) -> None:
        connection = self._held()
        connection.execute(
            f"UPDATE {self._area}.builds SET name = NULL WHERE collection = %s "
            "AND name = ANY(%s)".encode(),
            [self.name, list(names)],
        )
        self._sweep(connection)
        self._note_position(connection)

    def _sweep(self, connection: psycopg.Connection) -> None:
        """Drop the tables of builds without a name, and originals that no kept build refers to."""
        found = self._execute(
            connection, "SELECT number FROM {area}.builds WHERE collection = %s AND name IS NULL"
        ).fetchall()
        for (number,) in found:
            with connection.transaction():
                connection.execute(
                    f"DROP SCHEMA IF EXISTS {schema_of(self._area, number)} CASCADE".encode()
                )
                connection.execute(
                    f"DELETE FROM {self._area}.builds WHERE number = %s".encode(),
                    [number],
                )
        self._execute(
            connection,
            "DELETE FROM {area}.originals o WHERE o.collection = %s AND NOT EXISTS (SELECT FROM "
            "{area}.holdings h JOIN {area}.builds b ON b.number = h.build WHERE "
            "b.collection = o.collection AND h.sha256 = o.sha256)",
        )

    def _take_synonyms(self, connection: psycopg.Connection) -> None:
        file = self._folder / "synonyms.txt"
        if file.is_file():
            text = file.read_text(encoding="utf-8-sig")
            self._execute(
                connection, "UPDATE {area}.collections SET synonyms = %s WHERE name = %s", text
            )

    def _lock(self, connection: psycopg.Connection, patience_seconds: float) -> None:
        deadline = time.monotonic() + patience_seconds
        key = f"{self._area}/{self.name}"
        while True:
            row = connection.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key]
            ).fetchone()
            if row is not None and row[0]:
                return
            if time.monotonic() > deadline:
                raise BusyError(
                    f"another process is indexing the collection {self.name!r}; wait for it to end"
                )
            time.sleep(_LOOK_SECONDS)

    def _held(self) -> psycopg.Connection:
        if self._writer is None:
            raise CollectionError(f"{self.name}: nobody is writing")
        return self._writer

    def _note_position(self, connection: psycopg.Connection) -> None:
        row = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        assert row is not None
        self._seen.position = row[0]

    def _wait_for_what_was_published(self) -> None:
        position = self._seen.position
        if position is None or self._writer is not None:
            return
        deadline = time.monotonic() + _REPLAY_SECONDS
        while time.monotonic() < deadline:
            ((there,),) = self._database.ask(
                "SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= %s::pg_lsn",
                [position],
            )
            if there:
                break
            time.sleep(_LOOK_SECONDS)
        if self._seen.position == position:
            self._seen.position = None

    def _ask(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Read of this collection, over the writer's connection while there is one."""
        text = sql.replace("{area}", self._area)
        if self._writer is not None:
            return self._writer.execute(text.encode(), [self.name, *arguments]).fetchall()
        if not self._is_ready():
            return []
        return self._database.ask(text, [self.name, *arguments])

    def _execute(
        self, connection: psycopg.Connection, sql: str, *before: object
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        return connection.execute(sql.replace("{area}", self._area).encode(), [*before, self.name])
