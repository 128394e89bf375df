"""Rows of a table, each written with its header: "Drug: Baclofen | Starting dose: 5 mg".

In a spreadsheet the header is hundreds of rows away; a row that is quoted alone must bring it. A
cell's words stand in the text letter by letter; the labels and what parts them are ours. Which row
is the header is decided by rules that would sooner find none, because a value under a wrong label
is a wrong statement: such rows are written as their cells alone.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from corpus.documents import BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.readers.content import Draft

LARGEST_TEXT = 16 * 1024 * 1024
"""Code points; a small file can name one long text in every cell."""

BETWEEN = " | "

_LONGEST_ROW = 800
_LONGEST_CELL = 300
"""Code points; a longer cell is prose, and its sentences are found as such."""
_LONGEST_LABEL = 100
_LONGEST_KEY = 150
_HEADER_WITHIN = 10
# "5", "5 mg", "£1,000", "2024-03-01", "0.5-1 ml/kg": what stands under headers
_DATA = re.compile(r"\W*\d[\d.,:/ \u2013-]*\s?[%°]?(?:[a-zA-Zµ]{1,4}(?:/[a-zA-Z]+)*)?\W*")
# "* Not licensed", "Ask the pharmacist before you change a dose.": said below a table, not in it
_NOTE = re.compile(r"[^\w(<>≤≥+-].*|.*\s.*[.!]", re.DOTALL)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells from the first column on, "" for an empty one, without space around them.

    `bold` is whether every cell with words is bold, `banner` whether one cell is merged across the
    row, `spanning` whether a cell spans several columns, each of which repeats it.
    """

    cells: tuple[str, ...]
    bold: bool = False
    banner: bool = False
    spanning: bool = False

    @property
    def filled(self) -> list[int]:
        """The columns that have words, from 0."""
        return [at for at, cell in enumerate(self.cells) if cell]


