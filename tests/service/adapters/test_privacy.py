"""A planted question, through every dialect and failure, of a process of its own."""

import asyncio
from pathlib import Path

import httpx2
import pytest
from mcp import Client

from tests.building import write
from tests.processes import Served, serving
from tests.service.adapters.conftest import CANARY

ROUTES = {
    "/retrieval": {
        "knowledge_id": "default",
        "query": CANARY,
        "retrieval_setting": {"top_k": 3, "score_threshold": 0.0},
    },
    "/v1/vector_stores/default/search": {"query": CANARY},
    "/v1/chat/completions": {
        "model": "default",
        "messages": [{"role": "user", "content": CANARY}],
    },
    "/v1/answers?format=anthropic": {"question": CANARY},
    "/mcp": {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": CANARY}},
    },
}
HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "authorization": f"Bearer {CANARY}",
    "referer": CANARY,
    "x-request-id": CANARY,
}


def test_a_planted_question_is_in_no_line_of_the_log(served: Served) -> None:
    """Asked rightly and in every wrong form, at level debug."""
    for route, body in ROUTES.items():
        url = f"{served.url}{route}"
        assert httpx2.post(url, json=body, headers=HEADERS).status_code == 200
        for wrong in (
            httpx2.post(url, json=CANARY, headers=HEADERS),
            httpx2.post(url, json={CANARY: CANARY}, headers=HEADERS),
            httpx2.post(url, content=f'{{"query": "{CANARY}', headers=HEADERS),
            httpx2.post(url, content=CANARY.encode()),
            httpx2.post(url, content=CANARY.encode() * 50_000, headers=HEADERS),
            httpx2.put(url, content=CANARY.encode()),
            httpx2.get(f"{served.url}{route.partition('?')[0]}/{CANARY}", headers=HEADERS),
        ):
            assert 400 <= wrong.status_code < 500
            assert "zanzibar7q" not in wrong.text
    log = served.log("POST /v1/chat/completions 200", "POST /mcp 200")
    assert "zanzibar7q" not in log


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_a_foreign_client_s_question_is_in_no_line_of_the_log(served: Served, mode: str) -> None:
    """The protocol's own client sends names and headers of its own beside it."""

    async def ask() -> None:
        async with Client(f"{served.url}/mcp", mode=mode) as client:
            await client.call_tool("search", {"query": CANARY})
            await client.call_tool("search", {"query": CANARY * 99})
            await client.call_tool(CANARY, {})

    asyncio.run(ask())
    assert "zanzibar7q" not in served.log()


def test_a_defect_is_500_in_each_form_without_a_word_of_the_question(tmp_path: Path) -> None:
    """The encoder's own message repeats it; neither the log nor any response does."""
    source = write(tmp_path / "source")
    name = "tests.service.defective:open_defective"
    with serving(tmp_path / "home", source, PINCITE_ENCODER=name) as running:
        forms = []
        for route, body in ROUTES.items():
            headers = {name: HEADERS[name] for name in ("accept", "content-type")}
            response = httpx2.post(f"{running.url}{route}", json=body, headers=headers)
            assert "zanzibar7q" not in response.text
            assert "please report it with the request id" in response.text
            forms.append((response.status_code, sorted(response.json())))
        log = running.log()
    assert forms == [
        (500, ["error_code", "error_msg"]),
        (500, ["error"]),
        (500, ["error"]),
        (500, ["detail", "instance", "request_id", "status", "title", "type"]),
        (200, ["id", "jsonrpc", "result"]),  # a tool's error, which a model can read
    ]
    assert log.count("ZeroDivisionError, request ") == 5
    assert "zanzibar7q" not in log
