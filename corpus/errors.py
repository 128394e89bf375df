"""What can go wrong with documents.

CorpusError
├── PathError         a path given by the caller cannot be used at all
├── IsolationError    documents cannot be read now, whatever is in them
└── UnreadableError   one document cannot be read; the others are not touched by it
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a document was skipped: the stable, machine-readable half of the report."""

    EMPTY = "empty"
    BINARY = "binary"
    NO_TEXT = "no_text"
    TOO_LARGE = "too_large"
    TOO_MUCH_TEXT = "too_much_text"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_SLOW = "too_slow"
    CRASHED = "crashed"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    WRONG_TYPE = "wrong_type"
    WRONG_ENCODING = "wrong_encoding"
    TOO_DEEP = "too_deep"
    UNSUPPORTED_TYPE = "unsupported_type"
    NOT_READABLE = "not_readable"
    NOT_A_FILE = "not_a_file"
    OUTSIDE = "outside"
    SAME_URI = "same_uri"
    HIDDEN = "hidden"
    LINK = "link"


class CorpusError(Exception):
    """Base of all faults in documents."""


class PathError(CorpusError):
    """A path given by the caller does not exist or cannot be opened."""


class IsolationError(CorpusError):
    """Documents cannot be read now, for want of a process or of room; it is no document's fault."""


class UnreadableError(CorpusError):
    """One document cannot be read; `reason` says why in one word, the message in a sentence."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
