from itertools import pairwise

import pytest

from corpus.documents import BlockKind, Span
from corpus.sentences import LONGEST, sentences, spans
from tests.corpus.samples import markdown, page, plain, quotes


def test_sentences_are_spans_of_the_text() -> None:
    """Nothing is copied: the text between start and end is the sentence."""
    document = plain("  Rest first.  Then 🙂 walk a little.\n")
    assert [(one.ordinal, one.start, one.end) for one in sentences(document)] == [
        (1, 2, 13),
        (2, 15, 36),
    ]
    assert quotes(document) == ["Rest first.", "Then 🙂 walk a little."]


def test_sentences_never_cross_blocks() -> None:
    """A heading and a list item end where their block ends, with or without a full stop."""
    document = markdown("# Before you start\n\nBring these:\n\n- your tablets\n- your diary\n")
    assert quotes(document) == ["Before you start", "Bring these:", "your tablets", "your diary"]


def test_a_wrapped_sentence_keeps_its_line_ends() -> None:
    """A quote is the document's own text, so a sentence over two lines has the line end in it."""
    text = "The stretch that is shown below can be done\nwhile you lie in bed. It takes a minute."
    assert quotes(plain(text)) == [
        "The stretch that is shown below can be done\nwhile you lie in bed.",
        "It takes a minute.",
    ]


def test_headings_and_rows_are_quoted_whole() -> None:
    """Full stops inside a heading or a table's row end no sentence."""
    document = page(
        "<h2>1. Dose. How much?</h2><table><tr><td>Baclofen.</td><td>5 mg. Daily.</td></tr></table>"
    )
    assert quotes(document) == ["1. Dose. How much?", "Baclofen. | 5 mg. Daily."]


def test_verbatim_text_is_quoted_by_lines() -> None:
    """Each line of verbatim text that has a word is one sentence."""
    assert quotes(page("<pre>one. two.\n---\n  three</pre>")) == ["one. two.", "three"]


@pytest.mark.parametrize("unit", ["word ", "word, ", "word; ", "a", "🙂a"])
def test_a_sentence_too_long_to_be_read_is_parted(unit: str) -> None:
    """No sentence is longer than LONGEST, and the parts together hold every letter."""
    text = unit * (2 * LONGEST)
    parts = spans(text)
    assert max(part.end - part.start for part in parts) <= LONGEST
    joined = "".join(text[part.start : part.end] for part in parts)
    assert joined.count("a") == text.count("a")
    assert joined.count("word") == text.count("word")


@pytest.mark.parametrize("text", ["", " \n\t", "...", "!?", "— • —", "____"])
def test_text_without_a_word_has_no_sentence(text: str) -> None:
    """Punctuation alone is never quoted."""
    assert spans(text) == []


def test_a_list_is_read_with_the_line_that_introduces_it() -> None:
    """The items and their introduction share one paragraph; the prose above has its own."""
    document = markdown("Prose stands above.\n\nBring these:\n\n- tablets\n- diary\n")
    prose, introduction, first, second = sentences(document)
    assert prose.paragraph == Span(prose.start, prose.end)
    assert introduction.paragraph == first.paragraph == second.paragraph
    assert introduction.paragraph == Span(introduction.start, second.end)
    assert [one.kind for one in (introduction, second)] == [BlockKind.PARAGRAPH, BlockKind.ITEM]


def test_a_list_under_a_heading_does_not_take_the_heading_in() -> None:
    """A heading that ends in a colon is still a paragraph of its own."""
    heading, item, _ = sentences(markdown("## Bring:\n\n- tablets\n- diary\n"))
    assert heading.paragraph != item.paragraph


def test_a_long_paragraph_is_parted_into_runs_of_whole_sentences() -> None:
    """A paragraph longer than an encoder reads becomes several, in order, cut between sentences."""
    document = plain(" ".join(f"Sentence number {number} says a little." for number in range(200)))
    found = sentences(document)
    paragraphs = sorted({one.paragraph for one in found})
    assert len(found) == 200
    assert all(part.end - part.start <= 1_200 for part in paragraphs)
    assert all(left.end < right.start for left, right in pairwise(paragraphs))
    assert {part.start for part in paragraphs} <= {one.start for one in found}


@pytest.mark.parametrize(
    "unit", ["!", "! ", "?!", "a! ! ", "5mg. a ", ". ", "((", '"', "MS. A ", "1. "]
)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    """Text made to be slow takes about as long as any; the suite's time limit would tell."""
    text = "Start. " + unit * (300_000 // len(unit))
    assert spans(text)[0].start == 0
