"""/mcp: the door to the Model Context Protocol's tools, which are made as somebody first knocks."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from typing import Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from service.address import Address
from service.problems import Fault

PATH = "/mcp"

_OURS = 500
_INVALID_REQUEST, _INTERNAL_ERROR = -32600, -32603  # JSON-RPC's


class _Sessions(Protocol):
    """What answers requests once the tools are made, while `run` is entered."""

    def run(self) -> AbstractAsyncContextManager[None]:
        """Be ready to answer, inside."""
        ...

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ...


class Door:
    """The ASGI application at /mcp."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._tasks: TaskGroup | None = None
        self._sessions: _Sessions | None = None
        self._making = anyio.Lock()
        self._route = Route(PATH, self)

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Serve for as long as the application lives; nothing is served outside."""
        async with anyio.create_task_group() as self._tasks:
            yield
            self._tasks.cancel_scope.cancel()

    def routes(self) -> list[Route]:
        """Return the routes; with the slash as well, because a redirect loses some clients."""
        return [self._route, Route(f"{PATH}/", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["route"] = self._route  # as FastAPI notes its own: for the log
        if scope["method"] != "POST":
            # Without sessions there is nothing to listen to with GET, nor to end with DELETE.
            raise HTTPException(405, "Send a POST.", headers={"Allow": "POST"})
        sessions = await self._made()
        await sessions.handle_request(scope, receive, _without_echo(send))

    async def _made(self) -> _Sessions:
        if self._tasks is None:
            raise RuntimeError("the application's lifespan was not entered")
        async with self._making:
            if self._sessions is None:
                # Off the loop: it takes half a second, in which others are answered.
                tools = await run_in_threadpool(
                    import_module, "service.adapters.model_context_tools"
                )
                sessions: _Sessions = tools.sessions(self._address)
                await self._tasks.start(_run, sessions)
                self._sessions = sessions
            return self._sessions


async def _run(sessions: _Sessions, task_status: TaskStatus[None]) -> None:
    async with sessions.run():
        task_status.started()
        await anyio.sleep_forever()


def fault_response(request: Request, fault: Fault) -> Response:  # noqa: ARG001 - a Form has both
    """Return an error of ours in JSON-RPC's form."""
    code = _INTERNAL_ERROR if fault.status >= _OURS else _INVALID_REQUEST
    error = {"code": code, "message": fault.detail}
    body = {"jsonrpc": "2.0", "id": None, "error": error}
    return JSONResponse(body, fault.status, headers=dict(fault.headers or {}))


def _without_echo(send: Send) -> Send:
    """Cut from every error what the SDK repeats of the request.

    With JSON responses each is one start and one body.
    """
    start: Message | None = None

    async def quiet(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if start is not None:
            body = _cut(message.get("body", b""))
            others = [one for one in start["headers"] if one[0].lower() != b"content-length"]
            length = (b"content-length", str(len(body)).encode())
            await send({**start, "headers": [*others, length]})
            start, message = None, {**message, "body": body}
        await send(message)

    return quiet


def _cut(body: bytes) -> bytes:
    """Return a body whose error, if it is one, is its message up to the first colon."""
    try:
        answer = json.loads(body)
        error = answer["error"]
        error["message"] = error["message"].partition(":")[0]
        if not isinstance(error.get("data"), dict):  # an object is the protocol's: its versions
            error.pop("data", None)
    except (ValueError, LookupError, TypeError, AttributeError):
        return body
    return json.dumps(answer).encode()
