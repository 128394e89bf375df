from dataclasses import replace

from corpus.documents import Page, Span, Structure
from corpus.structure import Outline
from tests.corpus.samples import markdown, plain


def test_lines_count_from_one() -> None:
    """A line feed belongs to the line that it ends."""
    outline = Outline(plain("One.\nTwo.\n\nFour."))
    assert [outline.line(offset) for offset in (0, 4, 5, 9, 10, 11, 15)] == [1, 1, 2, 2, 3, 4, 4]


def test_an_offset_stands_under_the_headings_above_it() -> None:
    """A heading opens a section inside those of lower level and closes its equals."""
    document = markdown("# A\n\none\n\n## B\n\ntwo\n\n### C\n\nthree\n\n## D\n\nfour")
    outline = Outline(document)
    assert [
        outline.section(document.text.index(word)) for word in ("one", "two", "three", "four")
    ] == [
        ("A",),
        ("A", "B"),
        ("A", "B", "C"),
        ("A", "D"),
    ]
    assert outline.section(document.text.index("B")) == ("A", "B")


def test_text_above_the_first_heading_has_no_section() -> None:
    """Where no heading stands above, the path is empty."""
    document = markdown("before\n\n# A\n\nafter")
    assert Outline(document).section(0) == ()


def test_a_brief_heading_governs_only_the_block_below_it() -> None:
    """A heading of level 0 speaks for one block; the next is back in the section above."""
    document = plain(
        "Tizanidine\nA muscle relaxant can help.\nDantrolene is another, and it is old."
    )
    outline = Outline(document)
    assert outline.section(document.text.index("relaxant")) == ("Tizanidine",)
    assert outline.section(document.text.index("another")) == ()


def test_sections_cover_the_text_from_the_first_heading_on() -> None:
    """Each section ends where the next begins, and the last at the text's end."""
    document = markdown("# A\n\none\n\n## B\n\ntwo")
    assert Outline(document).sections(len(document.text)) == [
        (("A",), Span(0, document.text.index("B"))),
        (("A", "B"), Span(document.text.index("B"), len(document.text))),
    ]


def test_an_offset_stands_on_the_page_that_begins_at_or_before_it() -> None:
    """Pages are found by their starts; a document without pages has none."""
    document = plain("One page. Another page.")
    first, second = Page(1, "i", 0, 10), Page(2, "ii", 10, 23)
    paged = replace(document, structure=Structure(document.structure.blocks, (first, second)))
    assert [Outline(paged).page(offset) for offset in (0, 9, 10, 22)] == [
        first,
        first,
        second,
        second,
    ]
    assert Outline(document).page(3) is None
