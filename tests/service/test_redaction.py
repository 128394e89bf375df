import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.redaction import DATE, EMAIL, NHS_NUMBER, PHONE, POSTCODE, is_nhs_number, redact

words = st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="@"))


@st.composite
def nhs_numbers(draw: st.DrawFn) -> str:
    """Return a valid NHS number, with or without something between its groups."""
    nine = draw(st.lists(st.integers(0, 9), min_size=9, max_size=9))
    check = -sum(value * weight for value, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    digits = "".join(map(str, nine)) + (str(check) if check < 10 else "")
    if len(digits) < 10:  # of these check digits there are no numbers
        digits = "9434765919"
    between = draw(st.sampled_from(["", " ", "-", ".", "  ", "\u00a0", "\u2009", " - "[:2]]))
    return between.join([digits[:3], digits[3:6], digits[6:]])


@given(words, nhs_numbers(), words)
def test_a_valid_nhs_number_goes_wherever_it_stands(before: str, number: str, after: str) -> None:
    """Between any two texts without digits, one placeholder takes its place."""
    found = redact(before + number + after)
    assert number not in found
    assert NHS_NUMBER in found
    assert not re.search(r"\d{3}", found)


@given(st.text("0123456789", max_size=3), nhs_numbers(), st.text("0123456789", max_size=3))
def test_digits_beside_it_do_not_hide_an_nhs_number(left: str, number: str, right: str) -> None:
    """With more digits stuck to it, it goes as a long number."""
    assert re.sub(r"\D", "", number) not in re.sub(r"\D", "", redact(left + number + right))
    assert number not in redact(f"{left} {number} {right}")


@given(st.text())
def test_any_text_can_be_redacted_and_again_changes_nothing(text: str) -> None:
    """It never fails, and what it left it leaves."""
    once = redact(text)
    assert redact(once) == once


@given(st.text("abcABC019 @.+-()/44\n"))
def test_a_text_full_of_likely_parts_is_stable_too(text: str) -> None:
    """The same for texts of the characters that the patterns look for."""
    once = redact(text)
    assert redact(once) == once


def test_the_check_digit_decides_what_is_an_nhs_number() -> None:
    """943 476 5919 is one; with any other last digit it is not."""
    assert [end for end in range(10) if is_nhs_number(f"943476591{end}")] == [9]
    assert not is_nhs_number("94347659")


@pytest.mark.parametrize(
    "text",
    ["jo@nhs.example", "jo.o'neil+ms@mail.ward-7.example", "J_O@X.Y", "Ünal@klinik.example"],
)
def test_an_email_address_goes(text: str) -> None:
    """With dots, apostrophes, plus signs, and letters beyond ASCII."""
    assert redact(f"write to {text}, please") == f"write to {EMAIL}, please"


@pytest.mark.parametrize(
    "text",
    [
        "020 7946 0958",
        "(020) 7946 0958",
        "02079460958",
        "0113 496 0999",
        "01632 960 983",
        "016977 2345",
        "07700 900123",
        "07700-900-123",
        "+44 7700 900123",
        "+44 (0)20 7946 0958",
        "0044 7700 900123",
        "+447700900123",
        "0800 1111 222",
        "+33 1 23 45 67 89",
    ],
)
def test_a_phone_number_goes(text: str) -> None:
    """British landlines, mobiles, with or without the country's code; and others with a plus."""
    assert redact(f"ring {text} now") == f"ring {PHONE} now"


@pytest.mark.parametrize(
    "text",
    [
        "SW1A 1AA",
        "sw1a1aa",
        "M1 1AE",
        "B33 8TH",
        "CR2 6XH",
        "EC1A 1BB",
        "DN55 1PT",
        "W1A 0AX",
        "GIR 0AA",
    ],
)
def test_a_postcode_goes(text: str) -> None:
    """In each of the forms that there are, in any case."""
    assert redact(f"near {text}?") == f"near {POSTCODE}?"


@pytest.mark.parametrize(
    "text",
    [
        "03/04/1984",
        "3.4.84",
        "03-04-1984",
        "3 4 1984",
        "1984-04-03",
        "3 April 1984",
        "3rd of April, 1984",
        "3rd April '84",
        "03-Apr-1984",
        "3apr84",
        "April 3, 1984",
        "Apr 3rd 1984",
    ],
)
def test_a_date_goes(text: str) -> None:
    """In figures and in words, with two or four figures of the year."""
    assert redact(f"she ({text}) falls") == f"she ({DATE}) falls"


@pytest.mark.parametrize(
    "text", ["born in 1984", "DOB: 030484", "d.o.b. 03041984", "date of birth is 84"]
)
def test_what_follows_born_goes(text: str) -> None:
    """A year or a row of figures is a date of birth where it is said to be one."""
    assert not re.search(r"\d", redact(text))
    assert redact(text).endswith(DATE)


def test_a_hospital_number_goes_by_the_sites_own_pattern() -> None:
    """RXX-12345 is nothing to us, until the site says what its numbers look like."""
    assert redact("patient RXX-12345") == "patient RXX-12345"
    found = redact("patient RXX-12345", re.compile(r"RXX-\d{5}"))
    assert found == "patient [hospital number]"


@pytest.mark.parametrize(
    "text",
    [
        "how long does tizanidine 2 mg work, 3 to 6 hours?",
        "baclofen 5mg or 10mg 3 times a day",
        "vitamin b12 5mg and b6 10ml",
        "is 37.5 too hot; 120/80",
        "call 111 or 999",
        "MS in 2024",
        "T4-L5 injury",
        "take 1000 mg every 4-6 hours, at most 4000 mg in 24 hours",
        "my dad John Smith",
    ],
)
def test_a_question_without_personal_numbers_is_left_as_it_is(text: str) -> None:
    """Doses, measurements, vitamins, years and emergency numbers stay; so do names."""
    assert redact(text) == text
