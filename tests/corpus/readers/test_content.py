from hypothesis import given
from hypothesis import strategies as st

from corpus.documents import BlockKind
from corpus.readers.content import Draft, Turn


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


def test_a_page_begins_with_the_block_that_follows_it() -> None:
    """Pages part the text without a hole; an empty page has an empty span where it stands."""
    draft = Draft()
    draft.turn_page(1, "i")
    draft.add(BlockKind.PARAGRAPH, "One.")
    draft.turn_page(2, "ii")
    draft.turn_page(3, "1")
    draft.add(BlockKind.PARAGRAPH, "Three.")
    draft.turn_page(4, "2")
    content = draft.content(None)
    assert content.text == "One.\n\nThree."
    assert [
        (page.number, page.label, page.start, page.end) for page in content.structure.pages
    ] == [(1, "i", 0, 6), (2, "ii", 6, 6), (3, "1", 6, 12), (4, "2", 12, 12)]


def test_a_page_may_begin_inside_a_block() -> None:
    """The turn's offset is that of the block's text, before it is made canonical."""
    draft = Draft()
    draft.turn_page(1, "1")
    text = "  cafe\u0301 goes\u00ad on"
    draft.add(BlockKind.PARAGRAPH, text, turns=(Turn(text.index("on"), 2, "2"),))
    content = draft.content(None)
    assert content.text == "caf\u00e9 goes on"
    second = content.structure.pages[1]
    assert content.text[second.start : second.end] == "on"


def test_a_page_that_begins_in_a_block_without_text_begins_with_the_next() -> None:
    """A turn is not lost with the block that had nothing to see."""
    draft = Draft()
    draft.turn_page(1, "1")
    draft.add(BlockKind.PARAGRAPH, " ", turns=(Turn(1, 2, "2"),))
    draft.add(BlockKind.PARAGRAPH, "Text.")
    assert [(page.number, page.start) for page in draft.content(None).structure.pages] == [
        (1, 0),
        (2, 0),
    ]


@given(texts=st.lists(st.text(max_size=20), max_size=12), data=st.data())
def test_pages_cover_the_text_in_order(texts: list[str], data: st.DataObject) -> None:
    """Every page ends where the next begins, the last one with the text."""
    draft = Draft()
    draft.turn_page(1, "1")
    number = 1
    for text in texts:
        turns = []
        for offset in sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=2))):
            number += 1
            turns.append(Turn(offset, number, str(number)))
        draft.add(data.draw(st.sampled_from(BlockKind)), text, turns=turns)
    content = draft.content(None)
    pages = content.structure.pages
    assert [page.number for page in pages] == list(range(1, number + 1))
    assert pages[0].start == 0
    assert [page.end for page in pages] == [*(page.start for page in pages[1:]), len(content.text)]
