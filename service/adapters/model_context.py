"""/mcp: the Model Context Protocol's `search` and `fetch`. The one module that knows its SDK."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from service.adapters.fetching import fetch, search
from service.address import Address
from service.errors import KNOWN, RequestError
from service.keys import Scope as Needed
from service.problems import DEFECT, Fault, log_defect
from service.routes.access import address_of, caller_of, library_of, words_of
from service.schemas.asking import check
from service.schemas.body import Body
from service.schemas.model_context import (
    FetchArguments,
    FetchedPassage,
    FoundPassages,
    SearchArguments,
)
from service.version import VERSION

PATH = "/mcp"

_INSTRUCTIONS = (
    "Finds and quotes sentences of the documents held here; writes none of its own. search gives "
    "ids, best first, and none where the documents do not answer; fetch gives the text behind one. "
    "Show a `warning` with whatever is quoted."
)
_READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_TOOLS = [
    Tool(
        name="search",
        title="Search the documents",
        description="Find the passages that answer a question. No results means that the documents "
        "do not answer it; it does not mean that the answer is no.",
        input_schema=SearchArguments.model_json_schema(),
        output_schema=FoundPassages.model_json_schema(),
        annotations=_READ_ONLY,
    ),
    Tool(
        name="fetch",
        title="Read a passage or a document",
        description="Return the text behind an id that search returned, verbatim, with its place.",
        input_schema=FetchArguments.model_json_schema(),
        output_schema=FetchedPassage.model_json_schema(),
        annotations=_READ_ONLY,
    ),
]
_NEEDED: dict[str, Needed] = {"search": "ask", "fetch": "read"}
"""The scope that each tool takes."""
_OURS = 500
_INVALID_REQUEST, _INTERNAL_ERROR = -32600, -32603  # JSON-RPC's


class Door:
    """The ASGI application at /mcp; stateless, so any worker can answer any request."""

    def __init__(self, address: Address) -> None:
        self._security = TransportSecuritySettings(
            allowed_hosts=list(address.hosts), allowed_origins=list(address.origins)
        )
        self._sessions: StreamableHTTPSessionManager | None = None
        self._route = Route(PATH, self)

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        """Serve for as long as the application lives; nothing is served outside."""
        server = Server(
            "pincite",
            version=VERSION,
            instructions=_INSTRUCTIONS,
            on_list_tools=_list_tools,
            on_call_tool=_call_tool,
        )
        self._sessions = StreamableHTTPSessionManager(
            server, stateless=True, json_response=True, security_settings=self._security
        )
        async with self._sessions.run():
            yield

    def routes(self) -> list[Route]:
        """Return the routes; with the slash as well, because a redirect loses some clients."""
        return [self._route, Route(f"{PATH}/", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._sessions is None:
            raise RuntimeError("the application's lifespan was not entered")
        scope["route"] = self._route  # as FastAPI notes its own: for the log
        if scope["method"] != "POST":
            # Without sessions there is nothing to listen to with GET, nor to end with DELETE.
            raise HTTPException(405, "Send a POST.", headers={"Allow": "POST"})
        await self._sessions.handle_request(scope, receive, _without_echo(send))


def fault_response(request: Request, fault: Fault) -> Response:  # noqa: ARG001 - a Form has both
    """Return an error of ours in JSON-RPC's form."""
    code = _INTERNAL_ERROR if fault.status >= _OURS else _INVALID_REQUEST
    error = {"code": code, "message": fault.detail}
    body = {"jsonrpc": "2.0", "id": None, "error": error}
    return JSONResponse(body, fault.status, headers=dict(fault.headers or {}))


async def _list_tools(
    _context: ServerRequestContext, _params: PaginatedRequestParams | None
) -> ListToolsResult:
    return ListToolsResult(tools=_TOOLS)


async def _call_tool(
    context: ServerRequestContext, params: CallToolRequestParams
) -> CallToolResult:
    """Call a tool; nothing is raised, because the SDK would log and send the error's own words."""
    request = context.request
    assert isinstance(request, Request), "a tool is only ever called over HTTP"
    try:
        body = await run_in_threadpool(_called, request, params)
    except KNOWN as error:
        return _failed(str(error))
    except Exception as error:  # noqa: BLE001 - the outermost place, whatever it is
        log_defect(request, error)
        return _failed(f"{DEFECT} ({request.state.request_id})")
    value = body.model_dump(exclude_none=True)
    text = json.dumps(value, ensure_ascii=False)
    return CallToolResult(content=[TextContent(text=text)], structured_content=value)


def _called(request: Request, params: CallToolRequestParams) -> Body:
    library, address, words = library_of(request), address_of(request), words_of(request)
    arguments = params.arguments or {}
    needed = _NEEDED.get(params.name)
    if needed and not caller_of(request).may((needed,)):
        raise RequestError(f"this key lacks the scope `{needed}`")
    if params.name == "search":
        return search(library, address, words, check(SearchArguments, arguments).query)
    if params.name == "fetch":
        return fetch(library, address, words, check(FetchArguments, arguments).id)
    raise RequestError("there is no tool of this name; there are search and fetch")


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=message)], is_error=True)


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
