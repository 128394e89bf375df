"""Tables without lines: cells between gaps that run through many rows."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from corpus.readers.page_lines import Line, line, rows
from corpus.readers.page_words import Rule, Word

CELL_END = " | "
GUTTER = 0.9
"""Ems; a gap at least this wide may part columns."""

_MARK = re.compile(r"[^\w\s]|[\ue000-\uf8ff]|o|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,5})[.)]")
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,4}\.?|[a-h*\u2020\u2021]")
_NARROW = 0.45
_CROSSED = 0.15
_LEADING = 1.5  # ems


def loose_rows(
    words: Sequence[Word], gutters: Sequence[tuple[float, float]], rules: Sequence[Rule]
) -> list[Line]:
    """Return the rows of a table without lines; a cell's further lines join the row they are of."""
    edges = sorted((low + high) / 2 for low, high in gutters)
    table: list[list[list[Line]]] = []
    for row in rows(words):
        cells: list[list[Word]] = [[] for _ in range(len(edges) + 1)]
        for segment in segments(row):
            for column, word in _columns(segment, edges):
                cells[column].append(word)
        lined = [[line(cell, rules)] if cell else [] for cell in cells]
        if table and _continues(table[-1], lined):
            for cell, more in zip(table[-1], lined, strict=True):
                cell.extend(more)
        else:
            table.append(lined)
    return [table_row(row, [" ".join(one.text for one in cell) for cell in row]) for row in table]


def _columns(segment: Sequence[Word], edges: Sequence[float]) -> Iterator[tuple[int, Word]]:
    """Yield the words of a segment with their columns; running text stays in the first."""
    column = bisect_right(edges, segment[0].x0)
    end = segment[0].x1
    for word in segment:
        own = bisect_right(edges, (word.x0 + word.x1) / 2)
        if own > column and word.x0 - end > _NARROW * word.size:
            column = own
        end = max(end, word.x1)
        yield column, word


def is_mark(text: str, *, first: bool) -> bool:
    """Tell whether `text`, before a gap, marks or numbers what follows; `first` of its row."""
    return _MARK.fullmatch(text) is not None or (first and _SECTION.fullmatch(text) is not None)


def segments(row: Sequence[Word]) -> Iterator[list[Word]]:
    """Part a row at its wide gaps."""
    found: list[Word] = []
    end, first = 0.0, True
    for word in sorted(row, key=lambda one: one.x0):
        wide = word.x0 - end > GUTTER * word.size
        if found and wide and not is_mark("".join(one.text for one in found), first=first):
            yield found
            found, first = [], False
        end = max(end, word.x1) if found else word.x1
        found.append(word)
    yield found


def column_gaps(words: Sequence[Word], least: float) -> list[tuple[float, float]]:
    """Return the gaps that part most rows; a heading within the table may cross them."""
    table = [parts for row in rows(words) if len(parts := list(segments(row))) > 1]
    crossed = _CROSSED * len(table)
    ends = [
        (place, step)
        for row in table
        for segment in row
        for place, step in (
            (min(word.x0 for word in segment), 1),
            (max(word.x1 for word in segment), -1),
        )
    ]
    gaps: list[tuple[float, float]] = []
    over, begun = 0, None
    for place, step in sorted(ends):
        over += step
        if over <= crossed and begun is None:
            begun = place
        elif over > crossed and begun is not None:
            if place - begun >= least and begun > min(ends)[0]:
                gaps.append((begun, place))
            begun = None
    return gaps


def _continues(above: list[list[Line]], row: list[list[Line]]) -> bool:
    """Tell whether `row` is the second line of cells of `above`."""
    last = min(one.y for cell in above for one in cell)
    first = next(one for cell in row for one in cell)
    if last - first.y > _LEADING * first.size:
        return False
    if not row[0] and sum(map(bool, row)) < sum(map(bool, above)):
        return True
    return (
        all(
            bool(cell) and max(word.order for word in cell[-1].words) + 1 == more[0].words[0].order
            for cell, more in zip(above, row, strict=True)
            if more
        )
        and sum(map(bool, above)) > 1
    )


def table_row(lined: Sequence[Sequence[Line]], texts: Sequence[str]) -> Line:
    """Return the row of a table whose cells have the lines `lined`, read as `texts`."""
    every = [one for cell in lined for one in cell]
    first = every[0]
    filled = [text for text in texts if text]
    cells = tuple(texts) if len(filled) > 1 else tuple(filled)
    return Line(
        text=CELL_END.join(cells).strip() if len(cells) > 1 else cells[0],
        x0=min(one.x0 for one in every),
        x1=max(one.x1 for one in every),
        y=max(one.y for one in every),
        size=first.size,
        bold=all(one.bold for one in every),
        italic=all(one.italic for one in every),
        row=True,
    )
