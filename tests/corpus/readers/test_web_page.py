import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers import web_page
from tests.corpus.samples import blocks, page, quotes


def refused(html: str) -> UnreadableError:
    """Return the fault that reading raises."""
    with pytest.raises(UnreadableError) as caught:
        web_page.read(html.encode())
    return caught.value


def test_a_page_is_read_block_by_block() -> None:
    """Headings keep their level; text beside blocks is a paragraph of its own."""
    document = page("<h1>A</h1>loose<p>One\n  two.</p><h3>B</h3><div>In <b>a</b> box</div>tail")
    assert blocks(document) == [
        ("heading", "A"),
        ("paragraph", "loose"),
        ("paragraph", "One two."),
        ("heading", "B"),
        ("paragraph", "In a box"),
        ("paragraph", "tail"),
    ]
    assert [block.level for block in document.structure.blocks] == [1, 0, 0, 3, 0, 0]


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title> My\n leaflet </title><h1>Other</h1>", "My leaflet"),
        ("<title> </title><h1>First <i>heading</i></h1>", "First heading"),
        ("<p>Text</p>", "leaflet"),
        ("<body><svg><title>Icon</title></svg><h1>First</h1></body>", "First"),
    ],
)
def test_the_title_is_the_pages_own(html: str, title: str) -> None:
    """<title>, else the first <h1>, else the file's name."""
    assert page(html + "<p>Rest.</p>").title == title


@pytest.mark.parametrize(
    "html",
    [
        "<script>let a = 'word'</script>",
        "<style>p { color: red }</style>",
        "<frameset><frame src=a></frameset>",
        "<p> </p><hr>",
        "<!-- only a comment -->",
        "<p hidden>word</p>",
    ],
)
def test_a_page_without_a_word_is_refused(html: str) -> None:
    """A page that shows nothing has nothing to answer from."""
    assert refused(html).reason is Reason.NO_TEXT


def test_a_page_without_a_body_is_read() -> None:
    """A fragment is as good as a page."""
    assert quotes(page("Rest <b>first</b>")) == ["Rest first"]


def test_entities_are_characters() -> None:
    """Named and numbered entities are resolved; what is none stays as written."""
    document = page("<p>&lt;5&nbsp;mg&gt; &amp; &eacute; &#x1F642; &#956;g &bogus; a&shy;b</p>")
    assert document.text == "<5 mg> & é 🙂 μg &bogus; ab"


def test_a_line_break_ends_a_line_and_no_block() -> None:
    """An address stays one paragraph of several lines."""
    assert blocks(page("<p>Ward 5<br>Mill Way<br/><br>Exmere</p>")) == [
        ("paragraph", "Ward 5\nMill Way\nExmere")
    ]


def test_a_bold_line_above_text_is_its_heading() -> None:
    """A line that is bold from end to end speaks for the block it stands in, and only for it."""
    document = page("<p><strong>Low blood sugar</strong><br>It can make you shake.</p><p>Rest.</p>")
    assert blocks(document)[:2] == [
        ("heading", "Low blood sugar"),
        ("paragraph", "It can make you shake."),
    ]
    assert document.structure.blocks[0].level == 0


@pytest.mark.parametrize(
    "html",
    ["<p><b>Stop!</b><br>Call us.</p>", "<p>Very <b>bad</b><br>sleep</p>", "<p>A<br><b>B</b></p>"],
)
def test_bold_words_within_a_line_are_no_heading(html: str) -> None:
    """A bold sentence is a sentence, and a line that is partly bold is a line."""
    assert {kind for kind, _ in blocks(page(html))} == {"paragraph"}


def test_lists_in_lists_lose_nothing() -> None:
    """Every item is a block, and so is what follows an inner list."""
    document = page("<ul><li>A<ol><li>B</li></ol>tail</li><li><p>C</p><p>D</p></li></ul>")
    assert blocks(document) == [("item", text) for text in ("A", "B", "tail", "C", "D")]
    assert document.text == "A\nB\ntail\nC\nD"


