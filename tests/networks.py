"""Machines on a network of their own: each a network namespace, joined by a bridge that is here.

A program is put on a machine by the words of its `prefix`. A machine can be cut off: its link goes
down at the bridge, and packets to and from it vanish. Nobody is told: neighbours are written down
once and for all, so that no kernel can notice that nobody is there, as behind any router.

One number is one network: its addresses, its names, its lock. Whoever makes a network first takes
down what a run that was killed left of it; the kernel lets go of a dead run's lock.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_LOCKS = Path("/run")
_MOST = 4
"""Networks at once."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One address, with nothing on it yet."""

    host: str
    namespace: str
    port: str
    """The bridge's end of its link."""

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words before a command that is to run on it."""
        return ("nsenter", f"--net=/run/netns/{self.namespace}")

    def cut(self) -> None:
        """Let every packet to and from it vanish from now on."""
        _ip(f"link set {self.port} down")

    def join(self) -> None:
        """Let packets through again."""
        _ip(f"link set {self.port} up")


def why_not() -> str | None:
    """Return why no network can be made here, or None where one can."""
    if os.geteuid() != 0:
        return "only root makes networks"
    if shutil.which("ip") is None or shutil.which("nsenter") is None:
        return "ip and nsenter are not here to make a network with"
    try:
        with network(1):
            return None
    except (OSError, AssertionError) as error:
        return f"this machine lets nobody make a network: {str(error).strip().splitlines()[-1]}"


@contextmanager
def network(machines: int) -> Iterator[list[Machine]]:
    """Make so many machines, reached from here and from one another, until the block ends."""
    with ExitStack() as stack:
        number = stack.enter_context(_number())
        stack.callback(_take_down, number)
        yield _made(number, machines)


def _made(number: int, machines: int) -> list[Machine]:
    made = [
        Machine(_host(number, one), f"{_name(number)}-{one}", f"{_name(number)}.{one}")
        for one in range(2, machines + 2)
    ]
    bridge = _name(number)
    _ip(
        f"link add {bridge} address {_hardware(1)} type bridge",
        f"address add {_host(number, 1)}/24 dev {bridge}",
        f"link set {bridge} up",
        *(f"netns add {one.namespace}" for one in made),
    )
    everybody = range(1, machines + 2)
    for own, one in enumerate(made, start=2):
        _ip(
            f"link add {one.port} type veth "
            f"peer name eth0 address {_hardware(own)} netns {one.namespace}",
            f"link set {one.port} master {bridge} up",
            _neighbour(number, own, bridge),
        )
        _ip(
            "link set lo up",
            f"address add {one.host}/24 dev eth0",
            "link set eth0 up",
            *(_neighbour(number, other, "eth0") for other in everybody if other != own),
            namespace=one.namespace,
        )
    return made


@contextmanager
def _number() -> Iterator[int]:
    """Give a number that is nobody's; what dead runs left of any is gone."""
    with ExitStack() as stack:
        ours: list[int] = []
        for number in range(_MOST):
            lock = stack.enter_context((_LOCKS / f"{_name(number)}.lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _take_down(number)
            if ours:
                lock.close()
            else:
                ours.append(number)
        assert ours, f"all {_MOST} networks are in use"
        yield ours[0]


def _take_down(number: int) -> None:
    """Delete the links, which may outlive a namespace that a process is in, and the namespaces."""
    for link in _links(number):
        _ip(f"link delete {link}")
    for namespace in _namespaces(number):
        _ip(f"netns delete {namespace}")


def _links(number: int) -> list[str]:
    """Return the network's links that are here: the bridge and its ends of the others."""
    name = _name(number)
    links = (one.name for one in Path("/sys/class/net").iterdir())
    return sorted(one for one in links if one == name or one.startswith(f"{name}."))


def _namespaces(number: int) -> list[str]:
    return sorted(one.name for one in Path("/run/netns").glob(f"{_name(number)}-*"))


def _name(number: int) -> str:
    return f"pincite{number}"


def _host(number: int, machine: int) -> str:
    """Return an address of those that are kept free for measuring networks (RFC 2544)."""
    return f"198.18.{number}.{machine}"


def _hardware(machine: int) -> str:
    return f"02:00:00:00:00:{machine:02x}"


def _neighbour(number: int, machine: int, link: str) -> str:
    where = f"{_host(number, machine)} lladdr {_hardware(machine)}"
    return f"neighbour replace {where} dev {link} nud permanent"


def _ip(*commands: str, namespace: str = "") -> None:
    """Run commands of ip(8), in their order; AssertionError with what it says where one fails."""
    words: Sequence[str] = ("-netns", namespace) if namespace else ()
    done = subprocess.run(
        ["ip", *words, "-batch", "-"],
        input="\n".join(commands),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
