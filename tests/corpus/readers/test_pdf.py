import io
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from corpus.documents import BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.readers.content import Content
from corpus.readers.pdf import read
from tests.corpus.readers.printing import HEIGHT, LEADING, LEFT, TOP, printed, text, write

FULL = "This line of a leaflet about muscle stiffness is so long that it reaches the right edge"


def blocks(content: Content) -> list[tuple[str, str]]:
    """Return each block's kind and text."""
    return [
        (block.kind.value, content.text[block.start : block.end])
        for block in content.structure.blocks
    ]


def refusal(data: bytes) -> tuple[Reason, str]:
    """Return why `data` is not read."""
    with pytest.raises(UnreadableError) as caught:
        read(data)
    return caught.value.reason, str(caught.value)


def test_lines_are_joined_to_paragraphs() -> None:
    """A full line goes on in the next one; a short line ends its paragraph."""
    content = read(printed(text(FULL, "of the page. It ends here.", FULL, "once more.")))
    assert blocks(content) == [
        ("paragraph", f"{FULL} of the page. It ends here."),
        ("paragraph", f"{FULL} once more."),
    ]


def test_a_word_broken_at_a_line_end_is_mended() -> None:
    """A hyphen that only breaks a word goes; one that belongs to the word stays."""
    content = read(
        printed(
            text(
                "Some words that fill this line up to its right edge as they do in print spas-",
                "ticity is stiffness, and this line is as wide as the one above it, well-",
                "known to doctors who prescribe here in this clinic, as is the receptor 5-",
                "HT, and spasticity.",
            )
        )
    )
    assert "print spasticity is" in content.text
    assert "it, well-known to" in content.text
    assert "receptor 5-HT, and" in content.text


