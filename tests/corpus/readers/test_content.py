from corpus.documents import BlockKind
from corpus.readers.content import Draft


def test_blocks_stand_on_lines_of_their_own() -> None:
    """A blank line parts blocks; a line end parts items of one list and rows of one table."""
    draft = Draft()
    draft.add(BlockKind.HEADING, " Cafe\u0301 ", 1)
    draft.add(BlockKind.PARAGRAPH, "\u00ad \n")  # nothing visible
    draft.add(BlockKind.ITEM, "one")
    draft.add(BlockKind.ITEM, "two\r\nlines")
    draft.add(BlockKind.ROW, "a | b")
    content = draft.content("  My\n title ")
    assert content.text == "Caf\u00e9\n\none\ntwo\nlines\n\na | b"
    assert content.title == "My title"
    assert [content.text[block.start : block.end] for block in content.structure.blocks] == [
        "Caf\u00e9",
        "one",
        "two\nlines",
        "a | b",
    ]


def test_a_blank_title_is_none() -> None:
    """A title without a visible character is no title."""
    assert Draft().content(" \n ").title is None
    assert Draft().content(None).title is None
