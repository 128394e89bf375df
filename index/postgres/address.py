"""The address of a database, as PINCITE_ENGINE gives it: where to read, where to write.

A libpq connection URI, with several hosts where there are replicas. A password in it is used and
never shown; PGPASSWORD, a password file or a service file serve as well.
"""

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from index.errors import EngineError
from index.postgres.hosts import Host

_DEFAULTS = {"connect_timeout": "3", "application_name": "pincite"}
# A host that is cut off says nothing: what was sent is not acknowledged, and for an answer nobody
# comes. A question is short, and there may be another host; who writes has only this one, and may
# send more than a busy server takes at once, which the same limit counts.
_TO_READ = {
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "3000",
}
_TO_WRITE = {
    "keepalives_idle": "4",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is; str() shows it without anything secret."""

    shown: str
    _given: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, uri: str) -> "Address":
        """Read a connection URI; EngineError where it is none, without repeating it."""
        try:
            given = {name: str(value) for name, value in conninfo_to_dict(uri).items()}
        except ProgrammingError:
            # libpq's own message repeats what it could not read, and with it a password.
            raise EngineError(
                "PINCITE_ENGINE is no connection URI of PostgreSQL; it looks like "
                "postgresql://user@host1,host2/database?sslmode=verify-full"
            ) from None
        hosts = ",".join(f"{host}:{port}" if port else host for host, port in _pairs(given))
        return cls(f"postgresql://{hosts}/{given.get('dbname', '')}", _DEFAULTS | given)

    def __str__(self) -> str:
        return self.shown

    def hosts_to_read(self) -> list[Host]:
        """Return its hosts, in an order of this process's own: processes spread by chance."""
        hosts = self.hosts_to_write()
        random.Random(_CHANCE).shuffle(hosts)  # noqa: S311 - which host, no secret
        return hosts

    def hosts_to_write(self) -> list[Host]:
        """Return its hosts as they are given; none where libpq is told their order, or has one."""
        if {"load_balance_hosts", "hostaddr"} & self._given.keys():
            return []
        hosts = [(host, port or _default_port()) for host, port in _pairs(self._given)]
        return hosts if len(hosts) > 1 else []

    def to_read(self, hosts: Sequence[Host] = ()) -> str:
        """Return where to read: the first of `hosts`, or of its own, that answers."""
        return make_conninfo(
            "", **{"target_session_attrs": "any", **_TO_READ, **self._given, **_as_given(hosts)}
        )

    def to_write(self, hosts: Sequence[Host] = ()) -> str:
        """Return where to write: the one host that takes writes."""
        return make_conninfo(
            "",
            **{
                **_TO_WRITE,
                **self._given,
                **_as_given(hosts),
                "target_session_attrs": "read-write",
            },
        )


def _pairs(given: Mapping[str, str]) -> list[Host]:
    hosts, ports = given.get("host", "").split(","), given.get("port", "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return list(zip(hosts, ports, strict=False))


def _default_port() -> str:
    """Return the port that libpq takes where none is given, such as PGPORT's."""
    (port,) = (one for one in Conninfo.get_defaults() if one.keyword == b"port")
    return (port.val or port.compiled or b"").decode()


def _as_given(hosts: Sequence[Host]) -> dict[str, str]:
    if not hosts:
        return {}
    return {
        "host": ",".join(host for host, _ in hosts),
        "port": ",".join(port for _, port in hosts),
    }


_CHANCE = secrets.randbits(32)
