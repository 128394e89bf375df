"""Filters asked for over HTTP, and what an answer under one shows and says."""

import json
import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from corpus.documents import Attributes
from index.filters import AllOf, AnyOf, Filter
from service.answering import Answer, Question, answer, search
from service.app import create_app
from service.citations import MOST_PLACES
from service.confidence import Level, Scale
from service.errors import IntegrityError
from service.library import Library
from service.schemas.asking import SearchRequest
from tests.building import library, makers
from tests.filtering import TODAY, Leaflet, compare, held

EVERYTHING = Scale((Level("low", 0.0, 1, 2),), 1, 2, "tests")
CANARY = "zanzibar7q"
ROUTES = ("/v1/answers", "/v1/search")
PATIENT = {"type": "eq", "key": "audience", "value": "patient"}
FOR_PATIENTS = compare("audience", "eq", "patient")
LEAFLETS = {
    "a-staff.txt": Leaflet(
        "Falls\n\nThe patient won't fall at the night-time round. Ring the ward sister.\n",
        Attributes("en", "staff", date(2020, 1, 1), TODAY - timedelta(days=1)),
    ),
    "b-patient.txt": Leaflet(
        "At home\n\nDrink water. The patient will not fall at the night-time round.\n",
        Attributes("en-GB", "patient", date(2026, 1, 1), TODAY),
    ),
    "c-patient.txt": Leaflet(
        "Bed\n\nThe patient won't fall at the nighttime round. Sleep well.\n",
        Attributes("da", "patient", None, None),
    ),
}
SENTENCE = "The patient won't fall at the night-time round."


@pytest.fixture
def shelf(tmp_path: Path) -> Library:
    """Return a library of the three leaflets, in which one sentence stands in three ways."""
    held(tmp_path, LEAFLETS)
    return library(tmp_path)


@pytest.fixture
def client(shelf: Library) -> TestClient:
    """Return a client of the three leaflets."""
    return TestClient(create_app(shelf))


def ask(held_by: Library, text: str = SENTENCE, **more: Any) -> Answer:  # noqa: ANN401 - as Question's
    """Ask on the scale where everything is an answer."""
    return answer(held_by, Question(text, **more), EVERYTHING, today=TODAY)


def test_only_allowed_documents_are_cited(client: TestClient) -> None:
    """In answers and passages alike, cited documents and other places are those for patients."""
    for route in ROUTES:
        body = client.post(
            route, json={"question": SENTENCE, "filters": PATIENT, "top_k": 50}
        ).json()
        uris = {one["document"]["uri"] for one in body["citations"]}
        others = {other["document_id"] for one in body["citations"] for other in one["also_in"]}
        assert "a-staff.txt" not in uris
        assert uris
        assert not [one for one in others if one.startswith("a-staff")]
        assert "Ring the ward sister." not in json.dumps(body)


def test_the_cited_place_is_the_first_that_is_allowed_and_quoted_as_it_stands_there(
    shelf: Library,
) -> None:
    """The passage's first place is for staff: the second is cited, in its own document's words."""
    first = ask(shelf, filters=FOR_PATIENTS).citations[0]
    document = shelf.retriever("default").catalog.document(first.document.document_id)
    assert document is not None
    at = first.place.sentence
    assert first.hit.passage.text == SENTENCE
    assert first.quote == "The patient will not fall at the night-time round."
    assert document.uri == "b-patient.txt"
    assert document.text[at.start : at.end] == first.quote
    low, high = first.highlight
    assert first.context[low:high] == first.quote
    assert first.url.startswith(f"/documents/{document.document_id}#s{at.ordinal}")
    assert first.place.line == 3
    (other,) = first.also_in
    assert (other.title, first.also_in_total) == ("c-patient", 1)
    assert other.kind == "near"
    assert 0.5 < other.similarity < 1.0
    everywhere = ask(shelf).citations[0]
    assert (everywhere.document.uri, everywhere.also_in_total) == ("a-staff.txt", 2)
    assert [one.title for one in everywhere.also_in] == ["b-patient", "c-patient"]


def test_a_place_that_no_longer_says_its_passage_is_never_cited(shelf: Library) -> None:
    """One word changed on disk beneath an open library: the answer is refused, not misquoted."""
    file = shelf.retriever("default").layout.catalog
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE documents SET text = replace(text, 'will not', 'must not')")
    with pytest.raises(IntegrityError, match=r"sentence 3 of b-patient-.* not what was indexed"):
        ask(shelf, filters=FOR_PATIENTS)


