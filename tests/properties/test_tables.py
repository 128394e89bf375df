import csv
import io
import json

from hypothesis import assume, given
from hypothesis import strategies as st

from corpus.errors import UnreadableError
from corpus.normalize import canonical
from corpus.reading import document_from_bytes
from tests.corpus.samples import blocks

LABELS = ["Drug", "Starting dose", "Most in a day"]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
WORDS = st.text("abc 5.;|\t,\"'\n\r\u2028é|:*-", max_size=20)
ROWS = st.lists(st.lists(TEXT | WORDS, min_size=3, max_size=3), min_size=1, max_size=6)


def visible(cell: str) -> str:
    """Return a cell as it stands in canonical text."""
    return canonical(cell).strip()


def written(cells: list[str]) -> set[str]:
    """Return the forms that a row of these cells may have."""
    pairs = [
        (label, visible(cell)) for label, cell in zip(LABELS, cells, strict=True) if visible(cell)
    ]
    labelled = " | ".join(f"{label}: {cell}" for label, cell in pairs)
    # A single cell may be a note, and two of which the first ends in a colon bring a label.
    return {labelled, " ".join(cell for _, cell in pairs)} if len(pairs) <= 2 else {labelled}


@given(ROWS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_rows_written_as_csv_are_read_back(rows: list[list[str]], encoding: str) -> None:
    """Every row that csv.writer wrote stands in the text, each cell letter by letter, or none."""
    assume(any(map(visible, rows[0])))  # a header by itself heads what is as wide
    assume(
        all(visible(cell) != label for row in rows for cell, label in zip(row, LABELS, strict=True))
    )
    file = io.StringIO()
    csv.writer(file).writerows([LABELS, *rows])
    try:
        document = document_from_bytes(file.getvalue().encode(encoding), "a.csv", "text/csv")
    except UnreadableError:
        assume(False)
        raise
    found = [text for _, text in blocks(document)]
    expected = [written(row) for row in rows if any(visible(cell) for cell in row)]
    assert len(found) == len(expected)
    assert all(text in forms for text, forms in zip(found, expected, strict=True))


SCALARS = st.text(max_size=20) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
OBJECTS = st.dictionaries(st.text("abc", min_size=1), SCALARS, min_size=1, max_size=4)


@given(st.lists(OBJECTS, min_size=1, max_size=5))
def test_every_scalar_of_json_lines_is_in_the_text(objects: list[dict[str, str | float]]) -> None:
    """Each object without text becomes one row with all its values as they are written."""
    data = "".join(json.dumps(one) + "\n" for one in objects).encode()
    try:
        document = document_from_bytes(data, "a.jsonl", "application/jsonl")
    except UnreadableError:
        assume(False)
        raise
    rows = [
        " | ".join(
            f"{name}: {visible(value if isinstance(value, str) else json.dumps(value))}"
            for name, value in one.items()
            if not isinstance(value, str) or visible(value)
        )
        for one in objects
    ]
    assert [text for _, text in blocks(document)] == [canonical(row) for row in rows if row]
