import hashlib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser

from corpus.documents import Block, BlockKind, Document, Page, Structure
from index.collection import Collection
from index.update import index_documents
from service.app import create_app
from tests.building import library, makers
from tests.service.pages.conftest import first

DATA = b"%PDF-1.7 stands for a file"
# Pages begin: before the title, inside a sentence, before an item, before a row, two at the end.
PARTS = [
    (BlockKind.HEADING, "Spasms", 1),
    (BlockKind.PARAGRAPH, "They come at |night and often last a minute. They then go.", 0),
    (BlockKind.ITEM, "|Rest after each of them.", 0),
    (BlockKind.ITEM, "Drink some water.", 0),
    (BlockKind.ROW, "|Baclofen | 5 mg", 0),
    (BlockKind.ROW, "Tizanidine | 2 |mg", 0),
    (BlockKind.HEADING, "|Help", 2),
    (BlockKind.PARAGRAPH, "||Ring the nurse.", 0),
]


def paged(media_type: str) -> Document:
    """Return a document whose pages begin where PARTS has a bar that no white space follows."""
    text, blocks, starts = "", [], [0]
    for kind, marked, level in PARTS:
        begin = len(text)
        for at, piece in enumerate(marked.replace(" | ", "\x00").split("|")):
            if at:
                starts.append(len(text))
            text += piece.replace("\x00", " | ")
        blocks.append(Block(kind, begin, len(text), level))
        text += "\n\n"
    ends = [*starts[1:], len(text)]
    pages = tuple(
        Page(number, f"p{number}", start, end)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    )
    sha256 = hashlib.sha256(DATA).hexdigest()
    structure = Structure(tuple(blocks), pages)
    return Document("leaflet", "l.pdf", "Spasms", media_type, text, structure, sha256)


def read(home: Path, document: Document, *, kept: bool) -> tuple[LexborHTMLParser, TestClient]:
    """Return the reader page of a document, and the client that got it."""
    collection = Collection(home, "default")
    index_documents(collection, [document], makers())
    if kept:
        path = collection.originals.path(document.sha256)
        path.parent.mkdir()
        path.write_bytes(DATA)
    client = TestClient(create_app(library(home)))
    return LexborHTMLParser(client.get("/documents/leaflet").text), client


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("media_type", ["application/pdf", "text/html"])
def test_each_page_is_marked_once_and_in_order(
    tmp_path: Path, media_type: str, *, kept: bool
) -> None:
    """By its label; a PDF's marks lead to the page of the file, where that is kept."""
    document = paged(media_type)
    tree, _ = read(tmp_path, document, kept=kept)
    marks = tree.css(".turn")
    count = len(document.structure.pages)
    assert [one.attributes["id"] for one in marks] == [f"page-{n + 1}" for n in range(count)]
    assert [one.attributes["data-label"] for one in marks] == [
        f"Page p{n + 1}" for n in range(count)
    ]
    for number, one in enumerate(marks, start=1):
        assert one.text() == ""
        assert one.attributes["aria-label"]
        if kept and media_type == "application/pdf":
            assert one.attributes["href"] == f"/v1/documents/leaflet/original#page={number}"
        else:
            assert one.attributes["role"] == "doc-pagebreak"


def test_marks_change_no_sentence(tmp_path: Path) -> None:
    """A sentence that goes on over a page is one element with its exact text."""
    document = paged("application/pdf")
    tree, client = read(tmp_path, document, kept=True)
    spans = client.get("/v1/documents/leaflet").json()["sentence_spans"]
    assert len(spans) == 9
    for one in spans:
        assert (
            first(tree, f"#s{one['sentence']}").text() == document.text[one["start"] : one["end"]]
        )
    inside = first(tree, "#s2 .turn")
    assert inside.attributes["data-label"] == "Page p2"
    assert first(tree, "h1").text() == "Spasms"


def test_where_the_marks_stand(tmp_path: Path) -> None:
    """Before a heading or paragraph, inside an item, and before a row's first cell."""
    tree, _ = read(tmp_path, paged("application/pdf"), kept=False)
    parents = []
    for one in tree.css(".turn"):
        assert one.parent is not None
        parents.append(one.parent.tag)
    assert parents == ["article", "span", "li", "th", "td", "article", "article", "article"]


def test_the_original_is_linked_where_it_is_kept(tmp_path: Path) -> None:
    """From the line under the title."""
    tree, _ = read(tmp_path, paged("text/html"), kept=True)
    assert first(tree, ".about a").attributes["href"] == "/v1/documents/leaflet/original"
    assert first(tree, ".about a").text() == "Original file"
