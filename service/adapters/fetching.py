"""Passages by id, for callers that search first and read afterwards.

An id names what it stands for: `document@build#s12` is the sentence 12 of a document as it was in
that build; `document` alone is the document as it is now.
"""

import re
from collections.abc import Callable

from corpus.attributes import review_status
from index.catalog import Card, Catalog
from index.errors import RetrievalError
from index.located import Located
from index.retriever import Retriever
from service import answering, sightings
from service.adapters.places import Pairs, review, warning_of
from service.address import Address
from service.answering import Question
from service.citations import Citation
from service.errors import NotFoundError
from service.library import Library
from service.links import document_url, sentence_url
from service.pages.words import Words
from service.schemas.model_context import FetchedPassage, FoundPassage, FoundPassages

_RESULTS = 10
_AROUND = 5
"""Sentences on either side, as many as any caller can ask for."""
_ID = re.compile(r"(?P<document>[^@#]+)@(?P<build>[^@#]+)#s(?P<sentence>[0-9]{1,9})")
_NOTHING = "there is nothing of this id; search again"
_CHANGED = "the document has changed since this id was given; search again"


def search(library: Library, address: Address, words: Words, question: str) -> FoundPassages:
    """Return the passages that answer, best first; none where the documents do not."""
    found = answering.answer(library, Question(question, top_k=_RESULTS))
    builds = {name: one.manifest.build for name, one in library.retrievers(None)}
    return FoundPassages(
        results=[
            FoundPassage(
                id=f"{one.document.document_id}@{builds[one.collection]}"
                f"#s{one.place.sentence.ordinal}",
                title=_title(one),
                url=address.absolute(one.url),
                warning=warning_of(one, words),
            )
            for one in found.citations
        ]
    )


def fetch(library: Library, address: Address, words: Words, passage_id: str) -> FetchedPassage:
    """Return the text behind an id; NotFoundError where it is gone or not what it was.

    Only what is published now is ever returned: an id of an older build opens its sentence as long
    as the document is still the same, so what was removed stays removed.
    """

    def reviewed(card: Card) -> Pairs:
        return review(card, review_status(card.attributes, library.today()), words)

    named = _ID.fullmatch(passage_id)
    if named is None:
        return _document(library, address, reviewed, passage_id)
    document_id, ordinal = named["document"], int(named["sentence"])
    for name, retriever in library.retrievers(None):
        if named["build"] == retriever.manifest.build:
            return _passage(name, retriever, address, reviewed, (document_id, ordinal))
        if named["build"] in library.collection(name).builds():
            older = library.collection(name).build(named["build"]).catalog()
            if not _same(older, retriever.catalog, document_id):
                raise NotFoundError(_CHANGED)
            return _passage(name, retriever, address, reviewed, (document_id, ordinal))
    raise NotFoundError(_CHANGED)


def _title(citation: Citation) -> str:
    """Return the document's title and, where it says more, the heading above the quote."""
    title = citation.document.title
    above = [one for one in citation.place.section[-1:] if one.casefold() != title.casefold()]
    return " > ".join((title, *above))


def _same(older: Catalog, newer: Catalog, document_id: str) -> bool:
    """Tell whether a document has the same text and the same sentences in both."""
    try:
        was, now = older.document(document_id), newer.document(document_id)
        return (
            was is not None
            and now is not None
            and was.text == now.text
            and older.sentences(document_id) == newer.sentences(document_id)
        )
    except RetrievalError:
        return False  # an older build that cannot be read vouches for nothing


def _passage(
    collection: str,
    retriever: Retriever,
    address: Address,
    reviewed: Callable[[Card], Pairs],
    named: tuple[str, int],
) -> FetchedPassage:
    """Return a sentence, named by its document and number, with those around it."""
    document_id, ordinal = named
    catalog = retriever.catalog
    card = catalog.card(document_id)
    around = catalog.sentences(document_id, ordinal - _AROUND, ordinal + _AROUND)
    at = next((one for one in around if one.sentence.ordinal == ordinal), None)
    if card is None or at is None:
        raise NotFoundError(_NOTHING)
    sightings.act("read")
    sightings.shown([(collection, document_id)])
    one = at.sentence
    quote = catalog.excerpt(document_id, one.start, one.end)
    # Whether the quote stands once in its document is not known here: linked by its element.
    url = address.absolute(sentence_url(document_id, ordinal, quote, unique=False))
    return FetchedPassage(
        id=f"{document_id}@{retriever.manifest.build}#s{ordinal}",
        title=card.title,
        text=catalog.excerpt(document_id, around[0].sentence.start, around[-1].sentence.end),
        url=url,
        metadata={
            "document_id": document_id,
            "build": retriever.manifest.build,
            "uri": card.uri,
            "quote": quote,
            "sentence": ordinal,
            "start": one.start,
            "end": one.end,
            **_where(at),
            **reviewed(card),
        },
    )


def _where(at: Located) -> Pairs:
    where: Pairs = {"line": at.line}
    if at.section:
        where["section"] = " > ".join(at.section)
    if at.page is not None:
        where |= {"page": at.page[0], "page_label": at.page[1]}
    return where


def _document(
    library: Library, address: Address, reviewed: Callable[[Card], Pairs], document_id: str
) -> FetchedPassage:
    for name, retriever in library.retrievers(None):
        catalog = retriever.catalog
        found, card = catalog.document(document_id), catalog.card(document_id)
        if found is not None and card is not None:
            sightings.act("read")
            sightings.shown([(name, document_id)])
            return FetchedPassage(
                id=document_id,
                title=found.title,
                text=found.text,
                url=address.absolute(document_url(document_id)),
                metadata={
                    "document_id": document_id,
                    "build": retriever.manifest.build,
                    "uri": found.uri,
                    **reviewed(card),
                },
            )
    raise NotFoundError(_NOTHING)
