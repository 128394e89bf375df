"""Running headers, footers and page numbers: what is printed at the same place page after page.

Only the outermost line of a page is ever looked at, and the next one when that is left out. It is
left out when it stands at the same height with the same words on many pages; its numbers may count
the pages and nothing else.
"""

import re
from collections.abc import Sequence

from corpus.readers.page_lines import Line

_MANY = 3
"""Pages; less is chance."""

_DENSE = 0.4
"""Of the pages between the first and the last with the line; left and right pages may differ."""

_MOST_LINES = 8
_SAME_HEIGHT, _SAME_LINE = 4.0, 2.0  # points
_ALONE = 2.0  # ems from the text
_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]{1,7}", re.IGNORECASE)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
# "3", "- 3 -", "Page 3 of 9", "3/9"
_PAGE_NUMBER = re.compile(
    r"(?:page|pg?\.?|seite|side|sida|página|pagina|p\.)?\s*[-\u2013|]?\s*(\d{1,4})\s*"
    r"(?:(?:of|/|von|af|av|de|di|van|sur)\s*(\d{1,4}))?\s*[-\u2013|]?",
    re.IGNORECASE,
)


def without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without the lines that run through them."""
    kept = [list(page) for page in pages]
    for top in (True, False):
        open_pages = set(range(len(kept)))
        for _ in range(_MOST_LINES):
            outer = {at: _outermost(kept[at], top=top) for at in open_pages if kept[at]}
            running = _running(outer, len(kept))
            open_pages = set()
            for at, lines in outer.items():
                drop = {id(line) for line in lines if id(line) in running}
                if drop:
                    kept[at] = [line for line in kept[at] if id(line) not in drop]
                if len(drop) == len(lines):
                    open_pages.add(at)
            if not open_pages:
                break
    if len(kept) < _MANY:
        _drop_page_numbers(kept)
    return kept


def _outermost(page: Sequence[Line], *, top: bool) -> list[Line]:
    edge = max(line.y for line in page) if top else min(line.y for line in page)
    return [line for line in page if abs(line.y - edge) < _SAME_LINE]


def _running(outer: dict[int, list[Line]], count: int) -> set[int]:
    """Return the ids of the lines that run."""
    same: dict[str, list[tuple[int, Line]]] = {}
    for at in sorted(outer):
        for line in outer[at]:
            same.setdefault(_shape(line.text), []).append((at, line))
    running: set[int] = set()
    for entries in same.values():
        for level in _levels(entries):
            pages = [at for at, _ in level]
            if len(set(pages)) < max(_MANY, _DENSE * (pages[-1] - pages[0] + 1)):
                continue
            numbers = [_numbers(line.text) for _, line in level]
            if not _count_pages(pages, numbers):
                continue
            # A table's header, repeated where it goes on, is read once.
            first = level[0][1].row and not level[0][1].text[:1].isdigit() and len(pages) < count
            running.update(id(line) for _, line in level[1 if first else 0 :])
    return running


def _levels(entries: list[tuple[int, Line]]) -> list[list[tuple[int, Line]]]:
    """Part lines by the height at which they stand."""
    levels: list[list[tuple[int, Line]]] = []
    for entry in sorted(entries, key=lambda one: one[1].y):
        if levels and entry[1].y - levels[-1][0][1].y < _SAME_HEIGHT:
            levels[-1].append(entry)
        else:
            levels.append([entry])
    return [sorted(level, key=lambda one: one[0]) for level in levels]


def _shape(text: str) -> str:
    plain = text.strip(" -\u2013|")
    if _ROMAN.fullmatch(plain):
        return "#"
    return _NUMBER.sub("#", text.casefold())


def _numbers(text: str) -> list[int]:
    plain = text.strip(" -\u2013|").lower()
    if _ROMAN.fullmatch(plain):
        values = [_VALUES[letter] for letter in plain]
        pairs = zip(values, [*values[1:], 0], strict=True)
        return [sum(-one if one < following else one for one, following in pairs)]
    return [int(number[:9]) for number in _NUMBER.findall(text)]


def _count_pages(pages: Sequence[int], numbers: Sequence[Sequence[int]]) -> bool:
    """Tell whether every number in the lines is always the same or goes up with the page."""
    for values in zip(*numbers, strict=True):
        offsets = [value - page for page, value in zip(pages, values, strict=True)]
        if not any(
            sum(entry == usual for entry in column) >= 0.8 * len(column)
            for column in (values, offsets)
            for usual in (max(set(column), key=column.count),)
        ):
            return False
    return True


def _drop_page_numbers(pages: list[list[Line]]) -> None:
    """Leave out a lone page number above or below the text of one or two pages."""
    for at, page in enumerate(pages):
        for top in (False, True):
            if len(page) < _MANY:
                continue
            outer = _outermost(page, top=top)
            match = _PAGE_NUMBER.fullmatch(outer[0].text) if len(outer) == 1 else None
            if (
                match is None
                or int(match[1]) != at + 1
                or int(match[2] or len(pages)) != len(pages)
            ):
                continue
            gap = min(abs(line.y - outer[0].y) for line in page if line is not outer[0])
            if gap > _ALONE * outer[0].size:
                page.remove(outer[0])
