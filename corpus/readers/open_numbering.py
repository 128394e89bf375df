"""Numbers that OpenDocument leaves to be computed: of headings and of the items of lists."""

from dataclasses import dataclass, field

from corpus.readers.number_forms import written
from corpus.readers.open_styles import Styles, attribute, integer
from corpus.readers.xml_tree import Element, local

_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman"} | {
    "I": "upperRoman",
    "": "none",
}
_LEVELS = 10
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


class Counter:
    """Counts the headings of a document or the items of a list; gives the numbers they show."""

    def __init__(self, numbering: Element | None) -> None:
        self._levels = {
            integer(attribute(one, "text", "level"), 0): one
            for one in (numbering if numbering is not None else ())
            if attribute(one, "text", "level")
        }
        self._counts: dict[int, int] = {}

    def count(self, level: int) -> str:
        """Count one on at `level`, from 1; return its number as it is shown, "" for none."""
        own = self._levels.get(level)
        if own is None:
            return ""
        for above in range(1, level):  # a level that was left out counts as begun
            self._counts.setdefault(above, self._start(above))
        self._counts[level] = self._counts.get(level, self._start(level) - 1) + 1
        for below in range(level + 1, _LEVELS + 1):
            self._counts.pop(below, None)
        if not attribute(own, "style", "num-format"):
            return ""
        shown = min(integer(attribute(own, "text", "display-levels"), 1), level)
        numbers = (self._written(at) for at in range(level - shown + 1, level + 1))
        number = ".".join(one for one in numbers if one)
        prefix = attribute(own, "style", "num-prefix") or ""
        suffix = attribute(own, "style", "num-suffix") or ""
        return f"{prefix}{number}{suffix}".strip()

    def _start(self, level: int) -> int:
        return integer(attribute(self._levels.get(level), "text", "start-value"), 1)

    def _written(self, level: int) -> str:
        form = attribute(self._levels.get(level), "style", "num-format") or ""
        return written(self._counts[level], _FORMS.get(form, "decimal"))


@dataclass(slots=True)
class _Open:
    """A list with those it stands in: its counter, and how many levels are open."""

    counter: Counter
    depth: int = 0
    due: list[bool] = field(default_factory=list)  # of each item, whether it is yet to be counted


class Lists:
    """The lists that are open at one point of the text."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._open: list[_Open] = []
        self._by_id: dict[str, Counter] = {}
        self._last: dict[str, Counter] = {}

    @property
    def inside_item(self) -> bool:
        """Whether the text stands in an item of a list."""
        return bool(self._open and self._open[-1].due)

    def begin(self, element: Element) -> None:
        """Begin a list, maybe in an item of another: then it goes on with its numbering."""
        if not self.inside_item:
            self._open.append(_Open(self._counter(element)))
        self._open[-1].depth += 1

    def end(self) -> None:
        """End the list."""
        self._open[-1].depth -= 1
        if not self._open[-1].depth:
            self._open.pop()

    def begin_item(self, element: Element) -> None:
        """Begin an item; a header of a list has no number."""
        if self._open:
            self._open[-1].due.append(local(element) == "list-item")

    def end_item(self) -> None:
        """End the item."""
        if self._open:
            self._open[-1].due.pop()

    def begin_apart(self) -> None:
        """Begin text that is of no list, although it stands in one: a table or a box."""
        self._open.append(_Open(Counter(None), depth=1))

    def end_apart(self) -> None:
        """End it."""
        self._open.pop()

    def count(self) -> str:
        """Return the number that a paragraph shows: only the first one of an item does."""
        if not self.inside_item or not self._open[-1].due[-1]:
            return ""
        self._open[-1].due[-1] = False
        return self._open[-1].counter.count(self._open[-1].depth)

    def _counter(self, element: Element) -> Counter:
        style = attribute(element, "text", "style-name") or ""
        counter = self._by_id.get(attribute(element, "text", "continue-list") or "")
        if counter is None and attribute(element, "text", "continue-numbering") == "true":
            counter = self._last.get(style)
        if counter is None:
            counter = Counter(self._styles.lists.get(style))
        self._last[style] = counter
        if list_id := element.get(_XML_ID):
            self._by_id[list_id] = counter
        return counter
