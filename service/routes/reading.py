"""The pages: GET /, /search?q=, /embed?q= and /documents/{id}."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from corpus.attributes import review_status
from corpus.normalize import canonical
from service import answering, sightings
from service.answering import Answer, Question
from service.errors import NotFoundError
from service.library import Library
from service.links import original_url
from service.pages import page
from service.pages.reader import shown
from service.pages.words import Fault
from service.routes.access import LibraryDep
from service.schemas.asking import LONGEST_QUESTION
from service.urgent import card_for

router = APIRouter(include_in_schema=False)


@router.get("/")
def front(request: Request, library: LibraryDep) -> HTMLResponse:
    """Show the search box."""
    return _box(request, library, "front.html")


@router.get("/search")
def search(
    request: Request, library: LibraryDep, q: Annotated[str | None, Query()] = None
) -> HTMLResponse:
    """Answer a question, or show the search box again with what is wrong with it."""
    return _asked(request, library, q, "front.html", "results.html")


@router.get("/embed")
def embed(
    request: Request, library: LibraryDep, q: Annotated[str | None, Query()] = None
) -> HTMLResponse:
    """Show the box and its answer to be framed by the pages of PINCITE_EMBED_ORIGINS alone."""
    origins = request.app.state.site.embed_origins
    if not origins:
        raise NotFoundError("nothing may be framed here; PINCITE_EMBED_ORIGINS lists who may")
    response = _asked(request, library, q, "embed.html", "embed.html", action="/embed")
    response.headers["content-security-policy"] = (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {' '.join(origins)}"
    )
    return response


@router.get("/documents/{document_id}")
def reader(request: Request, document_id: str, library: LibraryDep) -> HTMLResponse:
    """Show a document, each of its sentences an element that a citation links to."""
    for name, retriever in library.retrievers(None):
        found = retriever.catalog.document(document_id)
        if found is not None:
            sightings.act("read")
            sightings.shown([(name, document_id)])
            sentences = retriever.catalog.sentences(document_id)
            kept = retriever.kept.has_original(found.sha256)
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


def _asked(
    request: Request,
    library: Library,
    q: str | None,
    box: str,
    results: str,
    *,
    action: str = "/search",
) -> HTMLResponse:
    """Answer in the template `results`; show `box` where there is no question to answer."""
    if q is None:
        return _box(request, library, box, action=action)
    text = " ".join(canonical(q).split())
    if not text:
        return _box(request, library, box, "empty", action=action)
    if len(text) > LONGEST_QUESTION:
        return _box(request, library, box, "too_long", question=text, action=action)
    found = answering.answer(library, Question(text))
    if found.reason == "too_short":
        return _box(request, library, box, "too_short", question=text, action=action)
    return page(
        request,
        results,
        question=text,
        found=found,
        count=_count(library),
        action=action,
        urgent=card_for(request.app.state.site.cards, text, found.query.did_you_mean),
        judged=_judged(request, library, found),
    )


def _box(
    request: Request,
    library: Library,
    template: str,
    fault: Fault | None = None,
    *,
    question: str = "",
    action: str = "/search",
) -> HTMLResponse:
    return page(
        request,
        template,
        422 if fault else 200,
        fault=fault,
        question=question,
        longest=LONGEST_QUESTION,
        count=_count(library),
        action=action,
        urgent=card_for(request.app.state.site.cards, question),
    )


def _judged(request: Request, library: Library, found: Answer) -> dict[str, str] | None:
    """Return what a page's form says of its answer; None where there was nothing to search."""
    if found.reason == "empty_index":
        return None
    first = found.citations[0] if found.citations else None
    names = library.names()
    said = {
        "collection": first.collection if first else names[0] if len(names) == 1 else "",
        "bucket": found.level.bucket if found.level else "none",
        "document_id": first.document.document_id if first else "",
    }
    return {**said, "seal": request.app.state.feedback.seal(**said)}


def _count(library: Library) -> int:
    return sum(one.manifest.counts.documents for _, one in library.retrievers(None))
