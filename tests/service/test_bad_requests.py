import json
import logging

import pytest
from fastapi.testclient import TestClient

from service.envelope import LARGEST_BODY
from tests.service.problems import check_problem

CANARY = "zanzibar7q my dad John Smith 943 476 5919"
QUESTION = "how long do these spasms last"
ROUTES = ("/v1/answers", "/v1/search")

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
