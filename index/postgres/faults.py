"""The driver's errors in our words: what is wrong, where, and how it is mended."""

import psycopg
from psycopg import errors as faults

from index.errors import BuildError, DatabaseError, RetrievalError, UnavailableError


def fault_of(error: psycopg.Error, where: str, seconds: float) -> Exception:
    """Return the fault that an error of the driver is; the first kind that it is of counts.

    `where` it is from, and how long a statement may take.
    """
    if isinstance(error, faults.UndefinedObject) and "vector" in str(error):
        return DatabaseError(f"{where}: pgvector is not there; CREATE EXTENSION vector")
    if is_refused(error):
        return DatabaseError(
            f"{where}: it lets this user not in; check the user, the password, the "
            "database's name and the server's pg_hba.conf"
        )
    if is_strange(error):
        return DatabaseError(
            f"{where}: its certificate is not accepted (or it has none); check "
            "sslmode, sslrootcert, and that the host is named as in the certificate"
        )
    for kinds, fault, mend in _FAULTS:
        if isinstance(error, kinds):
            return fault(f"{where}: {_why(error, seconds)}; {mend}")
    return DatabaseError(f"{where}: {_why(error, seconds)}")


_FAULTS: tuple[tuple[tuple[type[psycopg.Error], ...], type[RetrievalError], str], ...] = (
    (
        (faults.InvalidPassword, faults.InvalidAuthorizationSpecification),
        DatabaseError,
        "check the user and the password",
    ),
    ((faults.InsufficientPrivilege,), DatabaseError, "grant this user the right"),
    (
        (faults.DiskFull, faults.ReadOnlySqlTransaction),
        BuildError,
        "what was published before is untouched",
    ),
    # A replica that lags behind another which was read before, or a build just deleted.
    ((faults.UndefinedTable, faults.InvalidSchemaName), UnavailableError, "it may be tried again"),
    ((psycopg.OperationalError, psycopg.InterfaceError), UnavailableError, "it may be tried again"),
)


def is_lost(error: psycopg.OperationalError) -> bool:
    """Tell whether it is the connection that failed, or the server it led to, not the statement."""
    lost = (faults.AdminShutdown, faults.CrashShutdown, faults.CannotConnectNow)
    return error.sqlstate is None or isinstance(error, lost)


def is_refused(error: psycopg.Error) -> bool:
    """Tell whether a server answered that this user may not connect: libpq gives only words."""
    return error.sqlstate is None and any(one in str(error) for one in _REFUSALS)


def is_strange(error: psycopg.Error) -> bool:
    """Tell whether a server is not who its certificate should say, or has none."""
    said = str(error)
    return error.sqlstate is None and any(
        one in said for one in ("certificate", "server does not support SSL")
    )


_REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "not exist")


def _why(error: psycopg.Error, seconds: float) -> str:
    if isinstance(error, faults.QueryCanceled):
        return f"it took longer than {seconds:.0f} seconds"
    return "the database does not answer" if error.sqlstate is None else _first_line(error)


def _first_line(error: psycopg.Error) -> str:
    """Return what the server said, not its details: these may repeat what was asked."""
    said = error.diag.message_primary or str(error)
    return said.strip().splitlines()[0] if said.strip() else type(error).__name__
