import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from tests.processes import Served
from tests.service.adapters.conftest import CANARY, QUESTION, UNANSWERED, guide

T = TypeVar("T")
ANKLE = "what holds the ankle at night"
MODES = ["legacy", "2026-07-28", "auto"]
ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
OLD = {**ACCEPT, "mcp-protocol-version": "2025-06-18"}


def using(served: Served, mode: str, work: Callable[[Client], Awaitable[T]]) -> T:
    """Do something with the SDK's own client."""

    async def run() -> T:
        async with Client(f"{served.url}/mcp", mode=mode) as client:
            return await work(client)

    return asyncio.run(run())


def called(served: Served, mode: str, name: str, **arguments: object) -> CallToolResult:
    """Call one tool."""
    return using(served, mode, lambda client: client.call_tool(name, arguments))


def text_of(result: CallToolResult) -> str:
    """Return the text of the one content item."""
    (item,) = result.content
    assert isinstance(item, TextContent)
    return item.text


def rpc(served: Served, method: str, params: object, **headers: str) -> httpx2.Response:
    """Send one JSON-RPC request of the protocol of 2025-06-18."""
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    return httpx2.post(f"{served.url}/mcp", json=body, headers={**OLD, **headers})


@pytest.mark.parametrize("mode", MODES)
def test_there_are_two_read_only_tools(served: Served, mode: str) -> None:
    """`search` takes a query and `fetch` an id; both say what they return."""
    listed = using(served, mode, lambda client: client.list_tools())
    assert {tool.name: list(tool.input_schema["properties"]) for tool in listed.tools} == {
        "search": ["query"],
        "fetch": ["id"],
    }
    for tool in listed.tools:
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.annotations.destructive_hint is False


@pytest.mark.parametrize("mode", MODES)
def test_what_search_finds_can_be_fetched(served: Served, mode: str) -> None:
    """Id, title and link; the text behind an id holds the quote, and says where it stands."""
    found = called(served, mode, "search", query=ANKLE)
    assert not found.is_error
    assert json.loads(text_of(found)) == found.structured_content
    results = found.structured_content["results"]
    assert all(set(one) == {"id", "title", "url"} for one in results)
    assert results[0]["title"] == "Guide <b>one</b> > Splints"
    assert results[0]["url"].startswith(f"{served.url}/documents/{guide().document_id}#s")

    fetched = called(served, mode, "fetch", id=results[0]["id"])
    assert json.loads(text_of(fetched)) == fetched.structured_content
    passage = fetched.structured_content
    assert set(passage) == {"id", "title", "text", "url", "metadata"}
    assert passage["id"] == results[0]["id"]
    assert passage["text"] in guide().text
    metadata = passage["metadata"]
    assert metadata["quote"] == "A splint holds the ankle at night."
    assert guide().text[metadata["start"] : metadata["end"]] == metadata["quote"]
    assert metadata["quote"] in passage["text"]
    assert (metadata["page"], metadata["page_label"]) == (2, "ii")


@pytest.mark.parametrize("mode", MODES)
def test_a_document_is_fetched_whole_by_its_id(served: Served, mode: str) -> None:
    """The text that the offsets of every citation count in."""
    passage = called(served, mode, "fetch", id=guide().document_id).structured_content
    assert passage["text"] == guide().text
    assert passage["url"] == f"{served.url}/documents/{guide().document_id}"


@pytest.mark.parametrize("mode", MODES)
def test_what_is_not_answered_has_no_results(served: Served, mode: str) -> None:
    """No error: an empty list, in both of its forms."""
    found = called(served, mode, "search", query=CANARY)
    assert not found.is_error
    assert json.loads(text_of(found)) == found.structured_content == {"results": []}


