"""Hits to an answer, or to an honest none. Knows nothing of the web."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from index.filters import Filter, depends_on_today, to_json
from index.ranking import Mode, Options
from index.retriever import Retriever
from index.selection import Selection
from index.spelling import Correction
from service import confidence, sightings
from service.citations import Citation, Found, cite
from service.confidence import Bucket, Level, Scale, Status
from service.library import Library
from service.sightings import Told

_SHORTEST = 2
"""Letters or digits that a question has at least."""


Reason = Literal["nothing_relevant", "filtered_out", "too_short", "empty_index"]
"""Why there is no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with all that a caller may say of it; None means all."""

    text: str
    collections: tuple[str, ...] | None = None
    top_k: int = 5
    before: int = 1
    after: int = 1
    mode: Mode = "hybrid"
    min_confidence: Bucket = "low"
    filters: Filter | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the answer was made with, so that it can be made again.

    `asked` is all that the caller said beside the question, whose words are no part of it; `day`
    the one on which reviews were overdue or not.
    """

    build: str
    index_sha256: str
    encoder: str
    encoder_sha256: str
    parameters_sha256: str
    asked: Question
    day: date


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
class _Source:
    """A collection that is asked, and what a filter leaves of it; None without a filter."""

    collection: str
    retriever: Retriever
    selection: Selection | None


@dataclass(frozen=True, slots=True)
class _Best:
    """What was found, the level it reaches, and the mended question where that found it."""

    found: list[Found]
    level: Level | None
    searched_instead: str | None = None

    @property
    def score(self) -> float:
        return self.found[0].hit.score if self.found else 0.0


def answer(
    library: Library, question: Question, scale: Scale | None = None, *, today: date | None = None
) -> Answer:
    """Answer a question from the documents' own sentences, or say that they do not answer it.

    `today` is the day on which a review is overdue or not: the library's own, unless given.
    """
    sightings.act("answered")
    with sightings.timed("answer"):
        found = _answer(library, question, scale, today)
    level = found.level.bucket if found.level else None
    sightings.told(Told(question.text, found.status, found.reason, level))
    sightings.shown(_places(found.citations), found.receipt.asked.collections or ())
    return found


def _answer(
    library: Library, question: Question, scale: Scale | None, today: date | None
) -> Answer:
    """Answer once what is asked several times at once: of the same builds, read as the same."""
    retrievers = tuple(library.retrievers(question.collections))
    today = today or library.today()
    scale = scale or confidence.scale_for([one for _, one in retrievers], question.mode)
    return library.flights.share(
        ("answer", retrievers, question, scale, today),
        lambda: _worked_out(retrievers, question, scale, today),
    )


def _worked_out(
    retrievers: Sequence[tuple[str, Retriever]], question: Question, scale: Scale, today: date
) -> Answer:
    receipt = _receipt(retrievers, question, scale, today)
    if sum(character.isalnum() for character in question.text) < _SHORTEST:
        return _none("too_short", 0.0, scale, Understood(), receipt)
    if not any(retriever.manifest.counts.passages for _, retriever in retrievers):
        return _none("empty_index", 0.0, scale, Understood(), receipt)
    corrections = _corrections(retrievers, question)
    query = _understood(retrievers, question, corrections)
    sources = _sources(retrievers, question.filters, today)
    if not sources:
        return _none("filtered_out", 0.0, scale, query, receipt)
    best = _best(sources, question, corrections, scale)
    if best.level is None:
        # Asked again without the filter, and only whether there is an answer is told.
        unfiltered = question.filters is not None and _best(
            _sources(retrievers, None, today), question, corrections, scale
        )
        reason: Reason = "filtered_out" if unfiltered and unfiltered.level else "nothing_relevant"
        return _none(reason, best.score, scale, query, receipt)
    worth = [entry for entry in best.found if scale.level(entry.hit.score) is not None]
    return Answer(
        confidence.status_of(best.level),
        None,
        best.score,
        best.level,
        scale.meaning(best.level),
        cite(worth, question.before, question.after, today),
        replace(query, searched_instead=best.searched_instead),
        receipt,
    )


def search(
    library: Library, question: Question, scale: Scale | None = None, *, today: date | None = None
) -> tuple[tuple[Citation, ...], Understood, Receipt]:
    """Return the best passages for a question whatever their scores; `today` as for answers."""
    sightings.act("searched")
    retrievers = tuple(library.retrievers(question.collections))
    today = today or library.today()
    scale = scale or confidence.scale_for([one for _, one in retrievers], question.mode)
    with sightings.timed("search"):
        found = library.flights.share(
            ("search", retrievers, question, scale, today),
            lambda: _looked_up(retrievers, question, scale, today),
        )
    sightings.shown(_places(found[0]), [name for name, _ in retrievers])
    return found


