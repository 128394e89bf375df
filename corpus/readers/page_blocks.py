"""Lines to paragraphs, list items and table rows, over the ends of columns and pages."""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from corpus.documents import BlockKind
from corpus.readers.page_lines import BULLETS, Line

_BULLET = re.compile(rf"[{BULLETS}\ue000-\uf8ff](?:\s+|$)|[{BULLETS}\ue000-\uf8ff](?=\w)")
_DASH = re.compile(r"[-\u2013\u2014*]\s+(?=\S)")
_NUMBER = re.compile(
    r"\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)]\s+(?=\S)|\(\d{1,2}\)\s+(?=\S)|\d{1,2}(?:\.\d{1,2}){1,4}\.?\s+(?=\S)"
)
_NOTE = re.compile(r"(?:\d{1,2}|[a-ho*\u2020\u2021])\s+(?=\S)")
_ENDS = (".", "!", "?", ":", ";", ".\u201d", '."', ".)", "\u3002")
_INSIDE = "(<>\u2264\u2265\u00b1="
_SAME_SIZE = 0.06
_LOOSE = 1.3
"""Of the usual distance between lines; what stands further apart is another paragraph."""

_INDENT, _SLACK = 0.8, 0.3  # ems
_LARGER = 1.15
_FOOTNOTE = 0.93
"""Of the size of the text above; smaller print below it interrupts a paragraph that goes on."""

_TIED = 0.25
"""Of a line's width; words tied to one another are shorter."""

_SENTENCE_WORDS = 5
_LOOK_BACK = 12  # blocks


@dataclass(slots=True)
class Passage:
    """Lines that are one block of the text; `mark` is a bullet that is not part of it."""

    kind: BlockKind
    lines: list[Line]
    mark: str = ""
    hang: float = 0.0

    @property
    def plain(self) -> str:
        """The text, its lines joined by spaces."""
        return " ".join(line.text for line in self.lines)


@dataclass(slots=True)
class _Leading:
    """The usual distance between the baselines of lines of each size."""

    usual: dict[float, float] = field(default_factory=dict)
    body: float = 10.0

    def of(self, size: float) -> float:
        return self.usual.get(round(size), 1.25 * size)


def passages(pages: Sequence[Sequence[Line]]) -> list[Passage]:
    """Join the lines of all pages to blocks, in reading order."""
    leading = _leading(pages)
    _share_edges(pages)
    found: list[Passage] = []
    for page in pages:
        for line in page:
            _place(found, line, leading)
    return found


def _share_edges(pages: Sequence[Sequence[Line]]) -> None:
    """Let pages with few lines know where full lines end on the others."""
    ends: dict[int, Counter[float]] = {}
    full = [line for page in pages for line in page if not (line.row or line.depth or line.turned)]
    for line in full:
        ends.setdefault(round(line.left / 6), Counter())[line.right] += 1
    usual = {left: counts.most_common(1)[0][0] for left, counts in ends.items()}
    for line in full:
        line.right = max(line.right, usual[round(line.left / 6)])


def _leading(pages: Sequence[Sequence[Line]]) -> _Leading:
    distances: dict[float, Counter[float]] = {}
    for page in pages:
        for above, below in itertools.pairwise(page):
            if above.region == below.region and _same_size(above, below) and not below.row:
                distance = above.y - below.y
                if 0.8 * below.size < distance < 2.5 * below.size:
                    distances.setdefault(round(below.size), Counter())[round(distance * 2) / 2] += 1
    body = max(distances, key=lambda size: distances[size].total(), default=10.0)
    return _Leading({size: _tightest(counts) for size, counts in distances.items()}, body)


def _tightest(counts: Counter[float]) -> float:
    """Return the smallest distance that is not rare: the wider ones part paragraphs."""
    most = max(counts.values())
    return min(distance for distance, count in counts.items() if count >= 0.34 * most)


