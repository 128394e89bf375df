"""Clients that may write, and what they send."""

from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from index.store import Store
from service.app import create_app
from tests.building import engine_of, library, makers

HERE = "http://127.0.0.1:8000"


def at_the_desk(home: Path, store: Store | None = None, **more: Any) -> TestClient:  # noqa: ANN401 - as the client's own
    """Return a client on this machine of a service over `home` that takes documents in.

    They are kept in `store` where one is given.
    """
    app = create_app(library(home, store=store), makers(engine=engine_of(store)))
    return TestClient(app, base_url=HERE, client=("127.0.0.1", 50_000), **more)


def put(client: TestClient, document_id: str, text: str | bytes, **more: Any) -> Any:  # noqa: ANN401 - a response
    """Upload a plain text."""
    content = text.encode() if isinstance(text, str) else text
    more.setdefault("headers", {"content-type": "text/plain"})
    return client.put(f"/v1/documents/{document_id}", content=content, **more)


def quotes(client: TestClient, question: str) -> list[str]:
    """Return the quotes that a search finds."""
    found = client.post("/v1/search", json={"question": question, "top_k": 50})
    assert found.status_code == 200, found.text
    return [one["quote"] for one in found.json()["citations"]]


def state(home: Path) -> dict[str, bytes]:
    """Return every file of a HOME but locks, to compare what was with what is."""
    files = (path for path in home.rglob("*") if path.is_file() and path.name != "LOCK")
    return {str(path.relative_to(home)): path.read_bytes() for path in files}
