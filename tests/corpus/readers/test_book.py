from pathlib import Path

import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers import book
from tests.corpus.office_files import epub, epub_parts, zipped

SHARED = Path(__file__).parents[4] / "shared" / "data" / "documents" / "epub"
ENCRYPTION = "<e><EncryptedData><EncryptionMethod Algorithm='{}'/></EncryptedData></e>"
WHOLE = epub_parts(["<p>Rest.</p>"])


def test_chapters_are_read_in_the_order_of_the_spine() -> None:
    """Each as a web page; an element closed at once in XML holds nothing."""
    content = book.read(epub(["<h1>One</h1><p>A<a id='x'/> b<br/>c</p>", "<script/><h1>Two</h1>"]))
    assert content.text == "One\n\nA b\nc\n\nTwo"
    assert [block.level for block in content.structure.blocks] == [1, 0, 1]


def test_title_and_language_are_those_of_the_package() -> None:
    """A chapter's title is not the book's."""
    metadata = "<title>Living with MS</title><language>en-gb</language>"
    content = book.read(epub(["<p>Rest.</p>"], metadata=metadata))
    assert (content.title, content.attributes.language) == ("Living with MS", "en-GB")


def test_contents_and_cover_are_not_repeated() -> None:
    """By the navigation's property or by the guide, where the page is no more than that."""
    contents = "<ul><li><a href='#'>One</a></li></ul>"
    guide = "<reference type='toc' href='c%200.xhtml'/><reference type='cover' href='c%201.xhtml'/>"
    contents_only = "<reference type='toc' href='c%200.xhtml'/>"
    navigation = (
        '<item id="n" href="c%200.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
    )
    assert book.read(epub([contents, "<p>Cover</p>", "<p>One.</p>"], guide=guide)).text == "One."
    assert book.read(epub(["<p>A.</p>", "<p>B.</p>"], guide=contents_only)).text == "A.\n\nB."
    linked = epub_parts(["<p>A.</p>", "<p>B.</p>"], items=navigation)
    package = str(linked["OPS/book.opf"]).replace('<itemref idref="c0"/>', '<itemref idref="n"/>')
    assert book.read(zipped(linked | {"OPS/book.opf": package})).text == "B."


def test_marks_of_notes_and_pages_are_left_out() -> None:
    """They would stand within a sentence."""
    page = "<p>Take<a epub:type='noteref'>1</a> it<span epub:type='pagebreak'>12</span>.</p>"
    assert book.read(epub([page])).text == "Take it."


def test_scrambled_fonts_are_no_protection() -> None:
    """Only what hides text does."""
    fonts = {"META-INF/encryption.xml": ENCRYPTION.format("http://www.idpf.org/2008/embedding")}
    assert book.read(zipped(WHOLE | fonts)).text == "Rest."


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (WHOLE | {"META-INF/encryption.xml": ENCRYPTION.format("aes")}, Reason.ENCRYPTED),
        (epub_parts(["<p> </p>"]), Reason.NO_TEXT),
        (epub_parts([]), Reason.DAMAGED),
        ({name: part for name, part in WHOLE.items() if "xhtml" not in name}, Reason.DAMAGED),
        (WHOLE | {"META-INF/container.xml": "<c/>"}, Reason.DAMAGED),
        ({"mimetype": "application/epub+zip"}, Reason.DAMAGED),
        ({"a": ""}, Reason.WRONG_TYPE),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    parts: dict[str, str | bytes], reason: Reason
) -> None:
    """Copy-protected, without words, without a part, or something else."""
    with pytest.raises(UnreadableError) as caught:
        book.read(zipped(parts))
    assert caught.value.reason is reason


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/documents is not on this machine")
def test_real_books_are_read() -> None:
    """Books of other makers have a title and words."""
    for path in sorted(SHARED.glob("*.epub")):
        content = book.read(path.read_bytes())
        assert content.title
        assert content.structure.blocks[-1].end == len(content.text)