def test_two_columns_are_read_one_after_the_other() -> None:
    """The left column is read to its end before the right one, under a title across both."""
    left = [f"left column line {n} with some words in it" for n in range(12)]
    right = [f"right column line {n} with some words here" for n in range(12)]

    def page(canvas: Canvas) -> None:
        write(canvas, "A title that stands above the two columns of this page", size=16)
        for n in range(12):
            write(canvas, left[n], x=LEFT, y=TOP - 40 - LEADING * n)
            write(canvas, right[n], x=LEFT + 250, y=TOP - 40 - LEADING * n)

    content = read(printed(page))
    words = " ".join(content.text.split())
    assert words.endswith(" ".join([*left, *right]))
    assert content.title == "A title that stands above the two columns of this page"


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    """What stands at the same place on every page is not text; what stands there once is."""

    def page(number: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            write(canvas, "Clinic leaflet, version 2", y=HEIGHT - 30, size=9)
            write(canvas, f"Only once, above page {'abcd'[number]}", y=HEIGHT - 60)
            write(canvas, f"The text of page {'abcd'[number]} stands here.")
            write(canvas, f"Page {number + 1} of 4", x=280, y=30, size=9)

        return draw

    content = read(printed(*(page(number) for number in range(4))))
    assert "version" not in content.text
    assert "of 4" not in content.text
    for letter in "abcd":
        assert f"Only once, above page {letter}" in content.text
        assert f"The text of page {letter} stands here." in content.text


def test_what_repeats_on_two_pages_only_is_text() -> None:
    """Two pages are not many: nothing but a lone page number is left out of them."""

    def page(number: int) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            y = write(canvas, "Take one tablet a day.", "With water.", f"Sentence {number}.")
            write(canvas, f"{number}", x=290, y=y - 300)

        return draw

    content = read(printed(page(1), page(2)))
    assert content.text.count("Take one tablet a day.") == 2
    assert content.text.split()[-1] == "2."


def test_a_paragraph_over_a_pages_end_is_one_and_knows_its_pages() -> None:
    """The sentence is whole; the second page begins at the word that stands first on it."""
    content = read(
        printed(
            text("First paragraph.", FULL, FULL),
            text("and goes on at the top of the next page.", "A second paragraph."),
        )
    )
    joined = f"{FULL} {FULL} and goes on at the top of the next page."
    assert ("paragraph", joined) in blocks(content)
    first, second = content.structure.pages
    assert (first.number, second.number) == (1, 2)
    assert content.text[second.start :].startswith("and goes on at the top")
    assert first.end == second.start
    assert second.end == len(content.text)


def test_an_empty_page_keeps_its_number() -> None:
    """Page 3 is page 3, though page 2 has no text."""
    content = read(printed(text("One."), text(), text("Three.")))
    assert [page.number for page in content.structure.pages] == [1, 2, 3]
    third = content.structure.pages[2]
    assert content.text[third.start : third.end] == "Three."


def test_pages_have_the_labels_that_are_printed() -> None:
    """The label is the file's own; the number counts from 1."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    canvas.addPageLabel(0, style="ROMAN_LOWER", start=1)
    canvas.addPageLabel(1, style="ARABIC", start=7)
    for words in ("Foreword.", "Chapter."):
        canvas.drawString(LEFT, TOP, words)
        canvas.showPage()
    canvas.save()
    pages = read(buffer.getvalue()).structure.pages
    assert [(page.number, page.label) for page in pages] == [(1, "i"), (2, "7")]


def test_headings_are_told_by_size_weight_and_number() -> None:
    """Larger text is above bold text; "1.1" is below "1."."""

    def page(canvas: Canvas) -> None:
        y = write(canvas, "Baclofen", size=20)
        for heading in ("1. What it is", "1.1 How it works", "2. How to take it"):
            y = write(canvas, heading, y=y - 10, font="Helvetica-Bold")
            y = write(canvas, f"{FULL}.", "It is written below.", y=y)

    content = read(printed(page))
    levels = [
        (block.level, content.text[block.start : block.end])
        for block in content.structure.blocks
        if block.kind is BlockKind.HEADING
    ]
    assert levels == [
        (1, "Baclofen"),
        (2, "1. What it is"),
        (3, "1.1 How it works"),
        (2, "2. How to take it"),
    ]
    assert content.title == "Baclofen"


def test_bullets_are_items_without_their_mark() -> None:
    """An item's second line belongs to it; the text after the list does not."""

    def page(canvas: Canvas) -> None:
        y = write(canvas, "Tell your doctor if you have any of these and say so before you begin:")
        for item in (("kidney disease that you were treated for", "in the last year"), ("asthma",)):
            canvas.drawString(LEFT, y, "\u2022")
            y = write(canvas, *item, x=LEFT + 20, y=y)
        write(canvas, "Then read on.", y=y)

    assert blocks(read(printed(page)))[1:] == [
        ("item", "kidney disease that you were treated for in the last year"),
        ("item", "asthma"),
        ("paragraph", "Then read on."),
    ]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_table_is_rows_of_cells(ruled: bool) -> None:  # noqa: FBT001
    """Rows keep their cells apart, with lines drawn between them and without."""
    table = [
        ("Medicine", "Dose", "Times"),
        ("Baclofen", "5 mg", "three"),
        ("Tizanidine", "2 mg", "one"),
        ("Dantrolene", "25 mg", "one"),
    ]

    def page(canvas: Canvas) -> None:
        for down, row in enumerate(table):
            for across, cell in enumerate(row):
                canvas.drawString(LEFT + 5 + 120 * across, TOP - 20 * down, cell)
        if ruled:
            canvas.grid(
                [LEFT + 120 * at for at in range(4)], [TOP + 14 - 20 * at for at in range(5)]
            )

    assert blocks(read(printed(page))) == [("row", " | ".join(row)) for row in table]


def test_raised_digits_stay_raised() -> None:
    """A power of ten is not a larger number."""

    def page(canvas: Canvas) -> None:
        write(canvas, "About 10")
        canvas.setFont("Helvetica", 7)
        canvas.drawString(LEFT + stringWidth("About 10", "Helvetica", 11), TOP + 4, "6")
        write(canvas, "cells.", x=LEFT + 60)

    assert read(printed(page)).text == "About 10\u2076 cells."


def test_text_printed_twice_to_look_bold_is_read_once() -> None:
    """The second printing is not a second sentence."""

    def page(canvas: Canvas) -> None:
        write(canvas, "Call for help.")
        write(canvas, "Call for help.", x=LEFT + 0.4)

    assert read(printed(page)).text == "Call for help."


def test_the_title_is_the_files_unless_a_program_made_it_up() -> None:
    """A file's name is no title; the largest text of the first page is."""

    def page(canvas: Canvas) -> None:
        y = write(canvas, "Living with spasticity", size=18)
        write(canvas, f"{FULL}.", y=y)

    assert read(printed(page, title="Spasticity in adults")).title == "Spasticity in adults"
    for name in ("Microsoft Word - leaflet_v2.doc", "leaflet.pdf", "untitled", "DOC_00123"):
        assert read(printed(page, title=name)).title == "Living with spasticity"


def test_text_on_its_side_comes_after_the_rest() -> None:
    """A stamp along the margin breaks no sentence."""

    def page(canvas: Canvas) -> None:
        write(canvas, FULL, "and the end.")
        canvas.rotate(90)
        canvas.drawString(300, -30, "Stamp on the margin")

    assert read(printed(page)).text == f"{FULL} and the end.\n\nStamp on the margin"


def test_a_page_printed_sideways_is_read_like_any_other() -> None:
    """Turned text is turned back."""

    def page(canvas: Canvas) -> None:
        canvas.rotate(90)
        write(canvas, "Take it with food.", "", "Do not drive.", x=100, y=-100)

    assert read(printed(page)).text.split("\n\n") == ["Take it with food.", "Do not drive."]


def test_letters_of_a_negative_size_are_read_upright() -> None:
    """A file may turn its letters round twice."""

    def page(canvas: Canvas) -> None:
        for at, line in enumerate(("Take it with food.", "", "Do not drive.")):
            canvas.saveState()
            canvas.transform(-1, 0, 0, -1, LEFT, TOP - LEADING * at)
            canvas.setFont("Helvetica", -11)
            canvas.drawString(0, 0, line)
            canvas.restoreState()

    assert read(printed(page)).text.split("\n\n") == ["Take it with food.", "Do not drive."]


def test_files_that_hold_nothing_say_so() -> None:
    """No bytes, no PDF, no text: each has its reason."""
    assert refusal(b" \n")[0] is Reason.EMPTY
    assert refusal(b"<html>no</html>")[0] is Reason.DAMAGED
    assert refusal(printed(text()))[0] is Reason.NO_TEXT


def test_a_document_of_nothing_but_numbers_of_pages_keeps_them() -> None:
    """What is left out never is all there is."""
    content = read(printed(*(text(f"Page {number}") for number in (1, 2, 3, 4))))
    assert content.text.count("Page") == 4


def test_a_file_that_breaks_off_is_damaged() -> None:
    """Half a PDF is not read as if it were all."""
    data = printed(text("One."), text("Two."))
    for part in (0.3, 0.6, 0.95):
        assert refusal(data[: int(part * len(data))])[0] is Reason.DAMAGED


def test_a_password_is_asked_for_in_the_message() -> None:
    """A file that opens without the password is read; one that needs it is not."""
    reason, message = refusal(printed(text("Secret."), password="open sesame"))  # noqa: S106
    assert reason is Reason.ENCRYPTED
    assert "password" in message


def test_a_scan_says_that_it_needs_ocr() -> None:
    """Pictures of pages have no text to read."""

    def page(canvas: Canvas) -> None:
        picture = ImageReader(Image.new("L", (60, 80), 128))
        canvas.drawImage(picture, 0, 0, 595, 842)

    reason, message = refusal(printed(page, page))
    assert reason is Reason.NO_TEXT
    assert "ocrmypdf" in message


def test_many_threads_may_read_at_once() -> None:
    """One at a time uses pdfium; every thread gets its own text."""
    results: dict[int, str] = {}

    def work(number: int) -> None:
        results[number] = read(printed(text(f"Text of thread {number}."))).text

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"Text of thread {number}." for number in range(8)}


