import json
import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.envelope import LARGEST_BODY
from service.library import Library
from tests.building import index, indexed, library, write
from tests.service.defective import DefectiveEncoder

CANARY = "zanzibar7q my dad John Smith 943 476 5919"
QUESTION = "how long do these spasms last"
ROUTES = ("/v1/answers", "/v1/search")


def check_problem(body: dict[str, object], status: int) -> None:
    """Check that a body is an RFC 9457 problem of this status."""
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert isinstance(body["title"], str)
    assert isinstance(body["detail"], str)
    assert body["title"]
    assert body["detail"]
    assert body["request_id"]


BAD_QUESTIONS = [
    pytest.param({"question": ""}, id="empty"),
    pytest.param({"question": " \n\t "}, id="blank"),
    pytest.param({"question": CANARY * 300}, id="10,000 characters"),
    pytest.param({"question": f"{CANARY}\x00"}, id="null character"),
    pytest.param({"question": f"{CANARY}\x1b[2J"}, id="escape character"),
    pytest.param({"question": f"{CANARY}\x7f"}, id="delete character"),
    pytest.param({"question": None}, id="null"),
    pytest.param({"question": 5}, id="number"),
    pytest.param({"question": True}, id="boolean"),
    pytest.param({"question": [CANARY]}, id="list"),
    pytest.param({"question": {CANARY: CANARY}}, id="object"),
    pytest.param({}, id="missing"),
    pytest.param({"question": CANARY, CANARY: 1}, id="unknown field"),
    pytest.param({"question": CANARY, "query": CANARY}, id="another unknown field"),
    pytest.param({"question": CANARY, "top_k": 0}, id="top_k 0"),
    pytest.param({"question": CANARY, "top_k": -1}, id="top_k -1"),
    pytest.param({"question": CANARY, "top_k": 51}, id="top_k 51"),
    pytest.param({"question": CANARY, "top_k": 10**9}, id="top_k 10**9"),
    pytest.param({"question": CANARY, "top_k": 10**400}, id="top_k of 400 digits"),
    pytest.param({"question": CANARY, "top_k": 5.0}, id="top_k a float"),
    pytest.param({"question": CANARY, "top_k": "5"}, id="top_k a text"),
    pytest.param({"question": CANARY, "top_k": True}, id="top_k a boolean"),
    pytest.param({"question": CANARY, "top_k": None}, id="top_k null"),
    pytest.param({"question": CANARY, "explain": 1}, id="explain a number"),
    pytest.param({"question": CANARY, "mode": CANARY}, id="unknown mode"),
    pytest.param({"question": CANARY, "collections": []}, id="no collections"),
    pytest.param({"question": CANARY, "collections": CANARY}, id="collections a text"),
    pytest.param({"question": CANARY, "collections": [""]}, id="empty collection"),
    pytest.param({"question": CANARY, "collections": ["a" * 64]}, id="long collection"),
    pytest.param({"question": CANARY, "collections": ["a"] * 101}, id="101 collections"),
    pytest.param({"question": CANARY, "context": {"before": 6}}, id="context too wide"),
    pytest.param({"question": CANARY, "context": {"before": True}}, id="context a boolean"),
    pytest.param({"question": CANARY, "context": {"above": 1}}, id="context unknown field"),
    pytest.param({"question": CANARY, "context": 1}, id="context a number"),
    pytest.param([CANARY], id="a list"),
    pytest.param(CANARY, id="a text"),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", BAD_QUESTIONS)
def test_a_bad_request_is_told_what_is_wrong_and_never_what_it_said(
    client: TestClient, route: str, body: object, caplog: pytest.LogCaptureFixture
) -> None:
    """422 as a problem that points at the field; no word of the body in it or in the log."""
    caplog.set_level(logging.DEBUG)
    response = client.post(route, json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    check_problem(problem, 422)
    assert problem["instance"] == route
    assert all(error["pointer"].startswith("#/") for error in problem["errors"])
    assert all(error["detail"] for error in problem["errors"])
    assert "zanzibar7q" not in response.text + str(response.headers) + caplog.text


BAD_BODIES = [
    pytest.param(b"", {422}, id="nothing"),
    pytest.param(b"null", {422}, id="null"),
    pytest.param(b"{", {422}, id="half an object"),
    pytest.param(b'{"question": "zanzibar7q', {422}, id="cut off"),
    pytest.param(b'{"question": "zanzibar7q \xff\xfe"}', {400, 422}, id="invalid UTF-8"),
    pytest.param(b'{"question": "zanzibar7q \\ud800"}', {422}, id="half a surrogate pair"),
    pytest.param('{"question": "zanzibar7q"}'.encode("utf-16"), {400, 422, 200}, id="UTF-16"),
    pytest.param(b"question=zanzibar7q", {422}, id="a form said to be JSON"),
    pytest.param(b"[" * 30_000, {400, 422}, id="nested too deep"),
    pytest.param(b'{"question": "zanzibar7q", "top_k": NaN}', {422}, id="not a number"),
    pytest.param(b'{"question": "zanzibar7q", "top_k": 1e400}', {422}, id="infinity"),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("content", "statuses"), BAD_BODIES)
def test_a_body_that_is_no_json_is_refused(
    client: TestClient,
    route: str,
    content: bytes,
    statuses: set[int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """400 or 422 as a problem, without a word of the body."""
    caplog.set_level(logging.DEBUG)
    response = client.post(route, content=content, headers={"content-type": "application/json"})
    assert response.status_code in statuses
    assert "zanzibar7q" not in caplog.text
    if response.status_code != 200:
        check_problem(response.json(), response.status_code)
        assert "zanzibar7q" not in response.text


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "json"],
)
def test_a_body_of_another_type_is_415(client: TestClient, content_type: str) -> None:
    """The problem says which type to send."""
    content = json.dumps({"question": CANARY}).encode()
    response = client.post("/v1/answers", content=content, headers={"content-type": content_type})
    assert response.status_code == 415
    check_problem(response.json(), 415)
    assert "application/json" in response.json()["detail"]
    assert "zanzibar7q" not in response.text


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
def test_json_is_taken_however_its_type_is_written(client: TestClient, content_type: str) -> None:
    """A charset and the case of the type change nothing."""
    content = json.dumps({"question": QUESTION}).encode()
    response = client.post("/v1/answers", content=content, headers={"content-type": content_type})
    assert response.status_code == 200


def test_a_huge_body_is_413(client: TestClient) -> None:
    """One byte above the limit is refused; a body of exactly the limit is read."""
    empty = len(json.dumps({"question": QUESTION, "pad": ""}))
    for size, status in ((LARGEST_BODY, 422), (LARGEST_BODY + 1, 413), (8 * LARGEST_BODY, 413)):
        response = client.post(
            "/v1/answers",
            content=json.dumps({"question": QUESTION, "pad": " " * (size - empty)}),
            headers={"content-type": "application/json"},
        )
        assert response.status_code == status
        check_problem(response.json(), status)


def test_the_longest_question_is_answered(client: TestClient) -> None:
    """1,000 characters pass, whatever their size in bytes; 1,001 do not."""
    for text in ("a" * 1000, "\N{PILL}" * 998 + "ab", " " + "a" * 1000 + " "):
        assert client.post("/v1/answers", json={"question": text}).status_code == 200
    assert client.post("/v1/answers", json={"question": "a" * 1001}).status_code == 422


@pytest.mark.parametrize("question", ["?", "?!", "...", "\N{PILL}", "-", "a"])
def test_a_question_without_words_is_answered_with_too_short(
    client: TestClient, question: str
) -> None:
    """200 with no_answer and its reason."""
    response = client.post("/v1/answers", json={"question": question})
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["reason"], body["answer"]) == ("no_answer", "too_short", None)
    assert body["confidence"]["bucket"] is None
    assert body["citations"] == []


@pytest.mark.parametrize("name", ["nowhere", "zanzibar7q", "../default", "UPPER", "a b"])
@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_collection_is_404(client: TestClient, route: str, name: str) -> None:
    """The problem does not repeat the name."""
    response = client.post(route, json={"question": QUESTION, "collections": [name]})
    assert response.status_code == 404
    check_problem(response.json(), 404)
    assert name not in response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/answers", 405),
        ("PUT", "/v1/search", 405),
        ("DELETE", "/v1/collections", 405),
        ("POST", "/livez", 405),
        ("GET", "/v1/zanzibar7q", 404),
        ("GET", "/v1/documents/zanzibar7q", 404),
        ("GET", "/v1/documents?collection=zanzibar7q", 404),
        ("GET", "/v1/builds?collection=zanzibar7q", 404),
        ("GET", "/v1/builds?collection=..%2Fzanzibar7q", 404),
        ("GET", "/v1/documents/..%2F..%2Fetc%2Fpasswd", 404),
        ("GET", "/static/..%2f..%2fapp.py", 404),
        ("GET", "/v1/documents?collection=" + "zanzibar7q" * 9, 422),
    ],
)
def test_a_wrong_address_or_method_is_a_problem(
    client: TestClient, method: str, path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """404, 405 or 422 with no echo of the address, neither in the body nor in the log."""
    caplog.set_level(logging.DEBUG, logger="service")
    response = client.request(method, path)
    assert response.status_code == status
    check_problem(response.json(), status)
    ours = "".join(record.getMessage() for record in caplog.records if record.name != "httpx2")
    assert "zanzibar7q" not in response.text
    assert "zanzibar7q" not in ours
    if status == 405:
        assert response.headers["allow"]


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
