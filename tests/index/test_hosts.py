"""Which host of a database is gone to: the order, and what happens when one is cut off."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import BusyError, UnavailableError
from index.postgres.address import Address
from index.postgres.database import Database
from index.postgres.hosts import Hosts
from index.stores import open_store
from tests import networks, servers
from tests.networks import Machine, network
from tests.servers import Cluster, cluster

_A, _B, _C = ("a", "1"), ("b", "1"), ("c", "1")
_WHERE = "SELECT host(inet_server_addr())"
_HOLD = """
import sys, time
from pathlib import Path
from index.stores import open_store
collection = open_store(sys.argv[1], Path(sys.argv[2])).collection(sys.argv[3])
with collection.writing():
    print("held", flush=True)
    collection._writer.execute(sys.argv[4])
    time.sleep(600)
"""


def test_the_host_that_answered_comes_first_and_the_lost_one_last() -> None:
    """What comes between them keeps its order; a second loss of the same host changes nothing."""
    hosts = Hosts([_A, _B, _C])
    hosts.answered(_B)
    assert hosts.in_order() == (_B, _C, _A)
    hosts.lost(_B)
    hosts.lost(_B)
    assert hosts.in_order() == (_C, _A, _B)
    assert [hosts.is_first(one) for one in (_A, _B, _C)] == [False, False, True]


@given(
    st.lists(st.sampled_from([_A, _B, _C]), unique=True),
    st.lists(st.tuples(st.booleans(), st.sampled_from([_A, _B, _C, ("d", "1")]))),
)
def test_no_host_is_ever_forgotten(
    given_hosts: list[tuple[str, str]], happened: list[tuple[bool, tuple[str, str]]]
) -> None:
    """Whatever answers or is lost, each is there once; a stranger is never sent away from."""
    hosts = Hosts(given_hosts)
    for answered, host in happened:
        (hosts.answered if answered else hosts.lost)(host)
        assert sorted(hosts.in_order()) == sorted(given_hosts)
        assert hosts.is_first(("d", "1"))
        assert not answered or host not in given_hosts or hosts.in_order()[0] == host


def test_an_address_has_an_order_where_it_has_several_hosts() -> None:
    """Ports that are not given are libpq's own; whoever tells libpq an order keeps it."""
    several = Address.of("postgresql://h1,h2:6000/d")
    assert several.hosts_to_write() == [("h1", "5432"), ("h2", "6000")]
    assert sorted(several.hosts_to_read()) == several.hosts_to_write()
    assert Address.of("postgresql://h1/d").hosts_to_read() == []
    assert Address.of("postgresql://h1,h2/d?load_balance_hosts=random").hosts_to_read() == []
    given = several.to_read([("h2", "6000"), ("h1", "5432")])
    assert "host=h2,h1" in given
    assert "port=6000,5432" in given
    assert "tcp_user_timeout=3000" in given
    assert "tcp_user_timeout=7" in Address.of("postgresql://h/d?tcp_user_timeout=7").to_read()


@pytest.fixture(scope="module")
def separate() -> Iterator[tuple[list[Machine], Cluster]]:
    """Run a primary and a replica on machines of their own; a third machine has nothing on it."""
    if (reason := networks.why_not() or servers.why_not()) is not None:
        pytest.skip(reason)
    with ExitStack() as stack:
        machines = stack.enter_context(network(3))
        first, second, _ = machines
        started = stack.enter_context(cluster(0, host=first.host, prefix=first.prefix))
        started.add_replica(second.host, second.prefix)
        yield machines, started


@pytest.fixture
def apart(separate: tuple[list[Machine], Cluster]) -> Iterator[tuple[list[Machine], Cluster]]:
    """Give them joined, and join them again."""
    yield separate
    for machine in separate[0]:
        machine.join()


def test_who_reads_from_a_host_that_is_cut_off_reads_elsewhere(
    apart: tuple[list[Machine], Cluster],
) -> None:
    """Once it takes seconds, for all who ask at once; then none, though connections are new.

    Where the host is back nobody returns to it before the other is lost.
    """
    machines, started = apart
    asked = Database(Address.of(started.dsn()))
    ((first,),) = asked.ask(_WHERE)
    (cut,) = (one for one in machines if one.host == first)
    (other,) = (one.host for one in started.servers() if one.host != first)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: asked.ask("SELECT pg_sleep(0.2)"), range(16)))
        cut.cut()
        began = time.monotonic()
        found = list(pool.map(lambda _: asked.ask(_WHERE), range(16)))
        assert time.monotonic() - began < 9.0  # 3 by the setting, and a machine that is busy
        assert found == [[(other,)]] * 16
        began = time.monotonic()
        found = list(pool.map(lambda _: asked.ask(f"{_WHERE} FROM pg_sleep(0.2)"), range(16)))
        assert time.monotonic() - began < 3.0  # nobody waited for a connection to the lost one
        cut.join()
        found += list(pool.map(lambda _: asked.ask(_WHERE), range(64)))
        assert found == [[(other,)]] * 80
    asked.close()


def test_an_answer_that_never_comes_is_not_waited_for_long(
    apart: tuple[list[Machine], Cluster],
) -> None:
    """The host took the question, so that nothing is under way to it: keepalives find it gone."""
    machines, started = apart
    asked = Database(Address.of(started.dsn()))
    ((first,),) = asked.ask(_WHERE)
    (cut,) = (one for one in machines if one.host == first)
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(asked.ask, f"{_WHERE} FROM pg_sleep(5)")
        time.sleep(0.5)
        cut.cut()
        assert slow.result() != [(first,)]
    took = time.monotonic() - began
    assert took < 14.0  # 4 until it is given up, 5 at the other host, and a machine that is busy
    asked.close()


def test_a_write_to_a_host_that_is_cut_off_ends(apart: tuple[list[Machine], Cluster]) -> None:
    """It is told that the database does not answer, by the limits that an address may set."""
    machines, started = apart
    limits = "tcp_user_timeout=2000&keepalives_idle=1&keepalives_interval=1"
    written = Database(Address.of(f"{started.dsn()}?{limits}"))
    began = time.monotonic()
    with (  # noqa: PT012 - what is tested is what surrounds the error
        pytest.raises(UnavailableError, match="does not answer"),
        written.writing(0.0) as connection,
    ):
        assert written._to_write.is_first((started.primary.host, str(started.primary.port)))
        machines[0].cut()
        connection.execute("SELECT pg_sleep(60)")
    assert time.monotonic() - began < 20.0
    assert not written._to_write.is_first((started.primary.host, str(started.primary.port)))


def test_the_lock_of_a_machine_that_is_gone_is_free_soon(
    apart: tuple[list[Machine], Cluster], tmp_path: Path
) -> None:
    """Whether it was waited for, or had a long statement under way: nobody told the server."""
    machines, started = apart
    gone = machines[2]
    store = open_store(started.primary.dsn(), tmp_path)
    held = []
    for name, statement in (("idle", "SELECT 1"), ("busy", "SELECT pg_sleep(600)")):
        with store.collection(name).writing():
            pass
        words = (sys.executable, "-c", _HOLD, started.primary.dsn(), str(tmp_path), name, statement)
        held.append(subprocess.Popen([*gone.prefix, *words], stdout=subprocess.PIPE))
    try:
        for one in held:
            assert one.stdout is not None
            assert one.stdout.readline() == b"held\n"
        with pytest.raises(BusyError), store.collection("idle").writing():
            pass
        gone.cut()
        for name in ("idle", "busy"):
            with store.collection(name).writing(60.0):
                pass
    finally:
        for one in held:
            one.kill()
            one.communicate()
