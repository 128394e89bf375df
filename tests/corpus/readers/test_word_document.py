from pathlib import Path

import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers import word_document
from corpus.readers.content import Content
from tests.corpus.office_files import STRICT, WORD, docx, docx_parts, p, r, zipped

SHARED = Path(__file__).parents[4] / "shared" / "data" / "documents" / "docx"
STYLES = (
    '<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/>'
    '<w:basedOn w:val="berschrift1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Toc"><w:name w:val="toc 1"/></w:style>'
    '<w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/>'
    "<w:rPr><w:vanish/></w:rPr></w:style>"
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
)


def read(body: str, **parts: str) -> Content:
    """Read a document of this body."""
    return word_document.read(docx(body, **parts))


def blocks(content: Content) -> list[tuple[str, int, str]]:
    """Return kind, level and text of every block."""
    return [
        (str(one.kind), one.level, content.text[one.start : one.end])
        for one in content.structure.blocks
    ]


def in_list(level: int) -> str:
    """Return properties of a paragraph in the numbered list."""
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/></w:numPr>'


def table(*rows: str) -> str:
    """Return a table of rows."""
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(text: str, properties: str = "") -> str:
    """Return a cell."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def test_headings_are_known_by_style_and_by_outline_level() -> None:
    """A style of another language, one based on it, or a level stated by the paragraph."""
    content = read(
        p("One", '<w:pStyle w:val="berschrift1"/>')
        + p("Two", '<w:pStyle w:val="Mine"/>')
        + p("Three", '<w:outlineLvl w:val="2"/>')
        + p("Rest first.", '<w:pStyle w:val="Mine"/><w:outlineLvl w:val="9"/>'),
        styles=STYLES,
    )
    assert blocks(content) == [
        ("heading", 1, "One"),
        ("heading", 1, "Two"),
        ("heading", 3, "Three"),
        ("paragraph", 0, "Rest first."),
    ]


def test_numbered_headings_show_their_number() -> None:
    """The number that Word computes is part of what the reader sees."""
    heading = '<w:outlineLvl w:val="{0}"/>'
    content = read(
        p("Drugs", heading.format(0) + in_list(0))
        + p("Use", heading.format(1) + in_list(1))
        + p("Dose", heading.format(1) + in_list(1))
        + p("Care", heading.format(0) + in_list(0)),
        numbering=NUMBERING,
    )
    assert content.text == "1 Drugs\n\n1.1 Use\n\n1.2 Dose\n\n2 Care"


def test_lists_are_items_and_a_short_bold_line_is_a_heading() -> None:
    """Numbered by Word or with a bullet typed by hand; numbering taken away is none."""
    content = read(
        p("Side effects", run="<w:b/>")
        + p("Sleep", in_list(0))
        + p("\u2022 Thirst")
        + p("Rest.", '<w:numPr><w:numId w:val="0"/></w:numPr>')
        + p("Stop!", run="<w:b/>"),
        numbering=NUMBERING,
    )
    assert [kind for kind, _, _ in blocks(content)] == [
        *("heading", "item", "item", "paragraph", "paragraph")
    ]
    assert "\u2022" not in content.text


def test_rows_of_tables_are_lines_and_merged_cells_are_not_repeated() -> None:
    """A cell merged with the one above stays empty, so that values stay under their header."""
    content = read(
        table(
            cell("Drug") + cell("Dose") + cell("Note"),
            cell("A", '<w:vMerge w:val="restart"/>') + cell("5 mg") + cell(""),
            cell("A", "<w:vMerge/>") + cell("6 mg") + cell("late"),
        )
    )
    assert [text for _, _, text in blocks(content)] == [
        *("Drug | Dose | Note", "A | 5 mg |", "| 6 mg | late")
    ]
    assert {kind for kind, _, _ in blocks(content)} == {"row"}


def test_a_table_in_a_table_keeps_its_rows() -> None:
    """A table that holds others only arranges the page."""
    inner = f"<w:tc>{p('Before')}{table(cell('a') + cell('b'))}</w:tc>"
    assert read(table(inner + cell("c"))).text == "Before\n\na | b\n\nc"


def test_tracked_changes_read_as_accepted() -> None:
    """Deleted and moved-away text, rows and paragraph ends are gone; inserted text stays."""
    gone = "<w:del><w:r><w:delText>not </w:delText></w:r></w:del>"
    content = read(
        f"<w:p>{r('Do ')}{gone}<w:ins>{r('take')}</w:ins>"
        f"<w:moveFrom>{r(' never')}</w:moveFrom>{r(' it.')}</w:p>"
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
        + r("One ")
        + "</w:p>"
        + p("line.")
        + f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr>{cell('x')}{cell('y')}</w:tr></w:tbl>"
    )
    assert content.text == "Do take it.\n\nOne line."


def test_hidden_text_comments_and_field_codes_are_left_out() -> None:
    """Hidden by itself or by a style; a field's result is shown, its code is not."""
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF a</w:instrText></w:r>'
        + r("code")
        + '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + r("see 2")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    content = read(
        f"<w:p>{r('a', '<w:vanish/>')}{r('b', '<w:rStyle w:val=&quot;Secret&quot;/>')}"
        f"{field}<w:commentRangeStart/><w:r><w:commentReference/></w:r>"
        f"<w:hyperlink>{r(' here')}</w:hyperlink></w:p>".replace("&quot;", '"'),
        styles=STYLES,
    )
    assert content.text == "see 2 here"


def test_a_field_without_an_end_hides_no_later_paragraph() -> None:
    """A broken field costs its own paragraph at most."""
    broken = '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>'
    assert read(broken + p("Rest.")).text == "Rest."


