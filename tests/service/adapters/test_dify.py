import json
from typing import Any

import httpx2
import pytest

from index.filters import AllOf, AnyOf, Compare
from service.adapters.dify import to_filter
from service.errors import RequestError
from service.schemas.dify import MetadataCondition
from tests.processes import Served
from tests.service.adapters.conftest import CANARY, QUESTION, QUOTE, UNANSWERED, guide

REQUEST = {  # as Dify sends it
    "retrieval_setting": {"top_k": 4, "score_threshold": 0.0},
    "query": QUESTION,
    "knowledge_id": "default",
}
HEADERS = {"Authorization": "Bearer dify-key", "Content-Type": "application/json"}


def ask(served: Served, path: str = "/retrieval", **changed: object) -> httpx2.Response:
    """Ask as Dify does, following redirects."""
    return httpx2.post(
        f"{served.url}{path}",
        content=json.dumps(REQUEST | changed).encode(),
        headers=HEADERS,
        follow_redirects=True,
    )


@pytest.mark.parametrize("path", ["/retrieval", "/retrieval/"])
def test_a_question_gets_records_with_or_without_the_slash(served: Served, path: str) -> None:
    """Content, score, title and an object of metadata; nothing is redirected on the way."""
    response = ask(served, path)
    assert response.status_code == 200
    assert response.history == []
    (record,) = response.json()["records"]
    assert set(response.json()) == {"records"}
    assert set(record) == {"content", "score", "title", "metadata"}
    assert record["content"] == QUOTE
    assert 0 < record["score"] <= 1
    document = httpx2.get(f"{served.url}/v1/documents/{record['metadata']['document_id']}").json()
    assert record["title"] == document["title"]
    start, end = record["metadata"]["start"], record["metadata"]["end"]
    assert document["text"][start:end] == record["metadata"]["quote"] == QUOTE


def test_metadata_is_flat_and_names_document_page_and_link(served: Served) -> None:
    """The document's id is a text, pages count from 1, the link is whole, and nothing is null."""
    question = "what holds the ankle at night"
    records = ask(served, query=question, knowledge_id="guides").json()["records"]
    metadata = records[0]["metadata"]
    assert metadata["document_id"] == guide().document_id
    assert (metadata["page"], metadata["page_label"]) == (2, "ii")
    assert metadata["section"] == "Guide <b>one</b> > Splints"
    assert metadata["url"].startswith(f"{served.url}/documents/{guide().document_id}#s")
    assert (metadata["status"], metadata["confidence"]) == ("answered", "high")
    assert all(isinstance(value, str | int | float) for value in metadata.values())
    assert records[1]["content"] == "A splint holds the ankle at night. It must never hurt."
    assert records[1]["metadata"]["quote"] == "It must never hurt."


def test_what_is_not_answered_has_no_records(served: Served) -> None:
    """An empty list with 200, as Dify expects."""
    response = ask(served, query=UNANSWERED)
    assert (response.status_code, response.json()) == (200, {"records": []})


