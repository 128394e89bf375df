"""Filters: which documents a question is asked of, by what is known of each.

A filter chooses documents and grants nothing: who may read what is another matter. Texts are
compared as they stand; `audience`, `language` and `media_type` without regard to case, and a
language also names its regions and scripts ("en" is what "en-GB" is too, RFC 4647's basic
filtering). A document that does not say is never equal to, before or after anything; it is among
those that are not equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, get_args

from index.catalog import Card

Key = Literal[
    "audience",
    "language",
    "last_reviewed",
    "next_review_due",
    "review_status",
    "collection",
    "document_id",
    "media_type",
    "title",
    "uri",
]
Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
ReviewStatus = Literal["current", "overdue", "unknown"]
Value = str | date

MOST_VALUES = 500
"""Values of one `in` or `nin`."""
LONGEST_VALUE = 1_000
"""Characters of a text to compare with."""

_DATES = frozenset({"last_reviewed", "next_review_due"})
_ORDERING = frozenset({"gt", "gte", "lt", "lte"})
_LISTS = frozenset({"in", "nin"})
_ANY_CASE = frozenset({"audience", "language", "media_type"})


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison: `values` has one value, or several for `in` and `nin`."""

    key: Key
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of the filters; true without any."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the filters; false without any."""

    filters: tuple["Filter", ...]


Filter: TypeAlias = Compare | AllOf | AnyOf


def check_operator(key: Key, operator: Operator) -> Operator:
    """Return the operator; ValueError where it puts in order what has none."""
    if operator in _ORDERING and key not in _DATES:
        raise ValueError(
            "puts dates in order, and only last_reviewed and next_review_due are dates; "
            "use eq, ne, in or nin"
        )
    return operator


def values_of(key: Key, operator: Operator, value: object) -> tuple[Value, ...]:
    """Return what is to be compared with; ValueError says what the key and the operator take."""
    if operator not in _LISTS:
        return (_value(key, value),)
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_VALUES:
        raise ValueError(f"{operator} takes a list of 1 to {MOST_VALUES} values")
    return tuple(_value(key, one) for one in value)


def _value(key: Key, value: object) -> Value:
    if key in _DATES:
        day = _date(value)
        if day is None:
            raise ValueError('must be a date as text, "YYYY-MM-DD"')
        return day
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_VALUE:
        raise ValueError(f"must be a text of 1 to {LONGEST_VALUE:,} characters")
    if key == "review_status" and value not in get_args(ReviewStatus):
        raise ValueError("must be current, overdue or unknown")
    return value


def _date(value: object) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    # Python reads other ISO forms too, weeks for one; one form is enough.
    return day if day and day.isoformat() == value else None


def matches(wanted: Filter, card: Card, collection: str, today: date) -> bool:
    """Tell whether a document of a collection is among those wanted, on this day."""
    if isinstance(wanted, AllOf):
        return all(matches(one, card, collection, today) for one in wanted.filters)
    if isinstance(wanted, AnyOf):
        return any(matches(one, card, collection, today) for one in wanted.filters)
    known = _known(wanted.key, card, collection, today)
    if wanted.operator in {"ne", "nin"}:
        return known is None or not _among(wanted, known)
    if known is None:
        return False
    if wanted.operator in {"eq", "in"}:
        return _among(wanted, known)
    return _in_order(wanted, known)


def depends_on_today(wanted: Filter) -> bool:
    """Tell whether the same filter may choose other documents on another day."""
    if isinstance(wanted, Compare):
        return wanted.key == "review_status"
    return any(depends_on_today(one) for one in wanted.filters)


def to_json(wanted: Filter) -> Mapping[str, object]:
    """Return a filter in the form in which it is asked for, of plain values."""
    if isinstance(wanted, Compare):
        values = [one.isoformat() if isinstance(one, date) else one for one in wanted.values]
        value = values if wanted.operator in _LISTS else values[0]
        return {"type": wanted.operator, "key": wanted.key, "value": value}
    name = "and" if isinstance(wanted, AllOf) else "or"
    return {"type": name, "filters": [to_json(one) for one in wanted.filters]}


def _known(key: Key, card: Card, collection: str, today: date) -> Value | None:
    said = card.attributes
    return {
        "audience": said.audience,
        "language": said.language,
        "last_reviewed": said.last_reviewed,
        "next_review_due": said.next_review_due,
        "review_status": _review_status(said.next_review_due, today),
        "collection": collection,
        "document_id": card.document_id,
        "media_type": card.media_type,
        "title": card.title,
        "uri": card.uri,
    }[key]


def _review_status(next_review_due: date | None, today: date) -> ReviewStatus:
    if next_review_due is None:
        return "unknown"
    return "overdue" if next_review_due < today else "current"


def _among(wanted: Compare, known: Value) -> bool:
    if isinstance(known, date) or wanted.key not in _ANY_CASE:
        return known in wanted.values
    plain = known.casefold()
    values = [str(one).casefold() for one in wanted.values]
    if wanted.key == "language":
        return any(plain == one or plain.startswith(f"{one}-") for one in values)
    return plain in values


def _in_order(wanted: Compare, known: Value) -> bool:
    (bound,) = wanted.values
    assert isinstance(known, date)
    assert isinstance(bound, date)
    return {
        "gt": known > bound,
        "gte": known >= bound,
        "lt": known < bound,
        "lte": known <= bound,
    }[wanted.operator]
