"""Equations of Word (OMML) on one line: a fraction with a stroke, a power with raised digits."""

from corpus.readers.raised_digits import raised
from corpus.readers.word_markup import attribute, name, part
from corpus.readers.xml_tree import Element

_HAT = "\u0302"


def equation(element: Element) -> str:
    """Return an equation, or any part of one, as a line of text."""
    match name(element):
        case "m:t" | "w:t":
            return element.text or ""
        case "m:f":
            form = attribute(part(part(element, "m:fPr"), "m:type"), "m:val")
            stroke = "; " if form == "noBar" else "/"  # without a bar: a binomial coefficient
            return f"{_grouped(element, 'm:num')}{stroke}{_grouped(element, 'm:den')}"
        case "m:sSup":
            return _of(element, "m:e") + _power(_of(element, "m:sup"))
        case "m:sSub":
            return f"{_of(element, 'm:e')}_{_grouped(element, 'm:sub')}"
        case "m:sSubSup":
            base = f"{_of(element, 'm:e')}_{_grouped(element, 'm:sub')}"
            return base + _power(_of(element, "m:sup"))
        case "m:rad":
            degree = _of(element, "m:deg")
            return f"{raised(degree) or degree}√{_grouped(element, 'm:e')}"
        case "m:func":
            return f" {_of(element, 'm:fName')} {_of(element, 'm:e')}"
        case "m:limLow":
            return f"{_of(element, 'm:e')}_{_grouped(element, 'm:lim')}"
        case "m:limUpp":
            return _of(element, "m:e") + _power(_of(element, "m:lim"))
        case "m:acc":
            sign = attribute(part(part(element, "m:accPr"), "m:chr"), "m:val")
            return _of(element, "m:e") + (_HAT if sign is None else sign)
        case "m:d":
            return _delimited(element)
        case "m:nary":
            return _large_operator(element)
        case "m:m":
            rows = [child for child in element if name(child) == "m:mr"]
            return "; ".join(", ".join(equation(cell) for cell in row) for row in rows)
        case "w:del" | "w:moveFrom" | "w:delText":
            return ""
        case _:
            return "".join(equation(child) for child in element)


def _of(element: Element, wanted: str) -> str:
    found = part(element, wanted)
    return "" if found is None else equation(found)


def _grouped(element: Element, wanted: str) -> str:
    """Return a part in brackets where it is more than one word or number."""
    text = _of(element, wanted).strip()
    return text if text.isalnum() or len(text) <= 1 else f"({text})"


def _power(text: str) -> str:
    text = text.strip()
    return raised(text) or (f"^{text}" if len(text) <= 1 else f"^({text})")


def _delimited(element: Element) -> str:
    properties = part(element, "m:dPr")
    begin = attribute(part(properties, "m:begChr"), "m:val")
    end = attribute(part(properties, "m:endChr"), "m:val")
    inner = ", ".join(equation(child) for child in element if name(child) == "m:e")
    return f"{'(' if begin is None else begin}{inner}{')' if end is None else end}"


def _large_operator(element: Element) -> str:
    sign = attribute(part(part(element, "m:naryPr"), "m:chr"), "m:val")
    below, above = _of(element, "m:sub"), _of(element, "m:sup")
    text = "∫" if sign is None else sign
    text += f"_{_grouped(element, 'm:sub')}" if below else ""
    text += _power(above) if above else ""
    return f"{text} {_of(element, 'm:e')}"
