"""Real PDFs, where they are at hand: each is read, or refused with its reason."""

import re
from functools import cache
from pathlib import Path

import pytest

from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.reading import document_from_bytes
from corpus.sentences import sentences
from corpus.structure import Outline

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "documents"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="../shared/data/documents is not on this machine"
)

FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.pdf"))
REFUSED = {
    "encrypted_pdf/password.pdf": Reason.ENCRYPTED,
    "medical_other/health_protected.pdf": Reason.ENCRYPTED,
    "scanned_pdf/linn.pdf": Reason.NO_TEXT,
    "scanned_pdf/multipage.pdf": Reason.NO_TEXT,
    "broken_pdf/empty.pdf": Reason.EMPTY,
    "broken_pdf/invalid.pdf": Reason.DAMAGED,
    "broken_pdf/issue-117.pdf": Reason.DAMAGED,
    "broken_pdf/deep-pages.pdf": Reason.DAMAGED,
}


@cache
def document(name: str) -> Document:
    """Read a file of the folder."""
    return document_from_bytes((FOLDER / name).read_bytes(), name, "application/pdf")


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read_or_refused(name: str) -> None:
    """Blocks and pages of what is read are in order and inside the text."""
    try:
        read = document(name)
    except UnreadableError:
        return
    ends = 0
    for block in read.structure.blocks:
        assert ends <= block.start < block.end <= len(read.text)
        ends = block.end
    pages = read.structure.pages
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert [page.end for page in pages] == [*(page.start for page in pages[1:]), len(read.text)]


@pytest.mark.parametrize(("name", "reason"), sorted(REFUSED.items()))
def test_a_refusal_has_its_reason(name: str, reason: Reason) -> None:
    """Passwords, scans and damage are told apart."""
    with pytest.raises(UnreadableError) as caught:
        document(name)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("name", "page", "section", "first", "last"),
    [
        ("karvea-epar-product-information_en", 2, "4.2 Posology", "However, init", "75 years."),
        ("karvea-epar-product-information_en", 5, "4.6 Fertility", "Epidemiol", "be excluded."),
        (
            "biktarvy-epar-product-information_en",
            5,
            "4.4 Special",
            "Patients should",
            "HIV infection.",
        ),
        ("humalog-epar-product-information_en", 180, "Step 10", "The dose can", "Indicator."),
        (
            "remsima-epar-product-information_en",
            124,
            "Give the injection",
            "With a quick",
            "angle.",
        ),
        ("pil.10637", 2, "3. How to take", "Always take", "told you."),
        ("P_39955", 3, "Uso en ancianos", "Tegretol se puede", "m\u00e9dico."),
    ],
)
def test_a_sentence_is_whole_on_its_page_in_its_section(
    name: str, page: int, section: str, first: str, last: str
) -> None:
    """What begins and ends a printed sentence begins and ends ours, at its page and heading."""
    read = document(f"medical_leaflets_pdf/{name}.pdf")
    outline = Outline(read)
    found = [
        sentence
        for sentence in sentences(read)
        if re.sub(r"^\w\. ", "", read.text[sentence.start : sentence.end]).startswith(first)
        and read.text[: sentence.end].endswith(last)
    ]
    places = [
        (stands.number, " > ".join(outline.section(sentence.start)))
        for sentence in found
        if (stands := outline.page(sentence.start)) is not None
    ]
    assert any(number == page and section in path for number, path in places), places


def test_an_adverse_reaction_stands_in_a_row_with_its_frequency() -> None:
    """Cells that hold lines side by side are rows of their own."""
    text = document("medical_leaflets_pdf/skilarence-epar-product-information_en.pdf").text
    assert "| Leukopenia | Very common" in text
    assert "| Eosinophilia | Common" in text


def test_two_columns_of_a_paper_are_read_in_order() -> None:
    """The abstract ends before the introduction begins, and no line is of both columns."""
    text = document("multi_column_pdf/multi-column.pdf").text
    assert text.index("Abstract") < text.index("1 Introduction") < text.index("2 Background")
    assert "passage retrieval to select candidate contexts, where" in text


def test_page_numbers_are_no_text() -> None:
    """The foot of every page of a leaflet has its number; none is a paragraph of the text."""
    read = document("medical_leaflets_pdf/karvea-epar-product-information_en.pdf")
    lines = [read.text[block.start : block.end] for block in read.structure.blocks]
    assert not [line for line in lines if line.isdigit()]
