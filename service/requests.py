"""What surrounds every request: an id, a log line without its words, headers that keep it private.

Pure ASGI: it costs microseconds and streams pass through untouched.
"""

import logging
import re
import time
import uuid
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)

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

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = _given_id(scope) or uuid.uuid4().hex
        scope.setdefault("state", {}).update(request_id=request_id, began=began)
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", []))
                present = {name for name, _ in headers}
                headers += [entry for entry in _HEADERS.items() if entry[0] not in present]
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            # The route's template, never the path or the query: both may hold a person's words.
            route = getattr(scope.get("route"), "path", "-")
            if route not in _QUIET:
                took = 1000 * (time.perf_counter() - began)
                _log.info("%s %s %s %.1f ms %s", scope["method"], route, status, took, request_id)


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _ID.fullmatch(text) else None
    return None
