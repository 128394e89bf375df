"""The Model Context Protocol's `search` and `fetch` as its SDK serves them, the one that knows it.

Imported with the first request: the SDK's import alone costs as much as all else of a start.
"""

import json

from fastapi import Request
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

from service.adapters.fetching import fetch, search
from service.address import Address
from service.errors import KNOWN, RequestError
from service.keys import Scope as Needed
from service.problems import DEFECT, log_defect
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


def sessions(address: Address) -> StreamableHTTPSessionManager:
    """Return what answers requests; stateless, so any worker can answer any of them."""
    server = Server(
        "pincite",
        version=VERSION,
        instructions=_INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=_call_tool,
    )
    security = TransportSecuritySettings(
        allowed_hosts=list(address.hosts), allowed_origins=list(address.origins)
    )
    return StreamableHTTPSessionManager(
        server, stateless=True, json_response=True, security_settings=security
    )


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
