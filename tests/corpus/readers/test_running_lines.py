from corpus.readers.page_lines import Line
from corpus.readers.running_lines import without_running_lines


def kept(*pages: list[tuple[str, float]]) -> list[list[str]]:
    """Return the texts left of pages given as lines with their heights."""
    lines = [
        [Line(text, 70, 300, y, 11, page=at) for text, y in page] for at, page in enumerate(pages)
    ]
    return [[line.text for line in page] for page in without_running_lines(lines)]


def test_a_line_that_repeats_in_the_middle_of_pages_is_text() -> None:
    """Only what is outermost can run."""
    page = [("Header", 800.0), ("Warning", 400.0), ("Footer", 20.0)]
    pages = [[*page, (f"Text {letter}", 700.0), (f"End {letter}", 100.0)] for letter in "abc"]
    assert kept(*pages)[1] == ["Warning", "Text b", "End b"]


def test_numbers_that_do_not_count_pages_are_text() -> None:
    """Doses at the foot of three pages, 5 mg, 10 mg and 20 mg, are no page numbers."""
    pages = [[(f"Text {dose}", 700.0), (f"{dose} mg", 50.0)] for dose in (5, 10, 20)]
    assert [page[1] for page in kept(*pages)] == ["5 mg", "10 mg", "20 mg"]


def test_roman_numbers_count_pages() -> None:
    """A foreword's numbers are page numbers."""
    pages = [[(f"Text {n}", 700.0), (n, 50.0)] for n in ("iii", "iv", "v", "vi")]
    assert kept(*pages) == [["Text iii"], ["Text iv"], ["Text v"], ["Text vi"]]


def test_the_same_words_at_other_heights_are_text() -> None:
    """A running line stands at one place."""
    pages = [[("Text", 700.0 - at), ("See your doctor.", 500.0 - 30 * at)] for at in range(4)]
    assert all(page[-1] == "See your doctor." for page in kept(*pages))
