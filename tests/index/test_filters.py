"""Filters against a plain reading of what they say."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.documents import Attributes
from index.catalog import Card
from index.filters import (
    LONGEST_VALUE,
    MOST_VALUES,
    AllOf,
    Compare,
    Filter,
    Key,
    Operator,
    check_operator,
    depends_on_today,
    matches,
    to_json,
    values_of,
)
from tests.filtering import ATTRIBUTES, FILTERS, NAMES, TODAY, compare

CARDS = st.builds(
    lambda attributes, uri, media_type: Card(
        f"{uri}-1", uri, uri.partition(".")[0], media_type, "", 1, "", attributes
    ),
    ATTRIBUTES,
    st.sampled_from(NAMES),
    st.sampled_from(("text/plain", "text/html")),
)


def plainly(asked: Any, card: Card, collection: str) -> bool:  # noqa: ANN401 - JSON
    """Evaluate a filter as it is sent, case by case."""
    if asked["type"] == "and":
        return min(plainly(one, card, collection) for one in asked["filters"])
    if asked["type"] == "or":
        return max(plainly(one, card, collection) for one in asked["filters"])
    said = card.attributes
    due = said.next_review_due
    status = "unknown" if not due else "current" if due >= TODAY else "overdue"
    held: dict[str, Any] = {
        **{name: getattr(said, name) for name in ("audience", "language")},
        "last_reviewed": said.last_reviewed and str(said.last_reviewed),
        "next_review_due": due and str(due),
        "review_status": status,
        "collection": collection,
        **{name: getattr(card, name) for name in ("document_id", "media_type", "title", "uri")},
    }
    mine, value = held[asked["key"]], asked["value"]
    listed = value if isinstance(value, list) else [value]
    equal = False
    for one in listed:
        if asked["key"] in {"audience", "media_type"}:
            equal |= mine is not None and mine.lower() == one.lower()
        elif asked["key"] == "language":
            equal |= mine is not None and (mine.lower() + "-").startswith(one.lower() + "-")
        else:
            equal |= mine == one
    operator = asked["type"]
    if operator in {"eq", "in"}:
        return equal
    if operator in {"ne", "nin"}:
        return not equal
    # ISO dates are in order as texts too.
    return (
        mine is not None
        and {
            "gt": mine > value,
            "gte": mine >= value,
            "lt": mine < value,
            "lte": mine <= value,
        }[operator]
    )


@given(FILTERS, CARDS, st.sampled_from(("default", "other")))
def test_a_filter_means_what_it_says(wanted: Filter, card: Card, collection: str) -> None:
    """For any filter and document, the same as a plain evaluation of the JSON."""
    assert matches(wanted, card, collection, TODAY) == plainly(to_json(wanted), card, collection)


@given(FILTERS, CARDS)
def test_only_the_review_status_depends_on_the_day(wanted: Filter, card: Card) -> None:
    """A filter that says it does not depend on the day gives the same on any."""
    later = TODAY + timedelta(days=4000)
    if not depends_on_today(wanted):
        now, then = (matches(wanted, card, "default", day) for day in (TODAY, later))
        assert now == then
    assert depends_on_today(wanted) == ("review_status" in str(to_json(wanted)))


@given(FILTERS, FILTERS)
def test_filters_that_differ_are_written_differently(one: Filter, other: Filter) -> None:
    """What a receipt is made from tells filters apart."""
    assert (to_json(one) == to_json(other)) == (one == other)


def card(**said: Any) -> Card:  # noqa: ANN401 - attributes
    """Return the card of a document that says this of itself."""
    return Card("a-1", "a.txt", "A", "text/plain", "", 1, "", Attributes(**said))


@pytest.mark.parametrize(
    ("operator", "value", "language", "expected"),
    [
        ("eq", "en", "en-GB", True),
        ("eq", "en-GB", "en", False),
        ("eq", "EN", "en", True),
        ("eq", "en", "enm", False),
        ("eq", "en", None, False),
        ("ne", "en", "en-GB", False),
        ("ne", "en", None, True),
        ("in", ["da", "zh"], "zh-Hant", True),
        ("nin", ["da", "zh"], None, True),
    ],
)
def test_a_language_is_its_regions_too(
    operator: Operator,
    value: object,
    language: str | None,
    expected: bool,  # noqa: FBT001
) -> None:
    """The text "en" is what "en-GB" is too, not the other way about; "enm" is another language."""
    wanted = compare("language", operator, value)
    assert matches(wanted, card(language=language), "default", TODAY) == expected


@pytest.mark.parametrize("operator", ["eq", "gt", "gte", "lt", "lte"])
def test_what_is_not_said_is_not_compared(operator: Operator) -> None:
    """A document without a date is neither before nor after nor on any day."""
    wanted = compare("last_reviewed", operator, "2026-01-01")
    assert not matches(wanted, card(), "default", TODAY)


def test_a_review_is_overdue_from_the_day_after() -> None:
    """On the day itself it is current."""
    due = card(next_review_due=TODAY)
    overdue = compare("review_status", "eq", "overdue")
    assert not matches(overdue, due, "default", TODAY)
    assert matches(overdue, due, "default", TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("key", "operator", "value", "words"),
    [
        ("title", "eq", 5, "a text of 1 to 1,000 characters"),
        ("title", "eq", True, "a text of 1 to 1,000 characters"),
        ("title", "eq", None, "a text of 1 to 1,000 characters"),
        ("title", "eq", "", "a text of 1 to 1,000 characters"),
        ("title", "eq", "x" * (LONGEST_VALUE + 1), "a text of 1 to 1,000 characters"),
        ("title", "eq", ["x"], "a text of 1 to 1,000 characters"),
        ("title", "in", "x", "in takes a list of 1 to 500 values"),
        ("title", "nin", [], "nin takes a list of 1 to 500 values"),
        ("title", "in", ["x"] * (MOST_VALUES + 1), "in takes a list of 1 to 500 values"),
        ("title", "in", [["x"]], "a text of 1 to 1,000 characters"),
        ("review_status", "eq", "due", "must be current, overdue or unknown"),
        ("last_reviewed", "gt", "yesterday", "YYYY-MM-DD"),
        ("last_reviewed", "gt", "2026-02-30", "YYYY-MM-DD"),
        ("last_reviewed", "gt", "20260201", "YYYY-MM-DD"),
        ("last_reviewed", "gt", "2026-W05-1", "YYYY-MM-DD"),
        ("last_reviewed", "gt", "2026-02-01T00:00", "YYYY-MM-DD"),
        ("last_reviewed", "gt", 1_770_000_000, "YYYY-MM-DD"),
        ("next_review_due", "in", ["2026-02-01", 7], "YYYY-MM-DD"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    key: Key, operator: Operator, value: object, words: str
) -> None:
    """The error says what the key takes, and repeats nothing of the value."""
    with pytest.raises(ValueError, match=words) as caught:
        values_of(key, operator, value)
    assert "yesterday" not in str(caught.value)


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte"])
def test_only_dates_are_in_order(operator: Operator) -> None:
    """A title is not before or after another; a date is."""
    assert check_operator("last_reviewed", operator) == operator
    with pytest.raises(ValueError, match="use eq, ne, in or nin"):
        check_operator("title", operator)


def test_equal_filters_are_one_key() -> None:
    """Filters are values: equal and hashable, dates as dates."""
    one = AllOf((compare("last_reviewed", "gt", "2026-01-01"),))
    assert {one} == {AllOf((Compare("last_reviewed", "gt", (date(2026, 1, 1),)),))}
