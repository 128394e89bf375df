"""GET and POST /admin: the administrator's pages, each of their routes behind one guard."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from service import overview
from service.checkups import Checkups
from service.desk import Desk
from service.errors import NotFoundError
from service.intake import take
from service.library import Library
from service.notices import Notice, Notices, Outcome
from service.pages import page
from service.pages.admin_words import ADMIN_ENGLISH as WORDS
from service.routes.access import LibraryDep, WritingDesk
from service.unanswered import KeptQuestions, Unanswered

_log = logging.getLogger(__name__)

_MOST_FILES = 20
_MOST_QUESTIONS = 50
_A_PAGE = 100
_ELSEWHERE = "This form must be sent from a page of this service."
_CHANGED = "Something else was published meanwhile. Go back, look again, and confirm again."

_T = TypeVar("_T")


def administering(request: Request, desk: WritingDesk) -> Desk:
    """Return the desk to an administrator; a form must come from a page of this very service.

    A browser says where a form comes from with Sec-Fetch-Site or Origin; one that says neither is
    too old to be trusted with a form that no secret protects.
    """
    if request.method not in {"GET", "HEAD"}:
        headers = request.headers
        host = headers.get("host", "")
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        own = origin in {f"http://{host}", f"https://{host}"}
        if not (site == "same-origin" or (site is None and own)):
            raise HTTPException(403, _ELSEWHERE)
    return desk


router = APIRouter(prefix="/admin", include_in_schema=False, dependencies=[Depends(administering)])

AdminDesk = Annotated[Desk, Depends(administering)]
_Keep = Annotated[int, Query(ge=1, le=1000)]
Name = Annotated[str, Form(max_length=200)]


@router.get("")
def front(request: Request, library: LibraryDep, desk: AdminDesk) -> HTMLResponse:
    """Show the collections, the form to upload, and what went unanswered."""
    kept: KeptQuestions | None = request.app.state.kept
    return _page(
        request,
        "admin_overview.html",
        WORDS.title,
        kept=kept,
        unanswered=_unanswered(kept) if kept else [],
        shelves=[overview.shelf(library, name) for name in library.names()],
        most_files=_MOST_FILES,
        megabytes=desk.limits.file // (1024 * 1024),
    )


@router.post("/upload")
async def upload(request: Request, desk: AdminDesk) -> Response:
    """Take files in, one after the other; each has its own outcome."""
    with desk.in_line():
        async with request.form(max_files=_MOST_FILES, max_fields=2) as form:
            collection = str(form.get("collection", "default"))
            outcomes: list[Outcome] = []
            for one in form.getlist("files"):
                if isinstance(one, UploadFile) and one.filename:
                    said, data = one.content_type or "", await one.read()
                    outcomes.append(
                        await desk.in_turn(
                            partial(take, desk, collection, one.filename, said, data)
                        )
                    )
    held = any(one.kind != "refused" for one in outcomes)
    notice = Notice(
        WORDS.uploaded, WORDS.uploaded_text, collection if held else "", tuple(outcomes)
    )
    return _told(request, notice)


@router.get("/outcomes/{token}")
def outcome(request: Request, token: str) -> HTMLResponse:
    """Show what came of a change."""
    notices: Notices = request.app.state.notices
    found = notices.find(token)
    if found is None:
        raise NotFoundError(WORDS.forgotten)
    return _page(
        request,
        "admin_outcome.html",
        found.title,
        collection=found.collection or "-",
        there=found.collection,
        text=found.text,
        outcomes=found.outcomes,
    )


@router.get("/collections/{name}")
def collection(
    request: Request, name: str, library: LibraryDep, start: Annotated[int, Query(ge=0)] = 0
) -> HTMLResponse:
    """Show a collection: its kept builds, its documents, and what was skipped."""
    shelf = overview.shelf(library, name)
    sound = not shelf.problem
    documents = overview.documents(library, name) if sound else []
    return _page(
        request,
        "admin_collection.html",
        name,
        collection=name,
        base=_base(name),
        shelf=shelf,
        checkup=_checkups(request).of(name),
        builds=overview.kept_builds(library, name),
        documents=documents[start : start + _A_PAGE],
        before=max(start - _A_PAGE, 0) if start else None,
        after=start + _A_PAGE if start + _A_PAGE < len(documents) else None,
        skipped=overview.skipped(library, name) if sound else [],
    )


@router.get("/collections/{name}/check")
def checked(request: Request, name: str, library: LibraryDep) -> HTMLResponse:
    """Show what the last check of a collection found, or that it is under way."""
    library.collection(name)
    return _page(
        request,
        "admin_check.html",
        WORDS.check_title,
        collection=name,
        base=_base(name),
        checkup=_checkups(request).of(name),
    )


@router.post("/collections/{name}/check")
def check(request: Request, name: str, library: LibraryDep, desk: AdminDesk) -> Response:
    """Begin to check every promise on what is on disk."""
    library.collection(name)
    _checkups(request).begin(name, partial(desk.examine, name))
    return RedirectResponse(f"{_base(name)}/check", 303)


@router.get("/collections/{name}/builds/{build}/activate")
def ask_activate(
    request: Request, name: str, build: str, library: LibraryDep, desk: AdminDesk
) -> HTMLResponse:
    """Say which documents come back or go, and ask."""
    report = desk.compare(name, build)
    lists = [
        (WORDS.comes_back.of(len(report.added)), report.added),
        (WORDS.goes.of(len(report.removed)), report.removed),
        (WORDS.reads_otherwise.of(len(report.changed)), report.changed),
    ]
    return _confirm(
        request,
        name,
        WORDS.activate_title,
        lead=WORDS.activate_lead.format(build=build),
        lists=lists,
        note="" if report.changes else WORDS.nothing_changes,
        button=WORDS.go_back,
        fields={"published": _published(library, name)},
    )


@router.post("/collections/{name}/builds/{build}/activate")
async def activate(  # noqa: PLR0917 - FastAPI gives them by name
    request: Request, name: str, build: str, desk: AdminDesk, library: LibraryDep, published: Name
) -> Response:
    """Go back to a kept build."""

    def change() -> str:
        _check_unchanged(library, name, published)
        return desk.activate(name, build)

    now = await _in_turn(desk, change)
    text = WORDS.activated_text.format(build=now)
    return _told(request, Notice(WORDS.activated, text, name))


@router.get("/collections/{name}/prune")
def ask_prune(
    request: Request, name: str, library: LibraryDep, desk: AdminDesk, keep: _Keep
) -> HTMLResponse:
    """Say which builds would be deleted, and ask."""
    gone = desk.prunable(name, keep)
    return _confirm(
        request,
        name,
        WORDS.prune_title,
        lead=WORDS.prune_lead if gone else WORDS.prune_none,
        lists=[(WORDS.deleted.of(len(gone)), gone)],
        button=WORDS.prune,
        fields={"published": _published(library, name), "keep": keep},
    )


@router.post("/collections/{name}/prune")
async def prune(  # noqa: PLR0917 - FastAPI gives them by name
    request: Request,
    name: str,
    library: LibraryDep,
    desk: AdminDesk,
    published: Name,
    keep: Annotated[int, Form(ge=1, le=1000)],
) -> Response:
    """Delete old builds."""

    def change() -> list[str]:
        _check_unchanged(library, name, published)
        return desk.prune(name, keep)

    gone = await _in_turn(desk, change)
    return _told(request, Notice(WORDS.pruned, WORDS.deleted.of(len(gone)), name))


@router.get("/collections/{name}/documents/{document_id}/remove")
def ask_remove(request: Request, name: str, document_id: str, library: LibraryDep) -> HTMLResponse:
    """Ask whether a document is to be removed, or erased."""
    card = library.retriever(name).catalog.card(document_id)
    if card is None:
        raise NotFoundError("there is no document of this id")
    return _confirm(
        request,
        name,
        WORDS.remove_title,
        subject=f"{card.title} ({card.uri})",
        lead=WORDS.remove_lead,
        button=WORDS.remove,
        erasable=True,
    )


@router.post("/collections/{name}/documents/{document_id}/remove")
async def remove(
    request: Request,
    name: str,
    document_id: str,
    desk: AdminDesk,
    *,
    erase: Annotated[bool, Form()] = False,
) -> Response:
    """Take a document out, or off the disk as well."""
    build = await _in_turn(desk, partial(desk.remove, name, document_id, erase=erase))
    text = (WORDS.erased_text if erase else WORDS.removed_text).format(build=build)
    return _told(request, Notice(WORDS.removed, text, name))


async def _in_turn(desk: Desk, change: Callable[[], _T]) -> _T:
    with desk.in_line():
        return await desk.in_turn(change)


def _unanswered(kept: KeptQuestions) -> list[Unanswered] | None:
    """Return what to show of the questions that nothing answered; None where it is unreadable."""
    try:
        return kept.report()[:_MOST_QUESTIONS]
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.error("the unanswered questions cannot be read: %s", type(error).__name__)
        return None


def _checkups(request: Request) -> Checkups:
    checkups: Checkups = request.app.state.checkups
    return checkups


def _published(library: Library, name: str) -> str:
    return library.collection(name).current() or ""


def _check_unchanged(library: Library, name: str, published: str) -> None:
    """Refuse to do what was confirmed for another state than there is now."""
    if _published(library, name) != published:
        raise HTTPException(409, _CHANGED)


def _base(name: str) -> str:
    return f"/admin/collections/{quote(name, safe='')}"


def _told(request: Request, notice: Notice) -> Response:
    notices: Notices = request.app.state.notices
    return RedirectResponse(f"/admin/outcomes/{notices.keep(notice)}", 303)


def _confirm(request: Request, name: str, heading: str, **values: object) -> HTMLResponse:
    unset: dict[str, object] = {"subject": "", "lists": [], "note": "", "fields": {}}
    given = {"erasable": False, **unset, **values}
    return _page(
        request,
        "admin_confirm.html",
        heading,
        collection=name,
        base=_base(name),
        action=request.url.path,
        **given,
    )


def _page(
    request: Request, template: str, heading: str, collection: str = "", **values: object
) -> HTMLResponse:
    shown = page(
        request, template, 200, heading=heading, collection=collection, admin=WORDS, **values
    )
    # Under no-referrer a browser would say "Origin: null" of our own forms.
    shown.headers["Referrer-Policy"] = "same-origin"
    return shown
