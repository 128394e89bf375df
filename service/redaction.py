"""Personal data that has a form, taken out of a text; what has none, a name above all, stays.

Rather too much than too little: a row of doses that looks like a number of nine digits goes too.
"""

import re
from collections.abc import Callable
from itertools import pairwise

_BETWEEN = r"[\s.\-\u2010-\u2015]{0,2}"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:(?:18|19|20)?\d{2})"
_IN_WORDS = r"(?:\s+|\s*[-/.,]\s*)"

_EMAIL = re.compile(r"(?<![\w.+%'\-])[\w.+%'\-]++@[\w\-]++(?:\.[\w\-]++)+")
_NHS = re.compile(rf"(?=(?<!\d)(\d{{3}}{_BETWEEN}\d{{3}}{_BETWEEN}\d{{4}})(?!\d))")
_PHONE = re.compile(
    r"(?<![\w+])(?:"
    r"(?:(?:\+|00)\s?44[\s.\-]{0,2}(?:\(0\)[\s.\-]{0,2})?|\(?0)\d?(?:[\s.\-()]{0,2}\d){8,9}"
    r"|\+\d(?:[\s.\-()]{0,2}\d){6,13}"
    r")(?!\d)"
)
_DATE = re.compile(
    r"(?<!\d)(?:"
    r"\d{1,2}\s?[/.\-\u2010-\u2015]\s?\d{1,2}\s?[/.\-\u2010-\u2015]\s?" + _YEAR + r"(?!\d)"
    r"|\d{1,2}\s\d{1,2}\s(?:18|19|20)\d{2}(?!\d)"
    r"|(?:18|19|20)\d{2}[/.\-\u2010-\u2015]\d{1,2}[/.\-\u2010-\u2015]\d{1,2}(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?{_IN_WORDS}?{_MONTH}{_IN_WORDS}?['\u2019]?{_YEAR}(?!\d)"
    rf"|(?<!\w){_MONTH}{_IN_WORDS}\d{{1,2}}(?:st|nd|rd|th)?{_IN_WORDS}['\u2019]?{_YEAR}(?!\d)"
    r")",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?<!\w)((?:born(?:\s+(?:on|in))?|d\.?\s?o\.?\s?b\.?|date\s+of\s+birth)(?:\s+(?:is|was))?"
    r"[\s:=]*)\d{2,8}(?!\d)",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    # The letters that stand in no postcode's last two keep "B12 5mg" and "B12 5ml" whole.
    r"(?<![^\W_])(?:GIR\s{0,2}0AA"
    r"|[A-PR-UWYZ](?:[A-HK-Y]?\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY])"
    r"\s{0,2}\d[ABD-HJLNP-UW-Z]{2})(?![^\W_])",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(rf"\d(?:{_BETWEEN}\d){{8,}}")

EMAIL, HOSPITAL_NUMBER, NHS_NUMBER = "[email]", "[hospital number]", "[NHS number]"
PHONE, DATE, POSTCODE, NUMBER = "[phone]", "[date]", "[postcode]", "[number]"
"""What stands in the place of what was taken out."""

Redact = Callable[[str], str]


def redact(text: str, hospital_number: re.Pattern[str] | None = None) -> str:
    """Return `text` with placeholders for what has the form of personal data.

    That is: email addresses, NHS numbers (ten digits whose last one checks the others), British
    and international phone numbers, dates with day, month and year, years and numbers after "born"
    or "DOB", British postcodes, any other number of nine digits and more, and what
    `hospital_number`, a site's own pattern, finds. Names, streets, rare illnesses, six digits of a
    local phone number and anything spelt out in words cannot be told from other words: they stay.

    >>> redact("John Smith, 943 476 5919, born 3 March 1984, on baclofen 10 mg")
    'John Smith, [NHS number], born [date], on baclofen 10 mg'
    """
    text = _EMAIL.sub(EMAIL, text)
    if hospital_number is not None:
        text = hospital_number.sub(HOSPITAL_NUMBER, text)
    text = _without_nhs_numbers(text)
    text = _PHONE.sub(PHONE, text)
    text = _DATE.sub(DATE, text)
    text = _BORN.sub(rf"\g<1>{DATE}", text)
    text = _POSTCODE.sub(POSTCODE, text)
    return _LONG_NUMBER.sub(NUMBER, text)


def is_nhs_number(digits: str) -> bool:
    """Tell whether ten digits are an NHS number: the last one is the check of modulus 11."""
    values = [int(digit) for digit in digits]
    check = -sum(value * weight for value, weight in zip(values, range(10, 1, -1), strict=False))
    return len(values) == 10 and check % 11 == values[9]  # noqa: PLR2004 - what the text says


def _without_nhs_numbers(text: str) -> str:
    spans: list[tuple[int, int]] = []
    for match in _NHS.finditer(text):  # overlapping, so that no number before one hides it
        digits = "".join(character for character in match[1] if character.isdecimal())
        if is_nhs_number(digits) and (not spans or match.start(1) >= spans[-1][1]):
            spans.append(match.span(1))
    edges = [(0, 0), *spans, (len(text), len(text))]
    return NHS_NUMBER.join(text[one[1] : other[0]] for one, other in pairwise(edges))
