"""Connections to the database: few, bounded, in time, and its faults in our words.

Reading takes an idle connection or opens one; one that broke is replaced and the question put once
more, so that a process goes on at another host without a restart. A server that stands still
answers nothing, not even a cancellation: whoever waits longer than is allowed is cut off from here.
"""

import re
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from queue import Empty, LifoQueue
from typing import Any, TypeVar

import psycopg
from psycopg import errors as faults

from index.errors import BuildError, DatabaseError, RetrievalError, UnavailableError
from index.postgres.address import Address

_CONNECTIONS = 16
_PATIENCE_SECONDS = 3.0
"""How long to wait for a free connection."""
STATEMENT_SECONDS = 10.0
_GRACE_SECONDS = 2.0
_LOOK_SECONDS = 0.25
_OLDEST_SERVER = 150_000
_SETTINGS = (
    "SET jit = off",  # it takes longer than our statements
    "SET work_mem = '64MB'",
    "SET hnsw.iterative_scan = relaxed_order",
    f"SET statement_timeout = '{int(STATEMENT_SECONDS * 1000)}ms'",
    "SET default_transaction_isolation = 'repeatable read'",
)

_MEMORY_TO_BUILD = (  # a graph that does not fit is built several times slower
    "SELECT set_config('maintenance_work_mem', '512MB', false) "
    "WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('512MB')"
)

_T = TypeVar("_T")
Row = tuple[Any, ...]


