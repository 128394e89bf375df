from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from corpus.allowance import Limits
from index.collection import Collection
from service.app import create_app
from service.envelope import LARGEST_BODY
from tests.building import LEAFLETS, library, makers
from tests.service.problems import check_problem
from tests.service.writing import HERE, at_the_desk, put, quotes, state


def test_an_uploaded_document_is_in_the_next_answer(desk: TestClient) -> None:
    """201 with what is held now; the build it names is the one that answers."""
    response = put(desk, "visits", "Visiting hours end at eight.\n", params={"filename": "v.txt"})
    assert response.status_code == 201, response.text
    body = response.json()
    assert (body["id"], body["collection"], body["uri"]) == ("visits", "default", "v.txt")
    assert (body["title"], body["sentences"], body["media_type"]) == ("v", 1, "text/plain")
    assert body["url"] == "/documents/visits"
    found = desk.post("/v1/search", json={"question": "when do visiting hours end"}).json()
    assert found["citations"][0]["quote"] == "Visiting hours end at eight."
    assert found["citations"][0]["document"]["sha256"] == body["sha256"]
    assert found["receipt"]["build"] == body["build"]
    assert len(desk.get("/v1/documents").json()["documents"]) == len(LEAFLETS) + 1
    assert desk.get("/documents/visits").status_code == 200


def test_without_a_filename_the_id_is_the_uri(desk: TestClient) -> None:
    """And tells the type by its ending."""
    headers = {"content-type": "application/octet-stream"}
    response = put(desk, "notes.md", "# Notes\n\nRing the bell.\n", headers=headers)
    assert response.status_code == 201
    body = response.json()
    assert (body["uri"], body["title"]) == ("notes.md", "Notes")
    assert body["media_type"] == "text/markdown"


def test_a_replaced_document_keeps_its_uri_and_loses_its_words(desk: TestClient) -> None:
    """200; the old sentences are gone; what others have in common with it stays theirs."""
    (first, *_) = desk.get("/v1/documents").json()["documents"]
    assert first["uri"] == "spasms.txt"
    text = "These cramps usually last two hours.\n"
    response = put(desk, first["id"], text, params={"filename": "other.txt"})
    assert response.status_code == 200
    assert response.json()["uri"] == "spasms.txt"
    found = quotes(desk, "how long do these spasms last nurse fall")
    assert "These cramps usually last two hours." in found
    assert "These spasms usually last 60 to 90 seconds." not in found
    assert "Tell your nurse about every fall." in found


def test_the_same_bytes_again_publish_nothing(desk: TestClient, tmp_path: Path) -> None:
    """PUT is idempotent: 200 and the same build."""
    first = put(desk, "a", "One sentence.\n").json()
    again = put(desk, "a", "One sentence.\n")
    assert again.status_code == 200
    assert again.json() == first
    assert len(Collection(tmp_path / "home", "default").builds()) == 2


def test_a_collection_is_made_by_its_first_document(desk: TestClient) -> None:
    """Of the name that was asked for, and of no name that cannot be one."""
    assert put(desk, "a", "A rule.\n", params={"collection": "staff"}).status_code == 201
    names = [one["name"] for one in desk.get("/v1/collections").json()["collections"]]
    assert names == ["default", "staff"]
    for name in ("../x", "A B", ".."):
        refused = put(desk, "a", "A rule.\n", params={"collection": name})
        assert refused.status_code == 404
        check_problem(refused.json(), 404)


def test_the_sample_leaves_when_something_is_uploaded(tmp_path: Path) -> None:
    """As it does when a folder is indexed."""
    client = at_the_desk(tmp_path)
    assert put(client, "a", "A rule.\n").status_code == 201
    assert [one["id"] for one in client.get("/v1/documents").json()["documents"]] == ["a"]


@pytest.mark.parametrize(
    ("data", "media_type", "reason"),
    [
        (b"", "text/plain", "empty"),
        (b"\x00\x01\x02" * 99, "text/plain", "binary"),
        (b"<html><script>1</script></html>", "text/html", "no_text"),
    ],
)
def test_what_cannot_be_read_is_422_with_its_reason_and_changes_nothing(
    unchanged: TestClient, unchanged_home: Path, data: bytes, media_type: str, reason: str
) -> None:
    """Neither for a new id nor for one that is held."""
    before = state(unchanged_home)
    held = unchanged.get("/v1/documents").json()["documents"][0]["id"]
    for document_id in ("new", held):
        response = put(unchanged, document_id, data, headers={"content-type": media_type})
        assert response.status_code == 422
        check_problem(response.json(), 422)
        assert response.json()["reason"] == reason
    assert state(unchanged_home) == before


