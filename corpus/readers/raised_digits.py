"""Raised digits: 10 to the sixth must not become 106."""

import re

_RAISED = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_RAISABLE = re.compile(r"[0-9+\u2212-]+")


def raised(text: str) -> str | None:
    """Return `text` in raised digits and signs; None where it holds anything else.

    >>> raised("-3"), raised("st")
    ('⁻³', None)
    """
    return text.translate(_RAISED) if _RAISABLE.fullmatch(text) else None
