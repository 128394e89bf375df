"""A page's words in the order of reading: columns, tables and lines, found by the gaps between.

Strips of words are taken from top to bottom for as long as one gap runs through all of them. What
stands left and right of such a gap is two columns, the cells of a table, or the marks of a list.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from statistics import median

from corpus.readers.page_grids import Grid, grid_rows
from corpus.readers.page_groups import EDGE, Gap, Group, Piece, groups_of, ruled_off, strips_of
from corpus.readers.page_lines import BULLETS, Line, full_right, line, rows
from corpus.readers.page_tables import GUTTER, column_gaps, loose_rows
from corpus.readers.page_words import Rule, Word

_DEEPEST = 6
_LABEL = re.compile(
    r"\W{1,3}|o|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.):]?|\d{1,2}(?:\.\d{1,2}){1,4}\.?"
)
_MOST_GUTTERS = 40
"""More gaps part the cells of a very wide table, not columns of text."""

_TABLE_ROWS = 3
_COLUMN_ROWS, _COLUMN_WORDS, _COLUMN_FILL = 3, 3.5, 0.6
_SAME_BASELINE = 0.15  # ems
_NEXT = 2.2  # ems from one baseline to the next within a column


class _Regions:
    """Counts the columns of a page."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count


def lines(words: Sequence[Word], grids: Sequence[Grid], rules: Sequence[Rule]) -> list[Line]:
    """Return the page's lines and table rows in the order in which they are read."""
    inside = {id(word) for grid in grids for word in grid.words}
    pieces = [
        Piece(word.x0, word.x1, word.top, word.bottom, word)
        for word in words
        if id(word) not in inside
    ]
    pieces.extend(Piece(grid.x0, grid.x1, grid.top, grid.bottom, None, grid) for grid in grids)
    return _region(pieces, rules, _Regions(), 0) if pieces else []


def _region(
    pieces: Sequence[Piece], rules: Sequence[Rule], regions: _Regions, depth: int
) -> list[Line]:
    """Return the lines of one column; parts above and below narrower columns have its edges."""
    found: list[Line] = []
    own: list[Line] = []
    number = regions.next()
    groups = ruled_off(groups_of(pieces), rules) if depth < _DEEPEST else [Group(list(pieces))]
    for group, gutters, parting in (part for whole in groups for part in _parts(whole)):
        if parting:
            for column in _cut(group.pieces, parting):
                found.extend(_region(column, rules, regions, depth + 1))
            number = regions.next()
            continue
        if _is_table(group.pieces, gutters):
            words = [piece.word for piece in group.pieces if piece.word]
            least = GUTTER * median(word.size for word in words)
            gaps = _without_labels(group.pieces, column_gaps(words, least)) or gutters
            more = loose_rows(words, gaps, rules)
        else:
            more = list(_plain(group.pieces, rules, regions))
        for one in more:
            one.region = one.region or number
        own.extend(more)
        found.extend(more)
    _place(own, depth)
    return found


def _place(own: Sequence[Line], depth: int) -> None:
    """Give the lines of a column its edges."""
    texts = [one for one in own if not one.row and not one.right]
    if texts:
        left, right = min(one.x0 for one in texts), full_right(texts)
        for one in texts:
            one.left, one.right, one.own_right, one.depth = left, right, right, depth


def _plain(pieces: Sequence[Piece], rules: Sequence[Rule], regions: _Regions) -> Iterator[Line]:
    waiting: list[Word] = []
    for piece in sorted(pieces, key=lambda one: -one.top):
        if piece.word is not None:
            waiting.append(piece.word)
        elif piece.grid is not None:
            yield from _lines(waiting, rules)
            waiting = []
            yield from grid_rows(piece.grid, rules, regions.next)
    yield from _lines(waiting, rules)


def _lines(words: Sequence[Word], rules: Sequence[Rule]) -> Iterator[Line]:
    """Yield the lines of a column; items side by side are lines of their own."""
    for row in rows(words):
        part: list[Word] = []
        for word in sorted(row, key=lambda one: one.x0):
            if word.text in BULLETS and len(part) > 1 and part[0].text in BULLETS:
                yield line(part, rules)
                part = []
            part.append(word)
        yield line(part, rules)


def _parts(group: Group) -> Iterator[tuple[Group, list[Gap], list[Gap]]]:
    """Yield a group's parts with the gaps between its cells, and those between its columns.

    Lines above and below it that stand left of all gaps are parts of their own.
    """
    gutters = _without_labels(group.pieces, group.gutters)
    if not gutters:
        yield group, [], []
        return
    edge = min(low for low, _ in gutters)
    strips = list(strips_of(group.pieces))
    sided = [at for at, strip in enumerate(strips) if any(piece.x0 > edge for piece in strip)]
    first, last = sided[0], sided[-1] + 1
    core = [piece for strip in strips[first:last] for piece in strip]
    prose = not group.ruled and len(gutters) <= _MOST_GUTTERS
    parting = [gap for gap in gutters if prose and _parts_columns(core, gap)]
    if parting:  # a column may begin above the one beside it, and go on below
        while first > 0 and _gap_above(strips, first) < _NEXT:
            first -= 1
        while last < len(strips) and _gap_above(strips, last) < _NEXT:
            last += 1
    for some, between in (
        (strips[:first], False),
        (strips[first:last], True),
        (strips[last:], False),
    ):
        if some:
            part = Group([piece for strip in some for piece in strip])
            yield part, gutters if between else [], parting if between else []


