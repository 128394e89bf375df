"""Hits to citations: each quote with its exact place, cut from the document as it is served."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from corpus.attributes import ReviewStatus, review_status
from corpus.dedup import likeness
from corpus.documents import Place
from index.catalog import Card, Located
from index.retriever import Hit, Retriever
from service.errors import IntegrityError
from service.links import sentence_url

_SURROUNDING = 32
"""Code points of prefix and suffix, as the W3C's TextQuoteSelector is commonly written."""
_LEANING = re.compile(r"(?:It|Its|They|Their|These|Those|This|That|He|She|Both|Such)\b")


@dataclass(frozen=True, slots=True)
class AlsoIn:
    """Another place of the same passage."""

    collection: str
    document_id: str
    title: str
    sentence: int
    line: int
    url: str
    kind: Literal["exact", "near"]
    similarity: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A place as shown to a caller; every text in it is cut from the document as it is served."""

    citation_id: str
    hit: Hit
    collection: str
    document: Card
    review_status: ReviewStatus
    place: Located
    quote: str
    prefix: str
    suffix: str
    context: str
    highlight: tuple[int, int]
    statement: str  # the quote, after the sentences it leans on
    url: str
    also_in: tuple[AlsoIn, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of one collection, and hits of others on the same passage."""

    collection: str
    retriever: Retriever
    hit: Hit
    elsewhere: list["Found"]


def cite(found: Sequence[Found], before: int, after: int, today: date) -> tuple[Citation, ...]:
    """Return a citation for each, best first, with so many sentences before and after.

    Whether a document's review is overdue is judged as of `today`. Raises IntegrityError where a
    quote is not in its document as it was indexed.
    """
    return tuple(
        _citation(f"c{number}", entry, before, after, today)
        for number, entry in enumerate(found, start=1)
    )


def _citation(citation_id: str, found: Found, before: int, after: int, today: date) -> Citation:
    hit, catalog = found.hit, found.retriever.catalog
    place, *others = hit.passage.places
    sentence = place.sentence
    document_id = sentence.document_id
    around = catalog.sentences(document_id, sentence.ordinal - before, sentence.ordinal + after)
    card = catalog.card(document_id)
    at = next((one for one in around if one.sentence.ordinal == sentence.ordinal), None)
    if card is None or at is None:
        raise IntegrityError(f"a passage of {document_id} has lost its place; pincite doctor")
    start, end = around[0].sentence.start, around[-1].sentence.end
    reach_start = max(min(start, sentence.start - _SURROUNDING), 0)
    reach_end = max(end, sentence.end + _SURROUNDING)
    text = catalog.excerpt(document_id, reach_start, reach_end)
    quote = text[sentence.start - reach_start : sentence.end - reach_start]
    if quote != hit.passage.text:
        raise IntegrityError(
            f"sentence {sentence.ordinal} of {document_id} is not what was indexed; pincite doctor"
        )
    return Citation(
        citation_id=citation_id,
        hit=hit,
        collection=found.collection,
        document=card,
        review_status=review_status(card.attributes, today),
        place=at,
        quote=quote,
        prefix=text[: sentence.start - reach_start][-_SURROUNDING:],
        suffix=text[sentence.end - reach_start :][:_SURROUNDING],
        context=text[start - reach_start : end - reach_start],
        highlight=(sentence.start - start, sentence.end - start),
        statement=text[_leans_from(around, at, text, reach_start) : sentence.end - reach_start],
        url=_url(place, quote, others),
        also_in=(
            *(_also_in(found, other) for other in others),
            *(
                _also_in(entry, other, cited=quote)
                for entry in found.elsewhere
                for other in entry.hit.passage.places
            ),
        ),
    )


def _leans_from(around: Sequence[Located], at: Located, text: str, reach_start: int) -> int:
    """Return where in `text` a statement begins that can be understood by itself.

    "It acts on the muscles." needs the sentence before it. Only sentences of its own paragraph,
    and of the context that the caller asked for, are taken in.
    """
    first = at
    before = [one for one in around if one.sentence.ordinal < at.sentence.ordinal]
    for one in reversed(before):
        words = text[first.sentence.start - reach_start : first.sentence.end - reach_start]
        if not _LEANING.match(words) or one.sentence.paragraph != at.sentence.paragraph:
            break
        first = one
    return first.sentence.start - reach_start


def _also_in(found: Found, place: Place, cited: str | None = None) -> AlsoIn:
    """Show another place; its own collection knows its likeness to the first, others do not."""
    one = place.sentence
    catalog = found.retriever.catalog
    card = catalog.card(one.document_id)
    located = catalog.sentences(one.document_id, one.ordinal, one.ordinal)
    if card is None or not located:
        raise IntegrityError(f"a place of {one.document_id} is not there; pincite doctor")
    quote = catalog.excerpt(one.document_id, one.start, one.end)
    others = [other for other in found.hit.passage.places if other is not place]
    kind, similarity = (place.kind, place.similarity) if cited is None else likeness(cited, quote)
    return AlsoIn(
        collection=found.collection,
        document_id=one.document_id,
        title=card.title,
        sentence=one.ordinal,
        line=located[0].line,
        url=_url(place, quote, others),
        kind=kind,
        similarity=similarity,
    )


def _url(place: Place, quote: str, others: Sequence[Place]) -> str:
    document_id = place.sentence.document_id
    unique = all(other.sentence.document_id != document_id for other in others)
    return sentence_url(document_id, place.sentence.ordinal, quote, unique=unique)
