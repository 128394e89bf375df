"""Tables between drawn lines: their cells, and the words in them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus.readers.page_lines import Line, line, rows
from corpus.readers.page_tables import table_row
from corpus.readers.page_words import Rule, Word

_Cell = tuple[int, int]
_TOUCH = 3.0
"""Points; lines nearer than this meet."""

_MOST_RULES, _MOST_COLUMNS = 800, 40
_LONGEST_CELL, _CELL_SENTENCES = 350, 2
"""A row with a longer cell of several sentences is read cell by cell, as text."""

_WIDE = 1.2  # ems; a space within a cell is never as wide
_LINES_OF_ROWS = 3


@dataclass(slots=True)
class Grid:
    """Words among ruled lines, of at least two columns; `xs` and `ys` are the lines' places."""

    words: list[Word]
    xs: list[float]
    ys: list[float]  # from the top down
    level: list[Rule]
    upright: list[Rule]

    @property
    def x0(self) -> float:
        """The left edge."""
        return min(self.xs[0], *(word.x0 for word in self.words))

    @property
    def x1(self) -> float:
        """The right edge."""
        return max(self.xs[-1], *(word.x1 for word in self.words))

    @property
    def top(self) -> float:
        """The upper edge, within the line drawn there."""
        return self.ys[0] - 1

    @property
    def bottom(self) -> float:
        """The lower edge, within the line drawn there."""
        return self.ys[-1] + 1


def grids(words: Sequence[Word], rules: Sequence[Rule]) -> list[Grid]:
    """Return the page's ruled tables with the words in them."""
    level = _merged([rule for rule in rules if rule.level])
    upright = [_swapped(rule) for rule in _merged([_swapped(r) for r in rules if not r.level])]
    if len(level) + len(upright) > _MOST_RULES:
        return []
    found: list[Grid] = []
    taken: set[int] = set()
    for some_level, some_upright in _met(level, upright):
        xs = _places([rule.x0 for rule in some_upright])
        ys = _places([rule.y0 for rule in some_level])[::-1]
        left, right = min(r.x0 for r in some_level), max(r.x1 for r in some_level)
        low, high = min(r.y0 for r in some_upright), max(r.y1 for r in some_upright)
        xs = [*([left] if left < xs[0] - 4 * _TOUCH else []), *xs]
        xs = [*xs, *([right] if right > xs[-1] + 4 * _TOUCH else [])]
        ys = [*([high] if high > ys[0] + 2 * _TOUCH else []), *ys]
        ys = [*ys, *([low] if low < ys[-1] - 2 * _TOUCH else [])]
        if not (3 <= len(xs) <= _MOST_COLUMNS and len(ys) >= 2):  # noqa: PLR2004 - two columns, a row
            continue
        inside = [
            word
            for word in words
            if xs[0] <= (word.x0 + word.x1) / 2 <= xs[-1]
            and ys[-1] <= word.y + 0.3 * word.size <= ys[0]
            and id(word) not in taken
        ]
        grid = Grid(inside, xs, ys, some_level, some_upright)
        if inside and _has_columns(grid):
            taken.update(map(id, inside))
            found.append(grid)
    return found


def grid_rows(grid: Grid, rules: Sequence[Rule], region: Callable[[], int]) -> Iterator[Line]:
    """Yield a grid's rows; a cell over several rows stands in the first of them."""
    across, down = len(grid.xs) - 1, len(grid.ys) - 1
    owner = _owners(grid, across, down)
    held = _held(grid, owner)
    for row in range(down):
        columns = [
            at for at in range(across) if owner[row, at] == (row, at) or _begins(owner, row, at)
        ]
        cells = [held.get((row, at), []) if owner[row, at] == (row, at) else [] for at in columns]
        if not any(cells):
            continue
        lined = [[line(one, rules) for one in rows(cell)] for cell in cells]
        if _unruled(lined):
            yield from _line_by_line(lined)
            continue
        texts = [" ".join(one.text for one in cell) for cell in lined]
        longest = max(texts, key=len)
        if len(longest) > _LONGEST_CELL and longest.count(". ") >= _CELL_SENTENCES:
            for at, cell in zip(columns, lined, strict=True):
                number = region()
                for one in cell:
                    one.region, one.left = number, min(other.x0 for other in cell)
                    one.right = one.own_right = max(other.x1 for other in cell)
                    yield one
                del at
        else:
            yield table_row(lined, texts)


def _held(grid: Grid, owner: dict[_Cell, _Cell]) -> dict[_Cell, list[Word]]:
    """Return the words of each cell, named by its first place."""
    across, down = len(grid.xs) - 1, len(grid.ys) - 1
    held: dict[_Cell, list[Word]] = {}
    depths = [-y for y in grid.ys]
    for word in grid.words:
        column = min(max(bisect_right(grid.xs, (word.x0 + word.x1) / 2) - 1, 0), across - 1)
        row = min(max(bisect_right(depths, -(word.y + 0.3 * word.size)) - 1, 0), down - 1)
        held.setdefault(owner[row, column], []).append(word)
    return held


