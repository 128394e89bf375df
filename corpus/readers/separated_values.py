"""CSV and its kin: rows parted by commas, semicolons, tabs or bars, each written with its header.

What parts the cells is found by reading the file with each candidate and comparing how even the
rows come out; Python's csv.Sniffer guesses from letters, and is wrong without saying so. A file
whose quotation marks do not close, or with a row longer than its header, is refused: its values
would stand under the wrong labels.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from corpus.documents import BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.normalize import canonical
from corpus.readers.content import Content, Draft
from corpus.readers.decoding import decode
from corpus.readers.rows import Row, Table

_DELIMITERS = ",;\t|"
_STATED = re.compile(r"\A\ufeff?sep=([,;|\t])\r?\n", re.IGNORECASE)
_EVEN = 0.5
"""The share of rows as wide as most rows, from which a candidate is believed."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: tuple[str, ...]


def read(data: bytes) -> Content:
    """Read rows of separated values; a title line above the header is the title."""
    draft = Draft()
    table = Table(draft, level=1)
    lines = _parsed(decode(data))
    regions = [
        list(region)
        for filled, region in groupby(lines, key=lambda line: any(line.cells))
        if filled
    ]
    widths = table.add([[Row(line.cells) for line in region] for region in regions])
    for region, width in zip(regions, widths, strict=True):
        _refuse_longer(region, width)
    content = draft.content(_title(draft.content(None)))
    if not any(character.isalnum() for character in content.text):
        raise UnreadableError(Reason.NO_TEXT, "the file has no words in it")
    return content


def _title(content: Content) -> str | None:
    first = content.structure.blocks[0] if content.structure.blocks else None
    heading = first is not None and first.kind is BlockKind.HEADING and first.level > 0
    return content.text[first.start : first.end] if first and heading else None


def _parsed(text: str) -> list[_Line]:
    """Return the lines parted by the delimiter under which they are most even."""
    if stated := _STATED.match(text):
        return _rows(text, stated[1], after=stated.end())
    faults: list[UnreadableError] = []
    found: list[tuple[float, list[_Line]]] = []
    for delimiter in _DELIMITERS:
        if delimiter not in text:
            continue
        try:
            lines = _rows(text, delimiter)
        except UnreadableError as fault:
            faults.append(fault)
            continue
        if evenness := _evenness(lines):
            found.append((evenness, lines))
    found.sort(key=lambda entry: -entry[0])
    alone = len(found) == 1 or (len(found) > 1 and found[0][0] > found[1][0])
    if alone and (found[0][0] >= _EVEN or not (faults or found[1:])):
        return found[0][1]
    if faults:
        raise faults[-1]
    if not found:
        return _rows(text, ",")  # one column
    raise UnreadableError(
        Reason.DAMAGED,
        "it cannot be told what parts the cells, as several marks part the rows alike; write "
        '"sep=," (or the mark that it is) above the first line',
    )


def _evenness(lines: list[_Line]) -> float:
    """Return the share of rows that are as wide as most rows of two cells or more."""
    widths = Counter(len(line.cells) for line in lines if any(line.cells))
    several = [(count, width) for width, count in widths.items() if width > 1]
    return max(several)[0] / sum(widths.values()) if several else 0.0


def _rows(text: str, delimiter: str, after: int = 0) -> list[_Line]:
    source = io.StringIO(text[after:], newline="")
    skipped = text[:after].count("\n")
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    lines = []
    number = 1 + skipped
    try:
        for cells in reader:
            lines.append(_Line(number, tuple(canonical(cell).strip() for cell in cells)))
            number = reader.line_num + 1 + skipped
    except csv.Error as error:
        raise UnreadableError(
            Reason.DAMAGED,
            f"the row that begins on line {number} cannot be parted into cells ({error}); close "
            "its quotation marks, and write a mark within a cell twice",
        ) from error
    return lines


def _refuse_longer(region: list[_Line], width: int) -> None:
    for line in region:
        if width and any(line.cells[width:]):
            raise UnreadableError(
                Reason.DAMAGED,
                f"the row on line {line.number} has {len(line.cells)} cells, its header {width}; "
                "put quotation marks around a cell that holds what parts the cells",
            )
