import hashlib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from corpus.documents import Block, BlockKind, Document, Page, Structure
from index.collection import Collection
from index.update import index_documents
from tests.building import makers
from tests.service.problems import check_problem
from tests.service.writing import at_the_desk, put

HTML = b"<title>T</title><p>It is safe.</p><script>alert(document.domain)</script>"


def keep(home: Path, data: bytes) -> str:
    """Keep a file where the originals of the default collection are; return its SHA-256."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = Collection(home, "default").originals.path(sha256)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return sha256


@pytest.fixture
def client(desk: TestClient) -> TestClient:
    """Return a client of a service that holds, with its file, an HTML page with a script."""
    headers = {"content-type": "text/html"}
    name = "pjece/bø rn.html"
    put(desk, "page", HTML, headers=headers, params={"filename": name})
    return desk


def test_the_file_is_served_byte_for_byte(client: TestClient) -> None:
    """With its media type, its name, its hash, and the sniffing of other types forbidden."""
    found = client.get("/v1/documents/page/original")
    assert found.status_code == 200
    assert found.content == HTML
    assert found.headers["content-type"] == "text/html"
    assert found.headers["content-disposition"] == "inline; filename*=utf-8''b%C3%B8%20rn.html"
    assert found.headers["etag"] == f'"{hashlib.sha256(HTML).hexdigest()}"'
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["accept-ranges"] == "bytes"
    assert found.headers["content-length"] == str(len(HTML))


def test_an_uploaded_page_runs_no_script_of_its_own(client: TestClient) -> None:
    """Its policy is a sandbox without scripts, and only its own: none is weaker."""
    (policy,) = client.get("/v1/documents/page/original").headers.get_list(
        "content-security-policy"
    )
    directives = {one.split()[0]: one.split()[1:] for one in policy.split(";")}
    assert directives["sandbox"] == []
    assert directives["default-src"] == ["'none'"]
    assert "script-src" not in directives


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=0-3", HTML[:4]), ("bytes=10-", HTML[10:]), ("bytes=-5", HTML[-5:])],
)
def test_a_part_is_served(client: TestClient, asked: str, part: bytes) -> None:
    """206 with its place in the whole."""
    found = client.get("/v1/documents/page/original", headers={"range": asked})
    assert found.status_code == 206
    assert found.content == part
    assert found.headers["content-range"].endswith(f"/{len(HTML)}")
    assert "sandbox" in found.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=9999-", 416),
        ("bytes=5-2", 200),
        ("bytes=-0", 416),
        ("bytes=-", 200),
        ("bytes=a-b", 200),
        ("lines=1-2", 200),
        ("bytes=0-1,3-4", 200),
        ("bytes=9999-,8888-", 200),
        ("bytes=" + "9" * 400 + "-", 200),
    ],
)
def test_a_range_that_is_not_there_is_refused_and_what_is_none_let_be(
    client: TestClient, asked: str, status: int
) -> None:
    """416, or the whole file: what is malformed, or more than one range, counts as not asked."""
    found = client.get("/v1/documents/page/original", headers={"range": asked})
    assert found.status_code == status
    if status == 200:
        assert found.content == HTML
    else:
        check_problem(found.json(), status)


def test_what_the_caller_has_is_not_sent_again(client: TestClient) -> None:
    """304 where If-None-Match is its hash."""
    etag = client.get("/v1/documents/page/original").headers["etag"]
    again = client.get("/v1/documents/page/original", headers={"if-none-match": f'"x", {etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/v1/documents/page/original").headers["etag"] == etag


def test_a_file_that_is_not_kept_is_404_and_not_linked(client: TestClient, tmp_path: Path) -> None:
    """Neither by the document, nor by a citation, nor by the page."""
    originals = Collection(tmp_path / "home", "default").originals
    for one in client.get("/v1/documents").json()["documents"]:
        assert one["original_url"]
        if one["id"] != "page":
            originals.path(one["sha256"]).unlink()
    for one in client.get("/v1/documents").json()["documents"]:
        kept = one["id"] == "page"
        address = f"/v1/documents/{one['id']}/original"
        assert one["original_url"] == (address if kept else None)
        assert client.get(address).status_code == (200 if kept else 404)
        assert (address in client.get(f"/documents/{one['id']}").text) is kept
        read = client.get(f"/v1/documents/{one['id']}").json()
        assert read["original_url"] == one["original_url"]
    found = client.post("/v1/search", json={"question": "is it safe"}).json()["citations"]
    linked = {one["document"]["id"]: one["original_url"] for one in found}
    assert linked.pop("page") == "/v1/documents/page/original"
    assert set(linked.values()) <= {None}


@pytest.mark.parametrize("document_id", ["zanzibar7q", "..%2f..%2fetc%2fpasswd", "%00"])
def test_the_file_of_no_document_is_404(client: TestClient, document_id: str) -> None:
    """Nothing is repeated."""
    found = client.get(f"/v1/documents/{document_id}/original")
    assert found.status_code == 404
    check_problem(found.json(), 404)
    assert "zanzibar7q" not in found.text


def test_a_pdf_is_opened_at_its_page_and_in_no_sandbox(tmp_path: Path) -> None:
    """A browser's viewer works in no sandbox; the citation's link ends in #page=."""
    data = b"%PDF-1.7 stands for a file"
    document = Document(
        "leaflet",
        "leaflet.pdf",
        "Leaflet",
        "application/pdf",
        "First words here.\n\nThe second page speaks of spasms.\n",
        Structure(
            (Block(BlockKind.PARAGRAPH, 0, 17), Block(BlockKind.PARAGRAPH, 19, 52)),
            (Page(1, "i", 0, 19), Page(2, "ii", 19, 53)),
        ),
        hashlib.sha256(data).hexdigest(),
    )
    index_documents(Collection(tmp_path, "default"), [document], makers())
    keep(tmp_path, data)
    client = at_the_desk(tmp_path)
    best = client.post("/v1/search", json={"question": "spasms"}).json()["citations"][0]
    assert best["page"] == {"number": 2, "label": "ii"}
    assert best["original_url"] == "/v1/documents/leaflet/original#page=2"
    found = client.get("/v1/documents/leaflet/original")
    assert found.headers["content-type"] == "application/pdf"
    assert "sandbox" not in found.headers["content-security-policy"]
    assert "default-src" not in found.headers["content-security-policy"]
    verdict = client.post("/v1/verify", json=best).json()["results"][0]
    assert verdict["citation"]["original_url"] == best["original_url"]


def test_a_file_in_another_encoding_names_its_own(tmp_path: Path) -> None:
    """No charset of ours overrules what the file says of itself."""
    data = b'<meta charset="windows-1252"><p>Caf\xe9s are open.</p>'
    client = at_the_desk(tmp_path)
    put(client, "a", data, headers={"content-type": "text/html"})
    assert client.get("/v1/documents/a/original").headers["content-type"] == "text/html"