class Database:
    """A database to read from, by any number of threads, and to write to by one at a time."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._idle: LifoQueue[psycopg.Connection] = LifoQueue()
        self._room = threading.BoundedSemaphore(_CONNECTIONS)
        self._watched: dict[psycopg.Connection, float] = {}
        self._watching = False
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._idle)

    def ask(self, sql: str, arguments: Sequence[object] = ()) -> list[Row]:
        """Return the rows of one SELECT, from whichever host is read from."""
        return self.reading(lambda connection: connection.execute(sql, arguments).fetchall())

    def reading(self, read: Callable[[psycopg.Connection], _T], *, patiently: bool = False) -> _T:
        """Return what `read` reads over one connection; it may be called twice.

        What reads whole tables, `patiently`, has a connection and all the time to itself.
        UnavailableError where no host answers in time.
        """
        if patiently:
            with self._known_faults(), self._opened(self.address.to_read()) as connection:
                connection.execute("SET statement_timeout = 0")
                return read(connection)
        if not self._room.acquire(timeout=_PATIENCE_SECONDS):
            raise UnavailableError(
                f"{self.address}: all {_CONNECTIONS} connections are in use; try again"
            )
        try:
            with self._known_faults():
                try:
                    return self._read_over(self._taken(), read)
                except psycopg.OperationalError as error:
                    if not _is_lost(error):
                        raise
                    self.close()  # the other idle ones are lost with it
                    return self._read_over(self._opened(self.address.to_read()), read)
        finally:
            self._room.release()

    @contextmanager
    def writing(self, patience_seconds: float) -> Iterator[psycopg.Connection]:
        """Give a connection to write with, each statement a transaction of its own.

        Waits so long for a host that takes writes: after a primary is lost another comes.
        """
        deadline = time.monotonic() + patience_seconds
        with self._known_faults():
            while True:
                try:
                    connection = self._opened(self.address.to_write())
                    break
                except psycopg.OperationalError as error:
                    hopeless = _is_refused(error) or _is_strange(error)
                    if hopeless or time.monotonic() > deadline:
                        raise
                    time.sleep(_LOOK_SECONDS)
            with connection:
                connection.execute("SET statement_timeout = 0")
                connection.execute(_MEMORY_TO_BUILD)
                connection.execute("SET default_transaction_isolation = 'read committed'")
                yield connection

    def close(self) -> None:
        """Close the idle connections."""
        _close(self._idle)

    def _taken(self) -> psycopg.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._opened(self.address.to_read())

    def _opened(self, conninfo: str) -> psycopg.Connection:
        connection = psycopg.connect(conninfo, autocommit=True)
        try:
            self._check_version(connection.info.server_version)
            with self._in_time(connection):
                connection.execute("; ".join(_SETTINGS))
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, found: int) -> None:
        if found < _OLDEST_SERVER:
            raise DatabaseError(
                f"{self.address}: PostgreSQL {found // 10_000} is too old; Pincite needs 15 or "
                "newer"
            )

    def _read_over(
        self, connection: psycopg.Connection, read: Callable[[psycopg.Connection], _T]
    ) -> _T:
        try:
            with self._in_time(connection):
                found = read(connection)
        except BaseException:
            if connection.closed or connection.info.transaction_status:
                connection.close()
            else:
                self._idle.put(connection)
            raise
        self._idle.put(connection)
        return found

    @contextmanager
    def _in_time(self, connection: psycopg.Connection) -> Iterator[None]:
        """Cut the connection off where the block takes longer than a statement may, and a bit."""
        with self._lock:
            self._watched[connection] = time.monotonic() + STATEMENT_SECONDS + _GRACE_SECONDS
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="database", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._watched.pop(connection, None)

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                now = time.monotonic()
                for connection, deadline in self._watched.items():
                    if now > deadline:
                        _cut_off(connection)
                if not self._watched:
                    self._watching = False
                    return

    @contextmanager
    def _known_faults(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._said(error) from error

    def _said(self, error: psycopg.Error) -> Exception:
        """Return the fault that an error of the driver is; the first kind that it is of counts."""
        if isinstance(error, faults.UndefinedObject) and "vector" in str(error):
            return DatabaseError(f"{self.address}: pgvector is not there; CREATE EXTENSION vector")
        if _is_refused(error):
            return DatabaseError(
                f"{self.address}: it lets this user not in; check the user, the password, the "
                "database's name and the server's pg_hba.conf"
            )
        if _is_strange(error):
            return DatabaseError(
                f"{self.address}: its certificate is not accepted (or it has none); check "
                "sslmode, sslrootcert, and that the host is named as in the certificate"
            )
        for kinds, fault, mend in _FAULTS:
            if isinstance(error, kinds):
                return fault(f"{self.address}: {_why(error)}; {mend}")
        return DatabaseError(f"{self.address}: {_why(error)}")


_FAULTS: tuple[tuple[tuple[type[psycopg.Error], ...], type[RetrievalError], str], ...] = (
    (
        (faults.InvalidPassword, faults.InvalidAuthorizationSpecification),
        DatabaseError,
        "check the user and the password",
    ),
    ((faults.InsufficientPrivilege,), DatabaseError, "grant this user the right"),
    (
        (faults.DiskFull, faults.ReadOnlySqlTransaction),
        BuildError,
        "what was published before is untouched",
    ),
    # A replica that lags behind another which was read before, or a build just deleted.
    ((faults.UndefinedTable, faults.InvalidSchemaName), UnavailableError, "it may be tried again"),
    ((psycopg.OperationalError, psycopg.InterfaceError), UnavailableError, "it may be tried again"),
)


def _close(idle: "LifoQueue[psycopg.Connection]") -> None:
    with suppress(Empty):
        while True:
            idle.get_nowait().close()


def _is_lost(error: psycopg.OperationalError) -> bool:
    """Tell whether it is the connection that failed, or the server it led to, not the statement."""
    lost = (faults.AdminShutdown, faults.CrashShutdown, faults.CannotConnectNow)
    return error.sqlstate is None or isinstance(error, lost)


def _is_refused(error: psycopg.Error) -> bool:
    """Tell whether a server answered that this user may not connect: libpq gives only words."""
    return error.sqlstate is None and any(one in str(error) for one in _REFUSALS)


def _is_strange(error: psycopg.Error) -> bool:
    """Tell whether a server is not who its certificate should say, or has none."""
    said = str(error)
    return error.sqlstate is None and any(
        one in said for one in ("certificate", "server does not support SSL")
    )


_REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "not exist")


def _why(error: psycopg.Error) -> str:
    if isinstance(error, faults.QueryCanceled):
        return f"it took longer than {STATEMENT_SECONDS:.0f} seconds"
    return "the database does not answer" if error.sqlstate is None else _first_line(error)


def _first_line(error: psycopg.Error) -> str:
    """Return what the server said, not its details: these may repeat what was asked."""
    said = error.diag.message_primary or str(error)
    return said.strip().splitlines()[0] if said.strip() else type(error).__name__


def _cut_off(connection: psycopg.Connection) -> None:
    with suppress(OSError, psycopg.Error):
        duplicate = socket.socket(fileno=socket.dup(connection.fileno()))
        with duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)


_TABLE = re.compile(r"\b(FROM|JOIN) (documents|passages|paragraphs|sentences)\b")


@lru_cache(maxsize=256)
def _for_postgres(sql: str, schema: str) -> str:
    sql = sql.replace("%", "%%").replace("IN ()", "IN (NULL)").replace("?", "%s")
    return _TABLE.sub(rf"\1 {schema}.\2", sql)


class BuildTables:
    """The catalog's tables of one build, as index.catalog asks them."""

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._schema = schema

    def ask(self, sql: str, *arguments: object) -> list[Row]:
        """Return the rows that a SELECT gives; each ? stands for an argument."""
        return self._database.ask(_for_postgres(sql, self._schema), arguments)
