"""Hits to citations: each quote with its exact place, cut from the document as it is served."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from typing import Literal

from corpus.attributes import ReviewStatus, review_status
from corpus.dedup import exact_key, likeness, near_key
from corpus.documents import Passage, Place, Sentence
from index.catalog import Card, Excerpt
from index.located import Located
from index.retriever import Hit, Retriever
from index.store import StoredBuild
from service.errors import IntegrityError
from service.links import original_url, sentence_url

_SURROUNDING = 32
"""Code points of prefix and suffix, as the W3C's TextQuoteSelector is commonly written."""
MOST_PLACES = 20
"""Other places of a passage that a citation lists: a notice may stand in every leaflet."""
_PDF = "application/pdf"
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
    """A place as shown to a caller; every text in it is cut from the document as it is served.

    `also_in` are the first of the `also_in_total` other places of its passage.
    """

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
    original_url: str | None  # None where the file is not kept
    also_in: tuple[AlsoIn, ...]
    also_in_total: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A hit of one collection, and hits of others on the same passage."""

    collection: str
    retriever: Retriever
    hit: Hit
    elsewhere: list["Found"]


@dataclass(frozen=True, slots=True, eq=False)
class _Other:
    """A place of a hit beside the one that is cited."""

    found: Found
    place: Place

    @property
    def key(self) -> tuple[str, int]:
        return self.place.sentence.document_id, self.place.sentence.ordinal


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is read of a cited place: `text` is the document's, from `text_start` on."""

    card: Card
    around: Sequence[Located]
    text_start: int
    text: str


def cite(found: Sequence[Found], before: int, after: int, today: date) -> tuple[Citation, ...]:
    """Return a citation for each, best first, with so many sentences before and after.

    Whether a document's review is overdue is judged as of `today`. Raises IntegrityError where a
    quote is not in its document as it was indexed.
    """
    others = [_others(entry) for entry in found]
    excerpts = _excerpts([one for places in others for one in places])
    shown = _shown(found, before, after)
    return tuple(
        _citation(
            f"c{number}", entry, shown[entry], [(one, excerpts[one]) for one in places], today=today
        )
        for number, (entry, places) in enumerate(zip(found, others, strict=True), start=1)
    )


def _others(found: Found) -> list[_Other]:
    """Return the places beside the cited one that are shown, those of its own collection first."""
    own = (_Other(found, place) for place in found.hit.places[1:])
    elsewhere = (_Other(one, place) for one in found.elsewhere for place in one.hit.places)
    return list(islice(chain(own, elsewhere), MOST_PLACES))


def _excerpts(others: Sequence[_Other]) -> dict[_Other, Excerpt]:
    """Read the sentences at these places, all those of a build at once."""
    excerpts: dict[_Other, Excerpt] = {}
    catalogs = {id(one.found.retriever): one.found.retriever.catalog for one in others}
    for number, catalog in catalogs.items():
        here = [one for one in others if id(one.found.retriever) == number]
        read = catalog.excerpts([one.key for one in here])
        for one in here:
            if one.key not in read:
                raise IntegrityError(f"a place of {one.key[0]} is not there; pincite doctor")
            excerpts[one] = read[one.key]
    return excerpts


def _shown(found: Sequence[Found], before: int, after: int) -> dict[Found, _Shown]:
    """Read what is shown of each hit's first place: three look-ups for all hits of a build."""
    shown: dict[Found, _Shown] = {}
    for catalog in {id(one.retriever): one.retriever.catalog for one in found}.values():
        here = [one for one in found if one.retriever.catalog is catalog]
        places = [one.hit.places[0].sentence for one in here]
        cards = catalog.cards(one.document_id for one in places)
        stretches = catalog.stretches(
            [(one.document_id, one.ordinal - before, one.ordinal + after) for one in places]
        )
        bounds = []
        for place, around in zip(places, stretches, strict=True):
            if place.document_id not in cards or not any(_is_at(one, place) for one in around):
                raise IntegrityError(
                    f"a passage of {place.document_id} has lost its place; pincite doctor"
                )
            start = max(min(around[0].sentence.start, place.start - _SURROUNDING), 0)
            end = max(around[-1].sentence.end, place.end + _SURROUNDING)
            bounds.append((place.document_id, start, end))
        texts = catalog.cuts(bounds)
        shown |= {
            one: _Shown(cards[document_id], around, start, text)
            for one, around, (document_id, start, _), text in zip(
                here, stretches, bounds, texts, strict=True
            )
        }
    return shown


def _is_at(one: Located, place: Sentence) -> bool:
    return one.sentence.ordinal == place.ordinal


def _citation(
    citation_id: str,
    found: Found,
    shown: _Shown,
    others: Sequence[tuple[_Other, Excerpt]],
    *,
    today: date,
) -> Citation:
    hit, place = found.hit, found.hit.places[0]
    sentence = place.sentence
    card, around, reach_start, text = shown.card, shown.around, shown.text_start, shown.text
    at = next(one for one in around if _is_at(one, sentence))
    start, end = around[0].sentence.start, around[-1].sentence.end
    quote = text[sentence.start - reach_start : sentence.end - reach_start]
    if not _says(hit.passage, place, quote):
        raise IntegrityError(
            f"sentence {sentence.ordinal} of {sentence.document_id} is not what was indexed; "
            "pincite doctor"
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
        url=_url(hit, place, quote),
        original_url=original_of(card, at, found.retriever.kept),
        also_in=tuple(_also_in(one, excerpt, found, quote) for one, excerpt in others),
        also_in_total=sum(len(one.hit.places) for one in (found, *found.elsewhere)) - 1,
    )


def original_of(card: Card, at: Located, kept: StoredBuild) -> str | None:
    """Return the address of a document's file, a PDF's at its page; None where it is not kept."""
    if not kept.has_original(card.sha256):
        return None
    page = at.page[0] if at.page and card.media_type == _PDF else None
    return original_url(card.document_id, page)


def _says(passage: Passage, place: Place, quote: str) -> bool:
    """Tell whether a quote is its passage's text, or as like it as its place says."""
    if place is passage.places[0]:
        return quote == passage.text
    same = exact_key if place.kind == "exact" else near_key
    return bool(quote) and same(quote) == same(passage.text)


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


def _also_in(other: _Other, excerpt: Excerpt, cited: Found, quote: str) -> AlsoIn:
    """Show another place; the build knows its likeness to the first place and to no other."""
    one, hit = other.place.sentence, cited.hit
    known = other.found is cited and hit.places[0] is hit.passage.places[0]
    kind, similarity = (
        (other.place.kind, other.place.similarity) if known else likeness(quote, excerpt.quote)
    )
    return AlsoIn(
        collection=other.found.collection,
        document_id=one.document_id,
        title=excerpt.title,
        sentence=one.ordinal,
        line=excerpt.line,
        url=_url(other.found.hit, other.place, excerpt.quote),
        kind=kind,
        similarity=similarity,
    )


def _url(hit: Hit, place: Place, quote: str) -> str:
    document_id = place.sentence.document_id
    places = (one.sentence.document_id for one in hit.places)
    unique = sum(one == document_id for one in places) == 1
    return sentence_url(document_id, place.sentence.ordinal, quote, unique=unique)
