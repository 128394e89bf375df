"""Words on one baseline to lines of text: spaces from gaps, raised digits, doubled letters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from corpus.readers.page_words import Rule, Word

# "10<sup>6</sup>" must not become 106.
_RAISED = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_RAISABLE = frozenset("0123456789+-\u2212")
_SMALL, _LIFTED = 0.82, 0.22
"""A raised digit is at most this part of its neighbour's size, and this many ems above it."""

BULLETS = (
    "\u2022\u2023\u25aa\u25ab\u25cf\u25cb\u25e6\u25a0\u25a1\u25ba\u25b6\u25b8\u27a2"
    "\u2713\u2714\u2756\u2794\u00b7\u2043\u2219\u204c\u204d\u25c6\u25c7\u2666\u2605"
    "\u25cc\u25fe\u25fc\u2751\u2752"
)
_SPACE, _SPACE_AFTER_SIGN = 0.13, 0.03
"""Ems between words, at least: by the gap alone, and where the file has a space as well."""

_TWICE = 0.3
"""Ems between a word and itself printed again to look bold, at most."""


@dataclass(slots=True)
class Line:
    """A line of text as printed; `left` and `right` are the edges of the column it stands in.

    A row of a table is a line of its own, with its cells parted in `text`.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    left: float = 0.0
    right: float = 0.0
    own_right: float = 0.0  # the edge on this page alone
    first_word: float = 0.0  # the width of its first word
    hang: float = 0.0  # where the text begins that follows its first word
    region: int = 0  # lines of one column of a page have the same
    page: int = 0  # from 0
    depth: int = 0  # of columns within columns
    row: bool = False
    turned: bool = False  # printed sideways
    cells: tuple[str, ...] = ()
    words: list[Word] = field(default_factory=list)


def rows(words: Iterable[Word]) -> list[list[Word]]:
    """Part words of one column into rows from top to bottom; a raised digit is in its row."""
    found: list[tuple[list[float], list[Word]]] = []  # bottom and top of the largest word; words
    for word in sorted(words, key=lambda one: -one.y):
        for extent, row in found[:-4:-1]:
            overlap = min(extent[1], word.top) - max(extent[0], word.bottom)
            if overlap > 0.5 * min(extent[1] - extent[0], word.top - word.bottom):
                row.append(word)
                if word.top - word.bottom > extent[1] - extent[0]:
                    extent[:] = [word.bottom, word.top]
                break
        else:
            found.append(([word.bottom, word.top], [word]))
    found.sort(key=lambda entry: -entry[0][0])
    return [row for _, row in found]


def line(words: Sequence[Word], rules: Sequence[Rule] = ()) -> Line:
    """Make a line of the words of one row."""
    ordered = _once(sorted(words, key=lambda word: word.x0))
    if _right_to_left(ordered):
        ordered.reverse()
    size = _usual([(word.size, len(word.text)) for word in ordered])
    y = _usual([(word.y, len(word.text)) for word in ordered if word.size >= 0.9 * size])
    lettered = [word for word in ordered if any(map(str.isalnum, word.text))] or ordered
    x0, x1 = min(word.x0 for word in ordered), max(word.x1 for word in ordered)
    first = _first_word(ordered)
    return Line(
        text=_text(ordered, size, y),
        x0=x0,
        x1=x1,
        y=y,
        size=size,
        bold=all(word.bold for word in lettered),
        italic=all(word.italic for word in lettered),
        underlined=_underlined(x0, x1, y, size, rules),
        first_word=first[-1].x1 - first[0].x0,
        hang=ordered[len(first)].x0 if len(first) < len(ordered) else x0,
        words=list(ordered),
    )


def _first_word(ordered: Sequence[Word]) -> Sequence[Word]:
    for at in range(1, len(ordered)):
        if not ordered[at].tied and _parted(ordered[at - 1], ordered[at]):
            return ordered[:at]
    return ordered


def _text(ordered: Sequence[Word], size: float, y: float) -> str:
    pieces: list[str] = []
    before: Word | None = None
    for word in ordered:
        text = word.text
        lifted = word.size < _SMALL * size and word.y - y > _LIFTED * word.size
        if lifted and set(text) <= _RAISABLE:
            text = text.translate(_RAISED)
        if before is not None and _parted(before, word):
            pieces.append(" ")
        elif lifted and len(text) == 1 and text.islower() and pieces[-1:] and _ends_word(pieces):
            pieces.append(" ")  # the mark of a footnote
        pieces.append(text)
        before = word
    return " ".join("".join(pieces).split())


def _ends_word(pieces: Sequence[str]) -> bool:
    return pieces[-1][-1].isalpha()


def _parted(left: Word, right: Word) -> bool:
    """Tell whether there is a space between two neighbours."""
    gap = max(right.x0 - left.x1, left.x0 - right.x1)
    em = min(left.size, right.size)
    return gap > _SPACE * em or (right.spaced and gap > _SPACE_AFTER_SIGN * em)


def _once(ordered: list[Word]) -> list[Word]:
    """Leave out words that are printed again in the same place."""
    kept: list[Word] = []
    for word in ordered:
        if not any(
            other.text == word.text
            and abs(other.x0 - word.x0) < _TWICE * word.size
            and abs(other.x1 - word.x1) < _TWICE * word.size
            and abs(other.y - word.y) < _TWICE * word.size
            and (len(word.text) > 1 or word.x0 - other.x0 < 0.5 * (word.x1 - word.x0))
            for other in kept[:-4:-1]
        ):
            kept.append(word)
    return kept


def _right_to_left(words: Iterable[Word]) -> bool:
    letters = [character for word in words for character in word.text if character.isalpha()]
    return sum("\u0590" <= letter <= "\u08ff" for letter in letters) * 2 > len(letters)


def _underlined(x0: float, x1: float, y: float, size: float, rules: Sequence[Rule]) -> bool:
    drawn = sum(
        max(0.0, min(rule.x1, x1) - max(rule.x0, x0))
        for rule in rules
        if y - 0.35 * size < rule.y0 < y + 0.05 * size
        and rule.x0 > x0 - size
        and rule.x1 < x1 + size
    )
    return drawn > 0.8 * (x1 - x0)


def _usual(weighted: list[tuple[float, int]]) -> float:
    """Return the value with the greatest weight, rounded to a twentieth."""
    weights: dict[float, int] = {}
    for value, weight in weighted:
        key = round(value * 20) / 20
        weights[key] = weights.get(key, 0) + weight
    return max(weights, key=lambda key: weights[key])


def full_right(lines: Sequence[Line]) -> float:
    """Return the edge that full lines of a column reach; a lone longer line does not make it."""
    ends = sorted((one.x1 for one in lines), reverse=True)
    if len(ends) < 4:  # noqa: PLR2004 - too few to tell
        return ends[0]
    em = median(one.size for one in lines)
    for at, end in enumerate(ends[:-1]):
        if end - ends[at + 1] < 3 * em:
            return end
    return ends[0]
