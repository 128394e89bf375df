"""What can go wrong with an index.

RetrievalError
├── EncoderError       a model cannot be had, is not the one it should be, or cannot encode
├── EngineError        a vector engine cannot be had or opened
├── CollectionError    a collection's name or state does not allow what was asked
│   ├── NothingIndexedError   the collection has no published build
│   └── BusyError             another writer is at work on it; it may be tried again
├── DatabaseError      a database cannot be used as it is
├── UnavailableError   where collections are kept does not answer now; it may be tried again
├── BuildError         a build cannot be made; what was published before is untouched
└── DamagedError       a build on disk is not what its manifest says
    └── FormatError           another version of Pincite made it
"""


class RetrievalError(Exception):
    """Base of all faults in an index."""


class EncoderError(RetrievalError):
    """A model cannot be had, is not the one it should be, or cannot encode."""


class EngineError(RetrievalError):
    """A vector engine cannot be had or opened."""


class CollectionError(RetrievalError):
    """A collection's name or state does not allow what was asked."""


class NothingIndexedError(CollectionError):
    """The collection has no published build."""


class BusyError(CollectionError):
    """Another writer is at work on the collection; what was asked may be tried again."""


class DatabaseError(RetrievalError):
    """A database cannot be used as it is: its version, an extension, a right is missing."""


class UnavailableError(RetrievalError):
    """Where collections are kept does not answer now; what was asked may be tried again."""


class BuildError(RetrievalError):
    """A build cannot be made; what was published before is untouched."""


class DamagedError(RetrievalError):
    """A build on disk is not what its manifest says."""


class FormatError(DamagedError):
    """Another version of Pincite made a build.

    `readable_again` tells whether its documents can be read again from their originals.
    """

    def __init__(self, message: str, *, readable_again: bool) -> None:
        super().__init__(message)
        self.readable_again = readable_again
