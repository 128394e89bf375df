"""GET /v1/documents, /v1/collections, /v1/builds: what is held, and under which builds."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from corpus.structure import Outline
from index.catalog import Card
from index.retriever import Retriever
from service import sightings
from service.errors import NotFoundError
from service.routes.access import LibraryDep
from service.schemas.holdings import (
    BuildBody,
    BuildsResponse,
    CollectionBody,
    CollectionsResponse,
    DocumentResponse,
    DocumentsResponse,
    HeldDocument,
    PageSpan,
    SectionBody,
    SentenceBody,
)

router = APIRouter(prefix="/v1", tags=["holdings"])

OneCollection = Annotated[str | None, Query(max_length=63, description="Default: all.")]


@router.get("/documents", operation_id="list_documents", summary="List the documents")
def documents(library: LibraryDep, collection: OneCollection = None) -> DocumentsResponse:
    """Return every document of one collection, or of all, without its text."""
    names = None if collection is None else [collection]
    return DocumentsResponse(
        documents=[
            _held(card, name, retriever, library.today())
            for name, retriever in library.retrievers(names)
            for card in retriever.catalog.documents()
        ]
    )


@router.get("/documents/{document_id}", operation_id="read_document", summary="Read a document")
def document(
    document_id: str, library: LibraryDep, collection: OneCollection = None
) -> DocumentResponse:
    """Return one document: its canonical text, and sections, pages and sentences as offsets."""
    names = None if collection is None else [collection]
    for name, retriever in library.retrievers(names):
        found = retriever.catalog.document(document_id)
        card = retriever.catalog.card(document_id)
        if found is None or card is None:
            continue
        sightings.act("read")
        sightings.shown([(name, document_id)])
        outline = Outline(found)
        return DocumentResponse(
            **_held(card, name, retriever, library.today()).model_dump(),
            text=found.text,
            sections=[
                SectionBody(path=list(path), start=span.start, end=span.end)
                for path, span in outline.sections(len(found.text))
            ],
            pages=[
                PageSpan(number=page.number, label=page.label, start=page.start, end=page.end)
                for page in found.structure.pages
            ],
            sentence_spans=[
                SentenceBody(
                    sentence=one.sentence.ordinal,
                    start=one.sentence.start,
                    end=one.sentence.end,
                    line=one.line,
                )
                for one in retriever.catalog.sentences(document_id)
            ],
        )
    raise NotFoundError("there is no document of this id")


@router.get("/collections", operation_id="list_collections", summary="List the collections")
def collections(library: LibraryDep) -> CollectionsResponse:
    """Return every collection with the build that is served."""
    return CollectionsResponse(
        collections=[
            CollectionBody.of(name, retriever.manifest)
            for name, retriever in library.retrievers(None)
        ]
    )


@router.get("/builds", operation_id="list_builds", summary="List the kept builds")
def builds(
    library: LibraryDep, collection: Annotated[str, Query(max_length=63)] = "default"
) -> BuildsResponse:
    """Return the kept builds of a collection, oldest first."""
    held = library.collection(collection)
    current = held.current()
    return BuildsResponse(
        collection=collection,
        builds=[BuildBody(id=name, current=name == current) for name in held.builds()],
    )


def _held(card: Card, name: str, retriever: Retriever, today: date) -> HeldDocument:
    original = retriever.kept.has_original(card.sha256)
    return HeldDocument.of(card, name, today, original=original)
