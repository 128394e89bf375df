"""Links to the exact place: a page of the reader, a sentence of it, and its text."""

from urllib.parse import quote as percent

_WHOLE = 300
_FEW_WORDS = 3
_ENDS = 5


def document_url(document_id: str) -> str:
    """Return the reader page of a document, relative to the service's root."""
    return f"/documents/{percent(document_id, safe='')}"


def original_url(document_id: str, page: int | None = None) -> str:
    """Return the file that a document was read from; a PDF's viewer opens it at `page`."""
    url = f"/v1/documents/{percent(document_id, safe='')}/original"
    return url if page is None else f"{url}#page={page}"


def sentence_url(document_id: str, ordinal: int, quote: str, *, unique: bool) -> str:
    """Return a link to a sentence: its element, and where it helps, its text as a text fragment.

    A browser scrolls to the first match of a text fragment, so a quote that stands in the document
    more than once, or is very short, is linked by its element alone.
    """
    anchor = f"{document_url(document_id)}#s{ordinal}"
    words = quote.split()
    if not unique or len(words) <= _FEW_WORDS:
        return anchor
    if len(quote) <= _WHOLE:
        return f"{anchor}:~:text={_term(words)}"
    return f"{anchor}:~:text={_term(words[:_ENDS])},{_term(words[-_ENDS:])}"


def _term(words: list[str]) -> str:
    # A hyphen would part the term from a prefix or suffix, so it is encoded as well.
    return percent(" ".join(words), safe="").replace("-", "%2D")
