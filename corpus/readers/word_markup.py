"""WordprocessingML's names, the same for both of its dialects, Transitional and Strict."""

from functools import lru_cache

from corpus.readers.xml_tree import Element, split

_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
}
_SPACES = {
    prefix: [namespace for namespace, known in _PREFIXES.items() if known == prefix]
    for prefix in ("w", "m")
}
_RELATIONSHIPS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_OFF = frozenset({"0", "false", "off"})


@lru_cache(maxsize=4096)
def _short(namespace: str, local: str) -> str:
    prefix = _PREFIXES.get(namespace, "")
    return f"{prefix}:{local}" if prefix else local


def name(element: Element) -> str:
    """Return an element's name with its usual prefix ("w:p"), bare for other vocabularies."""
    return _short(*split(element))


def part(element: Element | None, wanted: str) -> Element | None:
    """Return the first child called `wanted`."""
    if element is None:
        return None
    return next((child for child in element if name(child) == wanted), None)


def attribute(element: Element | None, wanted: str) -> str | None:
    """Return the attribute called `wanted` ("w:val") of either dialect, or without a namespace."""
    if element is None:
        return None
    prefix, _, local = wanted.partition(":")
    for namespace in _SPACES[prefix]:
        value = element.get(f"{{{namespace}}}{local}")
        if value is not None:
            return value
    return element.get(local)


def value(element: Element | None, wanted: str) -> str | None:
    """Return what the child called `wanted` says: its attribute "w:val"."""
    return attribute(part(element, wanted), "w:val")


def number(element: Element | None, wanted: str) -> int | None:
    """Return what the child called `wanted` says as a number; None for no number."""
    return integer(value(element, wanted))


def integer(text: str | None) -> int | None:
    """Return `text` as a number; None for no number or an absurd one."""
    try:
        found = int(text or "")
    except ValueError:
        return None
    return found if abs(found) < 2**31 else None


def switch(element: Element | None, wanted: str) -> bool | None:
    """Return whether the property called `wanted` is on; None where it is not there."""
    found = part(element, wanted)
    if found is None:
        return None
    return (attribute(found, "w:val") or "1") not in _OFF


def relation(element: Element, wanted: str) -> str:
    """Return the attribute `wanted` of the relationships' vocabulary, "" where there is none."""
    for namespace in _RELATIONSHIPS:
        if found := element.get(f"{{{namespace}}}{wanted}"):
            return found
    return ""
