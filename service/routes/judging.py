"""POST /v1/feedback and the form of the pages: did the answer help? Yes or no, and no words."""

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from service.errors import NotFoundError
from service.feedback import Feedback, FeedbackBook
from service.library import Library
from service.pages import page
from service.routes.access import LibraryDep, json_body
from service.schemas.judging import FeedbackRequest

router = APIRouter()

_OURS = frozenset({"same-origin", "none"})


def same_origin(request: Request) -> None:
    """Refuse what a page of another site had a browser send.

    A program that is no browser sends neither header and has no one's rights but its own. A form
    of ours may come with `Origin: null`, as our pages send no referrer: its seal speaks for it.
    """
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    hosts = {request.headers.get("host"), urlsplit(request.app.state.site.public_url).netloc}
    if fetched not in _OURS or (origin != "null" and urlsplit(origin).netloc not in hosts):
        raise HTTPException(403, "A page of another site may not send this.")


def _book(request: Request) -> FeedbackBook:
    book: FeedbackBook = request.app.state.feedback
    return book


BookDep = Annotated[FeedbackBook, Depends(_book)]


@router.post(
    "/v1/feedback",
    tags=["questions"],
    operation_id="feedback",
    summary="Say whether an answer helped",
    status_code=204,
    dependencies=[Depends(json_body), Depends(same_origin)],
)
def feedback(body: FeedbackRequest, library: LibraryDep, book: BookDep) -> Response:
    """Keep the day, the collection, the bucket, the document and yes or no; nothing else."""
    _keep(library, book, body.to_feedback())
    return Response(status_code=204)


@router.post("/feedback", include_in_schema=False, dependencies=[Depends(same_origin)])
async def form(request: Request, library: LibraryDep, book: BookDep) -> Response:
    """Keep what a button of a page says, and go on to a page that says thank you."""
    sent = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=20)
    said = {name: values[0] for name, values in sent.items()}
    seal = said.pop("seal", "")
    helpful = {"yes": True, "no": False}.get(said.pop("helpful", ""))
    try:
        body = FeedbackRequest.model_validate({"collection": "", **said, "helpful": helpful})
    except ValidationError:
        raise HTTPException(422, "The form is not one of ours.") from None
    given = body.to_feedback()
    if not book.is_sealed(given, seal):
        raise HTTPException(403, "The page is from before the last start; search again.")
    await run_in_threadpool(_keep, library, book, given)
    return RedirectResponse("/feedback", status_code=303)


@router.get("/feedback", include_in_schema=False)
def thanks(request: Request) -> HTMLResponse:
    """Say thank you."""
    return page(request, "thanks.html")


def _keep(library: Library, book: FeedbackBook, given: Feedback) -> None:
    """Note what is said of a document that is there; NotFoundError where it is not."""
    if given.document_id or given.collection:
        retriever = library.retriever(given.collection)
        if given.document_id and retriever.catalog.card(given.document_id) is None:
            raise NotFoundError("there is no document of this id in the collection")
    book.note(given, library.today())
