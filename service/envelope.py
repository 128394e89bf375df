"""What surrounds every request: an id, a log line without its words, headers that keep it private.

Pure ASGI: it costs microseconds and streams pass through untouched.
"""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import problems, sightings
from service.sightings import Record, Seen, Sighting

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
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_DIGITS = 19
_QUIET = frozenset({"/livez", "/readyz", "/healthz"})
_PROXIES = frozenset({b"forwarded", b"x-forwarded-for", b"via"})
_STOPPING = "The service is stopping; ask again when it is back."
_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A caller's own id only where it can be nothing else: a freer form could hold a patient's number.
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

    def __init__(
        self,
        app: ASGIApp,
        largest_upload: int = LARGEST_BODY,
        body_seconds: float = 120.0,
        records: Sequence[Record] = (),
    ) -> None:
        self._app = app
        self._largest_upload = largest_upload
        self._body_seconds = body_seconds
        self._records = records

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with an id and a limit, and its response back, with headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with sightings.following() as sighting:
            await self._followed(scope, receive, send, sighting)

    async def _followed(
        self, scope: Scope, receive: Receive, send: Send, sighting: Sighting
    ) -> None:
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
            limited = _limited(receive, scope, self._limit(scope), self._body_seconds)
            await self._app(scope, limited, send_with_headers)
        except asyncio.CancelledError:
            # The server stops, and waits no longer: without this it would send a 500 of its own.
            if started:
                raise
            refusal = problems.busy(Request(scope), _STOPPING)
            await refusal(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the outermost place, whatever it is
            # Caught here because the server, further out, would log the error's own words.
            response = problems.defect(Request(scope), error)
            if started:
                raise RuntimeError("the response broke off half-way") from None
            await response(scope, receive, send_with_headers)
        finally:
            # The route's template, never the path or the query: both may hold a person's words.
            route = getattr(scope.get("route"), "path", "-")
            method = scope["method"] if scope["method"] in _METHODS else "-"  # it may be any word
            took = time.perf_counter() - began
            if route not in _QUIET:
                _log.info("%s %s %s %.1f ms %s", method, route, status, 1000 * took, request_id)
            client = scope.get("client")
            address = client[0] if client else ""
            parent = _header(scope, b"traceparent")
            who = _who(scope)
            seen = Seen(request_id, method, route, status, took, who, address, parent, sighting)
            self._record(scope, seen)

    def _record(self, scope: Scope, seen: Seen) -> None:
        for record in self._records:
            try:
                record.write(seen)
            except Exception as error:  # noqa: BLE001 - what is kept never spoils what is answered
                problems.log_defect(Request(scope), error)

    def _limit(self, scope: Scope) -> int:
        upload = scope["method"] == "PUT" and scope["path"].startswith(_UPLOADS)
        if upload:
            return max(self._largest_upload, LARGEST_BODY)
        if scope["method"] == "POST" and scope["path"] == _FORM:
            return self._largest_upload + _AROUND_FILES
        return _LARGER.get(scope["path"], LARGEST_BODY)


def _limited(receive: Receive, scope: Scope, limit: int, seconds: float) -> Receive:
    """Refuse a body as soon as it says, or shows, that it has more bytes than the limit.

    Or that it takes longer to come.
    """
    said = _header(scope, b"content-length")
    size = int(said) if said.isascii() and said.isdigit() and len(said) < _DIGITS else 0
    too_large = HTTPException(413, f"A body has at most {limit:,} bytes here.")
    too_slow = HTTPException(408, f"A body must have come after {seconds:g} seconds.")
    come = 0
    deadline: float | None = None
    whole = False

    async def limited() -> Message:
        nonlocal come, deadline, whole
        if size > limit:
            raise too_large
        if whole:
            return await receive()  # that the client has gone, whenever it goes
        deadline = deadline or anyio.current_time() + seconds
        try:
            with anyio.fail_at(deadline):
                message = await receive()
        except TimeoutError:
            raise too_slow from None
        whole = not message.get("more_body", False)
        come += len(message.get("body", b""))
        if come > limit:
            raise too_large
        return message

    return limited


def _who(scope: Scope) -> str:
    """Return who asks: a key's id, "local" for this machine without one, else "anonymous"."""
    key_id = getattr(scope["state"].get("caller"), "key_id", None)
    if key_id is not None:
        return str(key_id)
    client = scope.get("client")
    try:
        here = client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        here = False
    proxied = any(name in _PROXIES for name, _ in scope["headers"])
    return "local" if here and not proxied else "anonymous"


def _given_id(scope: Scope) -> str | None:
    text = _header(scope, b"x-request-id")
    return text if _ID.fullmatch(text) else None


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