def test_notes_stand_apart_from_the_sentence() -> None:
    """A footnote follows its paragraph, so that its section is right; endnotes end the text."""
    note = "<w:{0}note w:id='2'>" + p("{1}") + "</w:{0}note>"
    content = read(
        f"<w:p>{r('Take')}<w:r><w:footnoteReference w:id='2'/></w:r>"
        f"<w:r><w:endnoteReference w:id='2'/></w:r>{r(' it.')}</w:p>" + p("Rest."),
        footnotes=note.format("foot", "With food."),
        endnotes=note.format("end", "Smith 2001."),
    )
    assert content.text == "Take it.\n\nWith food.\n\nRest.\n\nSmith 2001."


def test_signs_are_the_characters_they_show() -> None:
    """A mu stays a mu, ten to the sixth stays that, a soft hyphen vanishes."""
    content = read(
        f"<w:p>{r('5 ')}<w:r><w:sym w:font='Symbol' w:char='F06D'/></w:r>{r('g')}"
        "<w:r><w:tab/></w:r>"
        f"{r('10')}{r('6', '<w:vertAlign w:val=&quot;superscript&quot;/>')}<w:r><w:br/></w:r>"
        f"{r('non')}<w:r><w:noBreakHyphen/></w:r>{r('stop spas')}<w:r><w:softHyphen/></w:r>"
        f"{r('ticity')}</w:p>".replace("&quot;", '"')
    )
    assert content.text == "5 \u03bcg 10\u2076\nnon\u2011stop spasticity"


def test_boxes_and_alternatives_are_read_once() -> None:
    """A text box follows its paragraph; of two forms of the same content one is read."""
    box = f"<v:textbox><w:txbxContent>{p('Boxed.')}</w:txbxContent></v:textbox>"
    both = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    control = f"<w:sdt><w:sdtContent>{p('Controlled.')}</w:sdtContent></w:sdt>"
    assert read(f"<w:p>{r('Around.')}{both}</w:p>{control}").text == (
        "Around.\n\nBoxed.\n\nControlled."
    )


def test_equations_are_lines_of_text() -> None:
    """A fraction has a stroke, a power raised digits."""
    t = "<m:r><m:t>{}</m:t></m:r>"
    power = f"<m:sSup><m:e>{t.format('m')}</m:e><m:sup>{t.format(2)}</m:sup></m:sSup>"
    fraction = f"<m:f><m:num>{t.format('kg')}</m:num><m:den>{power}</m:den></m:f>"
    assert read(f"<w:p>{r('BMI:')}<m:oMath>{fraction}</m:oMath></w:p>").text == "BMI: kg/m\u00b2"


def test_the_table_of_contents_is_left_out() -> None:
    """It only repeats the headings."""
    assert read(p("Dose 2", '<w:pStyle w:val="Toc"/>') + p("Dose."), styles=STYLES).text == "Dose."


@pytest.mark.parametrize(
    ("core", "title"),
    [
        ("<dc:title>Living with MS</dc:title>", "Living with MS"),
        ("<dc:title>Microsoft Word - a.doc</dc:title>", "Spasticity"),
        ("", "Spasticity"),
    ],
)
def test_the_title_is_one_that_somebody_gave(core: str, title: str) -> None:
    """The properties' own, unless a program filled it in; else the paragraph styled so."""
    body = p("Spasticity", '<w:pStyle w:val="Titel"/>') + p("Rest.")
    assert read(body, styles=STYLES, core=core).title == title


def test_the_language_is_that_of_most_words_unless_stated() -> None:
    """Runs name their language; the properties win."""
    body = p("Ruhen Sie zuerst.", run='<w:lang w:val="de-DE"/>')
    body += p("Rest", run='<w:lang w:val="en-GB"/>')
    assert read(body).attributes.language == "de-DE"
    assert read(body, core="<dc:language>fr</dc:language>").attributes.language == "fr"
    assert read(p("Rest.")).attributes.language is None


def test_strict_documents_read_the_same() -> None:
    """The stricter dialect differs in its namespaces."""
    parts = docx_parts(p("Rest first.", in_list(0)), numbering=NUMBERING)
    strict = {name: str(part).replace(WORD, STRICT) for name, part in parts.items()}
    assert word_document.read(zipped(strict)) == word_document.read(zipped(parts))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (docx_parts(""), Reason.NO_TEXT),
        (docx_parts("") | {"word/document.xml": "<w:document"}, Reason.DAMAGED),
        (docx_parts("") | {"word/document.xml": f'<document xmlns="{WORD}"/>'}, Reason.DAMAGED),
        (docx_parts("") | {"word/document.xml": "<workbook/>"}, Reason.WRONG_TYPE),
        (docx_parts("") | {"_rels/.rels": "<R/>"}, Reason.DAMAGED),
        ({"[Content_Types].xml": "<Types/>"}, Reason.DAMAGED),
        ({"a.zip": "PK"}, Reason.WRONG_TYPE),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    parts: dict[str, str | bytes], reason: Reason
) -> None:
    """Without words, damaged, without its parts, or something else."""
    with pytest.raises(UnreadableError) as caught:
        word_document.read(zipped(parts))
    assert caught.value.reason is reason


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/documents is not on this machine")
def test_real_documents_are_read() -> None:
    """Documents of other makers, one of 872 pages, have words and exact blocks."""
    for path in sorted(SHARED.glob("*.docx")):
        content = word_document.read(path.read_bytes())
        assert content.structure.blocks[-1].end == len(content.text)
    assert word_document.read((SHARED / "Strict.docx").read_bytes()).text == "Some text"
