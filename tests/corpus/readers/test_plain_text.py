import pytest

from corpus.documents import BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.readers import plain_text
from tests.corpus.samples import blocks, plain, quotes


def test_wrapped_lines_join_into_one_paragraph() -> None:
    """Lines broken off where the page was full are one paragraph, and keep their line ends."""
    text = (
        "Spasticity is a tightness of the muscles that comes when messages from\n"
        "the brain do not arrive. It can be mild, or it can be so strong that\n"
        "Walking becomes hard.\n"
    )
    assert blocks(plain(text)) == [("paragraph", text.strip())]


def test_a_short_line_above_a_paragraph_is_its_heading() -> None:
    """With a blank line below it, a short line heads the section to come."""
    document = plain("Taking your tablets\n\nTake them with water. Do not crush them.\n")
    assert blocks(document)[0] == ("heading", "Taking your tablets")
    assert document.structure.blocks[0].level == 2


def test_a_heading_among_lines_governs_only_the_next() -> None:
    """Where every line is a paragraph, a short line speaks for the one below it."""
    document = plain(
        "One line is here.\nTizanidine\nIt relaxes muscles.\nAnother matter is here.\n"
    )
    assert [(str(block.kind), block.level) for block in document.structure.blocks] == [
        ("paragraph", 0),
        ("heading", 0),
        ("paragraph", 0),
        ("paragraph", 0),
    ]


def test_a_list_of_short_lines_has_no_headings() -> None:
    """Short lines one below another name things; none speaks for the others."""
    kinds = [kind for kind, _ in blocks(plain("Apples\nPears\nPlums\n\nThat is the list.\n"))]
    assert kinds[:2] == ["paragraph", "paragraph"]
    assert kinds[-1] == "paragraph"


@pytest.mark.parametrize("mark", ["-", "*", "•", "\u2013", "1.", "12)", "(3)", "a)", "b."])
def test_a_bulleted_line_is_an_item_without_its_mark(mark: str) -> None:
    """The mark stays in the text and out of the quote."""
    document = plain(f"Bring these:\n{mark} your tablets\n  {mark} your diary\n")
    assert blocks(document) == [
        ("paragraph", "Bring these:"),
        ("item", "your tablets"),
        ("item", "your diary"),
    ]


def test_an_item_goes_on_over_its_wrapped_lines() -> None:
    """A second line in lower case belongs to the item above it."""
    document = plain("- a tablet that is taken in the morning\n  with water\n- another\n")
    assert [kind for kind, _ in blocks(document)] == ["item", "item"]
    assert quotes(document)[0] == "a tablet that is taken in the morning\n  with water"


def test_rules_drawn_with_signs_part_paragraphs() -> None:
    """Lines of hyphens, stars or underscores are no text."""
    document = plain("One is here.\n_____\nTwo is here.\n* * *\nThree is here.\n")
    assert quotes(document) == ["One is here.", "Two is here.", "Three is here."]


@pytest.mark.parametrize("text", ["...\n---\n", "* * *", "____", "🙂"])
def test_a_file_without_a_word_is_refused(text: str) -> None:
    """Only punctuation is no text to answer from."""
    with pytest.raises(UnreadableError) as caught:
        plain_text.read(text.encode())
    assert caught.value.reason is Reason.NO_TEXT


def test_one_line_of_five_megabytes_is_read() -> None:
    """A file need not have line ends: every sentence of it is found."""
    sentence = "The tablet is small and white. "
    document = plain(sentence * (5_000_000 // len(sentence)))
    found = quotes(document)
    assert len(found) == 5_000_000 // len(sentence)
    assert set(found) == {sentence.strip()}


def test_a_line_of_five_megabytes_without_a_sentence_is_parted() -> None:
    """Letters without end are quoted in stretches that can be read."""
    document = plain("a" * 5_000_000)
    assert len("".join(quotes(document))) == 5_000_000
    assert max(map(len, quotes(document))) <= 1_000


def test_a_lone_line_is_a_paragraph() -> None:
    """A heading needs something to stand above."""
    assert plain("Tizanidine").structure.blocks[0].kind is BlockKind.PARAGRAPH
