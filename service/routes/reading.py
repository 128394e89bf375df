"""The pages: GET /, /search?q= and /documents/{id}."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from service import answering
from service.answering import Question
from service.errors import NotFoundError
from service.pages import page
from service.pages.reader import blocks
from service.routes.access import LibraryDep
from service.schemas import LONGEST_QUESTION

router = APIRouter(include_in_schema=False)


@router.get("/")
def front(request: Request, library: LibraryDep) -> HTMLResponse:
    """The search box."""
    count = sum(one.manifest.counts.documents for _, one in library.retrievers(None))
    return page(request, "front.html", count=count)


@router.get("/search")
def search(request: Request, library: LibraryDep, q: Annotated[str, Query()] = "") -> HTMLResponse:
    """The answer to a question."""
    text = " ".join(q.split())
    count = sum(one.manifest.counts.documents for _, one in library.retrievers(None))
    if not text:
        return page(request, "front.html", count=count)
    if len(text) > LONGEST_QUESTION:
        return page(request, "front.html", 422, count=count, too_long=LONGEST_QUESTION)
    found = answering.answer(library, Question(text))
    return page(request, "results.html", question=text, found=found, count=count)


@router.get("/documents/{document_id}")
def reader(request: Request, document_id: str, library: LibraryDep) -> HTMLResponse:
    """A document, each of its sentences an element that a citation links to."""
    for _, retriever in library.retrievers(None):
        found = retriever.catalog.document(document_id)
        if found is not None:
            sentences = retriever.catalog.sentences(document_id)
            return page(request, "reader.html", document=found, blocks=blocks(found, sentences))
    raise NotFoundError("There is no document at this address; it may have been removed.")
