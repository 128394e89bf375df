from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.dates import Order, order_in, stated


@pytest.mark.parametrize(
    "text",
    [
        *("22 November 2023", "22nd of November 2023", "22 Nov. 2023", "November 22, 2023"),
        *("Wednesday 22 November 2023", "2023-11-22", "2023-11-22T12:00:00+00:00", "22/11/2023"),
        *("11/22/2023", "22.11.2023", "22-11-2023", "22 NOVEMBER 2023"),
    ],
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    """British, American and ISO forms are the same day."""
    found = stated(text)
    assert found is not None
    assert found.first == found.last == date(2023, 11, 22)


@pytest.mark.parametrize("text", ["February 2024", "Feb 2024", "02/2024", "2024-02"])
def test_a_month_has_a_first_and_a_last_day(text: str) -> None:
    """A month without a day is known from its first day to its last."""
    found = stated(text)
    assert found is not None
    assert (found.first, found.last) == (date(2024, 2, 1), date(2024, 2, 29))


@pytest.mark.parametrize(
    "text",
    ["", "2027", "03/24", "31 February 2024", "13/13/2024", "13/2024", "Nov 23", "soon", "1/2/03"],
)
def test_what_is_no_whole_date_is_none(text: str) -> None:
    """Years alone, short years and days that do not exist are not guessed at."""
    assert stated(text) is None


@pytest.mark.parametrize(
    ("order", "found"),
    [(None, None), ("day first", date(2024, 4, 3)), ("month first", date(2024, 3, 4))],
)
def test_numbers_that_could_be_two_days(order: Order | None, found: date | None) -> None:
    """03/04/2024 is a day only where the order is known."""
    read = stated("03/04/2024", order)
    assert (read.first if read else None) == found


def test_languages_that_settle_the_order() -> None:
    """British and American English do; English alone does not."""
    assert [order_in(one) for one in (None, "en", "en-CA", "ja")] == [None] * 4
    assert (order_in("en-US"), order_in("en-GB"), order_in("fr")) == (
        *("month first", "day first"),
        "day first",
    )


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_written_days_are_read_back(day: date) -> None:
    """Every day is read from its words and from ISO 8601; unordered numbers are it or nothing."""
    for text in (day.isoformat(), f"{day.day} {day:%B %Y}", f"{day:%B} {day.day}, {day.year}"):
        found = stated(text)
        assert found is not None
        assert found.last - found.first == timedelta()
        assert found.first == day
    slashed = stated(f"{day:%d/%m/%Y}")
    assert slashed is None or slashed.first == day
