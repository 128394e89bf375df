import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index.encoders.hashing import HashingEncoder
from service.app import create_app
from service.library import Library
from service.pages.words import ENGLISH, Words
from service.sites import Site
from tests.building import indexed
from tests.service.adapters.conftest import calibrate

_TEXTS = {
    "old.txt": "Spasms\n\nLast reviewed: March 2021\n\nNext review due: 1 March 2024\n\n"
    "Spasms usually last 60 to 90 seconds.\n",
    "new.txt": "Tablets\n\nLast reviewed: 12 March 2024\n\nReview date: March 2027\n\n"
    "Take 5 mg of baclofen three times a day.\n",
    "unsaid.txt": "Water\n\nDrink enough water during the day.\n",
}


def client(home: Path, today: date) -> TestClient:
    """Return a client of a service whose clock shows this day."""
    indexed(home, _TEXTS)
    return TestClient(create_app(Library(home, HashingEncoder(), today=lambda: today)))


@pytest.mark.parametrize(
    ("today", "old", "new"),
    [
        (date(2024, 3, 1), "current", "current"),
        (date(2024, 3, 2), "overdue", "current"),
        (date(2027, 4, 1), "overdue", "overdue"),
    ],
)
def test_every_document_says_whether_its_review_is_overdue(
    tmp_path: Path, today: date, old: str, new: str
) -> None:
    """Lists and citations carry the days as ISO 8601 and the status as of the clock's day."""
    service = client(tmp_path, today)
    held = {one["uri"]: one for one in service.get("/v1/documents").json()["documents"]}
    assert [held[uri]["review_status"] for uri in _TEXTS] == [old, new, "unknown"]
    assert held["old.txt"]["last_reviewed"] == "2021-03-01"
    assert held["new.txt"]["next_review_due"] == "2027-03-31"
    assert held["unsaid.txt"]["next_review_due"] is None
    one = service.get(f"/v1/documents/{held['old.txt']['id']}").json()
    assert one["review_status"] == old
    found = service.post("/v1/search", json={"question": "How long do spasms last?"}).json()
    cited = {one["document"]["uri"]: one["document"] for one in found["citations"]}
    assert cited["old.txt"]["review_status"] == old
    assert cited["old.txt"]["next_review_due"] == "2024-03-01"


def test_pages_show_the_review_and_warn_when_it_is_overdue(tmp_path: Path) -> None:
    """The reader page says when a document was reviewed, and warns in words where it is late."""
    service = client(tmp_path, date(2026, 11, 22))
    held = {one["uri"]: one["id"] for one in service.get("/v1/documents").json()["documents"]}
    accept = {"accept": "text/html"}
    shown = {uri: service.get(f"/documents/{held[uri]}", headers=accept).text for uri in _TEXTS}
    assert "This document should have been reviewed by 1 March 2024." in shown["old.txt"]
    assert 'class="overdue"' in shown["old.txt"]
    assert "Last reviewed 12 March 2024 · Next review due 31 March 2027" in shown["new.txt"]
    assert 'class="overdue"' not in shown["new.txt"]
    assert 'class="reviewed"' not in shown["unsaid.txt"]
    results = service.get("/search?q=How+long+do+spasms+usually+last", headers=accept).text
    assert "should have been reviewed by 1 March 2024" in results


QUESTION = "How long do spasms usually last?"
WARNING = (
    "Important: This document should have been reviewed by 1 March 2024. It may be out of date."
)
WELSH = replace(ENGLISH, overdue_prefix="Pwysig:", overdue="Roedd adolygiad i fod erbyn {day}.")


def dialects(home: Path, today: date, words: Words = ENGLISH) -> TestClient:
    """Return a client of a service that answers, in these words."""
    indexed(home, _TEXTS)
    calibrate(home, "default")
    found = Library(home, HashingEncoder(), today=lambda: today)
    app = create_app(found, site=Site(words=words))
    return TestClient(app, base_url="http://127.0.0.1:8000")


