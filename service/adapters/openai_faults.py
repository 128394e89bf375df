"""Errors in OpenAI's form, for every route that its clients call."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from service.problems import Fault
from service.schemas.openai_faults import OpenAIError, OpenAIFault

_CODES = {401: "invalid_api_key", 404: "not_found", 429: "rate_limit_exceeded"}
_STATUSES = {415: 400, 422: 400}
_OURS = 500

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": OpenAIError, "description": f"{name}, in OpenAI's form"}
    for status, name in (
        (400, "Bad request"),
        (404, "Not found"),
        (413, "Too large"),
        ("default", "An error"),
    )
}


def fault_response(request: Request, fault: Fault) -> Response:  # noqa: ARG001 - a Form has both
    """Return an error in OpenAI's form; a faulty body is 400 there."""
    body = OpenAIError(
        error=OpenAIFault(
            message=fault.detail,
            type="server_error" if fault.status >= _OURS else "invalid_request_error",
            param=_param(fault.errors[0]["pointer"]) if fault.errors else None,
            code=_CODES.get(fault.status),
        )
    )
    status = _STATUSES.get(fault.status, fault.status)
    return JSONResponse(body.model_dump(), status, headers=dict(fault.headers or {}))


def _param(pointer: str) -> str | None:
    """Return `messages[0].content` for #/messages/0/content; None for the body as a whole."""
    name = ""
    for part in filter(None, pointer.removeprefix("#/").split("/")):
        name += f"[{part}]" if part.isdecimal() else f".{part}"
    return name.removeprefix(".") or None
