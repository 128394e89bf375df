"""The servers that other tests stand on do what their names say."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.servers import Cluster, why_not

_KILLED = """
import os
from tests.servers import cluster
with cluster(1) as servers:
    print(servers.folder, *(one.process.pid for one in servers.servers()), flush=True)
    os.kill(os.getpid(), 9)
"""


def _write(servers: Cluster, value: int) -> None:
    with servers.primary.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS written (value int)")
        connection.execute("INSERT INTO written VALUES (%s)", [value])


def test_a_test_has_a_database_of_its_own_with_pgvector(postgres: Cluster, database: str) -> None:
    """It is empty, its text sorts by code point, and pgvector is at hand; its replica follows."""
    with postgres.primary.connect(database) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (0,)
        assert connection.execute("SELECT 'Z' < 'a'").fetchone() == (True,)
        connection.execute("CREATE EXTENSION vector")
        assert connection.execute("SELECT '[3,4]'::vector <-> '[0,0]'").fetchone() == (5.0,)
        connection.execute("CREATE TABLE one (value int)")
    postgres.wait_for_replay()
    with postgres.replicas[0].connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM one").fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("INSERT INTO one VALUES (1)")


def test_nothing_committed_is_lost_when_the_primary_is_killed(breakable: Cluster) -> None:
    """A replica that was promoted has it, the other follows that one; so has the old one again."""
    old, heir, other = breakable.servers()
    _write(breakable, 1)
    breakable.wait_for_replay()
    old.kill()
    assert not old.answers()
    breakable.promote(heir)
    _write(breakable, 2)
    breakable.wait_for_replay()
    assert other.value("SELECT array_agg(value ORDER BY value) FROM written") == [1, 2]
    assert breakable.add_replica().value("SELECT sum(value) FROM written") == 3
    old.start()
    assert old.value("SELECT sum(value) FROM written") == 1
    old.stop()


def test_one_address_finds_the_server_that_is_there(breakable: Cluster) -> None:
    """With the primary gone reading goes on by the same address, and writing finds the heir."""
    address = breakable.dsn()
    breakable.primary.kill()
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
    breakable.promote(breakable.replicas[0])
    with psycopg.connect(address, target_session_attrs="read-write") as connection:
        assert connection.info.port == breakable.primary.port


def test_a_paused_server_takes_connections_and_says_nothing(breakable: Cluster) -> None:
    """Whoever waits for it waits in vain until it goes on, and nothing that was sent is lost."""
    primary = breakable.primary
    with primary.connect() as connection:
        connection.execute("SELECT 1")
        primary.pause()
        assert not primary.answers()
        began = time.monotonic()
        connection.pgconn.send_query(b"SELECT 2")
        primary.resume()
        result = connection.pgconn.get_result()
        assert result is not None
        assert result.get_value(0, 0) == b"2"
        assert time.monotonic() - began < 5
        connection.pgconn.get_result()


def test_servers_stop_with_the_process_that_started_them() -> None:
    """Though it is killed, no server outlives it."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder, *processes = done.stdout.split()
    deadline = time.monotonic() + 20
    while any(Path("/proc", one).exists() for one in processes):
        assert time.monotonic() < deadline, "a server is still there"
        time.sleep(0.05)
    subprocess.run(["rm", "-rf", folder], check=True)