def test_a_row_of_a_table_is_one_line_with_its_cells() -> None:
    """Cells are parted by bars, blocks inside a cell by spaces; empty cells keep their place."""
    document = page(
        "<table><tr><th>Drug</th><th>Dose</th><th>Note</th></tr>"
        "<tr><td><p>A</p><p>B</p></td><td></td><td>x<br>y<ul><li>z</li></ul></td></tr></table>"
    )
    assert blocks(document) == [("row", "Drug | Dose | Note"), ("row", "A B | | x y z")]


def test_a_row_of_one_cell_reads_as_an_item() -> None:
    """A table of one column is a list, or a frame around prose: its sentences are parted."""
    document = page("<table><tr><td>Rest first. Then walk.</td></tr></table>")
    assert quotes(document) == ["Rest first.", "Then walk."]


def test_a_table_in_a_table_keeps_its_rows() -> None:
    """Inner rows are rows; the outer row goes on after them."""
    document = page(
        "<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td>c</td></tr></table>"
    )
    assert [text for _, text in blocks(document)] == ["a | b", "c"]


def test_verbatim_text_keeps_its_white_space() -> None:
    """<pre> is read as it stands."""
    assert blocks(page("<pre>\na\n   b\n\nc</pre>")) == [("verbatim", "a\n   b\n\nc")]


@pytest.mark.parametrize(
    "tool",
    [
        "<nav>Home</nav>",
        "<div role=navigation>Home</div>",
        "<p hidden>Home</p>",
        "<p aria-hidden=true>Home</p>",
        "<p style='color: red; display : none'>Home</p>",
        "<div class='box cookie-banner'>Home</div>",
        "<span class=mw-editsection>[edit]</span>",
        "<button>Home</button>",
        "<select><option>Home</option></select>",
        "<dialog>Home</dialog>",
        "<template>Home</template>",
        "<sup><a href='#n1'>[1]</a></sup>",
        "<sup>[citation needed]</sup>",
    ],
)
def test_tools_of_the_page_are_not_its_text(tool: str) -> None:
    """What is hidden, a menu, a banner, or a reference mark is no part of a quote."""
    assert page(f"<div>Rest first{tool}</div>").text == "Rest first"


def test_a_page_hidden_until_its_script_runs_is_read() -> None:
    """A style on the body says nothing of the text in it."""
    assert page("<body style='visibility:hidden'><p>Rest.</p></body>").text == "Rest."


def test_raised_digits_stay_raised() -> None:
    """10 to the sixth never becomes 106."""
    document = page(
        "<p>10<sup>6</sup> per m<sup>2</sup>, 10<sup>-3</sup>, the 1<sup>st</sup>, CO<sub>2</sub>"
    )
    assert document.text == "10⁶ per m², 10⁻³, the 1st, CO2"


def test_only_the_main_part_of_a_page_is_read_where_it_has_one() -> None:
    """What stands around <main> is the site's, not the leaflet's."""
    assert page("<div>Shop</div><main><p>Rest.</p></main>").text == "Rest."
    assert page("<div>Rest.</div><main> </main>").text == "Rest."


def test_deep_nesting_is_read_or_refused_at_once() -> None:
    """Thousands of levels are read; a hundred thousand would take minutes and are refused."""
    assert page("<div>" * 5_000 + "Rest." + "</div>" * 5_000).text == "Rest."
    assert refused("<div>" * 100_000 + "Rest." + "</div>" * 100_000).reason is Reason.TOO_DEEP


def test_unclosed_paragraphs_are_not_deep() -> None:
    """Elements that may be left open nest no deeper for being many."""
    assert len(quotes(page("<p>Rest.<br>" * 20_000))) == 20_000


def test_a_huge_attribute_does_no_harm() -> None:
    """Megabytes in a tag are not text."""
    assert page(f"<p title='{'x' * 3_000_000}'>Rest.</p>").text == "Rest."


def test_an_empty_cell_keeps_its_place() -> None:
    """A value stays under its header: empty cells at either end and in the middle are kept."""
    html = (
        "<table><tr><th></th><th>Mon</th><th>Tue</th></tr>"
        "<tr><td>a</td><td></td><td>b</td></tr><tr><td>x</td><td>y</td><td></td></tr></table>"
    )
    assert web_page.page_content(html).text == "| Mon | Tue\na | | b\nx | y |"
