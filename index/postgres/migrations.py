"""The tables that outlive every build, brought forward by numbered files of SQL; never back."""

from importlib.resources import files

import psycopg

from index.errors import DatabaseError
from index.postgres.database import Database

_LOCK = 0x70696E63697465
"""The advisory lock that one migration at a time holds: "pincite" in ASCII."""


def newest() -> int:
    """Return the number of the newest migration that this version knows."""
    return max(_known())


def _known() -> dict[int, str]:
    folder = files("index.postgres") / "migrations"
    return {
        int(one.name.partition("_")[0]): one.read_text(encoding="utf-8")
        for one in folder.iterdir()
        if one.name.endswith(".sql")
    }


def version(database: Database, area: str) -> int:
    """Return how far the tables are, 0 where there are none; DatabaseError where too far."""
    found = database.ask("SELECT to_regclass(%s) IS NOT NULL", [f"{area}.migrations"])
    if not found[0][0]:
        return 0
    ((number,),) = database.ask(f"SELECT coalesce(max(number), 0) FROM {area}.migrations")
    _check(number, str(database.address))
    return int(number)


def migrate(connection: psycopg.Connection, area: str, where: str) -> None:
    """Bring the tables forward, all of it or nothing; a second process waits and finds it done."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _check_vector(connection, where)
        _run(connection, f"CREATE SCHEMA IF NOT EXISTS {area}")
        _run(
            connection,
            f"CREATE TABLE IF NOT EXISTS {area}.migrations "
            "(number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
        )
        row = connection.execute(
            f"SELECT coalesce(max(number), 0) FROM {area}.migrations".encode()
        ).fetchone()
        assert row is not None
        _check(row[0], where)
        for number, sql in sorted(_known().items()):
            if number > row[0]:
                _run(connection, sql.replace("{area}", area))
                connection.execute(
                    f"INSERT INTO {area}.migrations (number) VALUES (%s)".encode(),
                    [number],
                )


def _check(number: int, where: str) -> None:
    if number > newest():
        raise DatabaseError(
            f"{where}: its tables are of a newer version of Pincite (migration {number}, this one "
            f"knows {newest()}); upgrade Pincite here"
        )


def _check_vector(connection: psycopg.Connection, where: str) -> None:
    """Make pgvector there where this user may; DatabaseError says what an administrator does."""
    row = connection.execute(
        "SELECT installed_version, default_version FROM pg_available_extensions "
        "WHERE name = 'vector'"
    ).fetchone()
    if row is None:
        raise DatabaseError(
            f"{where}: pgvector is not installed on this server; its package is usually called "
            "postgresql-NN-pgvector"
        )
    if row[0] is None:
        try:
            with connection.transaction():
                connection.execute("CREATE EXTENSION vector")
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseError(
                f"{where}: pgvector is installed and not created; have an administrator run "
                "CREATE EXTENSION vector in this database"
            ) from error
    found = row[0] or row[1]
    if tuple(int(part) for part in found.split(".")[:2]) < (0, 8):
        raise DatabaseError(f"{where}: pgvector {found} is too old; Pincite needs 0.8 or newer")


def _run(connection: psycopg.Connection, sql: str) -> None:
    connection.execute(sql.encode())