def _same_size(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= _SAME_SIZE * max(one.size, other.size)


def _place(found: list[Passage], line: Line, leading: _Leading) -> None:
    if line.row:
        found.append(Passage(BlockKind.ROW, [line]))
        return
    last = found[-1] if found else None
    mark = _mark(line, last)
    if mark is None and last is not None and last.kind is not BlockKind.ROW:
        before = last.lines[-1]
        if before.page == line.page and before.region == line.region:
            if _continues(last, line, leading):
                last.lines.append(line)
                return
        elif (at := _interrupted(found, line)) is not None:
            passage = found.pop(at)
            passage.lines.append(line)
            found.append(passage)
            return
    elif mark is None and last is not None and (at := _interrupted(found, line)) is not None:
        passage = found.pop(at)
        passage.lines.append(line)
        found.append(passage)
        return
    if mark is None:
        found.append(Passage(BlockKind.PARAGRAPH, [line], hang=line.x0))
    else:
        bullet = mark if not any(map(str.isalnum, mark.strip())) or mark.strip() == "o" else ""
        found.append(Passage(BlockKind.ITEM, [line], bullet, line.hang))


def _mark(line: Line, last: Passage | None) -> str | None:
    """Return the bullet or number that `line` begins with, None where it begins no item."""
    if match := _BULLET.match(line.text):
        return match[0]
    wide = line.hang - line.x0 - line.first_word > 0.45 * line.size
    match = _DASH.match(line.text) or _NUMBER.match(line.text)
    if match is None and wide:
        match = _NOTE.match(line.text)
    if match is None:
        return None
    before = last.lines[-1] if last else None
    fresh = (
        before is None
        or before.row
        or before.region != line.region
        or before.page != line.page
        or before.text.endswith(_ENDS)
        or not _is_full(before, line)
    )
    return match[0] if wide or fresh else None


def _is_full(before: Line, line: Line) -> bool:
    """Tell whether the first word of `line` had no room left on the line before it."""
    starts = line.text[0].isupper() or before.text.endswith(_ENDS)
    room = (before.right if starts else before.own_right) - before.x1
    if line.first_word + 0.25 * line.size > room - _SLACK * line.size:
        return True
    # A space that does not break may have taken more than one word to the next line.
    return (
        not before.text.endswith(_ENDS)
        and room < _TIED * (before.right - before.left)
        and len(before.text.split()) >= _SENTENCE_WORDS
    )


def _fills(last: Passage) -> bool:
    """Tell whether the last line is as wide as the widest of several."""
    widest = max(line.x1 for line in last.lines)
    return len(last.lines) > 1 and last.lines[-1].x1 > widest - last.lines[-1].size


def _continues(last: Passage, line: Line, leading: _Leading) -> bool:
    """Tell whether `line`, next in the column, is of the passage above it."""
    before = last.lines[-1]
    distance = before.y - line.y
    if not _same_size(before, line) or not 0 < distance <= _LOOSE * leading.of(line.size):
        return False
    ended = before.text.endswith(_ENDS)
    lower = line.text[0].islower() or line.text[0] in _INSIDE
    full = _is_full(before, line) or (not ended and _fills(last))
    whole = all(one.bold for one in last.lines)
    if whole != line.bold and (whole or ended or not full) and (ended or not lower):
        return False
    if _centred(before) and _centred(line):
        title = line.size > _LARGER * leading.body
        wrapped = before.x1 - before.x0 + line.first_word > line.right - line.left - line.size
        return lower or (before.bold == line.bold and not ended and (title or wrapped))
    stands = _stands_under_item if last.kind is BlockKind.ITEM else _stands_in_paragraph
    return (full or (lower and not ended)) and stands(last, line, at_end=ended, full=full)


def _stands_under_item(last: Passage, line: Line, *, at_end: bool, full: bool) -> bool:
    em = line.size
    first, before = last.lines[0], last.lines[-1]
    if line.x0 < first.x0 - _INDENT * em:
        return False
    if line.x0 < last.hang - _INDENT * em:  # not under the item's text
        return full and not (at_end and len(last.lines) > 1 and last.lines[1].x0 > line.x0 + em)
    return line.x0 <= max(last.hang, before.x0) + 3 * em


def _stands_in_paragraph(last: Passage, line: Line, *, at_end: bool, full: bool) -> bool:
    em = line.size
    before = last.lines[-1]
    if len(last.lines) > 1:
        body = last.lines[1].x0
        hanging = body > last.lines[0].x0 + em
        if hanging and at_end and line.x0 < body - em:
            return False
        return line.x0 <= body + _INDENT * em or (full and not at_end)
    return (full or line.x0 <= before.x0 + 2 * _INDENT * em) and not (
        at_end and line.x0 < before.x0 - 6 * em
    )


def _centred(line: Line) -> bool:
    middle = (line.x0 + line.x1 - line.left - line.right) / 2
    return line.x0 > line.left + 1.5 * line.size and abs(middle) < line.size


def _interrupted(found: Sequence[Passage], line: Line) -> int | None:
    """Return the passage that `line`, first of its column, goes on with."""
    for at in range(len(found) - 1, max(len(found) - _LOOK_BACK, 0) - 1, -1):
        passage = found[at]
        before = passage.lines[-1]
        if line.page - before.page > 1:
            return None
        if (
            passage.kind is not BlockKind.ROW
            and _same_size(before, line)
            and before.bold == line.bold
            and not before.underlined
        ):
            open_ended = not before.text.endswith(_ENDS) and (before.region, before.page) != (
                *(line.region, line.page),
            )
            lower = line.text[0].islower()
            nearest = all(other.lines[0].turned for other in found[at + 1 :])
            tall = len(passage.lines) > 1 or before.x1 - before.left > 0.6 * (
                before.right - before.left
            )
            if open_ended and tall and (lower or (nearest and _goes_on(passage))):
                return at
            return None
        smaller = before.size < _FOOTNOTE * line.size
        aside = smaller or passage.kind is BlockKind.ROW
        if not before.turned and not (aside and line.text[0].islower()):
            return None
    return None


def _goes_on(passage: Passage) -> bool:
    """Tell whether a sentence that is not ended may go on with a capital letter or number."""
    before = passage.lines[-1]
    return not before.bold and before.right - before.x1 < 6 * before.size and len(before.text) > 40  # noqa: PLR2004