def chat(service: TestClient, *, stream: bool = False) -> Any:  # noqa: ANN401 - a response
    """Ask in OpenAI's chat."""
    body = {"model": "default", "messages": [{"role": "user", "content": QUESTION}]}
    return service.post("/v1/chat/completions", json={**body, "stream": stream})


@pytest.mark.parametrize(
    ("words", "warning"),
    [(ENGLISH, WARNING), (WELSH, "Pwysig: Roedd adolygiad i fod erbyn 1 March 2024.")],
)
def test_a_chat_warns_in_words_after_the_quotes(tmp_path: Path, words: Words, warning: str) -> None:
    """In a paragraph of its own, with the marks of the quotes, in no annotation; streamed too.

    What is annotated stays the documents' own words, and a document that is current has none.
    """
    service = dialects(tmp_path, date(2026, 11, 22), words)
    message = chat(service).json()["choices"][0]["message"]
    texts = {
        text[one["url_citation"]["start_index"] : one["url_citation"]["end_index"]]
        for text in [message["content"]]
        for one in message["annotations"]
    }
    assert texts
    assert all(any(text in document for document in _TEXTS.values()) for text in texts)
    quotes, *notes = message["content"].rsplit("\n\n", 1)
    assert notes == [f"[1] [2] {warning}"]  # both quotes are from it
    assert "Spasms usually last 60 to 90 seconds. [1]" in quotes
    assert warning not in quotes
    events = [json.loads(line[6:]) for line in chat(service, stream=True).text.split("\n\n")[:-2]]
    streamed = "".join(one["choices"][0]["delta"].get("content", "") for one in events)
    assert streamed == message["content"]
    current = dialects(tmp_path / "current", date(2024, 3, 1), words)
    assert "Spasms" in (said := chat(current).json()["choices"][0]["message"]["content"])
    assert "1 March 2024" not in said


def test_agents_get_the_warning_with_what_they_find(tmp_path: Path) -> None:
    """MCP's search and fetch, of a passage and of a document; nothing where nothing is late."""

    def call(service: TestClient, tool: str, **arguments: str) -> Any:  # noqa: ANN401 - JSON
        headers = {"accept": "application/json, text/event-stream"}
        params = {"name": tool, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return service.post("/mcp", json=message, headers=headers).json()["result"]

    with dialects(tmp_path / "late", date(2026, 11, 22)) as late:
        found = call(late, "search", query=QUESTION)
        assert json.loads(found["content"][0]["text"]) == found["structuredContent"]
        first = found["structuredContent"]["results"][0]
        assert first["warning"] == WARNING
        for one in (first["id"], first["id"].partition("@")[0]):
            fetched = call(late, "fetch", id=one)["structuredContent"]
            assert fetched["metadata"]["warning"] == WARNING
            assert fetched["metadata"]["review_status"] == "overdue"
            assert fetched["metadata"]["next_review_due"] == "2024-03-01"
            assert WARNING not in fetched["text"]
    with dialects(tmp_path / "current", date(2024, 3, 1)) as current:
        first = call(current, "search", query=QUESTION)["structuredContent"]["results"][0]
        assert set(first) == {"id", "title", "url"}
        fetched = call(current, "fetch", id=first["id"])["structuredContent"]
        assert "warning" not in fetched["metadata"]
        assert fetched["metadata"]["review_status"] == "current"


def test_flat_dialects_have_the_warning_among_their_pairs(tmp_path: Path) -> None:
    """Dify's metadata and OpenAI's attributes, of which there are at most 16."""
    service = dialects(tmp_path, date(2026, 11, 22))
    setting = {"top_k": 1, "score_threshold": 0.0}
    body = {"knowledge_id": "default", "query": QUESTION, "retrieval_setting": setting}
    (record,) = service.post("/retrieval", json=body).json()["records"]
    stores = service.post("/v1/vector_stores/default/search", json={"query": QUESTION})
    attributes = stores.json()["data"][0]["attributes"]
    assert len(attributes) <= 16
    for pairs in (record["metadata"], attributes):
        assert pairs["warning"] == WARNING
        assert pairs["review_status"] == "overdue"
        assert pairs["next_review_due"] == "2024-03-01"
    assert "reviewed by" not in record["content"]
