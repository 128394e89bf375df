"""What each document of a build was read from: enough to read all of them again.

This list keeps its form whatever becomes of the rest of a build. With the originals it is the way
from a catalog that is damaged, or of an earlier format, to a new build that lacks nothing.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from corpus.documents import Document
from index.errors import DamagedError
from index.layout import Layout
from index.manifest import check_listed


@dataclass(frozen=True, slots=True)
class Holding:
    """A document without its content: its id and uri, and what it was read from."""

    document_id: str
    uri: str
    media_type: str
    sha256: str
    source: str

    @classmethod
    def of(cls, document: Document) -> "Holding":
        """Return what a document was read from."""
        return cls(
            document.document_id,
            document.uri,
            document.media_type,
            document.sha256,
            document.source,
        )


def write(layout: Layout, documents: Iterable[Document]) -> None:
    """Write the list of a build."""
    with layout.holdings.open("w", encoding="utf-8") as file:
        for one in documents:
            file.write(json.dumps(asdict(Holding.of(one)), ensure_ascii=False) + "\n")


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


def may_hold(listed: Callable[[], list[Holding] | None], document_id: str) -> bool:
    """Tell whether a build holds a document; one whose list says nothing may hold anything."""
    try:
        found = listed()
    except DamagedError:
        return True
    return found is None or any(one.document_id == document_id for one in found)
