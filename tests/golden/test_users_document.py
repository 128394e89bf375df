"""The document that this project was begun for, where it is at hand."""

from pathlib import Path

import pytest

from corpus.dedup import passages
from corpus.documents import BlockKind, Document
from corpus.reading import Source, read
from corpus.sentences import sentences
from corpus.structure import Outline

DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "document" / "ms-spasticity.txt"

pytestmark = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason="../shared/data/document is not on this machine"
)


@pytest.fixture
def document() -> Document:
    """Read the document as the service does."""
    return read(Source(DOCUMENT, DOCUMENT.name, named=True))


def test_it_is_read_line_by_line(document: Document) -> None:
    """28 lines are 28 blocks; lines 8, 20 and 24 are headings that govern the next line only."""
    outline = Outline(document)
    blocks = document.structure.blocks
    assert [outline.line(block.start) for block in blocks] == list(range(1, 29))
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    assert [(outline.line(block.start), block.level) for block in headings] == [
        (8, 0),
        (20, 0),
        (24, 0),
    ]


def test_a_heading_speaks_for_the_line_below_it(document: Document) -> None:
    """The muscle relaxant of line 9 is tizanidine; that of line 10 is not."""
    outline = Outline(document)
    assert outline.section(document.text.index("A muscle relaxant can")) == (
        "Tizanidine (Zanaflex)",
    )
    assert outline.section(document.text.index("Dantrolene is a")) == ()


def test_its_sentences_end_where_a_reader_ends_them(document: Document) -> None:
    """62 sentences; the initials of the illness end one, and a range of hours ends none."""
    found = sentences(document)
    quotes = [document.text[one.start : one.end] for one in found]
    assert len(quotes) == 62
    assert "It is one of the more common symptoms of MS." in quotes
    assert any(
        quote.startswith("Because its effects last for only 3-6 hours, it") for quote in quotes
    )
    assert "These spasms usually last 60 to 90 seconds." in quotes


def test_its_repeated_paragraph_is_told_once(document: Document) -> None:
    """Lines 1 and 6 are the same three sentences: three passages of two places each."""
    outline = Outline(document)
    merged = passages({document.document_id: document}, sentences(document))
    twice = [one for one in merged if len(one.places) > 1]
    assert [[outline.line(place.sentence.start) for place in one.places] for one in twice] == [
        [1, 6]
    ] * 3
    assert len(merged) == 59
