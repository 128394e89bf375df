"""Numbers that Word computes: the "2.1" before a heading stands in no text of the file."""

import re
from dataclasses import dataclass, field

from corpus.readers.number_forms import written
from corpus.readers.word_markup import attribute, integer, name, number, part, switch, value
from corpus.readers.word_styles import Styles
from corpus.readers.xml_tree import Element

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    all_decimal: bool = False
    style: str | None = None


@dataclass(slots=True)
class _List:
    """One numbering as it counts: numberings that share a definition count together."""

    levels: dict[int, _Level]
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


@dataclass(slots=True)
class _Use:
    """A numbering that paragraphs name: its list, its own levels, and where it starts anew."""

    counted: _List
    levels: dict[int, _Level]
    starts: dict[int, int]


class Numbering:
    """All numberings of a document; `count` is called for its numbered paragraphs in order."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        lists: dict[str, _List] = {}
        links: dict[str, str] = {}
        elements = list(root) if root is not None else []
        for element in elements:
            if name(element) == "w:abstractNum":
                list_id = attribute(element, "w:abstractNumId") or ""
                lists[list_id] = _List(_levels(element))
                if link := value(element, "w:numStyleLink"):
                    links[list_id] = link
        self._uses: dict[str, _Use] = {}
        lists_of: dict[str, str] = {}
        for element in elements:
            if name(element) != "w:num":
                continue
            number_id = attribute(element, "w:numId") or ""
            list_id = value(element, "w:abstractNumId") or ""
            lists_of[number_id] = list_id
            if list_id in lists:
                self._uses[number_id] = _use(element, lists[list_id])
        for list_id, link in links.items():
            linked = self._uses.get(styles.style(link).number_id or "")
            for number_id, use in self._uses.items():
                if linked is not None and lists_of[number_id] == list_id and linked is not use:
                    use.counted = linked.counted
                    use.levels = linked.levels | use.levels

    def level(self, number_id: str, stated: int | None, style_id: str | None) -> int:
        """Return the level of a paragraph, 0 to 8: as stated, else the one tied to its style."""
        if stated is not None:
            return min(max(stated, 0), _LEVELS - 1)
        use = self._uses.get(number_id)
        tied = (
            (at for at, one in use.levels.items() if style_id is not None and one.style == style_id)
            if use
            else iter(())
        )
        return next(tied, 0)

    def shows(self, number_id: str, level: int) -> bool:
        """Tell whether paragraphs of this level show a bullet or number."""
        use = self._uses.get(number_id)
        one = use.levels.get(level) if use else None
        return one is not None and bool(one.text.strip()) and one.form != "none"

    def count(self, number_id: str, level: int) -> str:
        """Count one paragraph on and return the number it shows; "" for a bullet or none."""
        use = self._uses.get(number_id)
        if use is None or level not in use.levels:
            return ""
        counts, own = use.counted.counts, use.levels[level]
        before = counts[level]
        anew = use.starts.pop(level, None)
        if anew is not None:
            counts[level] = anew
        else:
            counts[level] = own.start if before is None else before + 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        for above in range(level):  # a level that was left out counts as begun
            if counts[above] is None:
                counts[above] = use.levels.get(above, _Level()).start
        if own.form == "bullet":
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            one = use.levels.get(at, _Level())
            count = counts[at]
            return written(
                one.start if count is None else count, "decimal" if own.all_decimal else one.form
            )

        return _PLACE.sub(shown, own.text).strip()


def _levels(element: Element) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for child in element:
        at = integer(attribute(child, "w:ilvl"))
        if name(child) == "w:lvl" and at is not None and 0 <= at < _LEVELS:
            start = number(child, "w:start")
            found[at] = _Level(
                start=1 if start is None else start,
                form=value(child, "w:numFmt") or "decimal",
                text=value(child, "w:lvlText") or "",
                all_decimal=switch(child, "w:isLgl") or False,
                style=value(child, "w:pStyle"),
            )
    return found


def _use(element: Element, counted: _List) -> _Use:
    levels, starts = dict(counted.levels), {}
    for child in element:
        at = integer(attribute(child, "w:ilvl"))
        if name(child) != "w:lvlOverride" or at is None or not 0 <= at < _LEVELS:
            continue
        if part(child, "w:lvl") is not None:
            levels |= _levels(child)
        start = number(child, "w:startOverride")
        if start is not None:
            starts[at] = start
    return _Use(counted, levels, starts)
