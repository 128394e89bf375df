"""Connections to a database run out, are refused, or stand still: nobody waits for long."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from index.errors import UnavailableError
from index.postgres import database as connections
from index.postgres.address import Address
from index.postgres.database import Database
from tests.held import held
from tests.servers import Cluster

_PROCESS = "SELECT pg_backend_pid()"


def test_where_all_connections_are_in_use_the_next_is_told_so(
    postgres: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty more wait their bounded time, side by side and not in a line; then all is well."""
    monkeypatch.setattr(connections, "_PATIENCE_SECONDS", 0.2)
    asked = Database(Address.of(postgres.primary.dsn(database)))

    def refused(_: int) -> bool:
        with pytest.raises(UnavailableError, match="all 16 connections are in use; try again"):
            asked.ask("SELECT 1")
        return True

    with held(asked, 16), ThreadPoolExecutor(20) as pool:
        assert all(pool.map(refused, range(20)))
        used = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pincite'"
        with postgres.primary.connect(database) as looking:
            sql = f"{used} AND datname = '{database}'"
            assert looking.execute(sql.encode()).fetchone() == (16,)
    assert asked.ask("SELECT 1") == [(1,)]
    asked.close()


def test_where_the_server_has_no_room_it_is_unavailable_and_not_misconfigured(
    postgres: Cluster, database: str
) -> None:
    """A role with one connection: a second is refused at once, and the first goes on."""
    with postgres.primary.connect() as administrator:
        administrator.execute("CREATE ROLE narrow LOGIN CONNECTION LIMIT 1")
        try:
            uri = postgres.primary.dsn(database).replace("postgres@", "narrow@")
            asked = Database(Address.of(uri))
            with held(asked, 1), pytest.raises(UnavailableError, match="may be tried again"):
                asked.ask("SELECT 1")
            assert asked.ask("SELECT 1") == [(1,)]
            asked.close()
        finally:
            administrator.execute("DROP ROLE narrow")


def test_what_stands_still_is_cut_off_and_the_question_put_once_more(
    postgres: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's process of one connection is stopped: the answer comes over another."""
    monkeypatch.setattr(connections, "STATEMENT_SECONDS", 1.0)
    monkeypatch.setattr(connections, "_GRACE_SECONDS", 0.0)
    asked = Database(Address.of(postgres.primary.dsn(database)))
    ((process,),) = asked.ask(_PROCESS)
    os.kill(process, signal.SIGSTOP)
    try:
        began = time.monotonic()
        ((other,),) = asked.ask(_PROCESS)
        assert time.monotonic() - began >= 0.9  # it was waited for, and then no more
        assert other != process
    finally:
        os.kill(process, signal.SIGCONT)
    asked.close()
