"""What became of old citations: still exact, moved, changed or gone.

Nothing is guessed. Words that now stand inside a longer sentence are not the sentence that was
quoted ("take it" in "never take it"), unless the file is the same to the byte.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice, takewhile
from typing import Literal

from corpus.dedup import exact_key
from corpus.documents import Document
from corpus.nearest import Nearest
from index.catalog import Card, Catalog
from index.located import Located, locate
from index.store import StoredBuild
from service.citations import original_of
from service.links import sentence_url

State = Literal["exact", "moved", "changed", "gone"]

_ORDER: tuple[State, ...] = ("exact", "moved", "changed", "gone")
_SURROUNDING = 32
_DOCUMENTS_OPEN = 4
_PLACES = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What an old citation says: these words, at these offsets of this document.

    Whatever it does not say is None or "".
    """

    document_id: str
    quote: str
    start: int
    end: int
    collection: str | None = None
    uri: str | None = None
    sha256: str | None = None
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection's documents, as far as verifying needs them."""

    name: str
    kept: StoredBuild
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class Standing:
    """A quote where it stands now."""

    collection: str
    document: Card
    place: Located
    quote: str
    prefix: str
    suffix: str
    url: str
    original_url: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a citation; `standing` is None where it is gone.

    `similarity` is the share of words in order, 1.0 for the same words, None where it is gone.
    """

    state: State
    detail: str
    standing: Standing | None = None
    similarity: float | None = None


def verify(shelves: Sequence[Shelf], claims: Sequence[Claim]) -> list[Verdict]:
    """Return what became of each claim, in their order."""
    opened = lru_cache(maxsize=_DOCUMENTS_OPEN)(_open)
    verdicts = []
    for claim in claims:
        best = None
        for at, document_id in _candidates(shelves, claim):
            held = opened(shelves[at], document_id)
            found = None if held is None else _judge(held, claim)
            if found is not None and (best is None or _better(found, best)):
                best = found
            if best is not None and best.state == "exact":
                break
        verdicts.append(best or Verdict("gone", "the document is no longer held"))
    return verdicts


@dataclass(frozen=True)
class _Opened:
    """A document with what its claims are compared with, made once for all of them."""

    shelf: Shelf
    card: Card
    document: Document
    located: Sequence[Located]

    @cached_property
    def by_span(self) -> dict[tuple[int, int], Located]:
        return {(one.sentence.start, one.sentence.end): one for one in self.located}

    @cached_property
    def starts(self) -> frozenset[int]:
        return frozenset(one.sentence.start for one in self.located)

    @cached_property
    def ends(self) -> frozenset[int]:
        return frozenset(one.sentence.end for one in self.located)

    @cached_property
    def texts(self) -> list[str]:
        text = self.document.text
        return [text[one.sentence.start : one.sentence.end] for one in self.located]

    @cached_property
    def nearest(self) -> Nearest:
        return Nearest(self.texts)

    @cached_property
    def keys(self) -> dict[str, list[int]]:
        keys: dict[str, list[int]] = {}
        for at, text in enumerate(self.texts):
            keys.setdefault(exact_key(text), []).append(at)
        return keys

    def is_whole(self, start: int, end: int) -> bool:
        """Tell whether a stretch is one whole sentence, or several."""
        return start in self.starts and end in self.ends


def _open(shelf: Shelf, document_id: str) -> _Opened | None:
    card = shelf.catalog.card(document_id)
    document = shelf.catalog.document(document_id)
    if card is None or document is None:
        return None
    return _Opened(shelf, card, document, shelf.catalog.sentences(document_id))


def _candidates(shelves: Sequence[Shelf], claim: Claim) -> Iterator[tuple[int, str]]:
    """Yield where the document may be: under its id, there or elsewhere, then under another."""
    order = sorted(range(len(shelves)), key=lambda at: shelves[at].name != claim.collection)
    for at in order:
        yield at, claim.document_id
    for at in order:
        for document_id in shelves[at].catalog.known_as(claim.uri, claim.sha256):
            if document_id != claim.document_id:
                yield at, document_id


def _judge(held: _Opened, claim: Claim) -> Verdict:
    if not held.located:
        return Verdict("gone", "the document is held, and has no sentence")
    same_document = held.card.document_id == claim.document_id and (
        claim.collection in {None, held.shelf.name}
    )
    if held.document.text[claim.start : claim.end] == claim.quote and (
        held.card.sha256 == claim.sha256 or held.is_whole(claim.start, claim.end)
    ):
        standing = _standing(held, claim.start, claim.end)
        if same_document:
            return Verdict("exact", "the same words at the same place", standing, 1.0)
        detail = "the same words at the same place of a document with another id or collection"
        return Verdict("moved", detail, standing, 1.0)
    spans = list(_spans(held, claim))
    if spans:
        start, end = max(spans, key=lambda span: _fit(held, claim, *span))
        detail = "the same words at another place" + (
            "" if same_document else ", in a document with another id or collection"
        )
        return Verdict("moved", detail, _standing(held, start, end), 1.0)
    like = held.nearest.to(claim.quote)
    if like is None:
        return Verdict("gone", "the document is held, and no sentence of it is like this one")
    at, similarity = like
    sentence = held.located[at].sentence
    return Verdict(
        "changed",
        "the words have changed; this is the sentence most like them",
        _standing(held, sentence.start, sentence.end),
        min(similarity, 0.9999),
    )


def _spans(held: _Opened, claim: Claim) -> Iterator[tuple[int, int]]:
    """Yield where the quote's words stand as whole sentences.

    In the very file that was cited they count wherever they stand: there only we may have come to
    part its sentences in another way.
    """
    text, quote = held.document.text, claim.quote
    starts: Iterable[int] = held.starts
    if held.card.sha256 == claim.sha256:
        starts = (found.start() for found in islice(re.finditer(re.escape(quote), text), _PLACES))
    for start in starts:
        end = start + len(quote)
        if text.startswith(quote, start) and (
            held.card.sha256 == claim.sha256 or held.is_whole(start, end)
        ):
            yield start, end
    for at in held.keys.get(exact_key(quote), ()):
        sentence = held.located[at].sentence
        yield sentence.start, sentence.end


def _fit(held: _Opened, claim: Claim, start: int, end: int) -> tuple[int, int, int]:
    """Return how well a place fits what stood around the quote, then how near it is to there."""
    text = held.document.text
    before = text[max(start - len(claim.prefix), 0) : start][::-1]
    after = text[end : end + len(claim.suffix)]
    around = _shared(before, claim.prefix[::-1]) + _shared(after, claim.suffix)
    return around, -abs(start - claim.start), -start


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _standing(held: _Opened, start: int, end: int) -> Standing:
    text, document_id = held.document.text, held.card.document_id
    place = held.by_span.get((start, end))
    if place is None:  # not as we part sentences now
        inside = [one.sentence for one in held.located if one.sentence.start <= start]
        first = inside[-1] if inside else held.located[0].sentence
        (place,) = locate(held.document, [replace(first, start=start, end=end)])
    quote = text[start:end]
    return Standing(
        collection=held.shelf.name,
        document=held.card,
        place=place,
        quote=quote,
        prefix=text[max(start - _SURROUNDING, 0) : start],
        suffix=text[end : end + _SURROUNDING],
        url=sentence_url(document_id, place.sentence.ordinal, quote, unique=text.count(quote) == 1),
        original_url=original_of(held.card, place, held.shelf.kept),
    )


def _better(one: Verdict, other: Verdict) -> bool:
    rank, other_rank = _ORDER.index(one.state), _ORDER.index(other.state)
    return (rank, -(one.similarity or 0.0)) < (other_rank, -(other.similarity or 0.0))
