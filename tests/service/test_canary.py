"""A question with a name and a valid NHS number, sent everywhere: it is left nowhere."""

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from starlette.routing import BaseRoute, Mount, Route

from service.app import create_app
from tests.building import library, makers, write
from tests.processes import Served, serving
from tests.service.collector import Collector, collecting

CANARY = "zanzibar7q my dad John Smith 943 476 5919"
WORDS = ("zanzibar7q", "smith", "476 5919", "4765919", "476%205919", "476+5919")
AT = quote(CANARY)
JSON_RPC = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
SETTING = {"top_k": 5, "score_threshold": 0.0}
CITATION = {
    "quote": CANARY,
    "document": {"id": CANARY},
    "offsets": {"start": 0, "end": 9},
}
CHAT = {"model": "default", "messages": [{"role": "user", "content": CANARY}]}

BODIES: dict[str, list[dict[str, Any]]] = {
    "/v1/answers": [{"question": CANARY}],
    "/v1/search": [{"question": CANARY}],
    "/v1/verify": [CITATION],
    "/v1/feedback": [
        {"collection": CANARY, "bucket": CANARY, "document_id": CANARY, "helpful": True}
    ],
    "/feedback": [{"collection": CANARY, "bucket": CANARY}],
    "/retrieval": [{"knowledge_id": "default", "query": CANARY, "retrieval_setting": SETTING}],
    "/v1/vector_stores/{store_id}/search": [{"query": CANARY}, {"query": [CANARY, CANARY]}],
    "/v1/chat/completions": [CHAT, {**CHAT, "stream": True}, {**CHAT, "model": CANARY}],
    "/mcp": [
        {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"name": name, "arguments": given}}
        for method, name, given in (
            ("tools/call", "search", {"query": CANARY}),
            ("tools/call", "search", {CANARY: CANARY}),
            ("tools/call", "fetch", {"id": CANARY}),
            ("tools/call", CANARY, {}),
            (CANARY, CANARY, {}),
        )
    ],
}
BODIES["/retrieval/"] = BODIES["/retrieval"]
BODIES["/mcp/"] = BODIES["/mcp"]
WITHOUT_BODY = {
    ("GET", path)
    for path in (
        "/",
        "/search",
        "/documents/{document_id}",
        "/openapi.json",
        "/static",
        "/livez",
        "/readyz",
        "/healthz",
        "/metrics",
        "/v1/unanswered",
        "/v1/documents",
        "/v1/documents/{document_id}",
        "/v1/documents/{document_id}/original",
        "/v1/collections",
        "/v1/builds",
        "/v1/models",
        "/v1/vector_stores",
        "/v1/vector_stores/{store_id}",
        "/v1/suggest",
        "/embed",
        "/feedback",
        "/opensearch.xml",
        "/site/logo",
        "/site/colours.css",
        "/admin",
        "/admin/outcomes/{token}",
        "/admin/collections/{name}",
        "/admin/collections/{name}/builds/{build}/activate",
        "/admin/collections/{name}/check",
        "/admin/collections/{name}/prune",
        "/admin/collections/{name}/documents/{document_id}/remove",
    )
} | {
    ("POST", "/admin/upload"),
    ("POST", "/admin/collections/{name}/check"),
    ("POST", "/admin/collections/{name}/builds/{build}/activate"),
    ("POST", "/admin/collections/{name}/prune"),
    ("POST", "/admin/collections/{name}/documents/{document_id}/remove"),
    ("PUT", "/v1/documents/{document_id}"),
    ("DELETE", "/v1/documents/{document_id}"),
    ("POST", "/v1/builds/{build}/activate"),
}


