"""The pages: GET /, /search?q= and /documents/{id}."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from corpus.attributes import review_status
from corpus.normalize import canonical
from service import answering, sightings
from service.answering import Question
from service.errors import NotFoundError
from service.library import Library
from service.links import original_url
from service.pages import page
from service.pages.reader import shown
from service.pages.words import Fault
from service.routes.access import LibraryDep
from service.schemas.asking import LONGEST_QUESTION

router = APIRouter(include_in_schema=False)


@router.get("/")
def front(request: Request, library: LibraryDep) -> HTMLResponse:
    """Show the search box."""
    return _box(request, library)


@router.get("/search")
def search(
    request: Request, library: LibraryDep, q: Annotated[str | None, Query()] = None
) -> HTMLResponse:
    """Answer a question, or show the search box again with what is wrong with it."""
    if q is None:
        return _box(request, library)
    text = " ".join(canonical(q).split())
    if not text:
        return _box(request, library, "empty")
    if len(text) > LONGEST_QUESTION:
        return _box(request, library, "too_long", text)
    found = answering.answer(library, Question(text))
    if found.reason == "too_short":
        return _box(request, library, "too_short", text)
    return page(request, "results.html", question=text, found=found, count=_count(library))


@router.get("/documents/{document_id}")
def reader(request: Request, document_id: str, library: LibraryDep) -> HTMLResponse:
    """Show a document, each of its sentences an element that a citation links to."""
    for name, retriever in library.retrievers(None):
        found = retriever.catalog.document(document_id)
        if found is not None:
            sightings.act("read")
            sightings.shown([(name, document_id)])
            sentences = retriever.catalog.sentences(document_id)
            kept = retriever.layout.original(found.sha256).is_file()
            return page(
                request,
                "reader.html",
                document=found,
                original=original_url(document_id) if kept else None,
                shown=shown(found, sentences),
                sentences=len(sentences),
                review_status=review_status(found.attributes, library.today()),
            )
    raise NotFoundError("There is no document at this address; it may have been removed.")


def _box(
    request: Request, library: Library, fault: Fault | None = None, question: str = ""
) -> HTMLResponse:
    return page(
        request,
        "front.html",
        422 if fault else 200,
        fault=fault,
        question=question,
        longest=LONGEST_QUESTION,
        count=_count(library),
    )


def _count(library: Library) -> int:
    return sum(one.manifest.counts.documents for _, one in library.retrievers(None))
