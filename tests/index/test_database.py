"""Connections to PostgreSQL, beside what every store has to keep (tests.contracts)."""

from pathlib import Path

import pytest

from index.errors import DatabaseError
from index.postgres.address import Address
from index.postgres.database import Database
from tests.servers import Cluster
from tests.tls_front import Authority, authority, tls_front


@pytest.mark.parametrize(("given", "used"), [("64MB", "512MB"), ("1GB", "1GB")])
def test_a_graph_is_built_in_the_memory_that_the_server_gives(
    postgres: Cluster, database: str, given: str, used: str
) -> None:
    """And in half a gigabyte where it gives less."""
    with postgres.primary.connect() as connection:
        sql = f"ALTER DATABASE {database} SET maintenance_work_mem = '{given}'"
        connection.execute(sql.encode())
    opened = Database(Address.of(postgres.primary.dsn(database)))
    with opened.writing(0.0) as connection:
        assert connection.execute("SHOW maintenance_work_mem").fetchone() == (used,)


def _ask(port: int, authority: Authority, host: str = "localhost") -> object:
    uri = (
        f"postgresql://postgres@{host}:{port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full"
        f"&sslrootcert={authority.file}"
    )
    ((used,),) = Database(Address.of(uri)).ask("SELECT 1")
    return used


def test_a_certificate_is_verified_with_its_name(postgres: Cluster, tmp_path: Path) -> None:
    """`sslmode=verify-full`: who is not who he says, or is vouched for by a stranger, is refused.

    The fault says so, and is none that would go away by trying again.
    """
    ours, strange = authority(tmp_path, "ours"), authority(tmp_path, "strange")
    with tls_front(tmp_path, ours, "localhost", postgres.primary.port) as port:
        assert _ask(port, ours) == 1
        with pytest.raises(DatabaseError, match="certificate"):
            _ask(port, strange)
        with pytest.raises(DatabaseError, match="certificate"):
            _ask(port, ours, "another.example")
        uri = f"postgresql://postgres@localhost:{port}/postgres?sslmode=verify-full"
        with (
            pytest.raises(DatabaseError, match="certificate"),
            Database(Address.of(f"{uri}&sslrootcert={strange.file}")).writing(30.0),
        ):
            pass