BAD: list[tuple[str, dict[str, object]]] = [
    ("search", {}),
    ("search", {"query": ""}),
    ("search", {"query": CANARY * 100}),
    ("search", {"query": [CANARY]}),
    ("search", {"query": f"{CANARY}\x00"}),
    ("search", {CANARY: CANARY}),
    ("fetch", {"id": ""}),
    ("fetch", {"id": CANARY}),
    ("fetch", {"id": CANARY * 100}),
    ("fetch", {"id": {CANARY: CANARY}}),
    ("fetch", {"id": f"{guide().document_id}@20260101T000000Z-zanzibar7q#s1"}),
    ("fetch", {"id": f"{guide().document_id}@../../zanzibar7q#s1"}),
    (CANARY, {"query": CANARY}),
]


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
@pytest.mark.parametrize(("tool", "arguments"), BAD, ids=str)
def test_a_bad_call_is_an_error_of_the_tool(
    served: Served, mode: str, tool: str, arguments: dict[str, object]
) -> None:
    """A model can read what was wrong; no word of the call is repeated."""
    done = using(served, mode, lambda client: client.call_tool(tool, arguments))
    assert done.is_error
    assert text_of(done)
    assert "zanzibar7q" not in text_of(done)


def test_the_bodies_of_2025_06_18_are_as_recorded(served: Served) -> None:
    """Initialise, note that it is done, call: without a session, on either form of the address."""
    first = rpc(
        served,
        "initialize",
        {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "recorded", "version": "1"},
        },
    )
    assert first.status_code == 200
    assert "mcp-session-id" not in first.headers
    assert first.json()["result"]["protocolVersion"] == "2025-06-18"
    assert first.json()["result"]["serverInfo"]["name"] == "pincite"
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert httpx2.post(f"{served.url}/mcp/", json=note, headers=OLD).status_code == 202
    call = rpc(served, "tools/call", {"name": "search", "arguments": {"query": QUESTION}})
    result = call.json()["result"]
    assert call.json()["id"] == 7
    (item,) = result["content"]
    assert item["type"] == "text"
    assert json.loads(item["text"]) == result["structuredContent"]
    assert len(result["structuredContent"]["results"]) == 1


BODIES: list[Any] = [
    CANARY,
    [CANARY],
    {CANARY: CANARY},
    {"jsonrpc": "2.0", "id": 1, "method": CANARY},
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CANARY},
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": [CANARY]}},
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search", "arguments": CANARY},
    },
]


@pytest.mark.parametrize("headers", [ACCEPT, OLD, {**ACCEPT, "mcp-protocol-version": "2026-07-28"}])
@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_faulty_body_is_a_json_rpc_error(
    served: Served, body: object, headers: dict[str, str]
) -> None:
    """Of every protocol, and without a word of the body."""
    response = httpx2.post(f"{served.url}/mcp", json=body, headers=headers)
    assert response.status_code in {200, 400, 404}
    assert response.json()["error"]["code"] < 0
    assert response.json()["error"]["message"]
    assert "zanzibar7q" not in response.text


def test_other_faults_are_json_rpc_errors_too(served: Served) -> None:
    """No JSON, too large a body, another method, an address below."""
    url = f"{served.url}/mcp"
    responses = [
        httpx2.post(url, content=b"{zanzibar7q", headers=OLD),
        httpx2.post(url, content=b"zanzibar7q" * 10_000, headers=OLD),
        httpx2.get(url, headers={"accept": "text/event-stream"}),
        httpx2.delete(url, headers={"accept": "text/html"}),
        httpx2.get(f"{url}/zanzibar7q", headers={"accept": "text/html"}),
    ]
    assert [one.status_code for one in responses] == [400, 413, 405, 405, 404]
    for one in responses:
        assert one.json()["error"]["code"] < 0
        assert "zanzibar7q" not in one.text
    assert responses[2].headers["allow"] == "POST"


def test_a_foreign_host_or_page_is_refused(served: Served) -> None:
    """What a browser was led here with by another site's name (DNS rebinding)."""
    params = {"name": "search", "arguments": {"query": UNANSWERED}}
    assert rpc(served, "tools/call", params, host="evil.example").status_code == 421
    assert rpc(served, "tools/call", params, origin="https://evil.example").status_code == 403
    assert rpc(served, "tools/call", params, origin="http://localhost:6274").status_code == 200
    assert rpc(served, "tools/call", params, host="localhost:8000").status_code == 200