def test_the_file_name_of_another_document_is_refused(
    unchanged: TestClient, unchanged_home: Path
) -> None:
    """Two documents of one uri could not be told apart: 422 with same_uri."""
    before = state(unchanged_home)
    response = put(unchanged, "new", "A rule.\n", params={"filename": "spasms.txt"})
    assert (response.status_code, response.json()["reason"]) == (422, "same_uri")
    assert state(unchanged_home) == before


@pytest.mark.parametrize("media_type", ["image/png", "text", "", "application/octet-stream", "a/b"])
def test_an_unknown_type_is_415(unchanged: TestClient, media_type: str) -> None:
    """And the problem lists the known ones."""
    response = put(unchanged, "a", "A rule.\n", headers={"content-type": media_type})
    assert response.status_code == 415
    check_problem(response.json(), 415)
    assert "text/html" in response.json()["detail"]


@pytest.mark.parametrize(
    "document_id", ["a" * 65, "a b", "%C3%A9", "a%2Fb", "..", "%2E%2E", "a%00", "a%0A", "a~", "a:b"]
)
def test_an_id_that_cannot_be_one_is_refused(
    unchanged: TestClient, unchanged_home: Path, document_id: str
) -> None:
    """Nothing is written, and the id is not repeated."""
    before = state(unchanged_home)
    response = put(unchanged, document_id, "A rule.\n")
    assert response.status_code in {404, 405, 422}
    assert state(unchanged_home) == before


@pytest.mark.parametrize("document_id", ["a" * 64, "A.b_c-9", ".hidden", "-", "_"])
def test_every_allowed_id_is_kept_as_it_is(desk: TestClient, document_id: str) -> None:
    """It reads back under the same address, and is removed by it."""
    assert put(desk, document_id, "A rule.\n").json()["id"] == document_id
    assert desk.get(f"/v1/documents/{document_id}").json()["text"] == "A rule.\n"
    assert desk.get(f"/documents/{document_id}").status_code == 200
    assert desk.delete(f"/v1/documents/{document_id}").status_code == 200


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd.txt", "../a.txt", "a/../b.txt", "a\\b.txt", "a\x00.txt", "a\n.txt", "a//b"],
)
def test_a_file_name_that_cannot_be_one_is_422(unchanged: TestClient, name: str) -> None:
    """Names become uris and are shown."""
    response = put(unchanged, "a", "A rule.\n", params={"filename": name})
    assert response.status_code == 422
    check_problem(response.json(), 422)


def test_a_file_name_is_kept_whatever_its_script(desk: TestClient) -> None:
    """With folders, spaces, and letters of any language."""
    name = "pjece/Spasticitet hos børn \N{PILL}.txt"
    body = put(desk, "a", "A rule.\n", params={"filename": name}).json()
    assert (body["uri"], body["title"]) == (name, "Spasticitet hos børn \N{PILL}")


def test_a_file_may_be_larger_than_a_question_and_no_larger_than_the_limit(tmp_path: Path) -> None:
    """413 above PINCITE_LARGEST_FILE, and above 64 KiB on every other route."""
    largest = 2 * LARGEST_BODY
    made_with = makers()
    made_with = replace(made_with, limits=Limits(file=largest))
    app = create_app(library(tmp_path), made_with)
    client = TestClient(app, base_url=HERE, client=("127.0.0.1", 1))
    text = "Rule. " * (largest // 6)
    assert put(client, "a", text).status_code == 201
    before = state(tmp_path)
    too_large = put(client, "b", text + "Rule. ")
    assert too_large.status_code == 413
    check_problem(too_large.json(), 413)
    pieces = (b"Rule. " * 1000 for _ in range(50))
    headers = {"content-type": "text/plain"}
    assert client.put("/v1/documents/b", content=pieces, headers=headers).status_code == 413
    assert state(tmp_path) == before
    asked = client.post("/v1/answers", content=text, headers={"content-type": "application/json"})
    assert asked.status_code == 413
    other = client.put("/v1/answers", content=text)
    assert other.status_code in {405, 413}
