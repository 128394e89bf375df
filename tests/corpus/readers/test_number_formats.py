from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.number_formats import Value, shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (5, '0" mg"', "5 mg"),
        (0.05, "0%", "5%"),
        (0.125, "0.0%", "12.5%"),
        (1234.5, "#,##0.00", "1,234.50"),
        (2.675, "0.00", "2.68"),
        (0.5, ".0", "0.5"),
        (7, "00000", "00007"),
        (12.5, "[$£-809]#,##0.00", "£12.50"),
        (-3, "0;(0)", "(3)"),
        (-0.001, "0.0", "0.0"),
        (0, '0.00;-0.00;"none"', "none"),
        (3, ";;;", ""),
        (0.1 + 0.2, "General", "0.3"),
        (5.0, "General", "5"),
        (1.5e-7, "0.00E+00", "0.00000015"),
        (1.5, "# ?/?", "1.5"),
        (9434765919, "000 000 0000", "9434765919"),
        (123456, "0,", "123"),
        (True, "General", "TRUE"),
        (datetime(2024, 4, 3), "dd/mm/yyyy", "2024-04-03"),  # noqa: DTZ001
        (datetime(2024, 4, 3), "mmm-yy", "2024-04"),  # noqa: DTZ001
        (datetime(2024, 4, 3), "yyyy", "2024"),  # noqa: DTZ001
        (datetime(2024, 4, 3, 14, 30), "d/m/yy h:mm", "2024-04-03 14:30"),  # noqa: DTZ001
        (date(2024, 4, 3), "[$-809]d mmmm yyyy", "2024-04-03"),
        (time(8, 5), "h:mm AM/PM", "08:05"),
        (timedelta(hours=26, minutes=5, seconds=9), "[h]:mm:ss", "26:05:09"),
        ("5-10", "@", "5-10"),
    ],
)
def test_values_read_as_their_formats_show_them(value: Value, code: str, text: str) -> None:
    """Each value has the words that a person sees in its cell; days are in ISO 8601."""
    assert shown(value, code) == text


@given(st.floats() | st.integers(), st.text('0#?.,%;"[]-$mgEe/@ \\_*GenralHhdy'))
def test_any_format_shows_some_text(value: float, code: str) -> None:
    """No number and no format is a fault."""
    assert isinstance(shown(value, code), str)


@given(st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1))
def test_a_plain_number_loses_nothing(value: int) -> None:
    """The general format writes every digit."""
    assert shown(value, "General") == shown(value, "0") == str(value)
