"""Documents read again from their originals, where a build's own text of them is not to be had."""

from corpus.allowance import Limits
from corpus.documents import Document
from corpus.errors import UnreadableError
from corpus.reading import document_from_bytes
from index.errors import DamagedError
from index.store import Originals, StoredBuild


def read_again(build: StoredBuild, originals: Originals, limits: Limits) -> list[Document]:
    """Return the documents of a build as this version reads their kept originals.

    DamagedError where an original is missing, is not what it was, or cannot be read any more.
    """
    listed = build.holdings()
    if listed is None:
        raise DamagedError(
            f"{build}: made before originals were kept; move the collection's folder aside "
            "and index its documents' folders again"
        )
    found = []
    for one in listed:
        data = originals.read(one.sha256)
        try:
            document = document_from_bytes(
                data, one.uri, one.media_type, source=one.source, limits=limits
            )
        except UnreadableError as error:
            raise DamagedError(
                f"{one.uri} cannot be read from its original {one.sha256} any more "
                f"({error}); pincite builds activate another build"
            ) from error
        found.append(document)
    return found
