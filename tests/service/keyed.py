"""An application with keys of every kind, and each of its routes with a request that is right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount

from service.app import create_app
from service.guard import Guarding
from service.keys import SCOPES, Keyring, Scope
from tests.building import indexed, library, makers

SECRET = {"secret.txt": "Rotas\n\nThe zanzibar7q rota begins on Monday morning at seven o'clock.\n"}
QUESTION = "When does the zanzibar7q rota begin?"
MCP = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "host": "127.0.0.1:8000",
}
LONG_AGO = datetime.now(UTC) - timedelta(days=9)


@dataclass(frozen=True, slots=True)
class House:
    """A service over `default`, open to many keys, and `secret`, open to few."""

    home: Path
    client: TestClient
    keyring: Keyring

    def key(self, *scopes: Scope, **more: Any) -> str:  # noqa: ANN401 - as create's own
        """Make a key; return its token."""
        made_at = more.pop("now", LONG_AGO)
        return self.keyring.create("test", scopes or SCOPES, now=made_at, **more)[1]


def house(home: Path, guarding: Guarding | None = None) -> House:
    """Return a service over a new HOME of two collections."""
    indexed(home)
    indexed(home, SECRET, "secret")
    guarding = guarding or Guarding(rate="off", refusals="off")
    app = create_app(library(home), makers(), guarding=guarding)
    # Not this machine: writing is by key alone.
    client = TestClient(app, base_url="http://127.0.0.1:8000", client=("192.0.2.7", 50_000))
    return House(home, client, Keyring(home))


def bearer(token: str) -> dict[str, str]:
    """Return the header that presents a key."""
    return {"authorization": f"Bearer {token}"}


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return method and template of all that an application serves, however it came there."""
    return sorted(set(_walked(app.routes)))


def _walked(found: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - routes of two frameworks
    for one in found:
        if hasattr(one, "effective_candidates"):
            yield from _walked(one.effective_candidates())
        elif isinstance(one, Mount):
            yield "GET", f"{one.path}/{{path:path}}"
        else:
            for method in one.methods or {"POST"}:  # a route for any method: what it is there for
                yield method, one.path


def asked(
    client: TestClient, method: str, template: str, collection: str, headers: Mapping[str, str]
) -> Any:  # noqa: ANN401 - a response
    """Send to a route what it answers with success, of or in one collection."""
    json: Any = None
    content: bytes | None = None
    params: dict[str, str] = {}
    path = template.replace("{store_id}", collection).replace("{path:path}", "pincite.css")
    path = path.replace("{document_id}", DOCUMENTS[collection]).replace("{build}", "none")
    path = path.replace("{name}", collection).replace("{token}", "none")
    own: dict[str, str] = {"sec-fetch-site": "same-origin"} if "/admin" in path else {}
    if path.startswith(("/v1/documents", "/v1/builds")):
        params = {"collection": collection}
    if method == "PUT":
        content, own = b"Wash your hands before every meal.", {"content-type": "text/plain"}
    if path in {"/v1/answers", "/v1/search"}:
        json = {"question": QUESTION, "collections": [collection]}
    elif path == "/search":
        params = {"q": QUESTION}
    elif path == "/v1/verify":
        json = {"citations": [{"quote": "Rest.", "document": {"id": "x"}, "offsets": _PLACE}]}
    elif path.startswith("/retrieval"):
        json = {"knowledge_id": collection, "query": QUESTION}
        json["retrieval_setting"] = {"top_k": 3, "score_threshold": 0.0}
    elif path.endswith("/search"):
        json = {"query": QUESTION}
    elif path == "/v1/chat/completions":
        json = {"model": collection, "messages": [{"role": "user", "content": QUESTION}]}
    elif path.startswith("/mcp"):
        json, own = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}, MCP
    return client.request(
        method, path, params=params, json=json, content=content, headers={**own, **headers}
    )


DOCUMENTS: dict[str, str] = {}
"""A document of each collection; filled by `learn`."""
_PLACE = {"start": 0, "end": 5}


def learn(found: House) -> None:
    """Note a document of each collection."""
    for name in ("default", "secret"):
        retriever = library(found.home).retriever(name)
        DOCUMENTS[name] = retriever.catalog.documents()[0].document_id
    DOCUMENTS["nothing"] = "no-such-document"
