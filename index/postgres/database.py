"""Connections to the database: few, bounded, and in time.

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

from index.errors import DatabaseError, UnavailableError
from index.postgres.address import Address
from index.postgres.faults import fault_of, is_lost, is_refused, is_strange
from index.postgres.hosts import Host, Hosts

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
    # The server forgets a process whose machine is gone without a word, and with it its lock.
    "SET tcp_keepalives_idle = '5s'",
    "SET tcp_keepalives_interval = '5s'",
    "SET tcp_keepalives_count = 2",
    "SET tcp_user_timeout = '15s'",
)

_MEMORY_TO_BUILD = (  # a graph that does not fit is built several times slower
    "SELECT set_config('maintenance_work_mem', '512MB', false) "
    "WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('512MB')"
)
_ATTENTION = (  # a long statement ends with the process that it is for, where servers can tell
    "SELECT set_config('client_connection_check_interval', '5s', false) "
    "WHERE version() LIKE '%linux%'"
)

_T = TypeVar("_T")
Row = tuple[Any, ...]


class Database:
    """A database to read from, by any number of threads, and to write to by one at a time."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._to_read = Hosts(address.hosts_to_read())
        self._to_write = Hosts(address.hosts_to_write())
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
            with self._known_faults(), self._opened_to_read() as connection:
                connection.execute("SET statement_timeout = 0")
                connection.execute("SET tcp_user_timeout = 0")  # it may take in slowly
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
                    if not is_lost(error):
                        raise
                    self.close()  # the other idle ones are lost with it
                    return self._read_over(self._opened_to_read(), read)
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
                    connection = self._opened(self.address.to_write(self._to_write.in_order()))
                    host = _host_of(connection)
                    self._to_write.answered(host)
                    break
                except psycopg.OperationalError as error:
                    hopeless = is_refused(error) or is_strange(error)
                    if hopeless or time.monotonic() > deadline:
                        raise
                    time.sleep(_LOOK_SECONDS)
            with connection:
                connection.execute("SET statement_timeout = 0")
                connection.execute(_MEMORY_TO_BUILD)
                connection.execute(_ATTENTION)
                connection.execute("SET default_transaction_isolation = 'read committed'")
                try:
                    yield connection
                except psycopg.OperationalError as error:
                    if is_lost(error):
                        self._to_write.lost(host)
                    raise

    def close(self) -> None:
        """Close the idle connections."""
        _close(self._idle)

    def _taken(self) -> psycopg.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._opened_to_read()

    def _opened_to_read(self) -> psycopg.Connection:
        connection = self._opened(self.address.to_read(self._to_read.in_order()))
        self._to_read.answered(_host_of(connection))
        return connection

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
        host = _host_of(connection)
        try:
            with self._in_time(connection):
                found = read(connection)
        except BaseException as error:
            if isinstance(error, psycopg.OperationalError) and is_lost(error):
                self._to_read.lost(host)
            self._put_back(connection, host)
            raise
        self._put_back(connection, host)
        return found

    def _put_back(self, connection: psycopg.Connection, host: Host) -> None:
        """Keep a connection for the next, unless it broke, or others lead to another host now."""
        usable = not connection.closed and not connection.info.transaction_status
        if usable and self._to_read.is_first(host):
            self._idle.put(connection)
        else:
            connection.close()

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
            raise fault_of(error, str(self.address), STATEMENT_SECONDS) from error


def _host_of(connection: psycopg.Connection) -> Host:
    return connection.info.host, str(connection.info.port)


def _close(idle: "LifoQueue[psycopg.Connection]") -> None:
    with suppress(Empty):
        while True:
            idle.get_nowait().close()


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