class Table:
    """Writes rows into a draft. Rows between blank ones are one region, with or without a header.

    A region without a header of its own is the same table, where its cells fit the one above.
    """

    def __init__(self, draft: Draft, level: int) -> None:
        """Write into `draft`; headings found among rows have `level`."""
        self._draft = draft
        self._level = level
        self._labels: tuple[str, ...] = ()
        self._written = 0

    def add(self, regions: Sequence[Sequence[Row]]) -> list[int]:
        """Write the regions of a sheet; return how wide each one's header is, 0 without one.

        Raises UnreadableError `too_much_text`.
        """
        widths = []
        for rows, following in zip_longest(regions, regions[1:], fillvalue=()):
            self._region(rows, following)
            widths.append(len(self._labels))
        return widths

    def _region(self, rows: Sequence[Row], following: Sequence[Row]) -> None:
        if _width(rows) <= 1:  # lines around a table
            self._above(rows, titled=bool(following) and (rows[0].banner or not self._written))
            return
        head = _header(rows, following, strict=bool(self._labels))
        if head is None:
            if not self._labels and _width(rows) < _width(following):
                self._above(rows, titled=not self._written)
                return
            width = max((row.filled[-1] + 1 for row in rows if row.filled), default=0)
            if width > len(self._labels):
                self._labels = ()
            body = rows
        else:
            self._above(rows[:head], titled=True)
            self._labels, taken = _labels(rows, head)
            body = rows[head + taken :]
        for row in body:
            self._row(row)

    def _row(self, row: Row) -> None:
        if row.banner:
            self._add(BlockKind.HEADING, row.cells[row.filled[0]], self._level + 1)
        elif self._labels and row.cells[: len(self._labels)] == self._labels:
            return  # the header, repeated for the next printed page
        elif self._labels and _is_parted(row):
            self._above([row], titled=False)
        elif len(row.filled) == 1 and _NOTE.fullmatch(row.cells[row.filled[0]]):
            self._add(BlockKind.PARAGRAPH, row.cells[row.filled[0]])
        elif self._labels:
            self.add_labelled(
                (self._labels[at] if at < len(self._labels) else "", row.cells[at])
                for at in row.filled
            )
        else:
            self._add(BlockKind.ROW, BETWEEN.join(row.cells).strip(" "))

    def add_labelled(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write one row of labels and values; long values become prose under the row's name."""
        short: list[tuple[str, str]] = []
        long: list[tuple[str, str]] = []
        for label, value in pairs:
            (long if len(value) > _LONGEST_CELL else short).append((label, value))
        parts = [_labelled(label, value) for label, value in short]
        key = parts[0] if parts and len(parts[0]) <= _LONGEST_KEY else ""
        for line in _lines(parts, key):
            self._add(BlockKind.ROW, line)
        for label, value in long:
            name = BETWEEN.join(one for one in (key, label) if one)
            if name:
                self._add(BlockKind.HEADING, name, 0)
            self._add(BlockKind.PARAGRAPH, re.sub(r"\n\s*\n", "\n", value))

    def _above(self, rows: Sequence[Row], *, titled: bool) -> None:
        """Write lines that are no rows: above a header, the first may be the table's title."""
        for row in rows:
            words = [row.cells[at] for at in row.filled]
            if row.spanning:
                words = list(dict.fromkeys(words))
            text = (" " if _is_parted(row) else BETWEEN).join(words)
            short = len(words) == 1 and len(text) <= _LONGEST_LABEL
            if titled and short and row is rows[0] and text[-1] not in ".;," and ":" not in text:
                self._add(BlockKind.HEADING, text, self._level)
            else:
                self._add(BlockKind.PARAGRAPH, text)

    def _add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        self._written += len(text)
        if self._written > LARGEST_TEXT:
            raise UnreadableError(
                Reason.TOO_MUCH_TEXT,
                f"the table has more than {LARGEST_TEXT:,} characters of text; part it",
            )
        self._draft.add(kind, text, level)


def _header(rows: Sequence[Row], following: Sequence[Row], *, strict: bool) -> int | None:
    """Return which of the first rows is the header; with `strict`, only one in bold.

    A header may stand by itself above a blank row, where what follows is as wide.
    """
    wide = _width(rows)
    found = []
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        if row.banner or len(row.filled) < max(2, 0.6 * wide):
            continue
        if _is_parted(row):
            continue
        if not _reads_as_header(row):
            break
        if at + 1 == len(rows) and _width(following) != len(row.filled):
            break
        if not any(
            row.cells[column] == below.cells[column]
            for below in rows[at + 1 :]
            if below.cells != row.cells and not row.spanning
            for column in row.filled
            if column < len(below.cells)
        ):
            found.append(at)
    bold = next((at for at in found if rows[at].bold), None)
    return bold if strict or bold is not None else next(iter(found), None)


def _reads_as_header(row: Row) -> bool:
    cells = [row.cells[at] for at in row.filled]
    return all(len(cell) <= _LONGEST_LABEL and not _is_data(cell) for cell in cells)


def _is_parted(row: Row) -> bool:
    """Tell whether a row brings its own label, as "Version:" beside "3"."""
    return len(row.filled) == 2 and row.cells[row.filled[0]].endswith(":")  # noqa: PLR2004


def _width(rows: Sequence[Row]) -> int:
    return max((len(row.filled) for row in rows), default=0)


def _is_data(cell: str) -> bool:
    return _DATA.fullmatch(cell) is not None and _YEAR.fullmatch(cell) is None


def _labels(rows: Sequence[Row], head: int) -> tuple[tuple[str, ...], int]:
    """Return the labels and over how many rows they stand: "Dose" may span "Start" and "Most"."""
    upper = rows[head]
    if not upper.spanning or head + 2 >= len(rows) or not _reads_as_header(rows[head + 1]):
        return upper.cells, 1
    lower = rows[head + 1]
    width = max(len(upper.cells), len(lower.cells))
    both = zip(_padded(upper, width), _padded(lower, width), strict=True)
    return tuple(", ".join(dict.fromkeys(filter(None, pair))) for pair in both), 2


def _padded(row: Row, width: int) -> tuple[str, ...]:
    return row.cells + ("",) * (width - len(row.cells))


def _labelled(label: str, value: str) -> str:
    if not label:
        return value
    return f"{label} {value}" if label[-1] in ":?" else f"{label}: {value}"


def _lines(parts: Sequence[str], key: str) -> Iterable[str]:
    """Join a row's parts; what is too long for one quote goes on under the row's first cell."""
    line: list[str] = []
    for part in parts:
        if line and sum(map(len, line)) + len(BETWEEN) * len(line) + len(part) > _LONGEST_ROW:
            yield BETWEEN.join(line)
            line = [key] if key else []
        line.append(part)
    if line:
        yield BETWEEN.join(line)
