"""What surrounds the search: suggestions, the address bar, other sites' frames, feedback, files."""

import json
import stat
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser

from service.pages.assets import STATIC, asset
from service.sites import Site
from tests.service.pages.conftest import first

OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def has(client: TestClient, site: Site) -> TestClient:
    """Give a client's service another site."""
    assert isinstance(client.app, FastAPI)
    client.app.state.site = site
    return client


def home(client: TestClient) -> Path:
    """Return the home that a client's service answers from."""
    assert isinstance(client.app, FastAPI)
    found: Path = client.app.state.library.home
    return found


def test_suggestions_are_the_documents(leaflets: TestClient) -> None:
    """What is typed comes back with completions out of the documents, in OpenSearch's form."""
    response = leaflets.get("/v1/suggest", params={"q": "spas"})
    assert response.headers["content-type"] == "application/x-suggestions+json"
    assert response.headers["cache-control"] == "no-store"
    typed, completions = response.json()
    assert typed == "spas"
    assert "Living with spasms" in completions
    assert leaflets.get("/v1/suggest", params={"q": "s"}).json() == ["s", []]
    assert leaflets.get("/v1/suggest").json() == ["", []]
    assert leaflets.get("/v1/suggest", params={"q": "x" * 1001}).status_code == 422


def test_suggestions_keep_to_their_collection(leaflets: TestClient) -> None:
    """A collection is asked by name; one that is not there is not found."""
    asked = {"q": "spas", "collection": "default"}
    assert leaflets.get("/v1/suggest", params=asked).json()[1]
    assert leaflets.get("/v1/suggest", params={**asked, "collection": "none"}).status_code == 404


def test_no_suggestion_comes_from_a_question(leaflets: TestClient) -> None:
    """What somebody searched for is never suggested to anybody."""
    for _ in range(3):
        leaflets.get("/search", params={"q": "quixotic canary spasm"})
    assert leaflets.get("/v1/suggest", params={"q": "quixot"}).json()[1] == []


def test_suggestions_can_be_off(leaflets: TestClient) -> None:
    """Switched off, they are neither served nor advertised."""
    has(leaflets, Site(suggestions=False, public_url="https://a.example"))
    assert leaflets.get("/v1/suggest?q=spas").status_code == 404
    assert "data-suggest" not in leaflets.get("/").text
    assert "suggest" not in leaflets.get("/opensearch.xml").text


def test_the_address_bar_knows_the_search(leaflets: TestClient) -> None:
    """The description has absolute addresses of the setting alone; its title is the link's."""
    has(leaflets, Site(name='A & B "quoted" clinic', public_url="https://a.example"))
    response = leaflets.get("/opensearch.xml", headers={"host": "evil.example"})
    assert response.headers["content-type"] == "application/opensearchdescription+xml"
    assert "evil" not in response.text
    tree = ET.fromstring(response.text)  # noqa: S314 - our own
    name = tree.findtext(f"{OPENSEARCH}ShortName")
    assert name == 'A & B "quoted" c'
    urls = {url.attrib["type"]: url.attrib["template"] for url in tree.iter(f"{OPENSEARCH}Url")}
    assert urls["text/html"] == "https://a.example/search?q={searchTerms}"
    assert urls["application/x-suggestions+json"].endswith("/v1/suggest?q={searchTerms}")
    link = first(LexborHTMLParser(leaflets.get("/").text), "link[rel=search]")
    assert (link.attributes["title"], link.attributes["href"]) == (name, "/opensearch.xml")


def test_without_an_address_nothing_is_advertised(leaflets: TestClient) -> None:
    """Where PINCITE_PUBLIC_URL is not set there is no description, and it says why."""
    response = leaflets.get("/opensearch.xml", headers={"accept": "*/*"})
    assert response.status_code == 404
    assert "PINCITE_PUBLIC_URL" in response.json()["detail"]
    assert 'rel="search"' not in leaflets.get("/").text


