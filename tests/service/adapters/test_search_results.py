import httpx2
import pytest

from tests.processes import Served
from tests.service.adapters.conftest import QUESTION, QUOTE, UNANSWERED, guide


def test_an_answer_as_search_result_blocks(served: Served) -> None:
    """The members that Anthropic names, the quote a block of its own among its neighbours."""
    response = httpx2.post(
        f"{served.url}/v1/answers?format=anthropic",
        json={"question": "what holds the ankle at night", "collections": ["guides"]},
    )
    body = response.json()
    assert set(body) == {"status", "content", "request_id"}
    assert body["status"] == "answered"
    block = body["content"][0]
    assert set(block) == {"type", "source", "title", "content", "citations"}
    assert block["type"] == "search_result"
    assert block["citations"] == {"enabled": True}
    assert block["title"] == guide().title
    assert block["source"].startswith(f"{served.url}/documents/")
    assert block["content"] == [
        {"type": "text", "text": "Splints"},
        {"type": "text", "text": "A splint holds the ankle at night."},
        {"type": "text", "text": "It must never hurt."},
    ]


@pytest.mark.parametrize("route", ["answers", "search"])
def test_every_text_is_the_document_s_and_none_is_empty(served: Served, route: str) -> None:
    """With as little context as can be asked for, the quote stands alone."""
    body = httpx2.post(
        f"{served.url}/v1/{route}?format=anthropic",
        json={"question": QUESTION, "context": {"before": 0, "after": 0}},
    ).json()
    assert [one["text"] for one in body["content"][0]["content"]] == [QUOTE]
    assert all(one["text"].strip() for block in body["content"] for one in block["content"])


def test_no_answer_has_no_blocks(served: Served) -> None:
    """And says so; a search, which judges nothing, has no status."""
    asked = {"question": UNANSWERED, "collections": ["default"]}
    body = httpx2.post(f"{served.url}/v1/answers?format=anthropic", json=asked).json()
    assert (body["status"], body["content"]) == ("no_answer", [])
    body = httpx2.post(f"{served.url}/v1/search?format=anthropic", json=asked).json()
    assert body["status"] is None
    assert body["content"]


def test_another_format_is_refused(served: Served) -> None:
    """422, and the native form stays as it was where none is named."""
    asked = {"question": QUESTION}
    response = httpx2.post(f"{served.url}/v1/answers?format=zanzibar7q", json=asked)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "#/format"
    assert "zanzibar7q" not in response.text
    assert "citations" in httpx2.post(f"{served.url}/v1/answers", json=asked).json()
