"""What can go wrong in delivery, and the one table from any error to its HTTP status.

ServiceError
├── SettingsError       a setting is unknown or has a value that cannot be
├── SiteError           a file of HOME/site is not as it must be
├── FeedbackError       what was said of an answer cannot be kept
├── AddressError        the host and port cannot be listened on
├── KeysError           the file of keys cannot be read or written, or names no such key
├── RequestError        a request cannot be answered as it is
│   └── NotFoundError   what it names does not exist
└── IntegrityError      a quote is not in its document as it was indexed; it is never served
"""

import errno
import os
import sqlite3

from corpus.errors import CorpusError, IsolationError
from index.errors import (
    BuildError,
    BusyError,
    CollectionError,
    NothingIndexedError,
    RetrievalError,
    UnavailableError,
)


class ServiceError(Exception):
    """Base of all faults in delivery."""


class SettingsError(ServiceError):
    """A setting is unknown or has a value that cannot be."""


class SiteError(ServiceError):
    """A file of HOME/site is not as it must be."""


class FeedbackError(ServiceError):
    """What was said of an answer cannot be kept."""


class AddressError(ServiceError):
    """The host and port cannot be listened on."""


class KeysError(ServiceError):
    """The file of keys cannot be read or written, or names no such key."""


class RequestError(ServiceError):
    """A request cannot be answered as it is."""


class NotFoundError(RequestError):
    """What a request names does not exist."""


class IntegrityError(ServiceError):
    """A quote is not in its document as it was indexed; it is never served."""


KNOWN = (ServiceError, RetrievalError, CorpusError)
"""Every fault that has a message for people; anything else is a defect of ours."""

_STATUS: tuple[tuple[type[Exception], int, str], ...] = (
    (NotFoundError, 404, "Not found"),
    (NothingIndexedError, 404, "Nothing indexed"),
    (BusyError, 409, "Another change is under way"),
    (CollectionError, 404, "Not found"),
    (RequestError, 422, "The request cannot be answered"),
    (IsolationError, 503, "Documents cannot be read now"),
    (FeedbackError, 503, "The feedback cannot be kept"),
    (CorpusError, 422, "The document cannot be read"),
    (UnavailableError, 503, "The index does not answer now"),
    (RetrievalError, 503, "The index cannot be used"),
    (KeysError, 503, "No key can be checked"),
    (ServiceError, 500, "The answer cannot be given"),
)


def status_of(error: Exception) -> tuple[int, str]:
    """Return the HTTP status and title for an error: the first row whose class it is of.

    What could not be written is told by its cause: the disk is full, or may not be written to.
    """
    if isinstance(error, (BuildError, CollectionError)) and not isinstance(error, BusyError):
        if _is_full(error.__cause__):
            return 507, "The disk is full"
        if isinstance(error.__cause__, OSError):
            return 503, "The index cannot be written or read"
    for kind, status, title in _STATUS:
        if isinstance(error, kind):
            return status, title
    return 500, "Internal error"


def _is_full(cause: BaseException | None) -> bool:
    """Tell whether what stands behind a failed write is a disk without space, in any library."""
    if isinstance(cause, OSError) and cause.errno is not None:
        return cause.errno in {errno.ENOSPC, errno.EDQUOT}
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return cause is not None and os.strerror(errno.ENOSPC) in str(cause)
