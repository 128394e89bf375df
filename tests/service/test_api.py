import json
import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.library import Library
from tests.building import index, indexed, library, write
from tests.service.defective import DefectiveEncoder
from tests.service.problems import check_problem

CANARY = "zanzibar7q my dad John Smith 943 476 5919"
QUESTION = "how long do these spasms last"
ROUTES = ("/v1/answers", "/v1/search")


def test_an_answer_has_exactly_the_promised_fields(client: TestClient) -> None:
    """Every field of the contract, and the citation's offsets cut the quote from the document."""
    body = client.post("/v1/search", json={"question": QUESTION, "explain": True}).json()
    assert set(body) == {"citations", "query", "receipt", "request_id", "took_ms"}
    answered = client.post("/v1/answers", json={"question": QUESTION}).json()
    assert set(answered) == set(body) | {"status", "reason", "confidence", "answer"}
    assert set(answered["confidence"]) == {"bucket", "score", "meaning"}
    assert body["query"] == {"expanded": [], "did_you_mean": None}
    assert set(body["receipt"]) == {
        *("build", "index_sha256", "encoder", "encoder_sha256", "parameters_sha256", "version"),
        "asked",
    }
    first = body["citations"][0]
    assert set(first) == {
        *("id", "rank", "score", "quote", "prefix", "suffix", "collection", "document", "section"),
        *("page", "line", "sentence", "offsets", "context", "url", "original_url", "scores"),
        *("also_in", "also_in_total"),
    }
    assert (first["id"], first["rank"], first["collection"]) == ("c1", 1, "default")
    assert first["quote"] == "These spasms usually last 60 to 90 seconds."
    document = client.get(f"/v1/documents/{first['document']['id']}").json()
    at = first["offsets"]
    assert document["text"][at["start"] : at["end"]] == first["quote"]
    (low, high), text = first["context"]["highlight"][0], first["context"]["text"]
    assert text[low:high] == first["quote"]
    assert first["line"] == 3


def test_scores_are_shown_only_when_asked_for(client: TestClient) -> None:
    """Without `explain`, scores is null."""
    body = client.post("/v1/search", json={"question": QUESTION}).json()
    assert {one["scores"] for one in body["citations"]} == {None}


def test_top_k_is_how_many_come(client: TestClient) -> None:
    """As many as asked for, as far as there are; ranks count from 1."""
    for top_k in (1, 3, 50):
        body = client.post("/v1/search", json={"question": QUESTION, "top_k": top_k}).json()
        ranks = [one["rank"] for one in body["citations"]]
        assert ranks == list(range(1, len(ranks) + 1))
        assert len(ranks) == min(top_k, 9)


def test_health(client: TestClient) -> None:
    """Alive, ready, and which builds are served."""
    assert client.get("/livez").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert ready["status"] == "ok"
    assert set(ready["checks"]) == {"model", "index", "builds"}
    assert client.get("/healthz").json() == ready


def test_holdings(client: TestClient, shelf: Library) -> None:
    """Documents, one document, collections and builds agree with one another."""
    documents = client.get("/v1/documents").json()["documents"]
    assert [one["uri"] for one in documents] == ["spasms.txt", "tablets.txt"]
    assert client.get("/v1/documents?collection=default").json()["documents"] == documents
    for one in documents:
        whole = client.get(f"/v1/documents/{one['id']}").json()
        assert {name: whole[name] for name in one} == one
        assert len(whole["sentence_spans"]) == one["sentences"]
        for span in whole["sentence_spans"]:
            assert whole["text"][span["start"] : span["end"]].strip()
            assert span["line"] == whole["text"][: span["start"]].count("\n") + 1
        assert whole["sections"]
        assert whole["pages"] == []
    (collection,) = client.get("/v1/collections").json()["collections"]
    build = shelf.retriever("default").manifest.build
    assert (collection["name"], collection["build"]) == ("default", build)
    assert collection["documents"] == len(documents)
    assert collection["sentences"] == sum(one["sentences"] for one in documents)
    builds = client.get("/v1/builds").json()
    assert builds == {"collection": "default", "builds": [{"id": build, "current": True}]}


