import errno
import os
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from corpus.allowance import Limits
from index.collection import Collection
from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors
from index.errors import BuildError, CollectionError
from index.lexical import LexicalIndex
from index.members import Members
from service.app import create_app
from service.envelope import LARGEST_BODY
from service.errors import status_of
from service.routes import changes, health, holdings, originals, questions, reading, verification
from service.routes.access import WritingDesk
from tests.building import LEAFLETS, indexed, library, makers
from tests.service.test_api import check_problem
from tests.service.writing import HERE, at_the_desk, put, quotes

CANARY = "zanzibar7q"
SECRET = f"The {CANARY} protocol (ZQP) is for ward nine. Ask for the {CANARY} protocol by name."


def state(home: Path) -> dict[str, bytes]:
    """Return every file of a HOME but locks, to compare what was with what is."""
    files = (path for path in home.rglob("*") if path.is_file() and path.name != "LOCK")
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def unchanged_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a HOME for requests that are refused: no test changes it."""
    home = tmp_path_factory.mktemp("unchanged")
    indexed(home)
    return home


@pytest.fixture(scope="module")
def unchanged(unchanged_home: Path) -> TestClient:
    """Return a client that may write to `unchanged_home`."""
    return at_the_desk(unchanged_home)


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


def test_where_another_process_writes_it_is_409_and_may_be_tried_again(
    desk: TestClient, tmp_path: Path
) -> None:
    """With Retry-After; nothing is changed; afterwards it works."""
    held = Collection(tmp_path / "home", "default")
    document_id = desk.get("/v1/documents").json()["documents"][0]["id"]
    build = held.current()
    with held.writing():
        for response in (
            put(desk, "a", "A rule.\n"),
            desk.delete(f"/v1/documents/{document_id}"),
            desk.post(f"/v1/builds/{build}/activate"),
        ):
            assert response.status_code == 409
            check_problem(response.json(), 409)
            assert int(response.headers["retry-after"]) > 0
    assert held.current() == build
    assert put(desk, "a", "A rule.\n").status_code == 201


def test_many_at_once_are_kept_or_told_to_come_again(desk: TestClient) -> None:
    """Of 30 concurrent uploads each is 201 or 409, and exactly those of 201 are held."""
    ready = threading.Barrier(30)

    def upload(number: int) -> int:
        ready.wait()
        status: int = put(desk, f"n{number}", f"Rule number {number} holds.\n").status_code
        return status

    with desk, ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(upload, range(30)))
        assert set(statuses) <= {201, 409}
        kept = {f"n{number}" for number, status in enumerate(statuses) if status == 201}
        assert len(kept) >= 8
        held = {one["id"] for one in desk.get("/v1/documents").json()["documents"]}
    assert {one for one in held if one.startswith("n")} == kept


def test_without_power_to_write_it_is_503_and_nothing_changes(
    desk: TestClient, tmp_path: Path
) -> None:
    """A file where the folder of builds under way would be made."""
    held = Collection(tmp_path / "home", "default")
    lock = held.folder / "LOCK"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    before = state(tmp_path / "home")
    response = put(desk, "a", "A rule.\n")
    assert response.status_code == 503
    check_problem(response.json(), 503)
    assert state(tmp_path / "home") == before


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 507),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), 507),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), 503),
        (PermissionError(errno.EACCES, "no"), 503),
        (OSError("12 requested and 0 written"), 503),
        (ValueError("IO error: No space left on device (os error 28)"), 507),
        (None, 503),
    ],
)
def test_a_full_disk_is_507_and_any_other_503(cause: Exception | None, status: int) -> None:
    """Whichever library could not write."""
    error = BuildError("the build cannot be written")
    error.__cause__ = cause
    assert status_of(error)[0] == status
    other = CollectionError("cannot be written")
    other.__cause__ = cause
    assert status_of(other)[0] == (status if isinstance(cause, OSError) or status == 507 else 404)


def test_a_full_sqlite_database_is_a_full_disk(tmp_path: Path) -> None:
    """SQLite's own word for it, made by its own limit on pages."""
    connection = sqlite3.connect(tmp_path / "a.sqlite")
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.executescript("CREATE TABLE a (b); CREATE TABLE c (d); CREATE TABLE e (f);")
    connection.close()
    error = BuildError("the catalog cannot be written")
    error.__cause__ = caught.value
    assert status_of(error)[0] == 507


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


class SlowEncoder(HashingEncoder):
    """Encodes passages only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Wait, then encode."""
        self.begun.set()
        assert self.go_on.wait(20)
        return super().encode_passages(passages)


def test_while_a_change_is_made_questions_are_answered(tmp_path: Path) -> None:
    """A slow upload holds one thread of its own; everything else goes on."""
    indexed(tmp_path)
    slow = SlowEncoder()
    app = create_app(library(tmp_path), makers(slow))
    client = TestClient(app, base_url=HERE, client=("127.0.0.1", 1))
    with client, ThreadPoolExecutor(6) as pool:
        uploads = [pool.submit(put, client, f"n{n}", f"Rule {n}.\n") for n in range(5)]
        assert slow.begun.wait(20)
        assert quotes(client, "how long do these spasms last")
        assert client.get("/livez").status_code == 200
        slow.go_on.set()
        assert {one.result().status_code for one in uploads} == {201}
