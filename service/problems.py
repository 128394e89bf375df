"""Errors as RFC 9457 problem+json; no detail ever repeats what the caller wrote."""

import logging
import re
import traceback
from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from corpus.errors import UnreadableError
from index.errors import BusyError
from service import pages
from service.errors import KNOWN, status_of
from service.schemas.filtering import FORMS

_log = logging.getLogger(__name__)

_TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    403: "Not allowed",
    413: "Too large",
    416: "There is no such range",
    415: "Unsupported media type",
    422: "The request is not as it should be",
}
_BUSY_SECONDS = "5"
_FIELD = re.compile(r"[A-Za-z0-9_]{1,40}")
_NAMELESS = frozenset({"body", "query", "path", "header"}) | FORMS


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem, or as a page where a person is reading."""
    for kind in KNOWN:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    reason: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the response for one error."""
    if pages.is_page(request):
        return pages.error_page(request, status, title, detail)
    route = getattr(request.scope.get("route"), "path", None)
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
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
    headers = {"Retry-After": _BUSY_SECONDS} if isinstance(error, BusyError) else None
    return problem(request, status, title, str(error), reason=reason, headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"pointer": _pointer(fault["loc"]), "detail": _fault_text(fault)}
        for fault in error.errors()
    ]
    first = "; ".join(f"{fault['pointer']} {fault['detail']}" for fault in faults[:3])
    return problem(request, 422, _TITLES[422], first, errors=faults)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Error")
    detail = "There is nothing at this address." if error.status_code == 404 else str(error.detail)  # noqa: PLR2004
    return problem(request, error.status_code, title, detail, headers=error.headers)


def defect(request: Request, error: Exception) -> Response:
    """Return the response for what nobody foresaw, and log where it happened.

    Not the error's own words: they may hold the question.
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s, request %s\n%s", type(error).__name__, request.state.request_id, where)
    return problem(
        request, 500, "Internal error", "This is a defect; please report it with the request id."
    )


def _pointer(where: Sequence[object]) -> str:
    """Name the field at fault, unless the caller wrote something else than a field's name."""
    names = (str(part) for part in where if part not in _NAMELESS)
    return "#/" + "/".join(name if _FIELD.fullmatch(name) else "…" for name in names)


def _fault_text(fault: Mapping[str, object]) -> str:
    """Say what is wrong without pydantic's echo of the input."""
    if fault["type"] == "json_invalid":
        return "the body is not valid JSON"
    return str(fault["msg"]).removeprefix("Value error, ")
