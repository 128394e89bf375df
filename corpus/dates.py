"""Dates as leaflets write them, read strictly: what could be another day is no date.

Libraries that read dates in any form (dateutil, dateparser) fill in what is not there and take
03/04/2024 for the one or the other; a wrong review date is worse than none.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

Order = Literal["day first", "month first"]
"""Which of the first two numbers is the day, where a language or country settles it."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug"
        "|september sept sep|october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_WRITTEN = (
    rf"{_WEEKDAY}{_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+{_YEAR}",
    rf"{_WEEKDAY}{_MONTH}\s+{_DAY},?\s+{_YEAR}",
    rf"{_MONTH},?[\s-]+{_YEAR}",
    rf"{_YEAR}[-/](?P<month>\d\d)[-/](?P<day>\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?",
    r"(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)" + _YEAR,
    rf"(?P<month>\d{{1,2}})[/.]{_YEAR}",
    rf"{_YEAR}-(?P<month>\d\d)",
)
_FORMS = tuple(re.compile(one, re.IGNORECASE) for one in _WRITTEN)
_AMERICAN = 1
"""Of _FORMS: the month's name before the day is how Americans write."""

_LAST_MONTH = 12
_MONTH_FIRST = frozenset({"en-US", "en-PH"})
_EITHER = frozenset({"en", "en-CA"})
_YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu", "lt", "mn"})  # a year at the end is no form there

_UNNAMED = re.sub(r"\(\?P<\w+>", "(?:", "|".join(_WRITTEN)).replace("(?P=mark)", "[/.-]")
SHAPE = f"(?i:{_UNNAMED})"
"""A pattern, without groups, for whatever may be a date; `stated` decides whether it is one."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A day or a whole month, as a text states it; `american` for "March 5, 2024"."""

    first: date
    last: date
    american: bool = False


def order_in(language: str | None) -> Order | None:
    """Return which number is the day where `language` settles it; plain English does not.

    >>> order_in("en-GB"), order_in("en-US"), order_in("en"), order_in("da")
    ('day first', 'month first', None, 'day first')
    """
    if language is None or language in _EITHER or language.split("-")[0] in _YEAR_FIRST:
        return None
    return "month first" if language in _MONTH_FIRST else "day first"


def stated(text: str, order: Order | None = None) -> Stated | None:
    """Return the day or month that `text` is; None for no date, or one that could be two days.

    >>> stated("March 2027").last
    datetime.date(2027, 3, 31)
    >>> stated("03/04/2024"), stated("03/04/2024", "day first").first
    (None, datetime.date(2024, 4, 3))
    """
    text = " ".join(text.split())
    for number, form in enumerate(_FORMS):
        if match := form.fullmatch(text):
            parts = match.groupdict()
            days = _numeric(parts, order) if "first" in parts else _named(parts)
            return Stated(*days, american=number == _AMERICAN) if days else None
    return None


def _named(parts: dict[str, str]) -> tuple[date, date] | None:
    month = _MONTHS.get(parts["month"].lower()) or int(parts["month"])
    year, day = int(parts["year"]), parts.get("day")
    if not 1 <= month <= _LAST_MONTH:
        return None
    length = monthrange(year, month)[1]
    if day is None:
        return date(year, month, 1), date(year, month, length)
    return _day(year, month, int(day))


def _numeric(parts: dict[str, str], order: Order | None) -> tuple[date, date] | None:
    """Read two numbers and a year: which is the month is settled by the day, points, or `order`."""
    first, second, year = int(parts["first"]), int(parts["second"]), int(parts["year"])
    if parts["mark"] == "." or first == second or first > _LAST_MONTH:
        return _day(year, second, first)
    if second > _LAST_MONTH:
        return _day(year, first, second)
    if order is None:
        return None
    return _day(year, second, first) if order == "day first" else _day(year, first, second)


def _day(year: int, month: int, day: int) -> tuple[date, date] | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found
