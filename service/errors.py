"""What can go wrong in delivery, and the one table from any error to its HTTP status.

ServiceError
├── SettingsError       a setting is unknown or has a value that cannot be
├── AddressError        the host and port cannot be listened on
├── KeysError           the file of keys cannot be read or written, or names no such key
├── RequestError        a request cannot be answered as it is
│   └── NotFoundError   what it names does not exist
└── IntegrityError      a quote is not in its document as it was indexed; it is never served
"""

from corpus.errors import CorpusError
from index.errors import CollectionError, NothingIndexedError, RetrievalError


class ServiceError(Exception):
    """Base of all faults in delivery."""


class SettingsError(ServiceError):
    """A setting is unknown or has a value that cannot be."""


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
    (CollectionError, 404, "Not found"),
    (RequestError, 422, "The request cannot be answered"),
    (CorpusError, 422, "The document cannot be read"),
    (RetrievalError, 503, "The index cannot be used"),
    (KeysError, 503, "No key can be checked"),
    (ServiceError, 500, "The answer cannot be given"),
)


def status_of(error: Exception) -> tuple[int, str]:
    """Return the HTTP status and title for an error: the first row whose class it is of."""
    for kind, status, title in _STATUS:
        if isinstance(error, kind):
            return status, title
    return 500, "Internal error"