@pytest.mark.parametrize(
    ("filters", "uris"),
    [
        (compare("language", "eq", "en"), {"a-staff.txt", "b-patient.txt"}),
        (compare("review_status", "eq", "overdue"), {"a-staff.txt"}),
        (
            compare("review_status", "in", ["current", "unknown"]),
            {"b-patient.txt", "c-patient.txt"},
        ),
        (compare("last_reviewed", "gte", "2026-01-01"), {"b-patient.txt"}),
        (compare("last_reviewed", "ne", "2026-01-01"), {"a-staff.txt", "c-patient.txt"}),
        (
            AnyOf((compare("uri", "eq", "c-patient.txt"), compare("title", "eq", "a-staff"))),
            {"a-staff.txt", "c-patient.txt"},
        ),
        (AllOf((FOR_PATIENTS, compare("language", "nin", ["da"]))), {"b-patient.txt"}),
    ],
)
def test_each_filter_leaves_its_documents(
    shelf: Library,
    filters: Filter,
    uris: set[str],
) -> None:
    """Whatever is asked, all that is cited or listed stands in these documents."""
    citations, _, _ = search(
        shelf, Question("patient night", top_k=50, filters=filters), today=TODAY
    )
    cards = {one.document_id: one.uri for one in shelf.retriever("default").catalog.documents()}
    shown = {one.document.uri for one in citations}
    shown |= {cards[other.document_id] for one in citations for other in one.also_in}
    assert shown == uris


def test_a_collection_is_a_key_too(tmp_path: Path) -> None:
    """Of two collections, a filter may leave one, or parts of both."""
    for name in ("one", "two"):
        held(tmp_path, LEAFLETS, name)
    both = library(tmp_path)
    found = ask(both, top_k=50, filters=compare("collection", "eq", "two"))
    assert {one.collection for one in found.citations} == {"two"}
    assert {other.collection for one in found.citations for other in one.also_in} == {"two"}
    parts = AnyOf(
        (
            AllOf((compare("collection", "eq", "one"), FOR_PATIENTS)),
            AllOf((compare("collection", "eq", "two"), compare("audience", "eq", "staff"))),
        )
    )
    first = ask(both, filters=parts).citations[0]
    places = {(first.collection, first.document.title)} | {
        (other.collection, other.title) for other in first.also_in
    }
    assert places == {("one", "b-patient"), ("one", "c-patient"), ("two", "a-staff")}
    assert first.also_in_total == 2


def test_no_document_left_is_filtered_out(shelf: Library) -> None:
    """The reason says that the filter, and not the documents, is why there is no answer."""
    found = ask(shelf, filters=compare("audience", "eq", "nobody"))
    assert (found.status, found.reason, found.score, found.citations) == (
        *("no_answer", "filtered_out"),
        *(0.0, ()),
    )
    assert (
        search(shelf, Question(SENTENCE, filters=compare("title", "eq", "x")), today=TODAY)[0] == ()
    )


def test_an_answer_that_the_filter_leaves_out_is_told_and_not_shown(shelf: Library) -> None:
    """With the same question and threshold it is there without the filter."""
    asked = Question("ring the ward sister", filters=FOR_PATIENTS)
    top = search(shelf, replace(asked, filters=None), today=TODAY)[0][0].hit.score
    between = Scale((Level("low", 0.99 * top, 1, 2),), 1, 2, "tests")
    found = answer(shelf, asked, between, today=TODAY)
    assert (found.status, found.reason, found.citations) == ("no_answer", "filtered_out", ())
    assert found.score < top
    assert answer(shelf, replace(asked, filters=None), between, today=TODAY).status != "no_answer"
    medium = Scale((Level("low", 0.0, 1, 2), Level("medium", 0.99 * top, 1, 2)), 1, 2, "tests")
    higher = answer(shelf, replace(asked, min_confidence="medium"), medium, today=TODAY)
    assert (higher.reason, higher.citations) == ("filtered_out", ())


def test_what_no_document_answers_is_not_relevant_with_a_filter_either(shelf: Library) -> None:
    """The filter is not blamed where there is no answer without it."""
    strict = Scale((Level("low", 0.999, 1, 2),), 1, 2, "tests")
    found = answer(shelf, Question("opening hours", filters=FOR_PATIENTS), strict, today=TODAY)
    assert (found.status, found.reason) == ("no_answer", "nothing_relevant")


