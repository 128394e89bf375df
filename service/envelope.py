"""What surrounds every request: an id, a log line without its words, headers that keep it private.

Pure ASGI: it costs microseconds and streams pass through untouched.
"""

import logging
import re
import time
import uuid
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import problems

_log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
"""Bytes; a question of 1,000 characters, each of them escaped, has under 13,000."""
_UPLOADS = "/v1/documents/"
"""Below this path, and there alone, a PUT may have a body as large as a file."""
_FORM = "/admin/upload"
"""Here a form may bring several files, together as large as one may be."""
_AROUND_FILES = 64 * 1024
_LARGER: Mapping[str, int] = {"/v1/chat/completions": 1024 * 1024}
"""Bytes, by path: a chat's client sends the whole conversation with every question."""
_DIGITS = 19
_QUIET = frozenset({"/livez", "/readyz", "/healthz"})
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS: Mapping[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": (
        b"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        b"frame-ancestors 'none'"
    ),
    b"cache-control": b"no-store",
}


class Requests:
    """Middleware around the whole application."""

    def __init__(self, app: ASGIApp, largest_upload: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest_upload = largest_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with an id and a limit, and its response back, with headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = _given_id(scope) or uuid.uuid4().hex
        scope.setdefault("state", {}).update(request_id=request_id, began=began)
        status = 500
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                headers = list(message.get("headers", []))
                present = {name for name, _ in headers}
                headers += [entry for entry in _HEADERS.items() if entry[0] not in present]
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            await send(message)

        try:
            limit = self._limit(scope)
            await self._app(scope, _limited(receive, scope, limit), send_with_headers)
        except Exception as error:  # noqa: BLE001 - the outermost place, whatever it is
            # Caught here because the server, further out, would log the error's own words.
            response = problems.defect(Request(scope), error)
            if started:
                raise RuntimeError("the response broke off half-way") from None
            await response(scope, receive, send_with_headers)
        finally:
            # The route's template, never the path or the query: both may hold a person's words.
            route = getattr(scope.get("route"), "path", "-")
            if route not in _QUIET:
                took = 1000 * (time.perf_counter() - began)
                _log.info("%s %s %s %.1f ms %s", scope["method"], route, status, took, request_id)

    def _limit(self, scope: Scope) -> int:
        upload = scope["method"] == "PUT" and scope["path"].startswith(_UPLOADS)
        if upload:
            return max(self._largest_upload, LARGEST_BODY)
        if scope["method"] == "POST" and scope["path"] == _FORM:
            return self._largest_upload + _AROUND_FILES
        return _LARGER.get(scope["path"], LARGEST_BODY)


def _limited(receive: Receive, scope: Scope, limit: int) -> Receive:
    """Refuse a body as soon as it says, or shows, that it has more bytes than the limit."""
    said = _header(scope, b"content-length")
    size = int(said) if said.isascii() and said.isdigit() and len(said) < _DIGITS else 0
    too_large = HTTPException(413, f"A body has at most {limit:,} bytes here.")
    come = 0

    async def limited() -> Message:
        nonlocal come
        if size > limit:
            raise too_large
        message = await receive()
        come += len(message.get("body", b""))
        if come > limit:
            raise too_large
        return message

    return limited


def _given_id(scope: Scope) -> str | None:
    text = _header(scope, b"x-request-id")
    return text if _ID.fullmatch(text) else None


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