def test_the_threshold_is_read_on_the_final_score(served: Served) -> None:
    """Records below it are left out; those at it stay; null is no threshold."""
    question = {"query": "what holds the ankle at night", "knowledge_id": "guides"}
    every = ask(served, **question, retrieval_setting={"top_k": 4, "score_threshold": None})
    scores = [one["score"] for one in every.json()["records"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    setting = {"top_k": 4, "score_threshold": (scores[1] + scores[0]) / 2}
    some = ask(served, **question, retrieval_setting=setting).json()["records"]
    assert [one["score"] for one in some] == scores[:1]
    one = ask(served, **question, retrieval_setting={"top_k": 1, "score_threshold": 0.0})
    assert [one["score"] for one in one.json()["records"]] == scores[:1]


def test_saving_the_address_in_dify_succeeds(served: Served) -> None:
    """Dify then sends no body, with and without a type, and fails on 403, 404 and 502."""
    for headers in ({"Authorization": "Bearer dify-key"}, HEADERS):
        response = httpx2.post(f"{served.url}/retrieval", headers=headers)
        assert response.status_code == 400
        assert set(response.json()) == {"error_code", "error_msg"}


def test_another_knowledge_base_is_2001(served: Served) -> None:
    """404 in Dify's form, whatever the name looks like, and without it."""
    for name in ("zanzibar7q", "../default", "A" * 500, "default\n"):
        response = ask(served, knowledge_id=name)
        assert response.status_code == 404
        assert response.json()["error_code"] == 2001
        assert "zanzibar7q" not in response.text


BAD = [
    {"query": ""},
    {"query": CANARY * 100},
    {"query": None},
    {"query": [CANARY]},
    {"query": f"{CANARY}\x00"},
    {"knowledge_id": ""},
    {"knowledge_id": None},
    {"retrieval_setting": None},
    {"retrieval_setting": {"score_threshold": 0.5}},
    {"retrieval_setting": {"top_k": 0}},
    {"retrieval_setting": {"top_k": 51}},
    {"retrieval_setting": {"top_k": "4"}},
    {"retrieval_setting": {"top_k": 4, "score_threshold": 1.5}},
    {"metadata_condition": {"conditions": [{"name": CANARY, "comparison_operator": "is"}]}},
    {"metadata_condition": {"logic": "and", "conditions": []}},
    {"metadata_condition": {"logical_operator": CANARY, "conditions": []}},
    {
        "metadata_condition": {
            "conditions": [{"name": "audience", "comparison_operator": CANARY, "value": "x"}]
        }
    },
]


@pytest.mark.parametrize("changed", BAD, ids=str)
def test_a_bad_request_is_400_in_difys_form(served: Served, changed: dict[str, Any]) -> None:
    """It says what is wrong without a word of the request."""
    response = ask(served, **changed)
    assert response.status_code == 400
    assert set(response.json()) == {"error_code", "error_msg"}
    assert response.json()["error_code"] == 400
    assert response.json()["error_msg"]
    assert "zanzibar7q" not in response.text + str(response.headers)


def test_other_faults_have_difys_form_too(served: Served) -> None:
    """A wrong method, a body that is no JSON or too large, even where a page is accepted."""
    headers = {**HEADERS, "Accept": "text/html"}
    url = f"{served.url}/retrieval"
    responses = [
        httpx2.get(url, headers=headers),
        httpx2.post(url, content=b'{"query": "zanzibar7q', headers=headers),
        httpx2.post(url, content=b"zanzibar7q" * 10_000, headers=headers),
    ]
    assert [one.status_code for one in responses] == [405, 400, 413]
    for one in responses:
        assert set(one.json()) == {"error_code", "error_msg"}
        assert "zanzibar7q" not in one.text


def test_a_condition_chooses_documents(served: Served) -> None:
    """What is true of a document finds it, what is false finds nothing."""
    question = {"query": "what holds the ankle at night", "knowledge_id": "guides"}

    def found(operator: str, value: object) -> int:
        one = {"name": "audience", "comparison_operator": operator, "value": value}
        condition = {"logical_operator": "and", "conditions": [one]}
        return len(ask(served, **question, metadata_condition=condition).json()["records"])

    every = len(ask(served, **question, metadata_condition=None).json()["records"])
    assert every == 3
    assert found("is", "patient") == found("in", ["patient", "staff"]) == every
    assert found("is not", "staff") == every
    assert found("is not", "patient") == found("=", "staff") == 0


def condition(*conditions: tuple[str, str, object], operator: str = "and") -> MetadataCondition:
    """Return a condition as Dify sends it."""
    parts = [
        {"name": name, "comparison_operator": test, "value": value}
        for name, test, value in conditions
    ]
    return MetadataCondition.model_validate({"logical_operator": operator, "conditions": parts})


@pytest.mark.parametrize(
    ("dify", "ours"),
    [("is", "eq"), ("=", "eq"), ("is not", "ne"), ("≠", "ne"), ("in", "in"), ("not in", "nin")],
)
def test_operators_on_texts(dify: str, ours: str) -> None:
    """Each is the one of the native filters that means the same."""
    value: object = ["staff"] if dify.endswith("in") else "staff"
    wanted = to_filter(condition(("audience", dify, value)))
    assert isinstance(wanted, AllOf)
    (one,) = wanted.filters
    assert isinstance(one, Compare)
    assert (one.key, one.operator, one.values) == ("audience", ours, ("staff",))


@pytest.mark.parametrize(
    ("dify", "ours"),
    [(">", "gt"), ("after", "gt"), ("≥", "gte"), ("<", "lt"), ("before", "lt"), ("≤", "lte")],
)
def test_operators_on_dates(dify: str, ours: str) -> None:
    """A day before or after another."""
    wanted = to_filter(condition(("last_reviewed", dify, "2026-01-31"), operator="or"))
    assert isinstance(wanted, AnyOf)
    (one,) = wanted.filters
    assert isinstance(one, Compare)
    assert one.operator == ours


@pytest.mark.parametrize(
    "operator", ["contains", "not contains", "start with", "end with", "empty", "not empty", "IS"]
)
def test_an_operator_that_is_not_there_is_refused(operator: str) -> None:
    """It is never left out, because then unwanted documents would come."""
    with pytest.raises(RequestError, match=r"condition 2: there is no such operator here; there"):
        to_filter(condition(("audience", "is", "staff"), ("audience", operator, "x")))


def test_a_condition_without_tests_chooses_all() -> None:
    """Dify sends an empty list where nothing was set."""
    assert to_filter(condition()) is None
