"""What can go wrong in delivery, and the one table from any error to its HTTP status.

ServiceError
├── SettingsError       a setting is unknown or has a value that cannot be
├── SiteError           a file of HOME/site is not as it must be
├── FeedbackError       what was said of an answer cannot be kept
├── AddressError        the host and port cannot be listened on
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


class SiteError(ServiceError):
    """A file of HOME/site is not as it must be."""


class FeedbackError(ServiceError):
    """What was said of an answer cannot be kept."""


class AddressError(ServiceError):
    """The host and port cannot be listened on."""


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
    (FeedbackError, 503, "The feedback cannot be kept"),
    (CorpusError, 422, "The document cannot be read"),
    (RetrievalError, 503, "The index cannot be used"),
    (ServiceError, 500, "The answer cannot be given"),
)


def status_of(error: Exception) -> tuple[int, str]:
    """Return the HTTP status and title for an error: the first row whose class it is of."""
    for kind, status, title in _STATUS:
        if isinstance(error, kind):
            return status, title
    return 500, "Internal error"