def _looked_up(
    retrievers: Sequence[tuple[str, Retriever]], question: Question, scale: Scale, today: date
) -> tuple[tuple[Citation, ...], Understood, Receipt]:
    found = _found(_sources(retrievers, question.filters, today), question)
    citations = cite(found, question.before, question.after, today)
    query = _understood(retrievers, question, _corrections(retrievers, question))
    return citations, query, _receipt(retrievers, question, scale, today)


def _places(citations: Sequence[Citation]) -> Iterator[tuple[str, str]]:
    """Yield the documents that citations show, also those that hold the same sentence."""
    for one in citations:
        yield one.collection, one.document.document_id
        for other in one.also_in:
            yield other.collection, other.document_id


def _sources(
    retrievers: Sequence[tuple[str, Retriever]], wanted: Filter | None, today: date
) -> list[_Source]:
    """Return the collections of which a filter leaves any document."""
    if wanted is None:
        return [_Source(name, retriever, None) for name, retriever in retrievers]
    sources = (
        _Source(name, retriever, retriever.select(wanted, name, today))
        for name, retriever in retrievers
    )
    return [one for one in sources if one.selection and one.selection.documents]


def _best(
    sources: Sequence[_Source],
    question: Question,
    corrections: Sequence[Correction],
    scale: Scale,
) -> _Best:
    """Search with the question as it was put and, where that finds no answer, as mended."""
    found = _found(sources, question)
    level = _reached(found, question, scale)
    # Nothing is searched with that could be a drug's name to any of the collections.
    if level is None and corrections and all(one.searchable for one in corrections):
        mended = corrections[0].question
        again = _found(sources, replace(question, text=mended))
        reached = _reached(again, question, scale)
        if reached is not None:
            return _Best(again, reached, mended)
    return _Best(found, level)


def _found(sources: Sequence[_Source], question: Question) -> list[Found]:
    """Search each collection and merge by score: it means the same in all of them.

    A passage that several collections hold is found once, where its score is highest.
    """
    found = [
        Found(one.collection, one.retriever, hit, [])
        for one in sources
        for hit in one.retriever.search(question.text, question.top_k, question.mode, one.selection)
    ]
    found.sort(key=lambda entry: -entry.hit.score)
    distinct: dict[str, Found] = {}
    for entry in found:
        first = distinct.setdefault(entry.hit.passage.passage_id, entry)
        if first is not entry:
            first.elsewhere.append(entry)
    return list(distinct.values())[: question.top_k]


def _reached(found: Sequence[Found], question: Question, scale: Scale) -> Level | None:
    """Return the level of the best hit where it is at least what the caller asked for."""
    level = scale.level(found[0].hit.score) if found else None
    return level if level and confidence.reaches(level, question.min_confidence) else None


def _corrections(
    retrievers: Sequence[tuple[str, Retriever]], question: Question
) -> list[Correction]:
    found = (one.wording.speller.correct(question.text) for _, one in retrievers)
    return [one for one in found if one is not None]


def _understood(
    retrievers: Sequence[tuple[str, Retriever]],
    question: Question,
    corrections: Sequence[Correction],
) -> Understood:
    added = (term for _, one in retrievers for term in one.wording.expansions.expand(question.text))
    meant = corrections[0].question if corrections else None
    return Understood(tuple(dict.fromkeys(added)), meant)


def _none(
    reason: Reason, score: float, scale: Scale, query: Understood, receipt: Receipt
) -> Answer:
    return Answer("no_answer", reason, score, None, scale.meaning(None), (), query, receipt)


def _receipt(
    retrievers: Sequence[tuple[str, Retriever]], question: Question, scale: Scale, today: date
) -> Receipt:
    """Name all that decided the answer; the question's own words are no part of it."""
    manifests = [retriever.manifest for _, retriever in retrievers]
    asked = replace(question, text="", collections=tuple(name for name, _ in retrievers))
    # A filter may hold a person's words, and is kept nowhere.
    hashed = _parameters_sha256 if question.filters else _kept_sha256
    ranking = tuple((one.options, one.reranks) for _, one in retrievers)
    return Receipt(
        build=",".join(one.build for one in manifests),
        index_sha256=",".join(one.index_sha256 for _, one in retrievers),
        encoder=",".join(dict.fromkeys(one.encoder for one in manifests)),
        encoder_sha256=",".join(dict.fromkeys(one.weights_sha256 for one in manifests)),
        parameters_sha256=hashed(asked, scale.levels, ranking, today),
        asked=asked,
        day=today,
    )


def _parameters_sha256(
    asked: Question,
    levels: tuple[Level, ...],
    ranking: tuple[tuple[Options, bool], ...],
    today: date,
) -> str:
    wanted = asked.filters
    parameters = asdict(replace(asked, filters=None)) | {
        "text": None,
        "filters": to_json(wanted) if wanted else None,
        "today": today.isoformat() if wanted and depends_on_today(wanted) else None,
        "levels": [asdict(level) for level in levels],
        "ranking": [asdict(options) | {"reranks": reranks} for options, reranks in ranking],
    }
    return sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()


_kept_sha256 = lru_cache(maxsize=64)(_parameters_sha256)