def _gap_above(strips: Sequence[Sequence[Piece]], at: int) -> float:
    """Return the distance between two strips' first lines' edges in ems of the lower one."""
    em = max((piece.top - piece.bottom) / 0.9 for piece in strips[at])
    above = min(piece.bottom for piece in strips[at - 1])
    return (above - max(piece.top for piece in strips[at])) / em + 0.9


def _cut(pieces: Sequence[Piece], gutters: Sequence[Gap]) -> list[list[Piece]]:
    columns: list[list[Piece]] = [[] for _ in range(len(gutters) + 1)]
    edges = sorted((low + high) / 2 for low, high in gutters)
    for piece in pieces:
        columns[sum(piece.x0 >= edge for edge in edges)].append(piece)
    return [column for column in columns if column]


def _without_labels(pieces: Sequence[Piece], gutters: Sequence[Gap]) -> list[Gap]:
    if len(gutters) > _MOST_GUTTERS:
        return list(gutters)
    kept: list[Gap] = []
    for gap in gutters:
        if not _is_label_gap(pieces, gap, kept[-1][0] if kept else -EDGE):
            kept.append(gap)
    return kept


def _is_label_gap(pieces: Sequence[Piece], gap: Gap, begin: float) -> bool:
    """Tell whether what stands from `begin` to `gap` are marks of what stands right of it."""
    left = [piece for piece in pieces if piece.x1 <= gap[0] + 0.01 and piece.x0 >= begin]
    right = [piece for piece in pieces if piece.x0 >= gap[1] - 0.01]
    if any(piece.grid for piece in left):
        return False
    words = [piece.word for piece in left if piece.word]
    if not words or not right:
        return True
    em = median(word.size for word in words)
    found = rows(words)
    texts = [line(row).text for row in found]
    marks = sum(_LABEL.fullmatch(text) is not None for text in texts)
    if max(piece.x1 for piece in left) - min(piece.x0 for piece in left) < 1.3 * em:
        return True
    # A column of numbers beside short columns is a table's; beside sentences they are marks.
    beside = [line(row) for row in rows([piece.word for piece in right if piece.word])]
    prose = bool(beside) and max(len(one.text) for one in beside) > 30  # noqa: PLR2004
    return marks == len(texts) and prose


def _parts_columns(pieces: Sequence[Piece], gap: Gap) -> bool:
    middle = (gap[0] + gap[1]) / 2
    sides = [
        [piece.word for piece in pieces if piece.word and (piece.x0 >= middle) is right]
        for right in (False, True)
    ]
    if any(piece.grid for piece in pieces):
        return True
    left, right = (rows(side) for side in sides)
    prose = [_is_prose(left), _is_prose(right)]
    if all(prose) or all(_is_list(side) for side in (left, right)):
        return True
    drawn = sorted([(word.order, 0) for word in sides[0]] + [(word.order, 1) for word in sides[1]])
    turns = sum(one[1] != other[1] for one, other in itertools.pairwise(drawn))
    if min(len(left), len(right)) < _COLUMN_ROWS - 1 or max(len(left), len(right)) < _COLUMN_ROWS:
        return (
            turns == 1 and len(left) + len(right) > _COLUMN_ROWS - 1 and not _aligned(left, right)
        )
    column_by_column = turns <= max(1, min(len(left), len(right)) // 4)
    return column_by_column and (any(prose) or not _aligned(left, right))


def _is_list(found: Sequence[Sequence[Word]]) -> bool:
    """Tell whether bullets begin most rows."""
    marks = sum(not any(map(str.isalnum, min(row, key=lambda one: one.x0).text)) for row in found)
    return marks * 2 > len(found)


def _is_prose(found: Sequence[Sequence[Word]]) -> bool:
    if len(found) < _COLUMN_ROWS:
        return False
    widths = [max(word.x1 for word in row) - min(word.x0 for word in row) for row in found]
    return median(len(row) for row in found) >= _COLUMN_WORDS and median(
        widths
    ) >= _COLUMN_FILL * max(widths)


def _is_table(pieces: Sequence[Piece], gutters: Sequence[Gap]) -> bool:
    """Tell whether rows with several cells are enough to be a table without lines."""
    if not gutters or any(piece.grid for piece in pieces):
        return False
    filled = [
        len(_cut([Piece(word.x0, word.x1, 0, 0, word) for word in row], gutters))
        for row in rows([piece.word for piece in pieces if piece.word])
    ]
    several = [count for count in filled if count > 1]
    return len(several) >= _TABLE_ROWS or (len(several) == _TABLE_ROWS - 1 and max(several) > 2)  # noqa: PLR2004


def _aligned(left: Sequence[Sequence[Word]], right: Sequence[Sequence[Word]]) -> bool:
    """Tell whether most rows of the shorter side have one on the same baseline beside them."""
    shorter, longer = sorted((left, right), key=len)
    baselines = [row[0].y for row in longer]
    same = sum(
        any(abs(row[0].y - y) < _SAME_BASELINE * row[0].size for y in baselines) for row in shorter
    )
    return same > 0.7 * len(shorter)
