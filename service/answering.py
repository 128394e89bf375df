"""Hits to an answer, or to an honest none. Knows nothing of the web."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Literal

from corpus.dedup import likeness
from corpus.documents import Place
from index.catalog import Card, Located
from index.ranking import Mode
from index.retriever import Hit, Retriever
from service import confidence
from service.confidence import Bucket, Level, Scale, Status
from service.errors import IntegrityError
from service.library import Library
from service.links import sentence_url

_SURROUNDING = 32
"""Code points of prefix and suffix, as the W3C's TextQuoteSelector is commonly written."""
_LEANING = re.compile(r"(?:It|Its|They|Their|These|Those|This|That|He|She|Both|Such)\b")
_SHORTEST = 2
"""Letters or digits that a question has at least."""


Reason = Literal["nothing_relevant", "filtered_out", "too_short", "empty_index"]
"""Why there is no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with all that a caller may say of it; `collections` None means all."""

    text: str
    collections: tuple[str, ...] | None = None
    top_k: int = 5
    before: int = 1
    after: int = 1
    mode: Mode = "hybrid"
    min_confidence: Bucket = "low"


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
class Receipt:
    """What the answer was made with, so that it can be made again."""

    build: str
    index_sha256: str
    encoder: str
    encoder_sha256: str
    parameters_sha256: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of the question.

    `expanded` are other words for some of its words, searched with as well; `did_you_mean` the
    question with its misspelt words mended, `searched_instead` the same where the question as it
    was put found nothing and this did. They are the caller's own words: shown, never kept.
    """

    expanded: tuple[str, ...] = ()
    did_you_mean: str | None = None
    searched_instead: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in one of three states; `level` is None, and nothing is cited, for no answer."""

    status: Status
    reason: Reason | None
    score: float
    level: Level | None
    meaning: str
    citations: tuple[Citation, ...]
    query: Understood
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class _Found:
    """A hit of one collection, and hits of others on the same passage."""

    collection: str
    retriever: Retriever
    hit: Hit
    elsewhere: list["_Found"]


def answer(library: Library, question: Question, scale: Scale | None = None) -> Answer:
    """Answer a question from the documents' own sentences, or say that they do not answer it."""
    retrievers = library.retrievers(question.collections)
    scale = scale or confidence.scale_for([one for _, one in retrievers], question.mode)
    receipt = _receipt(retrievers, question, scale)
    if sum(character.isalnum() for character in question.text) < _SHORTEST:
        return _none("too_short", 0.0, scale, Understood(), receipt)
    if not any(retriever.manifest.counts.passages for _, retriever in retrievers):
        return _none("empty_index", 0.0, scale, Understood(), receipt)
    query = _understood(retrievers, question)
    found = _found(retrievers, question)
    level = _reached(found, question, scale)
    mended = _mended(retrievers, question) if level is None else None
    if mended is not None:
        again = _found(retrievers, replace(question, text=mended))
        level = _reached(again, question, scale)
        if level is not None:
            found, query = again, replace(query, searched_instead=mended)
    score = found[0].hit.score if found else 0.0
    if level is None:
        return _none("nothing_relevant", score, scale, query, receipt)
    worth = [entry for entry in found if scale.level(entry.hit.score) is not None]
    return Answer(
        confidence.status_of(level),
        None,
        score,
        level,
        scale.meaning(level),
        _citations(worth, question),
        query,
        receipt,
    )


def search(
    library: Library, question: Question, scale: Scale | None = None
) -> tuple[tuple[Citation, ...], Understood, Receipt]:
    """Return the best passages for a question whatever their scores."""
    retrievers = library.retrievers(question.collections)
    citations = _citations(_found(retrievers, question), question)
    scale = scale or confidence.scale_for([one for _, one in retrievers], question.mode)
    query = _understood(retrievers, question)
    return citations, query, _receipt(retrievers, question, scale)


def _found(retrievers: Sequence[tuple[str, Retriever]], question: Question) -> list[_Found]:
    """Search each collection and merge by score: it means the same in all of them.

    A passage that several collections hold is found once, where its score is highest.
    """
    found = [
        _Found(name, retriever, hit, [])
        for name, retriever in retrievers
        for hit in retriever.search(question.text, question.top_k, question.mode)
    ]
    found.sort(key=lambda entry: -entry.hit.score)
    distinct: dict[str, _Found] = {}
    for entry in found:
        first = distinct.setdefault(entry.hit.passage.passage_id, entry)
        if first is not entry:
            first.elsewhere.append(entry)
    return list(distinct.values())[: question.top_k]


def _reached(found: Sequence[_Found], question: Question, scale: Scale) -> Level | None:
    """Return the level of the best hit where it is at least what the caller asked for."""
    level = scale.level(found[0].hit.score) if found else None
    return level if level and confidence.reaches(level, question.min_confidence) else None


def _understood(retrievers: Sequence[tuple[str, Retriever]], question: Question) -> Understood:
    added = (term for _, one in retrievers for term in one.wording.expansions.expand(question.text))
    meant = (one.wording.speller.suggest(question.text) for _, one in retrievers)
    return Understood(tuple(dict.fromkeys(added)), next(filter(None, meant), None))


def _mended(retrievers: Sequence[tuple[str, Retriever]], question: Question) -> str | None:
    """Return the question to search with instead; none where a drug's name could be at stake."""
    corrections = [one.wording.speller.correct(question.text) for _, one in retrievers]
    made = [one for one in corrections if one is not None]
    if not made or not all(one.searchable for one in made):
        return None
    return made[0].question


def _none(
    reason: Reason, score: float, scale: Scale, query: Understood, receipt: Receipt
) -> Answer:
    return Answer("no_answer", reason, score, None, scale.meaning(None), (), query, receipt)


def _receipt(
    retrievers: Sequence[tuple[str, Retriever]], question: Question, scale: Scale
) -> Receipt:
    """Name all that decided the answer; the question's own words are no part of it."""
    manifests = [retriever.manifest for _, retriever in retrievers]
    parameters = asdict(question) | {
        "text": None,
        "collections": [name for name, _ in retrievers],
        "levels": [asdict(level) for level in scale.levels],
    }
    return Receipt(
        build=",".join(one.build for one in manifests),
        index_sha256=",".join(one.index_sha256 for _, one in retrievers),
        encoder=",".join(dict.fromkeys(one.encoder for one in manifests)),
        encoder_sha256=",".join(dict.fromkeys(one.weights_sha256 for one in manifests)),
        parameters_sha256=sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest(),
    )


def _citations(found: Sequence[_Found], question: Question) -> tuple[Citation, ...]:
    return tuple(
        _citation(f"c{number}", entry, question) for number, entry in enumerate(found, start=1)
    )


def _citation(citation_id: str, found: _Found, question: Question) -> Citation:
    hit, catalog = found.hit, found.retriever.catalog
    place, *others = hit.passage.places
    sentence = place.sentence
    document_id = sentence.document_id
    around = catalog.sentences(
        document_id, sentence.ordinal - question.before, sentence.ordinal + question.after
    )
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


def _also_in(found: _Found, place: Place, cited: str | None = None) -> AlsoIn:
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
