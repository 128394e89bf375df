from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.collection import Collection
from index.lexical import LexicalIndex
from index.members import Members
from tests.service.problems import check_problem
from tests.service.writing import at_the_desk, put, quotes, state

CANARY = "zanzibar7q"
SECRET = f"The {CANARY} protocol (ZQP) is for ward nine. Ask for the {CANARY} protocol by name."


def test_a_deleted_document_is_reached_by_nothing(desk: TestClient, tmp_path: Path) -> None:
    """Its words and its id are in no file of the build, and no route gives them."""
    home = tmp_path / "home"
    document_id = "zz-secret"
    put(desk, "copy", "The copy says: nothing. Tell your nurse about every fall.\n")
    assert put(desk, document_id, SECRET, params={"filename": "zz-secret.txt"}).status_code == 201
    sha256 = desk.get(f"/v1/documents/{document_id}").json()["sha256"]
    original = Collection(home, "default").originals.path(sha256)
    assert original.read_text(encoding="utf-8") == SECRET
    searches = [
        {"question": question, "mode": mode, "top_k": 50, "explain": True}
        for question in (f"what is the {CANARY} protocol", "zanzibar8q", "what is ZQP", "ward nine")
        for mode in ("hybrid", "dense", "lexical")
    ]
    seen = "".join(desk.post("/v1/search", json=one).text for one in searches)
    assert document_id in seen

    deleted = desk.delete(f"/v1/documents/{document_id}")
    assert deleted.status_code == 200
    assert deleted.json()["collection"] == "default"
    layout = Collection(home, "default").published().layout
    assert layout.folder.name == deleted.json()["build"]
    for file in (path for path in layout.folder.rglob("*") if path.is_file()):
        held = file.read_bytes().lower()
        assert CANARY.encode() not in held, file
        assert document_id.encode() not in held, file
        assert sha256.encode() not in held, file
    lexical = LexicalIndex(layout.lexical, Members.read(layout.members))
    assert not lexical.search(lexical.terms(CANARY, ()), 10)
    for asked in searches:
        for route in ("/v1/search", "/v1/answers"):
            body = {name: value for name, value in asked.items() if name != "explain"}
            found = desk.post(route, json=body)
            assert found.status_code == 200
            assert document_id not in found.text
            assert "protocol" not in found.text.replace(str(asked["question"]), "")
    for path in (
        "/v1/documents/zz-secret",
        "/v1/documents/zz-secret/original",
        "/v1/documents/zz-secret?collection=default",
        "/documents/zz-secret",
    ):
        gone = desk.get(path)
        assert gone.status_code == 404
        assert document_id not in gone.text
    for path in ("/v1/documents", "/v1/collections", "/v1/builds", "/", "/search?q=ward+nine"):
        assert document_id not in desk.get(path).text
        assert CANARY not in desk.get(path).text
    claim = {
        "quote": f"Ask for the {CANARY} protocol by name.",
        "document": {"id": document_id, "sha256": sha256, "uri": "zz-secret.txt"},
        "offsets": {"start": 0, "end": 10},
    }
    verdict = desk.post("/v1/verify", json=claim).json()["results"][0]
    assert (verdict["status"], verdict["citation"]) == ("gone", None)
    assert desk.delete(f"/v1/documents/{document_id}").status_code == 404


@pytest.mark.parametrize("at_once", [True, False])
def test_an_erased_document_is_gone_from_disk(
    desk: TestClient, tmp_path: Path, *, at_once: bool
) -> None:
    """From every kept build and from the originals, also when it was deleted before."""
    home = tmp_path / "home"
    put(desk, "zz-secret", SECRET)
    put(desk, "later", "A later rule.\n")
    if not at_once:
        assert desk.delete("/v1/documents/zz-secret").status_code == 200
    assert any(CANARY.encode() in data for data in state(home).values())
    response = desk.delete("/v1/documents/zz-secret", params={"erase": "true"})
    assert response.status_code == 200
    for name, data in state(home).items():
        assert CANARY.encode() not in data, name
        assert b"zz-secret" not in data, name
    builds = [one["id"] for one in desk.get("/v1/builds").json()["builds"]]
    assert response.json()["build"] in builds
    assert "A later rule." in quotes(desk, "what later rule")
    again = desk.delete("/v1/documents/zz-secret", params={"erase": "true"})
    assert again.status_code == 404


def test_a_deleted_copy_is_no_longer_also_in(desk: TestClient) -> None:
    """A sentence that two documents share stays, with one place less."""

    def places() -> list[int]:
        found = desk.post("/v1/search", json={"question": "tell your nurse about every fall"})
        return [
            len(one["also_in"])
            for one in found.json()["citations"]
            if one["quote"] == "Tell your nurse about every fall."
        ]

    assert places() == [1]
    first = desk.get("/v1/documents").json()["documents"][0]["id"]
    assert desk.delete(f"/v1/documents/{first}").status_code == 200
    assert places() == [0]


def test_the_last_document_can_be_deleted(tmp_path: Path) -> None:
    """What is left is an empty collection, which answers that it is empty and takes documents."""
    client = at_the_desk(tmp_path)
    put(client, "a", "A rule.\n")
    assert client.delete("/v1/documents/a").status_code == 200
    body = client.post("/v1/answers", json={"question": "what rule"}).json()
    assert (body["status"], body["reason"]) == ("no_answer", "empty_index")
    assert put(client, "a", "A rule.\n").status_code == 201


@pytest.mark.parametrize(
    "path", ["/v1/documents/zanzibar7q", "/v1/documents/a?collection=zanzibar7q"]
)
def test_what_is_not_there_cannot_be_deleted(
    unchanged: TestClient, unchanged_home: Path, path: str
) -> None:
    """404, nothing written, nothing repeated."""
    before = state(unchanged_home)
    response = unchanged.delete(path)
    assert response.status_code == 404
    check_problem(response.json(), 404)
    assert CANARY not in response.text
    assert state(unchanged_home) == before
