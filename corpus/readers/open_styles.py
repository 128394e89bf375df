"""Styles of an OpenDocument text: what a paragraph or span is by the name it was given."""

from dataclasses import dataclass, field

from corpus.readers.xml_tree import Element, child, local, split

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_FO = f"{_NAMESPACE}xsl-fo-compatible:1.0"
_BOLD = frozenset({"bold", "600", "700", "800", "900"})


def attribute(element: Element | None, room: str, name: str) -> str | None:
    """Return an attribute of one of OpenDocument's vocabularies ("text", "style", "table")."""
    return None if element is None else element.get(f"{{{_NAMESPACE}{room}:1.0}}{name}")


def integer(text: str | None, otherwise: int) -> int:
    """Return `text` as a number that is not negative, or `otherwise`."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Looks:
    """How text looks, None where nothing is said."""

    bold: bool | None = None
    hidden: bool | None = None
    high: bool | None = None
    font: str | None = None
    language: str | None = None

    def over(self, below: "Looks") -> "Looks":
        """Return these looks, and where they say nothing those `below`."""
        return Looks(
            below.bold if self.bold is None else self.bold,
            below.hidden if self.hidden is None else self.hidden,
            below.high if self.high is None else self.high,
            below.font if self.font is None else self.font,
            below.language if self.language is None else self.language,
        )


@dataclass(frozen=True, slots=True)
class Style:
    """A style with what it inherits; `names` are its own and those it is based on, lower case."""

    names: tuple[str, ...] = ()
    looks: Looks = field(default_factory=Looks)
    unnumbered: bool = False
    hidden_section: bool = False


NO_STYLE = Style()


class Styles:
    """The styles of a document, by family ("paragraph", "text", "section") and name."""

    def __init__(self, roots: list[Element]) -> None:
        self._elements: dict[tuple[str, str], Element] = {}
        self._defaults: dict[str, Looks] = {}
        self._resolved: dict[tuple[str, str], Style] = {}
        self.outline: Element | None = None
        """The numbering of headings."""

        self.lists: dict[str, Element] = {}
        """The numbering of lists by name."""

        for root in roots:
            for group in root:
                if local(group) in {"styles", "automatic-styles"}:
                    self._gather(group)

    def _gather(self, group: Element) -> None:
        for element in group:
            family = attribute(element, "style", "family") or ""
            match local(element):
                case "style":
                    name = attribute(element, "style", "name") or ""
                    self._elements[family, name] = element
                case "default-style":
                    self._defaults[family] = _looks(child(element, "text-properties"))
                case "outline-style":
                    self.outline = element
                case "list-style":
                    self.lists[attribute(element, "style", "name") or ""] = element

    def style(self, family: str, name: str | None) -> Style:
        """Return a style; one without any looks for a name that is not known."""
        key = family, name or ""
        if key not in self._resolved:
            self._resolved[key] = self._resolve(key)
        return self._resolved[key]

    def default(self, family: str) -> Looks:
        """Return how text of a family looks where no style says otherwise."""
        return self._defaults.get(family, Looks())

    def _resolve(self, key: tuple[str, str]) -> Style:
        chain: list[Element] = []
        seen: set[tuple[str, str]] = set()
        while key in self._elements and key not in seen:
            seen.add(key)
            chain.append(self._elements[key])
            key = key[0], attribute(chain[-1], "style", "parent-style-name") or ""
        style = NO_STYLE
        for element in reversed(chain):
            name = attribute(element, "style", "display-name") or attribute(
                element, "style", "name"
            )
            listed = attribute(element, "style", "list-style-name")
            section = child(element, "section-properties")
            style = Style(
                ((name or "").lower(), *style.names),
                _looks(child(element, "text-properties")).over(style.looks),
                style.unnumbered if listed is None else not listed,
                attribute(section, "text", "display") == "none",
            )
        return style


def _looks(properties: Element | None) -> Looks:
    if properties is None:
        return Looks()
    weight = properties.get(f"{{{_FO}}}font-weight")
    display = attribute(properties, "text", "display")
    position = attribute(properties, "style", "text-position")
    language, country = properties.get(f"{{{_FO}}}language"), properties.get(f"{{{_FO}}}country")
    tag = f"{language}-{country}" if country not in {None, "", "none"} else language
    return Looks(
        bold=None if weight is None else weight in _BOLD,
        hidden=None if display is None else display == "none",
        high=None if position is None else position.startswith(("super", "1", "2", "3", "4", "5")),
        font=attribute(properties, "style", "font-name"),
        language=tag,
    )


def in_room(element: Element, room: str) -> bool:
    """Tell whether an element is of the vocabulary `room`."""
    return split(element)[0] == f"{_NAMESPACE}{room}:1.0"
