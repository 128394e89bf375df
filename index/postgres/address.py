"""The address of a database, as PINCITE_ENGINE gives it: where to read, where to write.

A libpq connection URI, with several hosts where there are replicas. A password in it is used and
never shown; PGPASSWORD, a password file or a service file serve as well.
"""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from index.errors import EngineError

_DEFAULTS = {
    "connect_timeout": "3",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "pincite",
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
        hosts = given.get("host", "").split(",")
        ports = given.get("port", "").split(",")
        ports = ports * len(hosts) if len(ports) == 1 else ports
        places = ",".join(
            f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False)
        )
        return cls(f"postgresql://{places}/{given.get('dbname', '')}", _DEFAULTS | given)

    def __str__(self) -> str:
        return self.shown

    def to_read(self) -> str:
        """Return where to read: any host, in an order of this process's own.

        All of a process's connections go to the first that answers, so that what it has seen of
        one server it does not miss at another; processes spread over the hosts by chance.
        """
        given = dict(self._given)
        if "load_balance_hosts" not in given:
            hosts, ports = given.get("host", "").split(","), given.get("port", "").split(",")
            if len(hosts) > 1:
                ports = ports * len(hosts) if len(ports) == 1 else ports
                pairs = list(zip(hosts, ports, strict=False))
                random.Random(_CHANCE).shuffle(pairs)  # noqa: S311 - which host, no secret
                given["host"] = ",".join(host for host, _ in pairs)
                given["port"] = ",".join(port for _, port in pairs)
        return make_conninfo("", **{"target_session_attrs": "any", **given})

    def to_write(self) -> str:
        """Return where to write: the one host that takes writes."""
        return make_conninfo("", **{**self._given, "target_session_attrs": "read-write"})


_CHANCE = secrets.randbits(32)
