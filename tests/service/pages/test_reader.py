from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser

from corpus.documents import Block, BlockKind, Document, Structure
from corpus.reading import document_from_bytes
from corpus.sentences import sentences
from index.located import locate
from service.pages.reader import Shown, shown
from tests.service.pages.conftest import Search, catalog, first


def of_text(text: str, name: str) -> Shown:
    """Return what is shown of a file."""
    media_types = {"md": "text/markdown", "txt": "text/plain", "html": "text/html"}
    document = document_from_bytes(text.encode(), name, media_types[name.rpartition(".")[2]])
    return shown(document, locate(document, sentences(document)))


def words(shown: Shown) -> Iterator[str]:
    """Yield the text of every block."""
    blocks = [block for group in shown.groups for block in group.blocks]
    for block in [shown.title, *blocks] if shown.title else blocks:
        yield "".join(piece.text for piece in block.pieces)


def read(client: TestClient, name: str) -> LexborHTMLParser:
    """Return the reader page of the document whose id begins with `name`."""
    cards = catalog(client).documents()
    (found,) = [one.document_id for one in cards if one.document_id.startswith(name)]
    return LexborHTMLParser(client.get(f"/documents/{found}").text)


@pytest.mark.parametrize("name", ["spasms", "steps"])
def test_every_sentence_stands_at_its_id(leaflets: TestClient, name: str) -> None:
    """Each sentence of a document is one element of its page, with the sentence's exact text."""
    held = catalog(leaflets)
    (card,) = [one for one in held.documents() if one.document_id.startswith(name)]
    document = held.document(card.document_id)
    assert document is not None
    tree = read(leaflets, name)
    found = held.sentences(card.document_id)
    assert len(found) > 5
    for one in found:
        (element,) = tree.css(f"#s{one.sentence.ordinal}")
        assert element.text() == document.text[one.sentence.start : one.sentence.end]
    assert len(tree.css("[id^=s]")) == len(found)


def test_headings_keep_their_order_below_the_title(leaflets: TestClient) -> None:
    """The document's title is the page's heading; the others follow without a level left out."""
    tree = read(leaflets, "spasms")
    headings = [(one.tag, one.text()) for one in tree.css("h1, h2, h3, h4, h5, h6")]
    assert headings == [
        ("h1", "Living with spasms"),
        ("h2", "What brings them on?"),
        ("h3", "Getting help"),
    ]


def test_a_list_is_one_list(leaflets: TestClient) -> None:
    """Items that follow one another are one list."""
    (found,) = read(leaflets, "spasms").css("article ul")
    assert [item.text() for item in found.css("li")] == [
        "A full bladder can bring on a spasm.",
        "Tight shoes can bring on a spasm.",
    ]


def test_a_list_keeps_its_own_numbers(leaflets: TestClient) -> None:
    """Numbers and letters that the text gives its items stay in front of them."""
    (found,) = read(leaflets, "steps").css("article ul")
    assert [item.text() for item in found.css("li")] == [
        "1. Lie on your back.",
        "2. Bend your left knee.",
        "b) Hold it for 30 seconds.",
    ]


def test_a_table_is_a_table(leaflets: TestClient) -> None:
    """Rows become one table; an empty cell stays empty, and each row's text stays whole."""
    (table,) = read(leaflets, "spasms").css("article table")
    cells = [[cell.text(deep=False) for cell in row.css("th, td")] for row in table.css("tr")]
    assert cells == [
        ["Medicine", "How long", "Side effects"],
        ["Baclofen", "", "Drowsiness"],
        ["Tizanidine", "3 to 6 hours", "Dry mouth"],
    ]
    assert table.css("tr")[2].text() == "Tizanidine | 3 to 6 hours | Dry mouth"


def test_rows_of_unlike_widths_are_not_put_under_one_another() -> None:
    """Where cells are missing, a column could say what the text does not: rows stay as written."""
    one = of_text("<table><tr><td>A<td>B<td>C</tr><tr><td>D<td>E</tr></table>", "a.html")
    assert [group.aligned for group in one.groups] == [False]
    assert list(words(one)) == ["A | B | C", "D | E"]


def test_rows_that_are_not_aligned_lose_nothing(search: Search) -> None:
    """Rows that make no table are lines, each a sentence at its id."""
    client = search(
        **{"a.html": "<p>Doses<table><tr><td>5<td>mg<td>x</tr><tr><td>D<td>E</tr></table>"}
    )
    tree = read(client, "a-")
    assert not tree.css("table")
    assert [one.text() for one in tree.css("article span[id]")] == ["Doses", "5 | mg | x", "D | E"]


def test_a_row_too_long_for_one_sentence_is_shown_whole() -> None:
    """A row that was parted into several sentences is shown with all of them."""
    one = of_text(f"<table><tr><td>{'long ' * 300}<td>short</tr></table>", "a.html")
    assert "".join(words(one)).endswith("long | short")
    assert not one.groups[0].aligned


def test_no_word_is_left_out() -> None:
    """What is shown, put together, has every word of the document, in order."""
    text = (
        "Title\n\n1. First one. And more!\n   wrapped here\n• Second\n\n***\n\n... ?!\n\n"
        "End, 5 mg b.d."
    )
    document = document_from_bytes(text.encode(), "a.txt", "text/plain")
    found = shown(document, locate(document, sentences(document)))
    labels = [block.label for group in found.groups for block in group.blocks if block.label]
    assert labels == ["1."]
    assert " ".join(words(found)).split() == [
        word for word in text.split() if word not in {"1.", "•", "***", "...", "?!"}
    ]


def test_lines_are_those_of_the_text() -> None:
    """Each block is shown with the line on which it begins."""
    found = of_text("One heading\n\nA sentence that\ngoes on.\n\nAnother sentence.\n", "a.txt")
    assert [block.line for group in found.groups for block in group.blocks] == [1, 3, 6]


def test_a_heading_for_one_block_does_not_hold_those_after_it() -> None:
    """A heading of level 0 stands below the section it is in, and no heading below it."""
    text = "Part\nBrief\nNext\nDeeper"
    spans = [(0, 4, 2), (5, 10, 0), (11, 15, 2), (16, 22, 5)]
    document = Document(
        "d",
        "d",
        "Title",
        "text/plain",
        text,
        Structure(tuple(Block(BlockKind.HEADING, *span) for span in spans)),
        "",
    )
    found = shown(document, locate(document, sentences(document)))
    assert found.title is None
    assert [group.blocks[0].level for group in found.groups] == [2, 3, 2, 3]


def test_line_ends_within_a_block_are_white_space(leaflets: TestClient) -> None:
    """A wrapped line of plain text flows; a line end that a page was given stays one."""
    assert "breaks" not in str(first(read(leaflets, "steps"), "article").attributes["class"])
    spasms = read(leaflets, "spasms")
    assert "breaks" in str(first(spasms, "article").attributes["class"])
    assert "line.\nIt is" in "".join(one.text() for one in spasms.css("article p"))
    assert first(spasms, "pre").text() == "dose = 5 mg\n  or 10 mg"