def test_a_mended_question_is_asked_within_the_filter(shelf: Library) -> None:
    """The misspelt word finds nothing, the mended one what is allowed."""
    asked = Question("waterr", mode="lexical", filters=FOR_PATIENTS)
    strict = Scale((Level("low", 0.1, 1, 2),), 1, 2, "tests")
    found = answer(shelf, asked, strict, today=TODAY)
    assert (found.query.searched_instead, found.citations[0].quote) == ("water", "Drink water.")
    staff = answer(
        shelf, replace(asked, filters=compare("audience", "eq", "staff")), strict, today=TODAY
    )
    assert (staff.reason, staff.query.searched_instead) == ("filtered_out", None)


def test_the_receipt_tells_filters_and_where_it_matters_days_apart(shelf: Library) -> None:
    """The same filter gives the same receipt; today counts for the review status alone."""

    def receipt(filters: Filter | None, today: date = TODAY) -> str:
        return answer(
            shelf, Question("falls", filters=filters), EVERYTHING, today=today
        ).receipt.parameters_sha256

    later = TODAY + timedelta(days=1)
    due = compare("review_status", "eq", "current")
    every = [
        *(None, FOR_PATIENTS, due, compare("audience", "ne", "patient")),
        *(AllOf((FOR_PATIENTS, due)), AnyOf((FOR_PATIENTS, due))),
    ]
    assert len({receipt(one) for one in every}) == len(every)
    assert receipt(FOR_PATIENTS) == receipt(FOR_PATIENTS, later)
    assert receipt(due) != receipt(due, later)
    assert receipt(None) == receipt(None, later)


def test_today_is_the_librarys_clock(tmp_path: Path) -> None:
    """What is overdue is decided by the clock that the library was given."""
    held(tmp_path, LEAFLETS)
    overdue = Question("patient", filters=compare("review_status", "eq", "overdue"), top_k=50)
    for days, expected in ((-30, 0), (0, 1), (1, 2)):
        now = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) + timedelta(days=days)
        shelf = Library(
            tmp_path, makers().encoder(), clock=partial(datetime.fromisoformat, now.isoformat())
        )
        assert shelf.today() == now.astimezone().date()
        places = {
            document_id
            for one in search(shelf, overdue)[0]
            for document_id in (
                one.document.document_id,
                *(other.document_id for other in one.also_in),
            )
        }
        assert len(places) == expected


def test_a_sentence_of_every_leaflet_lists_the_first_places_and_how_many(tmp_path: Path) -> None:
    """Twenty are shown, in their order, and the rest counted; over two collections too."""
    notice = {
        f"{n:03}.txt": Leaflet(f"Leaflet {n}\n\nTell your nurse of falls.\n") for n in range(50)
    }
    held(tmp_path, notice, "one")
    held(tmp_path, dict(list(notice.items())[:5]), "two")
    shelf = library(tmp_path)
    first = ask(shelf, "tell your nurse of falls", collections=("one",)).citations[0]
    assert [one.title for one in first.also_in] == [f"{n:03}" for n in range(1, 1 + MOST_PLACES)]
    assert first.also_in_total == 49
    assert {one.line for one in first.also_in} == {3}
    few = ask(shelf, "tell your nurse of falls", collections=("two",)).citations[0]
    assert (len(few.also_in), few.also_in_total) == (4, 4)
    both = ask(shelf, "tell your nurse of falls").citations[0]
    assert (len(both.also_in), both.also_in_total) == (MOST_PLACES, 54)
    body = TestClient(create_app(shelf)).post(
        "/v1/search", json={"question": "tell your nurse of falls", "collections": ["one"]}
    )
    sent = body.json()["citations"][0]
    assert (len(sent["also_in"]), sent["also_in_total"]) == (MOST_PLACES, 49)
    page = TestClient(create_app(shelf)).get("/search", params={"q": "Tell your nurse of falls."})
    assert "Also in 54 other places" in page.text
    assert "<li>and 34 more</li>" in page.text


def nested(depth: int) -> dict[str, Any]:
    """Return compounds in one another around a comparison that names the canary."""
    made: dict[str, Any] = {"type": "eq", "key": "title", "value": CANARY}
    for _ in range(depth):
        made = {"type": "or", "filters": [made]}
    return made


