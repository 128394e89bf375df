"""Styles of a Word document: what a paragraph or run is by the name it was given."""

import re
from dataclasses import dataclass, fields

from corpus.readers.word_markup import attribute, integer, name, number, part, switch, value
from corpus.readers.xml_tree import Element

_HEADING = re.compile(r"heading ([1-9])")
_BODY_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Looks:
    """How a run looks, None where nothing is said; the last three are languages."""

    bold: bool | None = None
    hidden: bool | None = None
    high: bool | None = None
    font: str | None = None
    latin: str | None = None
    east_asian: str | None = None
    right_to_left: str | None = None

    def over(self, below: "Looks") -> "Looks":
        """Return these looks, and where they say nothing those `below`."""
        return Looks(
            *(
                mine if (mine := getattr(self, one.name)) is not None else getattr(below, one.name)
                for one in fields(self)
            )
        )


@dataclass(frozen=True, slots=True)
class Style:
    """A style with all that it inherits.

    `level` is 1 to 9 for a heading, 0 for a style that says it is none, None where it says
    nothing; `names` are its own name and those of the styles it is based on.
    """

    names: tuple[str, ...] = ()
    level: int | None = None
    number_id: str | None = None
    number_level: int | None = None
    looks: Looks = Looks()


NO_STYLE = Style()


def looks(properties: Element | None) -> Looks:
    """Read run properties (w:rPr)."""
    if properties is None:
        return Looks()
    fonts, language = part(properties, "w:rFonts"), part(properties, "w:lang")
    position = value(properties, "w:vertAlign")
    return Looks(
        bold=switch(properties, "w:b"),
        hidden=switch(properties, "w:vanish"),
        high=None if position is None else position == "superscript",
        font=attribute(fonts, "w:ascii") or attribute(fonts, "w:hAnsi"),
        latin=attribute(language, "w:val"),
        east_asian=attribute(language, "w:eastAsia"),
        right_to_left=attribute(language, "w:bidi"),
    )


def outline_level(properties: Element | None) -> int | None:
    """Return the level that paragraph properties state: 1 to 9, 0 for body text, None for none."""
    stated = number(properties, "w:outlineLvl")
    if stated is None or not 0 <= stated <= _BODY_LEVEL:
        return None
    return 0 if stated == _BODY_LEVEL else stated + 1


class Styles:
    """The styles of a document by id."""

    def __init__(self, root: Element | None) -> None:
        self._elements: dict[str, Element] = {}
        self._resolved: dict[str, Style] = {}
        self.default = NO_STYLE
        """The style of paragraphs that name none."""

        defaults = part(part(root, "w:docDefaults"), "w:rPrDefault")
        self.looks = looks(part(defaults, "w:rPr"))
        """How text looks where no style says otherwise."""

        default = ""
        for element in root if root is not None else ():
            if name(element) != "w:style":
                continue
            style_id = attribute(element, "w:styleId") or ""
            self._elements[style_id] = element
            if attribute(element, "w:type") == "paragraph" and (
                attribute(element, "w:default") or "0"
            ) in {"1", "true", "on"}:
                default = style_id
        self.default = self.style(default)

    def style(self, style_id: str | None) -> Style:
        """Return a style with what it inherits; the default one for an id that is not known."""
        if style_id is None or style_id not in self._elements:
            return self.default
        if style_id not in self._resolved:
            self._resolved[style_id] = self._resolve(style_id)
        return self._resolved[style_id]

    def _resolve(self, style_id: str) -> Style:
        """Inherit from style to style; a circle, which only a broken file has, ends."""
        chain: list[Element] = []
        seen: set[str] = set()
        at: str | None = style_id
        while at in self._elements and at not in seen:
            seen.add(at)
            chain.append(self._elements[at])
            at = value(chain[-1], "w:basedOn")
        style = NO_STYLE
        for element in reversed(chain):
            style = _inherited(style, element)
        return style


def _inherited(below: Style, element: Element) -> Style:
    properties = part(element, "w:pPr")
    numbering = part(properties, "w:numPr")
    own_name = (value(element, "w:name") or "").lower()
    heading = _HEADING.fullmatch(own_name)
    level = outline_level(properties)
    if level is None and heading:
        level = integer(heading[1])
    number_id, number_level = value(numbering, "w:numId"), number(numbering, "w:ilvl")
    return Style(
        names=(own_name, *below.names),
        level=below.level if level is None else level,
        number_id=below.number_id if number_id is None else number_id,
        number_level=below.number_level if number_level is None else number_level,
        looks=looks(part(element, "w:rPr")).over(below.looks),
    )
