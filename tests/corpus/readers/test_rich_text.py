from pathlib import Path

import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers import rich_text
from tests.corpus.office_files import rtf

SHARED = Path(__file__).parents[4] / "shared" / "data" / "documents" / "other"


def blocks(body: str) -> list[tuple[str, int, str]]:
    """Return kind, level and text of every block."""
    content = rich_text.read(rtf(body))
    return [
        (str(one.kind), one.level, content.text[one.start : one.end])
        for one in content.structure.blocks
    ]


def text(body: str) -> str:
    """Return the text of a document of this body."""
    return rich_text.read(rtf(body)).text


def test_headings_are_known_by_style_level_and_boldness() -> None:
    """A style, one based on it, an outline level, or a short bold line."""
    assert blocks(
        r"\pard\s1 One\par\pard\s2 Two\par\pard\outlinelevel2 Three\par"
        r"\pard{\b Side effects}\par\pard Rest first.\par\pard\s3 Rest 2\par"
    ) == [
        ("heading", 1, "One"),
        ("heading", 1, "Two"),
        ("heading", 3, "Three"),
        ("heading", 0, "Side effects"),
        ("paragraph", 0, "Rest first."),
    ]


def test_items_lose_their_label_and_headings_keep_it() -> None:
    """The number is written in the file, and a reader sees it."""
    assert blocks(
        r"\pard\s1{\listtext 2.1\tab}\ls1 Dose\par\pard{\pntext\bullet\tab}Sleep\par"
        r"\pard\ls1{\listtext}Rest.\par"
    ) == [("heading", 1, "2.1 Dose"), ("item", 0, "Sleep"), ("paragraph", 0, "Rest.")]


def test_rows_of_tables_are_lines() -> None:
    """An empty cell keeps its place; a table in a table keeps its rows."""
    assert text(
        r"\pard\intbl A\cell\cell B\cell\row\pard After.\par"
        r"\pard\intbl\itap2 x\nestcell y\nestcell{\*\nesttableprops\trowd\nestrow}"
        r"\pard\intbl\itap1\cell c\cell\row"
    ) == ("A | | B\n\nAfter.\n\nx | y\n\nc")


def test_characters_are_those_of_their_font() -> None:
    """By code page, in two bytes, in Symbol, in Unicode with a substitute, beyond U+FFFF."""
    assert text(r"caf\'e9 {\f1\'e4\'e0} {\f2\'6d}g {\f3\'82\'a0}") == "café \u0434\u0430 μg あ"
    assert text(r"\uc1\u8805?5 \uc2\u181\'b5\'b5g {\uc1\u-10179?\u-8638?} \u61549?") == (
        "≥5 μg 🙂 μ".replace("μg", "\u00b5g")
    )
    assert text(r"a\~b\_c\-d\emdash\{\line e\'96 10{\super 6}") == "a b\u2011cd—{\ne\u2013 10⁶"


def test_what_the_page_does_not_show_is_left_out() -> None:
    """Deleted, hidden, headers, field codes, pictures, comments, groups that are not known."""
    assert (
        text(
            r"{\header gone}Do {\deleted not }{\revised take} {\v gone}it{\*\unknown gone}"
            r"{\field{\*\fldinst REF gone}{\fldrslt  now}}{\pict 00ff}{\*\annotation gone}.\par"
            r"{\shp{\*\shpinst{\sp{\sn gone}}{\shptxt Boxed.\par}}{\shprslt gone}}"
        )
        == "Do take it now.\n\nBoxed."
    )


def test_binary_data_is_no_text() -> None:
    """Braces in a picture open no group."""
    assert text(r"{\pict\bin3 }}}}Rest.") == "Rest."


def test_notes_stand_apart_from_the_sentence() -> None:
    """A footnote follows its paragraph, an endnote all text."""
    assert (
        text(r"Take{\footnote Foot.}{\footnote\ftnalt End.} it.\par Rest.\par")
        == "Take it.\n\nFoot.\n\nRest.\n\nEnd."
    )


def test_title_and_language_are_read() -> None:
    """The title of the properties, else the paragraph styled so; the language of most words."""
    content = rich_text.read(rtf(r"{\info{\author A}{\title Living with MS}}\lang2057 Rest."))
    assert (content.title, content.attributes.language) == ("Living with MS", "en-GB")
    assert rich_text.read(rtf(r"\pard\s4 Spasticity\par Rest.")).title == "Spasticity"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b" \0", Reason.EMPTY),
        (b"PK\3\4", Reason.WRONG_TYPE),
        (rtf("Rest.")[:-1], Reason.DAMAGED),
        (rtf(r"\par"), Reason.NO_TEXT),
        (rtf("{" * 2_000 + "}" * 2_000), Reason.TOO_DEEP),
        (rtf(r"5 {\f3\'82}mg"), Reason.WRONG_ENCODING),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(data: bytes, reason: Reason) -> None:
    """Empty, something else, cut off, without words, too deep, or in no character set."""
    with pytest.raises(UnreadableError) as caught:
        rich_text.read(data)
    assert caught.value.reason is reason


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/documents is not on this machine")
def test_real_documents_are_read() -> None:
    """Documents of other makers have words."""
    for path in sorted(SHARED.glob("*.rtf")):
        content = rich_text.read(path.read_bytes())
        assert content.structure.blocks[-1].end == len(content.text)
