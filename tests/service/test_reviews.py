from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.encoders.hashing import HashingEncoder
from service.app import create_app
from service.library import Library
from tests.building import indexed

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
