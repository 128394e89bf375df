from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.reading import document_from_bytes
from tests.corpus.samples import blocks

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def saved(workbook: Workbook) -> bytes:
    """Return a workbook's bytes."""
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def read(workbook: Workbook) -> Document:
    """Read a workbook through its file's bytes."""
    return document_from_bytes(saved(workbook), "doses.xlsx", MEDIA_TYPE)


def sheet(*rows: list[object], title: str = "Sheet") -> tuple[Workbook, Worksheet]:
    """Return a workbook of one sheet with these rows."""
    workbook = openpyxl.Workbook()
    one = workbook.worksheets[0]
    one.title = title
    for row in rows:
        one.append(row)
    return workbook, one


def rows(workbook: Workbook) -> list[str]:
    """Return the texts of a workbook's blocks."""
    return [text for _, text in blocks(read(workbook))]


def changed(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a package with each part changed."""
    file = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return file.getvalue()


def refused(data: bytes) -> UnreadableError:
    """Return the fault that reading raises."""
    with pytest.raises(UnreadableError) as caught:
        document_from_bytes(data, "doses.xlsx", MEDIA_TYPE)
    return caught.value


HEADER: list[object] = ["Drug", "Start", "Most"]


def test_a_row_brings_its_header_and_its_sheet() -> None:
    """A row hundreds of lines below the header is quoted with it, under the sheet's name."""
    body: list[list[object]] = [[f"Drug {n}", n, n * 10] for n in range(1, 501)]
    workbook, _ = sheet(HEADER, *body, title="Doses")
    found = blocks(read(workbook))
    assert found[0] == ("heading", "Doses")
    assert found[-1] == ("row", "Drug: Drug 500 | Start: 500 | Most: 5000")
    assert len(found) == 501


def test_a_name_that_the_program_gave_is_no_heading() -> None:
    """A name like "Sheet1" says nothing, but tells it from a second sheet."""
    workbook, _ = sheet(HEADER, ["Baclofen", 5, 100], title="Sheet1")
    assert rows(workbook) == ["Drug: Baclofen | Start: 5 | Most: 100"]
    workbook.create_sheet("Sheet2").append(["Other"])
    assert rows(workbook)[0] == "Sheet1"


def test_values_are_written_as_they_are_shown() -> None:
    """Percentages, units, days and times read as in the spreadsheet program."""
    workbook, one = sheet(["Drug", "Share", "Dose", "From", "Length"])
    one.append(["Baclofen", 0.05, 5, datetime(2023, 11, 1), timedelta(hours=26)])  # noqa: DTZ001
    for column, code in (("B", "0%"), ("C", '0.0" mg"'), ("D", "dd/mm/yyyy"), ("E", "[h]:mm")):
        one[f"{column}2"].number_format = code
    assert rows(workbook) == [
        "Drug: Baclofen | Share: 5% | Dose: 5.0 mg | From: 2023-11-01 | Length: 26:00"
    ]


def test_a_merged_cell_speaks_for_every_row_it_covers() -> None:
    """The drug's name stands in each of its rows; a line across the table is a heading."""
    workbook, one = sheet(
        HEADER, ["Muscle relaxants"], ["Baclofen", "5 mg", "100 mg"], [None, "10 mg", "60 mg"]
    )
    one.merge_cells("A2:C2")
    one.merge_cells("A3:A4")
    assert blocks(read(workbook)) == [
        ("heading", "Muscle relaxants"),
        ("row", "Drug: Baclofen | Start: 5 mg | Most: 100 mg"),
        ("row", "Drug: Baclofen | Start: 10 mg | Most: 60 mg"),
    ]


def test_a_header_may_stand_on_two_rows() -> None:
    """A cell above several columns belongs to the label of each."""
    workbook, one = sheet(
        ["Drug", "Dose", None], [None, "Start", "Most"], ["Baclofen", "5 mg", "100 mg"]
    )
    one.merge_cells("B1:C1")
    one.merge_cells("A1:A2")
    assert rows(workbook) == ["Drug: Baclofen | Dose, Start: 5 mg | Dose, Most: 100 mg"]


def test_lines_above_the_header_are_its_title_and_notes() -> None:
    """A line by itself at the top is a heading; what stands beside it is kept."""
    workbook, _ = sheet(
        ["Doses in adults"],
        ["Last reviewed:", date(2024, 3, 1)],
        [],
        HEADER,
        ["Baclofen", 5, 100],
        ["* Ask the pharmacist first."],
    )
    document = read(workbook)
    assert blocks(document) == [
        ("heading", "Doses in adults"),
        ("paragraph", "Last reviewed: 2024-03-01"),
        ("row", "Drug: Baclofen | Start: 5 | Most: 100"),
        ("paragraph", "* Ask the pharmacist first."),
    ]
    assert str(document.attributes.last_reviewed) == "2024-03-01"


def test_a_second_table_below_has_a_header_of_its_own() -> None:
    """After a blank row a bold header begins anew; rows without one are the same table's."""
    workbook, one = sheet(
        HEADER, ["Baclofen", 5, 100], [], ["Tizanidine", 2, 36], [], ["Ward", "Phone"], ["4", "12"]
    )
    for cell in (one["A6"], one["B6"]):
        cell.font = Font(bold=True)
    assert rows(workbook) == [
        "Drug: Baclofen | Start: 5 | Most: 100",
        "Drug: Tizanidine | Start: 2 | Most: 36",
        "Ward: 4 | Phone: 12",
    ]


def test_what_was_hidden_is_left_out() -> None:
    """Hidden sheets, rows and columns are not what a person sees; filtered rows are data."""
    workbook, one = sheet([*HEADER, "Secret"], ["Baclofen", 5, 100, "x"], ["Old drug", 1, 2, "y"])
    one.row_dimensions[3].hidden = True
    one.column_dimensions["D"].hidden = True
    workbook.create_sheet("Lists").append(["draft"])
    workbook["Lists"].sheet_state = "hidden"
    assert rows(workbook) == ["Drug: Baclofen | Start: 5 | Most: 100"]
    one.auto_filter.ref = "A1:D3"
    one.auto_filter.add_filter_column(0, ["Baclofen"])
    assert rows(workbook)[-1] == "Drug: Old drug | Start: 1 | Most: 2"


def test_a_formula_is_its_last_result() -> None:
    """What the program calculated is read; a formula nobody calculated is refused by its cell."""
    workbook, _ = sheet(["Drug", "Total"], ["Baclofen", "=2+3"])
    data = saved(workbook)
    assert refused(data).reason is Reason.DAMAGED
    assert "cell B2 of the sheet 'Sheet'" in str(refused(data))

    def calculated(name: str, part: bytes) -> bytes:
        return part.replace(b"<v></v>", b"<v>5</v>").replace(b"<v />", b"<v>5</v>")

    document = document_from_bytes(changed(data, calculated), "doses.xlsx", MEDIA_TYPE)
    assert blocks(document) == [("row", "Drug: Baclofen | Total: 5")]


def test_a_stray_cell_in_the_last_corner_costs_nothing() -> None:
    """Reading takes time with the cells that are, not with the area they span."""
    workbook, one = sheet(HEADER, ["Baclofen", 5, 100])
    one["XFD1048576"] = "stray"
    assert rows(workbook)[-1] == "stray"


def test_a_bomb_of_shared_strings_is_refused() -> None:
    """A small file that repeats one long text in every cell stops at the limit of text."""
    workbook, one = sheet()
    for _ in range(600):
        one.append(["y" * 32_000])
    error = refused(saved(workbook))
    assert error.reason is Reason.TOO_MUCH_TEXT


def test_entities_are_refused() -> None:
    """OOXML has no document type declaration; one that grows by its entities is not expanded."""

    def with_entity(name: str, part: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return part
        return part.replace(b"Drug", b"&a;").replace(
            b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><worksheet', 1
        )

    workbook, _ = sheet(HEADER, ["Baclofen", 5, 100])
    assert refused(changed(saved(workbook), with_entity)).reason is Reason.DAMAGED


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_workbook_is_refused(share: float) -> None:
    """Half a file is no file."""
    data = saved(sheet(HEADER, ["Baclofen", 5, 100])[0])
    assert refused(data[: int(len(data) * share)]).reason is Reason.DAMAGED


def test_an_empty_workbook_has_no_text() -> None:
    """Sheets without words are refused by that name."""
    assert refused(saved(sheet()[0])).reason is Reason.NO_TEXT


def test_the_properties_are_read() -> None:
    """The title and language that the author gave are the document's."""
    workbook, _ = sheet(HEADER, ["Baclofen", 5, 100])
    workbook.properties.title = "Spasticity doses"
    workbook.properties.language = "en-gb"
    document = read(workbook)
    assert (document.title, document.attributes.language) == ("Spasticity doses", "en-GB")
