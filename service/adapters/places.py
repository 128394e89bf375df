"""A citation's place as flat pairs, for dialects that carry metadata instead of objects."""

from pathlib import PurePosixPath

from corpus.attributes import ReviewStatus
from index.catalog import Card
from service.address import Address
from service.answering import Answer
from service.citations import Citation
from service.pages.words import Words

Pairs = dict[str, str | int | float]


def place(found: Answer, citation: Citation, address: Address, words: Words) -> Pairs:
    """Return where a quote stands, how sure the answer is, and the state of the review.

    `page` counts from 1; `start` and `end` are code points of the document's text, half open. What
    the document does not have, such as a page, is left out: there are no nulls.
    """
    at = citation.place
    pairs: Pairs = {
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
    return pairs | review(citation.document, citation.review_status, words)


def review(document: Card, status: ReviewStatus, words: Words) -> Pairs:
    """Return the state of a document's review and, where it is overdue, a `warning` in words."""
    due = document.attributes.next_review_due
    pairs: Pairs = {"review_status": status.value}
    if due is not None:
        pairs["next_review_due"] = due.isoformat()
        if status is ReviewStatus.OVERDUE:
            pairs["warning"] = words.late(due)
    return pairs


def warning_of(citation: Citation, words: Words) -> str | None:
    """Return what a reader must know of a quote's document; None where its review is not late."""
    warning = review(citation.document, citation.review_status, words).get("warning")
    return None if warning is None else str(warning)


def texts(citation: Citation) -> tuple[str, str]:
    """Return the sentences that a quote leans on, "" where there are none, and the quote."""
    return citation.statement.removesuffix(citation.quote).strip(), citation.quote


def filename(citation: Citation) -> str:
    """Return the name of the file that a quote's document was read from."""
    return PurePosixPath(citation.document.uri).name