def test_a_frame_is_for_the_listed_alone(leaflets: TestClient) -> None:
    """/embed is not there unless origins are listed, and then for them; nothing else is framed."""
    response = leaflets.get("/embed", headers={"accept": "*/*"})
    assert response.status_code == 404
    assert "PINCITE_EMBED_ORIGINS" in response.json()["detail"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    has(leaflets, Site(embed_origins=("https://a.example", "https://b.example:8443")))
    for address in ("/embed", "/embed?q=spasm", "/embed?q="):
        policy = leaflets.get(address).headers["content-security-policy"]
        assert "frame-ancestors https://a.example https://b.example:8443" in policy
        assert "default-src 'self'" in policy
    policy = leaflets.get("/search?q=spasm").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy


def test_a_frame_keeps_to_itself(leaflets: TestClient) -> None:
    """In a frame the box asks /embed again, and documents open beside it."""
    has(leaflets, Site(embed_origins=("https://a.example",)))
    tree = LexborHTMLParser(leaflets.get("/embed?q=full bladdr spasm").text)
    assert first(tree, "form[role=search]").attributes["action"] == "/embed"
    for link in tree.css("a.read, .more a"):
        assert link.attributes["target"] == "_blank"
    for link in tree.css(".meant a"):
        assert str(link.attributes["href"]).startswith("/embed?q=")
    assert not tree.css(".product")


def judging(client: TestClient, question: str = "full bladder spasm") -> dict[str, str]:
    """Return the fields of the form under an answer."""
    tree = LexborHTMLParser(client.get("/search", params={"q": question}).text)
    return {
        str(one.attributes["name"]): str(one.attributes["value"] or "")
        for one in tree.css(".judging input[type=hidden]")
    }


def send(client: TestClient, fields: dict[str, str], **headers: str) -> int:
    """Send the form as a browser does, following nothing; return the status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.post("/feedback", data=fields, headers=named, follow_redirects=False)
    if response.status_code == 303:
        assert response.headers["location"] == "/feedback"
    return response.status_code


def test_a_button_is_counted_without_words(leaflets: TestClient) -> None:
    """A form's yes or no is a line of the file: no question, no time of day, for us alone."""
    fields = judging(leaflets)
    assert send(leaflets, {**fields, "helpful": "yes"}, sec_fetch_site="same-origin") == 303
    assert send(leaflets, {**fields, "helpful": "no"}, origin="null") == 303
    path = home(leaflets) / "feedback.jsonl"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["helpful"] for line in lines] == [True, False]
    assert set(lines[0]) == {"day", "collection", "bucket", "helpful", "document_id"}
    assert lines[0]["document_id"].startswith("spasms-")
    assert "bladder" not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Thank you" in leaflets.get("/feedback").text


@pytest.mark.parametrize(
    ("change", "headers", "status"),
    [
        ({"seal": "0" * 64}, {}, 403),
        ({"seal": ""}, {}, 403),
        ({"bucket": "none"}, {}, 403),
        ({"bucket": "huge"}, {}, 422),
        ({"helpful": "maybe"}, {}, 422),
        ({"comment": "words"}, {}, 422),
        ({}, {"sec_fetch_site": "cross-site"}, 403),
        ({}, {"sec_fetch_site": "same-site"}, 403),
        ({}, {"origin": "https://evil.example"}, 403),
    ],
)
def test_another_form_is_refused(
    leaflets: TestClient, change: dict[str, str], headers: dict[str, str], status: int
) -> None:
    """What no page of ours made, or another site's page sent, is not counted."""
    fields = {**judging(leaflets), "helpful": "yes"} | change
    if change.get("bucket") == "none" and judging(leaflets)["bucket"] == "none":
        fields["bucket"] = "high"
    assert send(leaflets, fields, **headers) == status
    assert not (home(leaflets) / "feedback.jsonl").exists()


def test_a_program_counts_too(leaflets: TestClient) -> None:
    """POST /v1/feedback takes the same as JSON, of documents that are there, and no words."""
    document = judging(leaflets)["document_id"]
    body = {"collection": "default", "bucket": "high", "document_id": document, "helpful": True}
    assert leaflets.post("/v1/feedback", json=body).status_code == 204
    assert leaflets.post("/v1/feedback", json={**body, "document_id": "x"}).status_code == 404
    assert leaflets.post("/v1/feedback", json={**body, "collection": "x"}).status_code == 404
    assert leaflets.post("/v1/feedback", json={**body, "helpful": "yes"}).status_code == 422
    assert leaflets.post("/v1/feedback", json={**body, "comment": "words"}).status_code == 422
    other = {"origin": "https://evil.example"}
    assert leaflets.post("/v1/feedback", json=body, headers=other).status_code == 403
    assert len((home(leaflets) / "feedback.jsonl").read_text("utf-8").splitlines()) == 1


def test_feedback_that_cannot_be_kept_is_told(leaflets: TestClient) -> None:
    """Where the file cannot be written the answer is 503, and says what to do."""
    (home(leaflets) / "feedback.jsonl").mkdir()
    body = {"collection": "default", "bucket": "none", "helpful": False}
    response = leaflets.post("/v1/feedback", json=body)
    assert response.status_code == 503
    assert "cannot be written" in response.json()["detail"]


def test_a_static_file_is_kept_by_its_hash(leaflets: TestClient) -> None:
    """A file asked for by its hash may be kept for good, by any other address not at all."""
    for name in sorted(path.name for path in STATIC.iterdir()):
        assert "immutable" in leaflets.get(asset(name)).headers["cache-control"]
        for address in (f"/static/{name}", f"/static/{name}?v=other"):
            assert leaflets.get(address).headers["cache-control"] == "no-store"
