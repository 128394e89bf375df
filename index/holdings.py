"""What each document of a build was read from: enough to read all of them again.

This list keeps its form whatever becomes of the rest of a build. With the originals it is the way
from a catalog that is damaged, or of an earlier format, to a new build that lacks nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from corpus.allowance import Limits
from corpus.documents import Document
from corpus.errors import UnreadableError
from corpus.reading import document_from_bytes
from index.errors import DamagedError
from index.layout import Layout
from index.manifest import check_listed
from index.originals import Originals


@dataclass(frozen=True, slots=True)
class Holding:
    """A document without its content: its id and uri, and what it was read from."""

    document_id: str
    uri: str
    media_type: str
    sha256: str
    source: str


def write(layout: Layout, documents: Iterable[Document]) -> None:
    """Write the list of a build."""
    with layout.holdings.open("w", encoding="utf-8") as file:
        for one in documents:
            held = Holding(one.document_id, one.uri, one.media_type, one.sha256, one.source)
            file.write(json.dumps(asdict(held), ensure_ascii=False) + "\n")


def read(layout: Layout) -> list[Holding] | None:
    """Return the list of a build of any format, DamagedError where it is not whole.

    None for a build from before originals were kept.
    """
    if not check_listed(layout, layout.holdings):
        return None
    try:
        lines = layout.holdings.read_text(encoding="utf-8").split("\n")
        return [Holding(**json.loads(line)) for line in lines if line]
    except (OSError, ValueError, TypeError) as error:
        raise DamagedError(
            f"{layout.holdings}: cannot be read ({error}); pincite builds activate another build"
        ) from error


def may_hold(layout: Layout, document_id: str) -> bool:
    """Tell whether a build holds a document; one whose list says nothing may hold anything."""
    try:
        found = read(layout)
    except DamagedError:
        return True
    return found is None or any(one.document_id == document_id for one in found)


def read_again(layout: Layout, originals: Originals, limits: Limits) -> list[Document]:
    """Return the documents of a build as this version reads their kept originals.

    DamagedError where an original is missing, is not what it was, or cannot be read any more.
    """
    listed = read(layout)
    if listed is None:
        raise DamagedError(
            f"{layout.folder}: made before originals were kept; move the collection's folder aside "
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
                f"{originals.path(one.sha256)}: {one.uri} cannot be read from it any more "
                f"({error}); pincite builds activate another build"
            ) from error
        found.append(document)
    return found
