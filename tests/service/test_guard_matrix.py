"""Every route of the application, found by walking it, against every kind of key."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from service.app import create_app
from service.keys import SCOPES
from service.scopes import OPEN, rule_for
from tests.building import library
from tests.service.keyed import LONG_AGO, House, asked, bearer, house, learn, routes

SECRETS = ("zanzibar7q", "secret", "rota")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a service of two collections with a key."""
    found = house(tmp_path_factory.mktemp("matrix") / "home")
    found.key("ask")
    learn(found)
    with found.client:
        yield found


def app_of(found: House) -> FastAPI:
    """Return the application behind a client."""
    app = found.client.app
    assert isinstance(app, FastAPI)
    return app


def guarded(found: House) -> list[tuple[str, str]]:
    """Return every route that needs a key."""
    return [
        (method, path)
        for method, path in routes(app_of(found))
        if needed(method, path) != OPEN and method != "HEAD"
    ]


def needed(method: str, template: str) -> tuple[str, ...]:
    """Return the scopes that the table asks for."""
    rule = rule_for(template.replace("{path:path}", "x"))
    assert rule is not None, f"{template} has no row in service/scopes.py"
    found = rule.needs(method)
    assert found is not None, f"{method} {template} has no row in service/scopes.py"
    return found


def shown(response: Any) -> tuple[int, Any]:  # noqa: ANN401 - a response
    """Return what a caller can tell two responses apart by, but for the request's own id."""
    body = response.content.replace(response.headers["x-request-id"].encode(), b"")
    kept = {"content-type", "www-authenticate", "allow", "retry-after", "cache-control"}
    headers = {name: value for name, value in response.headers.items() if name in kept}
    return response.status_code, (body, headers)


def test_every_route_has_a_row_and_every_row_a_route(closed: House) -> None:
    """The table and the application name the same paths; health and looks alone are open."""
    walked = routes(app_of(closed))
    assert len(walked) > 20
    rules = [rule_for(path.replace("{path:path}", "x")) for _, path in walked]
    for (method, path), rule in zip(walked, rules, strict=True):
        assert rule is not None, path
        assert rule.needs(method) is not None, (method, path)
        assert rule.template == (path.rstrip("/") or "/")
    for path, methods in app_of(closed).openapi()["paths"].items():
        assert {("GET" if m == "head" else m.upper(), path) for m in methods} <= set(walked)
    opened = {path for method, path in walked if needed(method, path) == OPEN}
    looks = {"/opensearch.xml", "/site/logo", "/site/colours.css"}
    assert opened == {"/livez", "/readyz", "/healthz", "/static/{path:path}"} | looks


def test_a_route_that_is_not_in_the_table_is_not_served(closed: House) -> None:
    """Added and forgotten, it is 404: with a key for everything, and where there are no keys."""
    for home, headers in ((closed.home, bearer(closed.key())), (closed.home / "none", {})):
        app = create_app(library(home))
        app.add_api_route("/v1/forgotten", lambda: "zanzibar7q")
        with type(closed.client)(app) as client:
            response = client.get("/v1/forgotten", headers=headers)
        assert response.status_code == 404
        assert "zanzibar7q" not in response.text


def test_without_a_key_that_holds_every_route_is_refused_alike(closed: House) -> None:
    """No key, malformed, wrong and expired: the same refusal everywhere, whatever is asked for."""
    expired = closed.key(now=LONG_AGO, expires_at=datetime.now(UTC) - timedelta(days=1))
    elsewhere = closed.key(origins=["https://chat.clinic.example"])
    gone = closed.key()
    closed.keyring.revoke(gone.split("_")[1])
    right = closed.key()
    wrong = right[:-4] + ("AAAA" if right[-4:] != "AAAA" else "BBBB")
    presented = [
        *(bearer(one) for one in (expired, elsewhere, gone, wrong, "", "pin__", "é" * 3)),
        *({"authorization": one} for one in ("", "Bearer", right, "Basic ÿ", f"Token {right}")),
    ]
    presented = [{name: one.encode() for name, one in pair.items()} for pair in presented]  # type: ignore[misc]
    for method, path in guarded(closed):
        first = asked(closed.client, method, path, "secret", {})
        assert first.status_code == (403 if path.startswith("/retrieval") else 401), path
        assert first.headers["www-authenticate"].split()[0] in {"Bearer", "Basic"}
        assert not any(word in first.text for word in SECRETS)
        for headers in presented:
            for collection in ("secret", "nothing"):
                again = asked(closed.client, method, path, collection, headers)
                if path.startswith("/retrieval"):  # Dify tells a malformed header from a wrong key
                    assert again.status_code == 403
                    assert again.json()["error_code"] in {1001, 1002}
                    assert again.json()["error_msg"] == first.json()["error_msg"]
                else:
                    assert shown(again) == shown(first), (path, headers)


