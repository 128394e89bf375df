"""Errors as RFC 9457 problem+json; no detail ever repeats what the caller wrote."""

import logging
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from corpus.errors import UnreadableError
from index.errors import BusyError, UnavailableError
from service import pages
from service.errors import KNOWN, status_of
from service.schemas.filtering import FORMS

_log = logging.getLogger(__name__)

_TITLES = {
    400: "Bad request",
    401: "No valid key",
    404: "Not found",
    405: "Method not allowed",
    403: "Not allowed",
    408: "Too slow",
    413: "Too large",
    416: "There is no such range",
    415: "Unsupported media type",
    422: "The request is not as it should be",
}
_BUSY_SECONDS = "5"
_RETRY = {"Retry-After": "2"}
_REDUCED = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"
DEFECT = "This is a defect; please report it with the request id."
_FIELD = re.compile(r"[A-Za-z0-9_]{1,40}")
_PLACES = frozenset({"body", "query", "path", "header"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, before it has the form of any dialect; `errors` point at fields."""

    status: int
    title: str
    detail: str
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] | None = None


Form = Callable[[Request, Fault], Response]
"""How a dialect says what went wrong."""


def install(app: FastAPI, forms: Mapping[str, Form]) -> None:
    """Answer every error of `app` as a problem, or as a page where a person is reading.

    `forms` are the dialects' own, by the path that they and all below it are spoken at.
    """
    app.state.forms = forms
    for kind in KNOWN:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, fault)


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    reason: str | None = None,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the response for one error; `kind` is the URI of its type."""
    path = request.url.path
    forms: Mapping[str, Form] = request.app.state.forms
    for spoken_at, form in forms.items():
        if path == spoken_at or path.startswith(f"{spoken_at}/"):
            return form(request, Fault(status, title, detail, errors, headers))
    if pages.is_page(request):
        return pages.error_page(request, status, title, detail)
    route = getattr(request.scope.get("route"), "path", None)
    body: dict[str, object] = {"type": kind, "title": title, "status": status}
    body |= {"detail": detail, "request_id": request.state.request_id}
    if route:
        body["instance"] = route
    if reason:
        body["reason"] = reason
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(
        body, status, media_type="application/problem+json", headers=dict(headers or {})
    )


async def _known(request: Request, error: Exception) -> Response:
    status, title = status_of(error)
    if status >= 500:  # noqa: PLR2004 - ours to mend, not the caller's
        _log.error("%s", error)
    reason = error.reason.value if isinstance(error, UnreadableError) else None
    headers = (
        {"Retry-After": _BUSY_SECONDS} if isinstance(error, (BusyError, UnavailableError)) else None
    )
    return problem(request, status, title, str(error), reason=reason, headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"pointer": _pointer(one["loc"]), "detail": _fault_text(one)} for one in error.errors()
    ]
    first = "; ".join(f"{one['pointer']} {one['detail']}" for one in faults[:3])
    return problem(request, 422, _TITLES[422], first, errors=faults)


async def fault(request: Request, error: Exception) -> Response:
    """Return the response for an error that has a status of its own."""
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Error")
    detail = "There is nothing at this address." if error.status_code == 404 else str(error.detail)  # noqa: PLR2004
    return problem(request, error.status_code, title, detail, headers=error.headers)


def busy(request: Request, detail: str) -> Response:
    """Return the response to whoever may well be answered a moment later."""
    return problem(request, 503, "Too busy", detail, kind=_REDUCED, headers=_RETRY)


def defect(request: Request, error: Exception) -> Response:
    """Return the response for what nobody foresaw, and log where it happened."""
    log_defect(request, error)
    return problem(request, 500, "Internal error", DEFECT)


def log_defect(request: Request, error: Exception) -> None:
    """Log where an error happened, not its own words: they may hold the question."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s, request %s\n%s", type(error).__name__, request.state.request_id, where)


def _pointer(where: Sequence[object]) -> str:
    """Name the field at fault, unless the caller wrote something else than a field's name."""
    inside = where[1:] if where and where[0] in _PLACES else where
    names = (str(part) for part in inside if part not in FORMS)
    return "#/" + "/".join(name if _FIELD.fullmatch(name) else "…" for name in names)


def _fault_text(one: Mapping[str, object]) -> str:
    """Say what is wrong without pydantic's echo of the input."""
    if one["type"] == "json_invalid":
        return "the body is not valid JSON"
    return str(one["msg"]).removeprefix("Value error, ")
