"""A citation's place as flat pairs, for dialects that carry metadata instead of objects."""

from pathlib import PurePosixPath

from service.address import Address
from service.answering import Answer
from service.citations import Citation


def place(found: Answer, citation: Citation, address: Address) -> dict[str, str | int | float]:
    """Return where a quote stands and how sure the answer is.

    `page` counts from 1; `start` and `end` are code points of the document's text, half open. What
    the document does not have, such as a page, is left out: there are no nulls.
    """
    at = citation.place
    pairs: dict[str, str | int | float] = {
        "document_id": citation.document.document_id,
        "collection": citation.collection,
        "uri": citation.document.uri,
        "url": address.absolute(citation.url),
        "sentence": at.sentence.ordinal,
        "line": at.line,
        "start": at.sentence.start,
        "end": at.sentence.end,
        "status": found.status,
    }
    if found.level is not None:
        pairs["confidence"] = found.level.bucket
    if at.section:
        pairs["section"] = " > ".join(at.section)
    if at.page is not None:
        pairs |= {"page": at.page[0], "page_label": at.page[1]}
    return pairs


def texts(citation: Citation) -> tuple[str, str]:
    """Return the sentences that a quote leans on, "" where there are none, and the quote."""
    return citation.statement.removesuffix(citation.quote).strip(), citation.quote


def filename(citation: Citation) -> str:
    """Return the name of the file that a quote's document was read from."""
    return PurePosixPath(citation.document.uri).name
