"""Documents for tests, made by the same readers that serve."""

from corpus.documents import Document
from corpus.reading import document_from_bytes
from corpus.sentences import sentences


def plain(text: str, uri: str = "leaflet.txt") -> Document:
    """Read plain text."""
    return document_from_bytes(text.encode(), uri, "text/plain")


def page(html: str) -> Document:
    """Read a page."""
    return document_from_bytes(html.encode(), "leaflet.html", "text/html")


def markdown(text: str) -> Document:
    """Read Markdown."""
    return document_from_bytes(text.encode(), "leaflet.md", "text/markdown")


def blocks(document: Document) -> list[tuple[str, str]]:
    """Return the kind and the text of every block."""
    return [
        (str(block.kind), document.text[block.start : block.end])
        for block in document.structure.blocks
    ]


def quotes(document: Document) -> list[str]:
    """Return the text of every sentence."""
    return [document.text[one.start : one.end] for one in sentences(document)]
