from typing import Any

import httpx2
import openai
import pytest

from service.adapters.vector_stores import _short
from service.links import sentence_url
from tests.processes import Served
from tests.service.adapters.conftest import CANARY, QUESTION, QUOTE, UNANSWERED, guide

ANKLE = "what holds the ankle at night"


@pytest.fixture(scope="module")
def client(served: Served) -> openai.OpenAI:
    """Return OpenAI's own client, pointed here."""
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="key", max_retries=0)


def test_the_client_lists_and_reads_stores(client: openai.OpenAI) -> None:
    """Each collection is a store with its counts; the list ends."""
    stores = list(client.vector_stores.list())
    assert [one.id for one in stores] == ["default", "guides"]
    store = client.vector_stores.retrieve("default")
    assert store == stores[0]
    assert (store.object, store.status) == ("vector_store", "completed")
    assert (store.file_counts.completed, store.file_counts.total) == (2, 2)
    assert store.usage_bytes > 10_000
    assert store.created_at == 1_795_352_867  # the clock of builds in tests


def test_the_client_lists_models(client: openai.OpenAI) -> None:
    """Each collection is a model."""
    models = [one.id for one in client.models.list()]
    assert models == ["extractive/default", "extractive/guides"]


def test_the_client_searches(client: openai.OpenAI) -> None:
    """A result quotes its file, and its attributes say exactly where."""
    page = client.vector_stores.search("guides", query=ANKLE)
    best, second, *_ = page.data
    assert (best.file_id, best.filename) == (guide().document_id, "guide.pdf")
    assert [one.text for one in best.content] == ["A splint holds the ankle at night."]
    leaning = ["A splint holds the ankle at night.", "It must never hurt."]
    assert [one.text for one in second.content] == leaning
    attributes = best.attributes
    assert attributes is not None
    start, end = attributes["start"], attributes["end"]
    assert isinstance(start, float)
    assert isinstance(end, float)
    assert guide().text[int(start) : int(end)] == best.content[-1].text
    assert (attributes["page"], attributes["page_label"]) == (2, "ii")
    assert (attributes["status"], attributes["confidence"]) == ("answered", "high")
    assert list(page) == page.data  # there is no next page


def test_the_body_is_as_recorded(served: Served) -> None:
    """Every member that the reference names, and no other."""
    response = httpx2.post(
        f"{served.url}/v1/vector_stores/default/search",
        json={"query": QUESTION, "rewrite_query": True, "ranking_options": {"ranker": "auto"}},
        headers={"OpenAI-Beta": "assistants=v2"},
    )
    assert response.status_code == 200
    body = response.json()
    assert {name: body[name] for name in body if name != "data"} == {
        "object": "vector_store.search_results.page",
        "search_query": [QUESTION],
        "has_more": False,
        "next_page": None,
    }
    (result,) = body["data"]
    assert set(result) == {"file_id", "filename", "score", "attributes", "content"}
    assert result["content"] == [{"type": "text", "text": QUOTE}]
    assert len(result["attributes"]) <= 16
    for name, value in result["attributes"].items():
        assert len(name) <= 64
        assert isinstance(value, int | float) or len(value) <= 512


def test_a_long_link_is_cut_to_its_sentence() -> None:
    """No attribute is longer than 512 characters, and no link is cut in the middle."""
    words = " ".join(["التهاب"] * 30)
    long = sentence_url("doc", 3, words, unique=True)
    assert len(long) > 512
    assert _short(long) == "/documents/doc#s3"
    short = sentence_url("doc", 3, "four words are here", unique=True)
    assert _short(short) == short


def test_what_is_not_answered_has_no_data(client: openai.OpenAI) -> None:
    """Abstention is an empty page."""
    assert client.vector_stores.search("default", query=UNANSWERED).data == []