def test_the_description_of_the_api_is_whole(client: TestClient) -> None:
    """OpenAPI 3.1; every operation has an id of its own, a summary, its errors as problems.

    Those of other systems' dialects have errors in that system's form.
    """
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations) >= 9
    for operation in operations:
        assert operation["summary"]
        foreign = operation["tags"] == ["dialects"]
        form = "application/json" if foreign else "application/problem+json"
        for status, response in operation["responses"].items():
            assert "HTTPValidationError" not in str(response)  # FastAPI's own, which echoes
            if status == "default":
                assert list(response["content"]) == [form]
    text = json.dumps(described)
    for reference in set(_references(described)):
        assert reference.removeprefix("#/components/schemas/") in described["components"]["schemas"]
    assert "HTTPValidationError" not in text


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for child in node.values() for found in _references(child)]
    if isinstance(node, list):
        return [found for child in node for found in _references(child)]
    return []


def test_every_response_is_private_and_has_its_id(client: TestClient) -> None:
    """No store, no referrer, no sniffing; a caller's own id comes back where it is a UUID."""
    for own in ("0f8fad5bd9cb469fa16570867728950e", "0f8fad5b-d9cb-469f-a165-70867728950e"):
        response = client.get("/livez", headers={"x-request-id": own})
        assert response.headers["x-request-id"] == own
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    for bad in ("a b", "9434765919", "ward-7.42", "0" * 33, "<script>"):
        found = client.get("/livez", headers={"x-request-id": bad}).headers["x-request-id"]
        assert found != bad
        assert len(found) == 32


def test_nothing_indexed_is_not_ready(tmp_path: Path) -> None:
    """An empty HOME: alive, not ready, and a question is answered with empty_index."""
    client = TestClient(create_app(library(tmp_path)))
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json()["status"] == "unavailable"
    body = client.post("/v1/answers", json={"question": QUESTION}).json()
    assert (body["status"], body["reason"]) == ("no_answer", "empty_index")


def test_a_damaged_build_is_503(tmp_path: Path) -> None:
    """A collection that cannot be opened makes /readyz and questions 503, /livez not."""
    path = indexed(tmp_path).published().layout.vectors
    path.write_bytes(path.read_bytes()[:-1])
    client = TestClient(create_app(library(tmp_path)))
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503
    response = client.post("/v1/answers", json={"question": CANARY})
    assert response.status_code == 503
    check_problem(response.json(), 503)
    assert "zanzibar7q" not in response.text


def test_a_new_build_is_followed_without_restart(tmp_path: Path) -> None:
    """After publishing, the next question is answered from the new build."""
    indexed(tmp_path)
    client = TestClient(create_app(library(tmp_path)))
    before = client.post("/v1/search", json={"question": "visiting hours"}).json()
    source = write(tmp_path / "source-default", {"new.txt": "Visiting hours end at eight.\n"})
    build = index(tmp_path, source).build
    after = client.post("/v1/search", json={"question": "visiting hours"}).json()
    assert after["receipt"]["build"] == build != before["receipt"]["build"]
    assert after["citations"][0]["quote"] == "Visiting hours end at eight."


def test_a_defect_is_500_without_a_word_of_the_question(
    shelf: Library, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the kind of error and where it arose; neither it nor the body has its words."""
    caplog.set_level(logging.DEBUG)
    client = TestClient(create_app(library(shelf.home, DefectiveEncoder())))
    response = client.post("/v1/answers", json={"question": CANARY})
    assert response.status_code == 500
    check_problem(response.json(), 500)
    assert response.headers["cache-control"] == "no-store"
    assert "zanzibar7q" not in response.text + caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "encode_questions" in caplog.text


def test_a_question_is_in_no_log_line(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """At level debug, over the API and the pages, the planted words appear nowhere."""
    caplog.set_level(logging.DEBUG)
    for route in ROUTES:
        assert client.post(route, json={"question": CANARY}).status_code == 200
    assert client.get("/search", params={"q": CANARY}).status_code == 200
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    assert len(ours) >= 3
    assert "zanzibar7q" not in "".join(record.getMessage() for record in ours)
