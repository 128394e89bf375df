import pytest

from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.reading import document_from_bytes
from corpus.structure import Outline
from tests.corpus.samples import blocks, quotes


def table(text: str, encoding: str = "utf-8") -> Document:
    """Read separated values."""
    return document_from_bytes(text.encode(encoding), "doses.csv", "text/csv")


def refused(text: str) -> UnreadableError:
    """Return the fault that reading raises."""
    with pytest.raises(UnreadableError) as caught:
        table(text)
    return caught.value


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_what_parts_the_cells_is_found(mark: str) -> None:
    """Commas, semicolons, tabs and bars part cells; a decimal comma does not part a number."""
    text = "Drug;Dose\nBaclofen;1.5 mg\nTizanidine;2 mg\n".replace(";", mark)
    assert blocks(table(text)) == [
        ("row", "Drug: Baclofen | Dose: 1.5 mg"),
        ("row", "Drug: Tizanidine | Dose: 2 mg"),
    ]
    decimal = "Drug;Least;Most\nBaclofen;1,5;2,5\nTizanidine;2,0;4,0\n"
    assert quotes(table(decimal))[0] == "Drug: Baclofen | Least: 1,5 | Most: 2,5"


def test_a_mark_that_is_stated_is_believed() -> None:
    """Excel's first line "sep=;" settles what would be a tie."""
    tie = "Name, short;Dose, daily\nA, b;1, 2\n"
    assert "several marks" in str(refused(tie))
    assert quotes(table(f"sep=;\n{tie}")) == ["Name, short: A, b | Dose, daily: 1, 2"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_spreadsheet_programs_write_other_encodings(encoding: str) -> None:
    """What Excel saves as CSV is read in its encoding."""
    document = table("Name;Höhe\nJörg\u2019s Gerät;5 µg täglich\n", encoding)
    assert quotes(document) == ["Name: Jörg\u2019s Gerät | Höhe: 5 µg täglich"]


def test_quoted_cells_keep_marks_and_line_ends() -> None:
    """A cell may hold commas, quotation marks and lines; rows after it count on."""
    document = table('Drug,Advice\nBaclofen,"Take 5 mg,\n""with food"""\nTizanidine,None\n')
    assert blocks(document) == [
        ("row", 'Drug: Baclofen | Advice: Take 5 mg,\n"with food"'),
        ("row", "Drug: Tizanidine | Advice: None"),
    ]


def test_an_open_quotation_mark_is_a_fault_with_its_line() -> None:
    """The rest of the file would be one cell; the row is named where it begins."""
    error = refused('Drug,Advice\nBaclofen,x\nTizanidine,"Take\nDantrolene,y\n')
    assert error.reason is Reason.DAMAGED
    assert "begins on line 3" in str(error)


def test_a_row_longer_than_its_header_is_a_fault_with_its_line() -> None:
    """A comma that should have been quoted would move every value under the wrong label."""
    text = "Drug,Advice,Most\nBaclofen,Take with food, or milk,100 mg\nTizanidine,x,36 mg\nA,b,c\n"
    error = refused(text)
    assert error.reason is Reason.DAMAGED
    assert "line 2 has 4 cells, its header 3" in str(error)
    assert quotes(table("Drug,Advice,Most\nBaclofen\nTizanidine,x,,\n")) == [
        "Drug: Baclofen",
        "Drug: Tizanidine | Advice: x",
    ]


def test_lines_above_the_header_are_title_and_notes() -> None:
    """The first line by itself is the title of the document and heads its rows."""
    document = table("Doses in adults,,\nFor staff only.,,\nDrug,Start,Most\nBaclofen,5,100\n")
    assert document.title == "Doses in adults"
    assert blocks(document)[1:] == [
        ("paragraph", "For staff only."),
        ("row", "Drug: Baclofen | Start: 5 | Most: 100"),
    ]
    assert Outline(document).section(len(document.text) - 1) == ("Doses in adults",)


def test_rows_without_a_header_bring_no_labels() -> None:
    """Numbers in the first row, or words that come again below, are data and label nothing."""
    assert quotes(table("Baclofen,5,100\nTizanidine,2,36\n")) == [
        "Baclofen | 5 | 100",
        "Tizanidine | 2 | 36",
    ]
    assert quotes(table("Baclofen,by mouth\nTizanidine,by mouth\n"))[0] == "Baclofen | by mouth"


def test_a_header_is_not_repeated_as_a_row() -> None:
    """The header printed again on each page is no row."""
    assert quotes(table("Drug,Dose\nBaclofen,5 mg\nDrug,Dose\nTizanidine,2 mg\n")) == [
        "Drug: Baclofen | Dose: 5 mg",
        "Drug: Tizanidine | Dose: 2 mg",
    ]


def test_long_cells_are_prose_under_their_row() -> None:
    """Each sentence of a long cell is a quote of its own, in a section that names row and label."""
    answer = "Do not drive while it makes you drowsy. " * 9
    document = table(f'Question,Answer\nCan I drive?,"{answer}"\n')
    last = document.structure.blocks[-1]
    assert Outline(document).section(last.start) == ("Question: Can I drive? | Answer",)
    assert quotes(document)[-1] == "Do not drive while it makes you drowsy."


def test_a_row_too_long_for_one_quote_goes_on_under_its_first_cell() -> None:
    """No part of a wide row stands without its header and its subject."""
    labels = [f"Column {n}" for n in range(40)]
    cells = [f"value {n} " + "x" * 40 for n in range(40)]
    document = table(",".join(["Drug", *labels]) + "\n" + ",".join(["Baclofen", *cells]) + "\n")
    found = quotes(document)
    assert len(found) > 1
    assert all(row.startswith("Drug: Baclofen | Column ") for row in found)
    for label, cell in zip(labels, cells, strict=True):
        assert any(f"{label}: {cell}" in row for row in found)


def test_one_column_is_a_list_of_paragraphs() -> None:
    """Without anything to part, each line is text."""
    assert quotes(table("Rest first. Then stretch.\nDrink water.\n")) == [
        "Rest first.",
        "Then stretch.",
        "Drink water.",
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY),
        (b",,\n,,\n", Reason.NO_TEXT),
        (b"a,\0b\n", Reason.BINARY),
        (b"Drug,Dose\n\xc3\xa9,\xff\n\xc3\xa9,1", Reason.WRONG_ENCODING),
        (b"Drug,Dose\nx," + b"y" * 200_000, Reason.DAMAGED),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, reason: Reason) -> None:
    """Each fault has its reason."""
    with pytest.raises(UnreadableError) as caught:
        document_from_bytes(data, "doses.csv", "text/csv")
    assert caught.value.reason is reason