BAD_FILTERS = [
    pytest.param({"type": "like", "key": "title", "value": CANARY}, "/type", id="unknown operator"),
    pytest.param({"type": CANARY, "key": "title", "value": "x"}, "/type", id="canary as operator"),
    pytest.param({"type": "eq", "key": CANARY, "value": "x"}, "/key", id="unknown key"),
    pytest.param({"type": "eq", "key": 5, "value": CANARY}, "/key", id="key a number"),
    pytest.param({"type": "gt", "key": "title", "value": CANARY}, "/type", id="title in order"),
    pytest.param({"type": "eq", "key": "title", "value": 5}, "/value", id="number for a text"),
    pytest.param({"type": "eq", "key": "title", "value": True}, "/value", id="boolean for a text"),
    pytest.param({"type": "eq", "key": "title", "value": None}, "/value", id="null for a text"),
    pytest.param({"type": "eq", "key": "title", "value": [CANARY]}, "/value", id="list for a text"),
    pytest.param({"type": "in", "key": "title", "value": CANARY}, "/value", id="text for a list"),
    pytest.param({"type": "in", "key": "title", "value": []}, "/value", id="empty list"),
    pytest.param({"type": "in", "key": "title", "value": [CANARY, 1]}, "/value", id="number in it"),
    pytest.param({"type": "lt", "key": "last_reviewed", "value": CANARY}, "/value", id="no date"),
    pytest.param({"type": "lt", "key": "last_reviewed", "value": 1.5}, "/value", id="timestamp"),
    pytest.param({"type": "eq", "key": "review_status", "value": CANARY}, "/value", id="no status"),
    pytest.param({"type": "eq", "key": "title"}, "/value", id="no value"),
    pytest.param({"type": "eq", "value": CANARY}, "/key", id="no key"),
    pytest.param({"key": "title", "value": CANARY}, "/type", id="no type"),
    pytest.param({}, "/key", id="empty"),
    pytest.param([], "", id="a list"),
    pytest.param(CANARY, "", id="a text"),
    pytest.param(7, "", id="a number"),
    pytest.param({**PATIENT, f"{CANARY} x": 1}, "/…", id="unknown field"),
    pytest.param({"type": "and"}, "/filters", id="compound of nothing"),
    pytest.param({"type": "and", "filters": []}, "/filters", id="compound of none"),
    pytest.param({"type": "and", "filters": PATIENT}, "/filters", id="compound of no list"),
    pytest.param({"type": "and", "filters": [CANARY]}, "/filters/0", id="compound of a text"),
    pytest.param(
        {"type": "and", "filters": [PATIENT, {"type": "or", "filters": [{**PATIENT, "value": 1}]}]},
        "/filters/1/filters/0/value",
        id="fault inside",
    ),
    pytest.param(nested(9), "", id="nine deep"),
    pytest.param(nested(200), "", id="two hundred deep"),
    pytest.param({"type": "or", "filters": [PATIENT] * 100}, "", id="101 filters"),
    pytest.param(
        {"type": "or", "filters": [{"type": "or", "filters": [PATIENT] * 40}] * 4}, "", id="165"
    ),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("filters", "pointer"), BAD_FILTERS)
def test_a_bad_filter_is_pointed_at_and_never_repeated_or_ignored(
    client: TestClient, route: str, filters: object, pointer: str, caplog: pytest.LogCaptureFixture
) -> None:
    """422, a pointer to the very field, no word of what was sent."""
    caplog.set_level(logging.DEBUG)
    response = client.post(route, json={"question": "falls", "filters": filters})
    assert response.status_code == 422
    problem = response.json()
    assert f"#/filters{pointer}" in [error["pointer"] for error in problem["errors"]]
    assert all(error["detail"] for error in problem["errors"])
    assert CANARY not in response.text + caplog.text


@pytest.mark.parametrize("route", ROUTES)
def test_filters_up_to_the_limits_are_taken(client: TestClient, route: str) -> None:
    """Eight deep, a hundred in all, five hundred values; null is no filter."""
    values = {"type": "nin", "key": "document_id", "value": [f"id-{n}" for n in range(500)]}
    for filters in (nested(8), {"type": "or", "filters": [PATIENT] * 99}, values, None):
        assert client.post(route, json={"question": "falls", "filters": filters}).status_code == 200


def test_a_filter_is_documented_as_it_is_taken(client: TestClient) -> None:
    """The schema has both forms, the keys and the operators."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    comparison = schemas["Comparison"]["properties"]
    assert {"audience", "review_status", "uri"} < set(comparison["key"]["enum"])
    assert comparison["type"]["enum"] == ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    assert {"$ref": "#/components/schemas/Compound"} in (
        schemas["Compound"]["properties"]["filters"]["items"]["oneOf"]
    )
    sent = SearchRequest.model_validate({"question": "falls", "filters": PATIENT})
    assert sent.to_question().filters == FOR_PATIENTS