WORDS = st.lists(
    st.text(
        st.sampled_from("abcdefghijklmnoprstuvwxyzABCDEFTW0123456789"), min_size=1, max_size=12
    ),
    min_size=1,
    max_size=150,
)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, size=st.sampled_from([7, 9, 11, 14]), per_page=st.integers(3, 40))
def test_words_come_back_in_order(words: list[str], size: int, per_page: int) -> None:
    """No word is split, glued, lost or moved, and every block is where it says it is."""
    lines, line = [], ""
    for word in words:
        longer = f"{line} {word}".strip()
        if line and stringWidth(longer, "Helvetica", size) > 440:
            lines.append(line)
            longer = word
        line = longer
    lines.append(line)
    pages = [lines[at : at + per_page] for at in range(0, len(lines), per_page)]

    def page(some: list[str]) -> Callable[[Canvas], None]:
        def draw(canvas: Canvas) -> None:
            write(canvas, *some, size=size)

        return draw

    content = read(printed(*(page(some) for some in pages)))
    assert content.text.split() == words
    for block in content.structure.blocks:
        part = content.text[block.start : block.end]
        assert part
        assert part == part.strip()
    ends = [0, *(found.end for found in content.structure.pages)]
    for found, some, before in zip(content.structure.pages, pages, ends, strict=False):
        assert content.text[found.start : found.end].split() == " ".join(some).split()
        assert found.start >= before


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_broken_bytes_are_read_or_refused(data: st.DataObject) -> None:
    """Nothing but UnreadableError comes out, whatever is changed in the file."""
    pdf = bytearray(printed(text("One sentence.", "Another."), text("Page two.")))
    for _ in range(data.draw(st.integers(1, 12))):
        pdf[data.draw(st.integers(0, len(pdf) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableError):
        read(bytes(pdf))