def _has_columns(grid: Grid) -> bool:
    """Tell whether lines part the words of most rows into cells, and no wide gaps do."""
    held = _held(grid, _owners(grid, len(grid.xs) - 1, len(grid.ys) - 1))
    cells = Counter(row for row, _ in held)
    gaps = {row for (row, _), words in held.items() if _has_wide_gap(words)}
    several = sum(count > 1 for count in cells.values())
    return several * 2 >= len(cells) and len(gaps) * 2 <= len(cells)


def _has_wide_gap(words: list[Word]) -> bool:
    """Tell whether a cell of one line looks like two."""
    ordered = sorted(words, key=lambda word: word.x0)
    return abs(ordered[0].y - ordered[-1].y) < 1 and any(
        right.x0 - left.x1 > _WIDE * left.size for left, right in pairwise(ordered)
    )


def _line_by_line(lined: Sequence[Sequence[Line]]) -> Iterator[Line]:
    """Yield a row for each line of the longest cells; the others stand in the first."""
    most = max(map(len, lined))
    for at in range(most):
        row = [
            cell[at : at + 1] if len(cell) == most else cell if at == 0 else () for cell in lined
        ]
        yield table_row(row, [" ".join(one.text for one in cell) for cell in row])


def _unruled(lined: Sequence[Sequence[Line]]) -> bool:
    """Tell whether the lines of the cells are rows that only lack a line between them."""
    most = max(map(len, lined))
    first, *others = [cell for cell in lined if len(cell) == most]
    if most < _LINES_OF_ROWS or not others or any(0 < len(cell) < most for cell in lined[1:]):
        return False
    return all(
        abs(one.y - other.y) < 0.2 * one.size
        and not (one.text[0].islower() or other.text[0].islower())
        for cell in others
        for one, other in zip(first, cell, strict=True)
    )


def _owners(grid: Grid, across: int, down: int) -> dict[_Cell, _Cell]:
    """Return the first cell of each cell's block of cells without a line between them."""
    owner: dict[_Cell, _Cell] = {}
    for row in range(down):
        middle = (grid.ys[row] + grid.ys[row + 1]) / 2
        walls = [rule for rule in grid.upright if rule.y0 - _TOUCH <= middle <= rule.y1 + _TOUCH]
        for column in range(across):
            centre = (grid.xs[column] + grid.xs[column + 1]) / 2
            left = column == 0 or any(abs(wall.x0 - grid.xs[column]) < _TOUCH for wall in walls)
            ceiling = row == 0 or any(
                abs(rule.y0 - grid.ys[row]) < _TOUCH and rule.x0 <= centre <= rule.x1
                for rule in grid.level
            )
            if not left:
                owner[row, column] = owner[row, column - 1]
            elif not ceiling:
                owner[row, column] = owner[row - 1, column]
            else:
                owner[row, column] = (row, column)
    return owner


def _begins(owner: dict[_Cell, _Cell], row: int, column: int) -> bool:
    """Tell whether a cell from above stands here, in its first column."""
    return owner[row, column][0] < row and owner[row, column][1] == column


def _met(level: list[Rule], upright: list[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Part rules into sets that touch one another."""
    group = list(range(len(level) + len(upright)))

    def head(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    for at, one in enumerate(level):
        for other_at, other in enumerate(upright, len(level)):
            if (
                one.x0 - _TOUCH <= other.x0 <= one.x1 + _TOUCH
                and other.y0 - _TOUCH <= one.y0 <= other.y1 + _TOUCH
            ):
                group[head(at)] = head(other_at)
    sets: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for at, rule in enumerate([*level, *upright]):
        sets.setdefault(head(at), ([], []))[at >= len(level)].append(rule)
    for some_level, some_upright in sets.values():
        if some_level and some_upright:
            yield some_level, some_upright


def _merged(rules: list[Rule]) -> list[Rule]:
    """Join level rules that lie end to end, or one over the other, into one."""
    found: list[Rule] = []
    for rule in sorted(rules, key=lambda one: (round(one.y0 / 2), one.x0)):
        last = found[-1] if found else None
        if last and abs(last.y0 - rule.y0) < 2 and rule.x0 <= last.x1 + _TOUCH:  # noqa: PLR2004
            found[-1] = Rule(last.x0, last.y0, max(last.x1, rule.x1), last.y1)
        else:
            found.append(rule)
    return found


def _swapped(rule: Rule) -> Rule:
    return Rule(rule.y0, rule.x0, rule.y1, rule.x1)


def _places(values: list[float]) -> list[float]:
    """Return the distinct ones of places that differ by more than a line's width, in order."""
    ordered = sorted(values)
    return [ordered[0], *(b for a, b in pairwise(ordered) if b - a > _TOUCH)]
