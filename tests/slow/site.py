"""Where a drill takes place: three services and three servers, each at an address of its own.

Each is on a machine of a network of its own where that is allowed, so that a link can be cut; else
all are on this machine's loopback, and only processes can be killed.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.networks import Machine, network, why_not
from tests.processes import Served, run, serving
from tests.servers import Cluster, Server, cluster, fresh_database

_SERVICES = 3
_SERVERS = 3
_PORT = 5432


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and the machine that it is of where it is not this one."""

    host: str
    machine: Machine | None = None

    @property
    def prefix(self) -> Sequence[str]:
        """Words before a command that is to run there."""
        return self.machine.prefix if self.machine else ()


@contextmanager
def places() -> Iterator[list[Place]]:
    """Give an address for each service and each server."""
    if why_not() is not None:
        yield [Place(f"127.0.1.{one}") for one in range(1, _SERVICES + _SERVERS + 1)]
    else:
        with network(_SERVICES + _SERVERS) as machines:
            yield [Place(one.host, one) for one in machines]


@dataclass(slots=True)
class Site:
    """Services over a primary and two replicas, and what may be done to them."""

    folder: Path
    places: Sequence[Place]
    servers: Cluster
    address: str
    """Of the database, at all servers."""
    key: str
    services: list[Served] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def has_links(self) -> bool:
        """Tell whether machines can be cut off."""
        return self.places[0].machine is not None

    def link(self, host: str) -> Machine:
        """Return the machine at an address."""
        (machine,) = (one.machine for one in self.places if one.host == host)
        assert machine is not None
        return machine

    def serve(self, number: int, *paths: Path) -> None:
        """Start a service where it was, or where it is to be."""
        place = self.places[number]
        home = self.folder / f"home-{number}"
        served = self._stack.enter_context(
            serving(
                home,
                *paths,
                *("--host", place.host, "--port", "8000"),
                prefix=place.prefix,
                PINCITE_ENGINE=self.address,
                PINCITE_RATE="off",
            )
        )
        self.services[number : number + 1] = [served]

    def heir(self) -> Server:
        """Return the replica that has most of what the primary wrote."""
        received = "SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn"
        return max(self.servers.replicas, key=lambda one: int(str(one.value(received))))

    def promote(self) -> None:
        """Make the heir the primary; it acknowledges what is on two servers, as the old one did."""
        heir = self.heir()
        _write_to_two(heir)
        self.servers.promote(heir)

    def replace(self, old: Server) -> None:
        """Start a new replica at the address of a server that is gone."""
        self.servers.add_replica(old.host, old.prefix, old.port)


@contextmanager
def site(folder: Path, source: Path) -> Iterator[Site]:
    """Run it all, the documents of `source` indexed, until the block ends."""
    with ExitStack() as stack:
        where = stack.enter_context(places())
        first, *others = where[_SERVICES:]
        port = _PORT if first.machine else None  # here somebody else may be at it
        servers = stack.enter_context(cluster(0, host=first.host, prefix=first.prefix, port=port))
        for one in others:
            servers.add_replica(one.host, one.prefix, port)
        _write_to_two(servers.primary)
        database = stack.enter_context(fresh_database(servers.primary))
        address = servers.dsn(database)
        made = Site(folder, where, servers, address, _key(folder, address))
        stack.enter_context(made._stack)
        for number in range(_SERVICES):
            made.serve(number, source)
        yield made


def _key(folder: Path, address: str) -> str:
    """Make a key: who calls a service on another machine has to have one."""
    scopes = ("--scope", "ask", "--scope", "write")
    done = run(folder / "keys", "keys", "create", "drill", *scopes, PINCITE_ENGINE=address)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _write_to_two(server: Server) -> None:
    """Acknowledge nothing that is not on a replica as well."""
    with server.connect() as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
        connection.execute("SELECT pg_reload_conf()")
