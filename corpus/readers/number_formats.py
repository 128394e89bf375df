"""A spreadsheet's values as its number formats show them: 0.05 as "5%", 45231 as a date.

Dates are written as ISO 8601, whatever order the format has: 03/04/2024 is two days, 2024-04-03
is one. A format that cannot be followed here (fractions, digits parted by text) leaves the number
itself, which is never less than was shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

Value = str | bool | int | float | Decimal | datetime | date | time | timedelta

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<digits>[0#?.,]+)'
    r"|(?P<percent>%)|(?P<literal>[-+$£€¥()!^&'~{}<>=:/ \xa0µ°])|(?P<other>.)",
    re.DOTALL,
)
_NOT_PARTS = re.compile(r'"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*')
_PLAIN = re.compile(r"general", re.IGNORECASE)
_SIGNIFICANT = 15
"""Digits; what a spreadsheet keeps of a number."""


@dataclass(slots=True)
class _Section:
    """One part of a number format: what stands before and after the digits, and their pattern."""

    before: str = ""
    digits: str | None = None
    after: str = ""
    percents: int = 0


def shown(value: Value, code: str) -> str:
    """Return `value` as the number format `code` shows it; text is returned as it is.

    >>> shown(0.05, "0%"), shown(5, '0" mg"'), shown(1234.5, "#,##0.00")
    ('5%', '5 mg', '1,234.50')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, date):  # a datetime is one too
        return _day(value, _NOT_PARTS.sub("", code).lower())
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    return _length(value) if isinstance(value, timedelta) else _number(value, code)


def _length(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    sign = "-" if seconds < 0 else ""
    return f"{sign}{hours}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")


def _day(value: date, code: str) -> str:
    """Write a day as ISO 8601, no finer than the format shows it."""
    day = value.date() if isinstance(value, datetime) else value
    if "d" not in code and "h" not in code and "y" in code:
        return day.isoformat()[: 7 if "m" in code else 4]
    if isinstance(value, datetime) and ("h" in code or value.time() != time()):
        return f"{day} {value.time().isoformat('seconds' if value.second else 'minutes')}"
    return day.isoformat()


def _number(value: float | Decimal, code: str) -> str:
    try:
        number = Decimal(f"{value:.{_SIGNIFICANT}g}" if isinstance(value, float) else value)
        return _formatted(number, code) if number.is_finite() else str(value)
    except InvalidOperation:  # more digits than any format shows
        return str(value)


def _formatted(number: Decimal, code: str) -> str:
    sections = _sections(code)
    chosen = sections[0]
    signed = number < 0
    if number < 0 and len(sections) > 1:
        chosen, signed = sections[1], False
    elif not number and len(sections) > 2:  # noqa: PLR2004 - positive; negative; zero
        chosen = sections[2]
    if _PLAIN.fullmatch(chosen) or "@" in chosen:
        return _plain(number)
    section = _parsed(chosen)
    if section is None:
        return _plain(number)
    if section.digits is None:
        return section.before.strip()
    digits = _written(abs(number) * 100**section.percents, section.digits)
    minus = "-" if signed and any(one in digits for one in "123456789") else ""
    return f"{minus}{section.before}{digits}{section.after}".strip()


def _sections(code: str) -> Sequence[str]:
    found = []
    at = 0
    while True:
        match = _SECTION.match(code, at)
        end = match.end() if match else len(code)
        found.append(code[at:end])
        if end >= len(code) or code[end] != ";":
            return found
        at = end + 1


def _parsed(section: str) -> _Section | None:
    """Return a section's parts; None for one that is more than digits between texts."""
    parts = _Section()
    for match in _TOKEN.finditer(section):
        kind = match.lastgroup
        text = match[kind] if kind else ""
        if kind == "digits":
            if parts.digits is not None:
                return None
            parts.digits = text
            continue
        if kind == "other" or (kind == "bracket" and text[:1] in "<>="):
            return None
        if kind == "bracket":  # a colour, or a currency as [$£-809]
            text = text[1:].partition("-")[0] if text.startswith("$") else ""
        elif kind == "percent":
            parts.percents += 1
        elif kind is None:
            text = " "  # room as wide as a character, or filled up to the cell's edge
        if parts.digits is None:
            parts.before += text
        else:
            parts.after += text
    return parts


def _written(number: Decimal, pattern: str) -> str:
    """Write a number that is not negative by a pattern of 0, #, ?, comma and point."""
    whole, _, decimals = pattern.partition(".")
    scaled = number.scaleb(-3 * (len(whole) - len(whole.rstrip(","))))
    places = sum(one in "0#?" for one in decimals)
    least = sum(one in "0?" for one in decimals)
    text = f"{scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    integer, _, fraction = text.partition(".")
    fraction = fraction[:least] + fraction[least:].rstrip("0")
    integer = integer.zfill(whole.count("0"))
    if "," in whole.rstrip(","):
        integer = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", integer)
    return f"{integer}.{fraction}" if fraction else integer


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
