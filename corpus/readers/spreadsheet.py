"""Excel workbooks (.xlsx): every visible sheet a section, every row written with its header.

Read is what a person sees who opens the file: values as their formats show them, the last results
of formulas, merged cells over every row that they cover. Sheets, rows and columns that were hidden
are left out, but not rows that a filter happens to hide.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import cast
from zipfile import ZipFile

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.utils.cell import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from corpus.documents import Attributes, BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.language_tag import language_tag
from corpus.normalize import canonical
from corpus.readers.archive import FAULTS
from corpus.readers.content import Content, Draft
from corpus.readers.number_formats import Value, shown
from corpus.readers.rows import LARGEST_TEXT, Row, Table

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_NAMED_BY_ITSELF = re.compile(r"(?:Sheet|Table|Tabelle|Feuil|Hoja|Foglio|Ark|Blad|Planilha)\s?\d*")
_BOLD_WITHIN = 10
"""Rows of a region; a header stands among the first."""

_Grid = dict[int, dict[int, str]]  # row -> column -> text


def read(data: bytes) -> Content:
    """Read a workbook."""
    workbook = _opened(data, values=True)
    _refuse_uncalculated(data, workbook)
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    draft = Draft()
    size = 0
    for sheet in sheets:
        grid = _grid(sheet)
        size += sum(len(text) for cells in grid.values() for text in cells.values())
        if size > LARGEST_TEXT:
            raise UnreadableError(
                Reason.TOO_MUCH_TEXT,
                f"the workbook has more than {LARGEST_TEXT:,} characters of text; part it",
            )
        if grid and (len(sheets) > 1 or not _NAMED_BY_ITSELF.fullmatch(sheet.title)):
            draft.add(BlockKind.HEADING, sheet.title, 1)
        _write(sheet, grid, draft)
    said = Attributes(language=language_tag(workbook.properties.language))
    content = draft.content(workbook.properties.title, said)
    if not any(character.isalnum() for character in content.text):
        raise UnreadableError(Reason.NO_TEXT, "no visible sheet of the workbook has words in it")
    return content


def _opened(data: bytes, *, values: bool) -> Workbook:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of charts, validations and other things unread
            return openpyxl.load_workbook(BytesIO(data), data_only=values, keep_links=False)
    except Exception as error:  # the library raises whatever a damaged part leads to
        raise _damaged() from error


def _damaged() -> UnreadableError:
    return UnreadableError(
        Reason.DAMAGED,
        "the workbook cannot be opened, as a part is broken or missing or declares what no "
        "spreadsheet program writes; open it in one and save it anew",
    )


def _refuse_uncalculated(data: bytes, workbook: Workbook) -> None:
    """Refuse a workbook with a formula whose result no program has written into it yet."""
    try:
        with ZipFile(BytesIO(data)) as package:
            parts = [name for name in package.namelist() if _SHEET.fullmatch(name)]
            if not any(_FORMULA.search(package.read(name)) for name in parts):
                return
    except (*FAULTS, RuntimeError) as error:  # a sheet that the workbook does not name
        raise _damaged() from error
    for sheet in _opened(data, values=False).worksheets:
        values = workbook[sheet.title]._cells  # noqa: SLF001 - see _grid
        for (row, column), cell in sheet._cells.items():  # noqa: SLF001
            result = values.get((row, column))
            if cell.data_type == "f" and result is not None and result.value is None:
                if result.data_type != "n":
                    continue  # calculated, to no text
                raise UnreadableError(
                    Reason.DAMAGED,
                    f"cell {get_column_letter(column)}{row} of the sheet {sheet.title!r} holds a "
                    "formula without its result; open the file in a spreadsheet program and save "
                    "it",
                )


def _grid(sheet: Worksheet) -> _Grid:
    """Return the visible texts of a sheet, rows and columns counted from 1."""
    is_row_hidden, is_column_hidden = _hidden_rows(sheet), _hidden_columns(sheet)
    grid: _Grid = {}
    size = 0
    # The cells that are, not the area they span: one stray cell in the last corner of a sheet
    # spans seventeen thousand million.
    for (row, column), cell in sorted(sheet._cells.items()):  # noqa: SLF001
        if cell.value is None or is_row_hidden(row) or is_column_hidden(column):
            continue
        # Without rich text and with results for formulas there are only plain values.
        text = canonical(shown(cast("Value", cell.value), cell.number_format)).strip()
        size += len(text)
        if size > LARGEST_TEXT:
            raise UnreadableError(
                Reason.TOO_MUCH_TEXT,
                f"the sheet {sheet.title!r} has more than {LARGEST_TEXT:,} characters of text; "
                "part it",
            )
        if text:
            grid.setdefault(row, {})[column] = text
    return grid


def _hidden_rows(sheet: Worksheet) -> Callable[[int], bool]:
    filters = [sheet.auto_filter, *(table.autoFilter for table in sheet.tables.values())]
    kept = [range_boundaries(one.ref) for one in filters if one and one.ref and one.filterColumn]
    hidden = {
        row
        for row, dimension in sheet.row_dimensions.items()
        if dimension.hidden
        and not any((low or 0) <= row <= (high or row) for _, low, _, high in kept)
    }
    return hidden.__contains__


def _hidden_columns(sheet: Worksheet) -> Callable[[int], bool]:
    spans = [(one.min or 0, one.max or 0) for one in sheet.column_dimensions.values() if one.hidden]
    return lambda column: any(low <= column <= high for low, high in spans)


def _write(sheet: Worksheet, grid: _Grid, draft: Draft) -> None:
    table = Table(draft, level=2)
    spanning, banners = _merged(sheet, grid)
    columns = sorted({column for cells in grid.values() for column in cells})
    regions = [
        [
            Row(
                tuple(grid[row].get(column, "") for column in columns),
                bold=position < _BOLD_WITHIN and _is_bold(sheet, row, grid[row]),
                banner=row in banners,
                spanning=row in spanning,
            )
            for position, row in enumerate(region)
        ]
        for region in _regions(grid)
    ]
    table.add(regions)


def _regions(grid: _Grid) -> Iterator[list[int]]:
    """Part the rows where others between them are blank."""
    region: list[int] = []
    for row in sorted(grid):
        if region and row > region[-1] + 1:
            yield region
            region = []
        region.append(row)
    if region:
        yield region


def _merged(sheet: Worksheet, grid: _Grid) -> tuple[set[int], set[int]]:
    """Repeat merged cells in every row and column they cover.

    Returns the rows in which a cell spans several columns, and those that are nothing else.
    """
    spanning, banners = set(), set()
    last = max(grid, default=0)
    size = 0
    for merged in sheet.merged_cells.ranges:
        left, top, right, bottom = merged.bounds
        text = grid.get(top, {}).get(left)
        if text is None:
            continue
        if right > left and len(grid[top]) == 1:
            banners.add(top)
            continue
        used = {column for cells in grid.values() for column in cells} if right > left else {left}
        for row in range(top, min(bottom, last) + 1):
            if row not in grid:
                continue
            if right > left:
                spanning.add(row)
            for column in sorted(used & set(range(left, right + 1))):
                grid[row].setdefault(column, text)
                size += len(text)
            if size > LARGEST_TEXT:
                raise UnreadableError(
                    Reason.TOO_MUCH_TEXT,
                    f"the merged cells of the sheet {sheet.title!r} repeat more than "
                    f"{LARGEST_TEXT:,} characters of text; part it",
                )
    return spanning, banners


def _is_bold(sheet: Worksheet, row: int, cells: dict[int, str]) -> bool:
    found = (sheet._cells.get((row, column)) for column in cells)  # noqa: SLF001
    return all(bool(cell.font.b) for cell in found if isinstance(cell, Cell))
