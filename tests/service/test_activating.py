from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.collection import Collection
from tests.service.problems import check_problem
from tests.service.writing import put, quotes

CANARY = "zanzibar7q"


def test_a_kept_build_is_activated(desk: TestClient) -> None:
    """Back to before an upload, and forth again; each is in the next answer."""
    old = desk.get("/v1/builds").json()["builds"][0]["id"]
    new = put(desk, "visits", "Visiting hours end at eight.\n").json()["build"]
    for build, known in ((old, False), (new, True), (new, True)):
        response = desk.post(f"/v1/builds/{build}/activate")
        assert response.status_code == 200
        assert response.json() == {"collection": "default", "build": build}
        assert ("Visiting hours end at eight." in quotes(desk, "visiting hours")) is known


@pytest.mark.parametrize(
    "build", ["zanzibar7q", "20260101T000000Z-zanzibar7q", "..", "%2e%2e%2f", "a" * 300]
)
def test_a_build_that_is_not_kept_is_404(unchanged: TestClient, build: str) -> None:
    """And is not repeated."""
    response = unchanged.post(f"/v1/builds/{build}/activate")
    assert response.status_code in {404, 405, 422}
    check_problem(response.json(), response.status_code)
    assert CANARY not in response.text


def test_a_damaged_build_is_not_activated(desk: TestClient, tmp_path: Path) -> None:
    """503, and what was published stays."""
    held = Collection(tmp_path / "home", "default")
    old = held.builds()[0]
    new = put(desk, "a", "A rule.\n").json()["build"]
    path = held.layout(old).vectors
    path.write_bytes(path.read_bytes()[:-1])
    response = desk.post(f"/v1/builds/{old}/activate")
    assert response.status_code == 503
    assert held.current() == new