def walked(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield every route, those of included routers too; their prefixes are their own."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from walked(included.routes)


def test_every_route_is_sent_the_canary(tmp_path: Path) -> None:
    """A route that is added must be added here as well, with what a question to it looks like."""
    app = create_app(library(tmp_path), makers())
    there: set[tuple[str, str]] = set()
    for route in walked(app.routes):
        if isinstance(route, Mount):
            there.add(("GET", route.path))
        elif isinstance(route, Route):
            methods = {"POST"} if route.path.startswith("/mcp") else route.methods or {"GET"}
            there |= {(method, route.path) for method in methods - {"HEAD"}}
        else:
            pytest.fail(f"what is this: {route!r}")
    assert there == WITHOUT_BODY | {("POST", path) for path in BODIES}


def requests() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and what is sent, in every right and wrong form."""
    for method, path in sorted(WITHOUT_BODY):
        for filled in {re.sub(r"{\w+}", AT, path), re.sub(r"{\w+}", f"default{AT}", path)}:
            for query in (f"?q={AT}", f"?collection={AT}", f"?filename={AT}.txt", f"?{AT}={AT}"):
                yield method, f"{filled}{query}", {}
        yield method, f"{path}/{AT}", {}
    yield "GET", f"/search?q={AT * 40}", {}
    yield "GET", f"/search/?q={AT}", {}
    yield "GET", f"/{AT}", {"headers": {"accept": "text/html"}}
    yield "ZANZIBAR7Q", f"/search?q={AT}", {}
    for path, bodies in BODIES.items():
        stores = path.replace("{store_id}", "default")
        headers = JSON_RPC if path.startswith("/mcp") else {}
        for body in bodies:
            yield "POST", stores, {"json": body, "headers": headers}
            yield "POST", path.replace("{store_id}", AT), {"json": body, "headers": headers}
            yield "POST", f"{stores}?q={AT}&format={AT}", {"json": body, "headers": headers}
            yield "POST", stores, {"json": {**body, CANARY: CANARY}, "headers": headers}
            for name in body:
                for value in (CANARY, [CANARY], {CANARY: CANARY}, CANARY * 60, CANARY * 30_000):
                    yield "POST", stores, {"json": {**body, name: value}, "headers": headers}
        for content in (CANARY, f'{{"question": "{CANARY}', f'["{CANARY}"]', f'"{CANARY}"'):
            typed = {**headers, "content-type": "application/json"}
            yield "POST", stores, {"content": content, "headers": typed}
            yield "POST", stores, {"content": content, "headers": {"content-type": CANARY}}
        yield "POST", stores, {"data": {"question": CANARY, "query": CANARY}}
        yield "GET", f"{stores}?q={AT}", {}


def send_all(served: Served) -> set[int]:
    """Send everything; check every response; return the statuses that came."""
    statuses = set()
    said = {"referer": CANARY, "user-agent": CANARY, "cookie": CANARY, "x-request-id": CANARY}
    said |= {"traceparent": CANARY, "tracestate": f"vendor={CANARY}", "baggage": CANARY}
    with httpx2.Client(base_url=served.url, timeout=60, headers=said) as client:
        for method, path, sent in requests():
            if path.startswith("/mcp") and b'"id"' in str(sent).encode() and "json" in sent:
                sent["json"] = {**sent["json"], "id": 1}  # the protocol wants it back
            found = client.request(method, path, **sent)
            statuses.add(found.status_code)
            where = f"{method} {path[:60]} {found.status_code}"
            for name, value in found.headers.items():
                assert words_in(f"{name}: {value}") == [], where
            text = found.text
            if "text/html" in found.headers.get("content-type", ""):
                title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
                assert title, where
                assert words_in(title[1]) == [], where
                # The box keeps what a person typed, so that it can be mended.
                text = re.sub(r'value="[^"]*"', "", text)
            if found.status_code >= 400:
                assert words_in(text) == [], f"{where}: {text[:300]}"
    return statuses


def words_in(text: str) -> list[str]:
    """Return the canary's words that are in a text."""
    return [word for word in WORDS if word in text.casefold()]


def left_in(folder: Path) -> dict[str, list[str]]:
    """Return every file under a folder that has one of the canary's words, or bears it."""
    found = {}
    for path in folder.rglob("*"):
        text = str(path.relative_to(folder))
        if path.is_file():
            text += path.read_bytes().decode("utf-8", errors="replace")
        if words_in(text):
            found[str(path)] = words_in(text)
    return found


def everything_on(folder: Path, collector: Collector) -> dict[str, str]:
    """Return the settings that write the most, and a folder of its own for temporary files."""
    for name in ("cwd", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    return {
        "TMPDIR": str(folder / "tmp"),
        "PINCITE_LOG_LEVEL": "debug",
        "PINCITE_LOG_FORMAT": "json",
        "PINCITE_AUDIT": "on",
        "PINCITE_KEEP_QUESTIONS": "redacted",
        "PINCITE_TRACES": collector.url,
    }


def check_metrics(served: Served) -> None:
    """Check that the counters have counted it, and say nothing of it."""
    metrics = httpx2.get(f"{served.url}/metrics").text
    assert "pincite_http_requests_total{" in metrics
    assert words_in(metrics) == []
    assert words_in(httpx2.get(f"{served.url}/v1/unanswered").text) == []


def check_traces(collector: Collector) -> None:
    """Check that every request was sent as a span, its stages with it, and not a word of it."""
    names = {span.name for span in collector.spans()}
    assert {"GET /search", "POST /v1/answers", "POST /mcp", "_OTHER", "encode"} <= names
    assert words_in(collector.text()) == []


def test_the_canary_is_left_nowhere(tmp_path: Path) -> None:
    """Whole, then with a damaged build under way: no file, log, metric, span, error or header.

    At log level debug, with the audit, and with unanswered questions kept.
    """
    prefix = ("env", f"--chdir={tmp_path / 'cwd'}")
    home, source = tmp_path / "home", write(tmp_path / "source")
    with (
        collecting() as collector,
        serving(home, source, prefix=prefix, **everything_on(tmp_path, collector)) as served,
    ):
        whole = send_all(served)
        assert {200, 404, 405, 413, 415, 422} <= whole
        assert max(whole) < 500
        check_metrics(served)
        shutil.copytree(home / "collections" / "default", home / "collections" / "other")
        for path in home.glob("collections/other/builds/*/catalog.sqlite"):
            path.write_bytes(b"damaged" * 9)
        assert 503 in send_all(served)
        check_metrics(served)
    assert left_in(tmp_path) == {}
    check_traces(collector)
    log = (tmp_path / "home.stderr").read_text(encoding="utf-8")
    assert "PINCITE_KEEP_QUESTIONS is on" in log
    assert "POST /v1/answers 200" in log
    assert (home / "questions.jsonl").stat().st_size > 0
    assert list((home / "audit").glob("*.jsonl"))


def test_the_canary_is_left_nowhere_by_a_defect(tmp_path: Path) -> None:
    """Where other people's code fails with the question in its message: 500, and no word of it."""
    more = {"PINCITE_ENCODER": "tests.service.defective:open_defective"}
    prefix = ("env", f"--chdir={tmp_path / 'cwd'}")
    home, source = tmp_path / "home", write(tmp_path / "source")
    with (
        collecting() as collector,
        serving(
            home, source, prefix=prefix, **everything_on(tmp_path, collector), **more
        ) as served,
    ):
        assert 500 in send_all(served)
        check_metrics(served)
    assert left_in(tmp_path) == {}
    check_traces(collector)
    assert "ZeroDivisionError" in (tmp_path / "home.stderr").read_text(encoding="utf-8")
