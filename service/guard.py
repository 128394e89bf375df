"""The one door: who asks is found out, and whatever the table of routes does not grant is refused.

Pure ASGI, before every route, page and dialect alike; nothing behind it decides who may come in.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from service import pages, problems
from service.callers import ANYBODY, NOBODY, Caller, Callers
from service.errors import KeysError
from service.keys import Keyring, Scope
from service.rates import Rate, Standing, whereabouts
from service.scopes import OPEN, Rule, is_question, rule_for
from service.turns import Patience, Turns

_log = logging.getLogger(__name__)

_LATER = {"Retry-After": "5"}
_NO_KEY = "Send a key that holds as `Authorization: Bearer KEY`."
_BASIC = 'Basic realm="Pincite: any name, and the key as password", charset="UTF-8"'
_TOO_MANY = "Too many requests; ask again later."
_QUOTA = "https://iana.org/assignments/http-problem-types#quota-exceeded"


@dataclass(frozen=True, slots=True)
class Guarding:
    """How the door is kept; `rate` is for each key, or each client address where there are none.

    Rates are texts such as "600/minute"; "auto" is 600 a minute for a key, and none without keys;
    "off" is none. `refusals` are the wrong keys that one client address may send.
    """

    rate: str = "auto"
    refusals: str = "30/minute"
    patience: Patience = field(default_factory=Patience)
    cors_origins: tuple[str, ...] = ()


_AUTO = "600/minute"


class _RefusedError(Exception):
    """A request that goes no further."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        kind: str = "about:blank",
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail
        self.headers, self.kind = headers, kind


class Guard:
    """Middleware: nothing but what it lets through reaches the application."""

    def __init__(
        self,
        app: ASGIApp,
        keyring: Keyring,
        guarding: Guarding,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._app = app
        self._turns = Turns(app, guarding.patience)
        self._callers = Callers(keyring)
        self._clock = clock
        self._rate = _rate(_AUTO if guarding.rate == "auto" else guarding.rate)
        self._rates_anybody = guarding.rate != "auto"
        self._refusals = _rate(guarding.refusals)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Let a request through, with its caller in its state, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})  # none is served
            return
        request = Request(scope)
        state = scope.setdefault("state", {})
        state["caller"] = self._without_a_key()
        try:
            rule = rule_for(scope["path"])
            if rule and rule.needs(request.method) == OPEN:
                await self._app(scope, receive, send)
                return
            state["caller"] = caller = self._caller(request, rule)
            headers = self._counted(request, caller)
            needed = _granted(caller, rule, request.method)
            inner = self._turns if is_question(needed) else self._app
            await inner(scope, receive, _with(headers, send) if headers else send)
        except _RefusedError as refused:
            response = problems.problem(
                request,
                refused.status,
                refused.title,
                refused.detail,
                kind=refused.kind,
                headers=refused.headers,
            )
            await response(scope, receive, send)
        except HTTPException as fault:  # of the limits on bodies, which are read here
            await (await problems.fault(request, fault))(scope, receive, send)

    def _without_a_key(self) -> Caller:
        """Return who asks for what is open to all."""
        try:
            return NOBODY if self._callers.closed() else ANYBODY
        except KeysError:
            return NOBODY

    def _caller(self, request: Request, rule: Rule | None) -> Caller:
        try:
            found = self._callers.find(request.method, request.headers, self._clock())
        except KeysError as error:
            _log.error("%s", error)
            detail = "Keys cannot be checked now; the log says why."
            raise _RefusedError(503, "No key can be checked", detail, _LATER) from None
        if isinstance(found, Caller):
            return found
        if found == "refused" and self._refusals:
            _check(self._refusals.hit(_address(request)))
        seen = rule.seen if rule else pages.is_page(request)
        challenge = _BASIC if seen else 'Bearer realm="Pincite"'
        raise _RefusedError(401, "No valid key", _NO_KEY, {"WWW-Authenticate": challenge})

    def _counted(self, request: Request, caller: Caller) -> Mapping[str, str]:
        """Count a request; return the headers that tell how many are left."""
        if self._rate is None or (caller is ANYBODY and not self._rates_anybody):
            return {}
        standing = self._rate.hit(caller.key_id or _address(request))
        _check(standing)
        return standing.headers


def _granted(caller: Caller, rule: Rule | None, method: str) -> tuple[Scope, ...]:
    """Return the scopes by one of which the table lets a caller in; it refuses everything else."""
    if rule is None:
        raise _RefusedError(404, "Not found", "There is nothing at this address.")
    needed = rule.needs(method)
    if needed is None:
        allow = {"Allow": rule.allow}
        raise _RefusedError(405, "Method not allowed", "Method Not Allowed", allow)
    if not caller.may(needed):
        wanted = " or ".join(f"`{scope}`" for scope in needed)
        raise _RefusedError(403, "Not allowed", f"This key lacks the scope {wanted}.")
    return needed


def _check(standing: Standing) -> None:
    if not standing.within:
        raise _RefusedError(429, "Too many requests", _TOO_MANY, standing.headers, _QUOTA)


def _rate(limit: str) -> Rate | None:
    return None if limit == "off" else Rate(limit)


def _address(request: Request) -> str:
    return whereabouts(request.client.host) if request.client else "unknown"


def _with(headers: Mapping[str, str], send: Send) -> Send:
    more = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    return with_headers