def test_several_wordings_are_one_search(client: openai.OpenAI) -> None:
    """The best of each, a passage once, best first."""
    one = client.vector_stores.search("guides", query=ANKLE).data
    both = client.vector_stores.search("guides", query=[UNANSWERED, ANKLE]).data
    assert both[0] == one[0]
    texts = [result.content[-1].text for result in both]
    assert len(set(texts)) == len(texts)
    scores = [result.score for result in both]
    assert scores == sorted(scores, reverse=True)
    assert (
        len(client.vector_stores.search("guides", query=[ANKLE] * 2, max_num_results=2).data) == 2
    )


def test_the_threshold_and_the_number_are_obeyed(client: openai.OpenAI) -> None:
    """No result is below the one, nor are there more than the other."""
    every = client.vector_stores.search("guides", query=ANKLE).data
    options: Any = {"score_threshold": every[1].score}
    some = client.vector_stores.search("guides", query=ANKLE, ranking_options=options).data
    assert 1 <= len(some) < len(every)
    assert client.vector_stores.search("guides", query=ANKLE, max_num_results=1).data == every[:1]


def test_filters_choose_documents(client: openai.OpenAI) -> None:
    """In OpenAI's own form, nested too."""
    for key, found in (("patient", True), ("staff", False)):
        wanted: Any = {
            "type": "and",
            "filters": [{"type": "eq", "key": "audience", "value": key}],
        }
        page = client.vector_stores.search("guides", query=ANKLE, filters=wanted)
        assert bool(page.data) is found


BAD: list[dict[str, Any]] = [
    {"query": ""},
    {"query": []},
    {"query": [CANARY] * 9},
    {"query": CANARY * 100},
    {"query": {"text": CANARY}},
    {"query": CANARY, "max_num_results": 0},
    {"query": CANARY, "max_num_results": 51},
    {"query": CANARY, "filters": {"type": CANARY}},
    {"query": CANARY, "filters": {"type": "eq", "key": CANARY, "value": CANARY}},
    {"query": CANARY, "ranking_options": {"ranker": CANARY}},
    {"query": CANARY, "ranking_options": {"score_threshold": 2}},
    {"query": CANARY, CANARY: 1},
    {},
]


@pytest.mark.parametrize("body", BAD, ids=str)
def test_a_bad_request_is_400_in_openais_form(served: Served, body: dict[str, Any]) -> None:
    """With the field at fault, and without a word of the request."""
    response = httpx2.post(f"{served.url}/v1/vector_stores/default/search", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert "zanzibar7q" not in response.text


def test_the_field_at_fault_is_named_as_openai_does(client: openai.OpenAI) -> None:
    """The client raises its own error, which carries the field."""
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.search("default", query=["fine", ""])
    assert caught.value.param == "query[1]"


def test_other_faults_have_openais_form_too(client: openai.OpenAI, served: Served) -> None:
    """An unknown store, an address below it, a wrong method, no JSON, too large a body."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.vector_stores.search("zanzibar7q", query=QUESTION)
    assert "zanzibar7q" not in str(caught.value)
    assert caught.value.code == "not_found"
    url = f"{served.url}/v1/vector_stores"
    headers = {"content-type": "application/json", "accept": "text/html"}
    responses = [
        httpx2.get(f"{url}/zanzibar7q/files", headers=headers),
        httpx2.delete(f"{url}/default", headers=headers),
        httpx2.post(f"{url}/default/search", content=b"{zanzibar7q", headers=headers),
        httpx2.post(f"{url}/default/search", content=b"zanzibar7q"),
        httpx2.post(f"{url}/default/search", content=b"zanzibar7q" * 10_000, headers=headers),
        httpx2.get(f"{served.url}/v1/models/zanzibar7q", headers=headers),
    ]
    assert [one.status_code for one in responses] == [404, 405, 400, 400, 413, 404]
    for one in responses:
        assert set(one.json()["error"]) == {"message", "type", "param", "code"}
        assert "zanzibar7q" not in one.text
