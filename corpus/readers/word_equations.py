"""Equations of Word (OMML) on one line: a fraction with a stroke, a power with raised digits."""

from collections.abc import Callable

from corpus.readers.raised_digits import raised
from corpus.readers.word_markup import attribute, name, part
from corpus.readers.xml_tree import Element

_HAT = "\u0302"


def equation(element: Element) -> str:
    """Return an equation, or any part of one, as a line of text."""
    written = _FORMS.get(name(element))
    return "".join(map(equation, element)) if written is None else written(element)


def _of(element: Element, wanted: str) -> str:
    found = part(element, wanted)
    return "" if found is None else equation(found)


def _said(element: Element, properties: str, wanted: str) -> str | None:
    return attribute(part(part(element, properties), wanted), "m:val")


def _grouped(element: Element, wanted: str) -> str:
    """Return a part in brackets where it is more than one word or number."""
    text = _of(element, wanted).strip()
    return text if text.isalnum() or len(text) <= 1 else f"({text})"


def _power(text: str) -> str:
    text = text.strip()
    return raised(text) or (f"^{text}" if len(text) <= 1 else f"^({text})")


def _fraction(element: Element) -> str:
    # Without a bar it is a binomial coefficient.
    stroke = "; " if _said(element, "m:fPr", "m:type") == "noBar" else "/"
    return f"{_grouped(element, 'm:num')}{stroke}{_grouped(element, 'm:den')}"


def _script(element: Element) -> str:
    below = _grouped(element, "m:sub") or _grouped(element, "m:lim")
    return _of(element, "m:e") + (f"_{below}" if below else "") + _above(element)


def _above(element: Element) -> str:
    above = _of(element, "m:sup")
    return _power(above) if above.strip() else ""


def _upper_limit(element: Element) -> str:
    return _of(element, "m:e") + _power(_of(element, "m:lim"))


def _root(element: Element) -> str:
    degree = _of(element, "m:deg")
    return f"{raised(degree) or degree}√{_grouped(element, 'm:e')}"


def _delimited(element: Element) -> str:
    begin, end = _said(element, "m:dPr", "m:begChr"), _said(element, "m:dPr", "m:endChr")
    inner = ", ".join(equation(child) for child in element if name(child) == "m:e")
    return f"{'(' if begin is None else begin}{inner}{')' if end is None else end}"


def _large_operator(element: Element) -> str:
    sign = _said(element, "m:naryPr", "m:chr")
    below = _grouped(element, "m:sub")
    limits = (f"_{below}" if below else "") + _above(element)
    return f"{'∫' if sign is None else sign}{limits} {_of(element, 'm:e')}"


def _accented(element: Element) -> str:
    sign = _said(element, "m:accPr", "m:chr")
    return _of(element, "m:e") + (_HAT if sign is None else sign)


def _matrix(element: Element) -> str:
    rows = [child for child in element if name(child) == "m:mr"]
    return "; ".join(", ".join(equation(cell) for cell in row) for row in rows)


def _nothing(_: Element) -> str:
    return ""


def _text(element: Element) -> str:
    return element.text or ""


_FORMS: dict[str, Callable[[Element], str]] = {
    "m:t": _text,
    "w:t": _text,
    "m:f": _fraction,
    "m:sSup": _script,
    "m:sSub": _script,
    "m:sSubSup": _script,
    "m:limLow": _script,
    "m:limUpp": _upper_limit,
    "m:func": lambda element: f" {_of(element, 'm:fName')} {_of(element, 'm:e')}",
    "m:rad": _root,
    "m:d": _delimited,
    "m:nary": _large_operator,
    "m:acc": _accented,
    "m:m": _matrix,
    "w:del": _nothing,
    "w:moveFrom": _nothing,
}
