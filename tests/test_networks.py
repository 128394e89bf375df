"""The networks that other tests stand on do what their names say."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.networks import Machine, network, why_not

_ECHO = """
import socket, sys
with socket.create_server((sys.argv[1], 7)) as server:
    print("ready", flush=True)
    while True:
        with server.accept()[0] as caller:
            while data := caller.recv(1000):
                caller.sendall(data)
"""
_ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], 7), 5) as caller:
    caller.sendall(b"a neighbour")
    print(caller.recv(1000).decode())
"""
_KILLED = """
import os
from tests.networks import network
with network(1) as machines:
    print(machines[0].namespace, machines[0].port, flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def _allowed() -> None:
    if (reason := why_not()) is not None:
        pytest.skip(reason)


@contextmanager
def _echoing(machine: Machine) -> Iterator[None]:
    command = [*machine.prefix, sys.executable, "-c", _ECHO, machine.host]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.kill()


def _is_there(namespace: str, port: str) -> bool:
    return Path("/run/netns", namespace).exists() or Path("/sys/class/net", port).exists()


def test_a_machine_that_is_cut_off_is_silent_and_not_gone() -> None:
    """Nothing is refused and nothing breaks: who calls waits, and has it all when it is joined."""
    with network(2) as (machine, neighbour), _echoing(machine):
        asked = [*neighbour.prefix, sys.executable, "-c", _ASK, machine.host]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
        assert done.stdout == "a neighbour\n"
        with socket.create_connection((machine.host, 7), 5) as caller:
            caller.sendall(b"before")
            assert caller.recv(100) == b"before"
            machine.cut()
            caller.sendall(b"meanwhile")
            caller.settimeout(0.3)
            with pytest.raises(TimeoutError):
                caller.recv(100)
            with pytest.raises(TimeoutError):
                socket.create_connection((machine.host, 7), 0.3)
            machine.join()
            caller.settimeout(20)
            assert caller.recv(100) == b"meanwhile"


def test_two_networks_at_once_have_nothing_in_common() -> None:
    """The second takes the next number, and leaves the first alone."""
    with network(1) as (one,):
        with network(1) as (other,):
            assert {one.host, one.namespace, one.port}.isdisjoint(
                {other.host, other.namespace, other.port}
            )
        with _echoing(one):
            socket.create_connection((one.host, 7), 5).close()
        assert not _is_there(other.namespace, other.port)
    assert not _is_there(one.namespace, one.port)


def test_what_a_killed_run_left_is_taken_down_by_the_next() -> None:
    """Namespaces and links stay behind a kill -9, for as long as nobody makes a network."""
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    namespace, port = killed.stdout.split()
    with network(1) as (machine,):
        # It may have been given the same names: then they are its own.
        assert machine.namespace == namespace or not _is_there(namespace, port)
        with _echoing(machine):
            socket.create_connection((machine.host, 7), 5).close()
    assert not _is_there(namespace, port)
