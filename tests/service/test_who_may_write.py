from pathlib import Path
from typing import get_args

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from service.app import create_app
from service.routes import changes, health, holdings, originals, questions, reading, verification
from service.routes.access import WritingDesk
from tests.building import library, makers
from tests.service.problems import check_problem
from tests.service.writing import HERE, at_the_desk, put, state


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        (("192.0.2.7", 50_000), {}),
        (("testclient", 50_000), {}),
        (("127.0.0.1", 50_000), {"host": "clinic.example"}),
        (("127.0.0.1", 50_000), {"host": "127.0.0.1.evil.example:8000"}),
        (("127.0.0.1", 50_000), {"origin": "https://evil.example"}),
        (("127.0.0.1", 50_000), {"origin": "null"}),
        (("127.0.0.1", 50_000), {"origin": "http://127.0.0.1:9999"}),
        (("127.0.0.1", 50_000), {"x-forwarded-for": "192.0.2.7"}),
        (("127.0.0.1", 50_000), {"forwarded": "for=192.0.2.7"}),
        (("127.0.0.1", 50_000), {"host": "[::"}),
    ],
)
def test_only_this_machine_may_write(
    unchanged_home: Path, client: tuple[str, int], headers: dict[str, str]
) -> None:
    """No other machine, no page of another site, no name that was bent to here, no proxy: 403."""
    before = state(unchanged_home)
    app = create_app(library(unchanged_home), makers())
    asked = TestClient(app, base_url=HERE, client=client)
    document_id = asked.get("/v1/documents").json()["documents"][0]["id"]
    build = asked.get("/v1/builds").json()["builds"][0]["id"]
    for response in (
        asked.put(
            "/v1/documents/a", content=b"A rule.", headers={"content-type": "text/plain", **headers}
        ),
        asked.delete(f"/v1/documents/{document_id}", headers=headers),
        asked.post(f"/v1/builds/{build}/activate", headers=headers),
    ):
        assert response.status_code == 403
        check_problem(response.json(), 403)
    assert state(unchanged_home) == before


@pytest.mark.parametrize("host", ["localhost:8000", "[::1]:8000", "127.0.0.9"])
def test_this_machine_may_write_by_any_of_its_names(tmp_path: Path, host: str) -> None:
    """Also with the origin of its own page."""
    client = at_the_desk(tmp_path)
    headers = {"content-type": "text/plain", "host": host, "origin": f"http://{host}"}
    assert put(client, "a", "A rule.\n", headers=headers).status_code == 201


def test_without_makers_nothing_can_be_written(tmp_path: Path) -> None:
    """An application that was made only to answer refuses with 403."""
    app = create_app(library(tmp_path))
    client = TestClient(app, base_url=HERE, client=("127.0.0.1", 1))
    assert put(client, "a", "A rule.\n").status_code == 403


def test_every_route_that_writes_has_the_one_guard() -> None:
    """Whatever is not GET or HEAD, and is no question, is handed the desk by the one guard."""
    (writing,) = (one.dependency for one in get_args(WritingDesk)[1:])
    modules = (changes, health, holdings, originals, questions, reading, verification)
    guarded: set[str] = set()
    open_: set[str] = set()
    for route in (route for module in modules for route in module.router.routes):
        assert isinstance(route, APIRoute)
        calls = {one.call for one in route.dependant.dependencies}
        for method in (route.methods or set()) - {"GET", "HEAD"}:
            (guarded if writing in calls else open_).add(f"{method} {route.path}")
    assert guarded == {
        "PUT /v1/documents/{document_id}",
        "DELETE /v1/documents/{document_id}",
        "POST /v1/builds/{build}/activate",
    }
    assert open_ == {"POST /v1/answers", "POST /v1/search", "POST /v1/verify"}
