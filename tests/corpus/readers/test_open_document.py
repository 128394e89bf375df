from pathlib import Path

import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers import open_document
from tests.corpus.office_files import odt, odt_parts, zipped

SHARED = Path(__file__).parents[4] / "shared" / "data" / "documents" / "other"
HIDDEN = (
    '<style:style style:name="H" style:family="text">'
    '<style:text-properties text:display="none"/></style:style>'
)
OUTLINE = (
    '<text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/>'
    '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>'
    "</text:outline-style>"
)


def text(body: str, automatic: str = "", styles: str = "") -> str:
    """Return the text of a document of this body."""
    return open_document.read(odt(body, automatic, styles)).text


def test_headings_show_their_number() -> None:
    """The number that the word processor computes is part of what the reader sees."""
    body = (
        '<text:h text:outline-level="1">Drugs</text:h><text:h text:outline-level="2">Dose</text:h>'
    )
    content = open_document.read(odt(body, styles=OUTLINE))
    assert content.text == "1 Drugs\n\n1.1 Dose"
    assert [block.level for block in content.structure.blocks] == [1, 2]


def test_headings_in_a_list_are_numbered_by_it() -> None:
    """A list that goes on counts on."""
    style = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1"'
        ' style:num-format="1" style:num-suffix="."/></text:list-style>'
    )
    one = (
        '<text:list text:style-name="L" text:continue-numbering="true"><text:list-item>'
        "<text:h>Dose</text:h></text:list-item></text:list>"
    )
    assert text(one + "<text:p>Rest.</text:p>" + one, style) == "1. Dose\n\nRest.\n\n2. Dose"


def test_lists_and_tables_are_items_and_rows() -> None:
    """A covered cell keeps its place below, and takes none beside."""
    content = open_document.read(
        odt(
            "<text:list><text:list-item><text:p>Sleep</text:p></text:list-item></text:list>"
            "<table:table><table:table-row>"
            '<table:table-cell table:number-columns-spanned="2"><text:p>A</text:p>'
            "</table:table-cell><table:covered-table-cell/>"
            "<table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>"
            "<table:table-row><table:covered-table-cell/><table:table-cell><text:p>C</text:p>"
            "</table:table-cell><table:table-cell><text:p>D</text:p></table:table-cell>"
            "</table:table-row></table:table>"
        )
    )
    assert content.text == "Sleep\n\nA | B\n| C | D"


def test_what_the_page_does_not_show_is_left_out() -> None:
    """Deleted and hidden text, comments, indexes; inserted text stays."""
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes>"
        '<text:section text:display="none"><text:p>gone</text:p></text:section>'
        "<text:table-of-content><text:index-body><text:p>gone</text:p></text:index-body>"
        "</text:table-of-content>"
        '<text:p>Take<text:change/> <text:span text:style-name="H">gone</text:span>'
        "<office:annotation><text:p>gone</text:p></office:annotation>\n  it<text:s/>now"
        '<text:line-break/>or<text:tab/>later<text:hidden-text text:is-hidden="true">gone'
        "</text:hidden-text>.</text:p>"
    )
    assert text(body, HIDDEN) == "Take it now\nor later."


def test_notes_and_boxes_stand_apart_from_the_sentence() -> None:
    """A footnote and a box follow their paragraph, an endnote all text."""
    note = (
        '<text:note text:note-class="{0}"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>{1}</text:p></text:note-body></text:note>"
    )
    box = "<draw:frame><draw:text-box><text:p>Boxed.</text:p></draw:text-box></draw:frame>"
    body = f"<text:p>Take{note.format('footnote', 'Foot.')}{note.format('endnote', 'End.')} it."
    body += f"{box}</text:p><text:p>Rest.</text:p>"
    assert text(body) == "Take it.\n\nFoot.\n\nBoxed.\n\nRest.\n\nEnd."


def test_title_and_language_are_those_of_the_properties() -> None:
    """Else the title is the paragraph in the style of titles."""
    body = '<text:p text:style-name="Title">Spasticity</text:p><text:p>Rest.</text:p>'
    style = '<style:style style:name="Title" style:family="paragraph"/>'
    meta = "<dc:title>Living with MS</dc:title><dc:language>en-GB</dc:language>"
    content = open_document.read(odt(body, styles=style, meta=meta))
    assert (content.title, content.attributes.language) == ("Living with MS", "en-GB")
    assert open_document.read(odt(body, styles=style)).title == "Spasticity"


LOCKED = "<m><file-entry><encryption-data/></file-entry></m>"
WHOLE = odt_parts("<text:p>Rest.</text:p>")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (odt_parts(""), Reason.NO_TEXT),
        (WHOLE | {"META-INF/manifest.xml": LOCKED}, Reason.ENCRYPTED),
        (WHOLE | {"content.xml": "<a>"}, Reason.DAMAGED),
        (WHOLE | {"content.xml": "<a><body><spreadsheet/></body></a>"}, Reason.WRONG_TYPE),
        ({"mimetype": WHOLE["mimetype"]}, Reason.DAMAGED),
        ({"a": ""}, Reason.WRONG_TYPE),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(parts: dict[str, str], reason: Reason) -> None:
    """Without words, locked, damaged, without its text, or something else."""
    with pytest.raises(UnreadableError) as caught:
        open_document.read(zipped(parts))
    assert caught.value.reason is reason


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/documents is not on this machine")
@pytest.mark.parametrize("name", ["fake.odt", "simple.odt"])
def test_real_documents_are_read(name: str) -> None:
    """Documents of other makers have words."""
    content = open_document.read((SHARED / name).read_bytes())
    assert content.structure.blocks[-1].end == len(content.text)