def test_a_key_opens_what_its_scopes_name_and_nothing_else(closed: House) -> None:
    """With each scope alone: 403 where it is not enough, no refusal where it is."""
    keys = {scope: bearer(closed.key(scope)) for scope in SCOPES}
    for method, path in guarded(closed):
        for scope, headers in keys.items():
            response = asked(closed.client, method, path, "nothing", headers)
            if scope in needed(method, path):
                assert response.status_code not in {401, 403}, (scope, method, path)
            else:
                assert response.status_code == 403, (scope, method, path)
                other = asked(closed.client, method, path, "secret", headers)
                assert shown(other) == shown(response)


def test_a_collection_that_was_not_granted_is_as_one_that_is_not(closed: House) -> None:
    """On every route, the same status and body for `secret` as for a name that nobody uses."""
    headers = bearer(closed.key(collections=["default"]))
    for method, path in guarded(closed):
        secret = asked(closed.client, method, path, "secret", headers)
        nothing = asked(closed.client, method, path, "nothing", headers)
        assert secret.status_code == nothing.status_code, path
        assert "seven o'clock" not in secret.text
        assert "secret.txt" not in secret.text
        if secret.status_code >= 400:
            assert shown(secret) == shown(nothing), path
    assert library(closed.home).retriever("secret").catalog.documents()


def test_lists_and_counts_hold_what_was_granted(closed: House) -> None:
    """Collections, documents, stores, models, pages, receipts: as if there were nothing else."""
    headers = bearer(closed.key(collections=["default"]))
    client = closed.client
    for path in ("/v1/collections", "/v1/documents", "/v1/vector_stores", "/v1/models", "/"):
        assert client.get(path, headers=headers).status_code == 200
        assert not any(word in client.get(path, headers=headers).text for word in SECRETS), path
    body = {"question": "zanzibar8q rota", "mode": "lexical"}
    found = client.post("/v1/answers", json=body, headers=headers).json()
    assert found["receipt"]["asked"]["collections"] == ["default"]
    assert found["query"]["did_you_mean"] is None
    wanted = {"type": "eq", "key": "collection", "value": "secret"}
    filtered = client.post("/v1/search", json={**body, "filters": wanted}, headers=headers).json()
    assert filtered["citations"] == []


def test_mcp_tools_take_the_scope_of_each(closed: House) -> None:
    """With `ask` alone a passage is found and not fetched; what was not granted is not there."""

    def call(headers: dict[str, str], tool: str, **arguments: str) -> Any:  # noqa: ANN401 - JSON
        own = {"accept": "application/json, text/event-stream", **headers}
        params = {"name": tool, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return closed.client.post("/mcp", json=message, headers=own).json()["result"]

    secret = library(closed.home).retriever("secret")
    document_id = secret.catalog.documents()[0].document_id
    passage = f"{document_id}@{secret.manifest.build}#s1"
    whole, ask = bearer(closed.key("ask", "read")), bearer(closed.key("ask"))
    granted = bearer(closed.key("ask", "read", collections=["default"]))
    assert not call(whole, "fetch", id=passage)["isError"]
    refused = call(ask, "fetch", id=passage)
    assert refused["isError"]
    assert "lacks the scope `read`" in json.dumps(refused)
    for one in (passage, document_id):
        hidden = call(granted, "fetch", id=one)
        unknown = call(granted, "fetch", id=one.replace(document_id, "nothing"))
        assert hidden == unknown
        assert hidden["isError"]


def test_health_is_open_and_tells_no_names(closed: House) -> None:
    """Ready without a key, and silent about what is held."""
    response = closed.client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"model": "ok", "index": "ok"}}
