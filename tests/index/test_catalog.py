import random
import threading
from pathlib import Path

import numpy as np
import pytest

from corpus import dedup, sentences
from corpus.documents import Document, Page, Structure
from corpus.paragraphs import Paragraphs
from corpus.reading import document_from_bytes
from index import catalog, records
from index.catalog import Catalog, Row
from index.contents import contents
from index.errors import BuildError, DamagedError
from index.located import locate
from index.merging import merge
from index.parts import split
from index.records import Contents

TRICKY = (
    "Caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{GRINNING FACE} rules\n\n"
    "The q\N{COMBINING ACUTE ACCENT}uiet ward \N{FAMILY}\N{ZERO WIDTH JOINER}\N{GIRL} is open. "
    "Take 5 \N{MICRO SIGN}g \N{PILL} at night. \N{MATHEMATICAL BOLD CAPITAL A} is one unit.\n\n"
    "- First \N{GREEK SMALL LETTER ALPHA}\N{COMBINING DIAERESIS} item.\n"
    "- Second item \N{REGIONAL INDICATOR SYMBOL LETTER G}"
    "\N{REGIONAL INDICATOR SYMBOL LETTER B}.\n\n"
    "Take 5 \N{MICRO SIGN}g \N{PILL} at night. The end \N{HIGH VOLTAGE SIGN} comes last.\n"
)
PLAIN = "Plain\n\nTake 5 \N{MICRO SIGN}g \N{PILL} at night. Ring the ward. The end.\n"


def read(text: str, uri: str = "tricky.txt") -> Document:
    """Return the document that a file of this text is read as."""
    return document_from_bytes(text.encode(), uri, "text/plain", source=f"/leaflets/{uri}")


def written(folder: Path, documents: list[Document]) -> tuple[Catalog, list[Row]]:
    """Write a catalog as a build does, and open it; return the rows by the plainest way as well."""
    by_id = {one.document_id: one for one in documents}
    found = [sentence for one in documents for sentence in sentences.sentences(one)]
    paragraphs = Paragraphs(by_id)
    numbers: dict[str, int] = {}
    rows = [
        Row(
            number,
            passage,
            tuple(
                numbers.setdefault(paragraphs.text(place.sentence), len(numbers))
                for place in passage.places
            ),
        )
        for number, passage in enumerate(dedup.passages(by_id, found))
    ]
    parts = [split(one) for one in documents]
    merged = merge(parts)
    path = folder / "catalog.sqlite"
    records.write(path, contents(parts, merged))
    assert merged.paragraphs == list(numbers)
    return Catalog(path), rows


@pytest.fixture
def documents() -> list[Document]:
    """Two documents that share a sentence, one of them full of wide characters and with pages."""
    tricky = read(TRICKY)
    half = TRICKY.index("- First")
    pages = (Page(1, "i", 0, half), Page(2, "ii", half, len(tricky.text)))
    paged = Document(
        tricky.document_id,
        tricky.uri,
        tricky.title,
        tricky.media_type,
        tricky.text,
        Structure(tricky.structure.blocks, pages),
        tricky.sha256,
        tricky.source,
    )
    return [read(PLAIN, "plain.txt"), paged]


def test_documents_come_back_as_they_went_in(tmp_path: Path, documents: list[Document]) -> None:
    """Text, structure, pages and every field are equal after writing and reading."""
    held, _ = written(tmp_path, documents)
    assert [held.document(one.document_id) for one in documents] == documents
    assert held.document("no-such-document") is None


def test_passages_come_back_with_all_their_places(
    tmp_path: Path, documents: list[Document]
) -> None:
    """Every row, its places in order and their paragraphs are equal after writing and reading."""
    held, rows = written(tmp_path, documents)
    assert held.all_rows() == rows
    assert held.rows([rows[-1].row, 0]) == {0: rows[0], rows[-1].row: rows[-1]}
    assert held.all_passages() == [(row.passage.passage_id, row.passage.text) for row in rows]
    assert max(len(row.passage.places) for row in rows) == 3
    assert held.paragraph_rows([row.row for row in rows]) == {
        row.row: tuple(dict.fromkeys(row.paragraphs)) for row in rows
    }


def test_cards_count_the_sentences(tmp_path: Path, documents: list[Document]) -> None:
    """A card has the document's fields and its number of sentences; order is the build's."""
    held, _ = written(tmp_path, documents)
    cards = held.documents()
    assert [card.document_id for card in cards] == [one.document_id for one in documents]
    assert [card.sentences for card in cards] == [
        len(list(sentences.sentences(one))) for one in documents
    ]
    assert cards == [held.card(one.document_id) for one in documents]
    assert held.card("no-such-document") is None


def test_offsets_in_every_unit_are_those_of_a_plain_computation(
    tmp_path: Path, documents: list[Document]
) -> None:
    """UTF-16 and UTF-8 offsets, lines and pages equal what each sentence's prefix gives."""
    held, _ = written(tmp_path, documents)
    for document in documents:
        located = held.sentences(document.document_id)
        assert [one.sentence for one in located] == list(sentences.sentences(document))
        for one in located:
            start, end = one.sentence.start, one.sentence.end
            before, through = document.text[:start], document.text[:end]
            assert one.utf16.start == len(before.encode("utf-16-le")) // 2
            assert one.utf16.end == len(through.encode("utf-16-le")) // 2
            assert (one.utf8.start, one.utf8.end) == (len(before.encode()), len(through.encode()))
            assert one.line == before.count("\n") + 1
            pages = [page for page in document.structure.pages if page.start <= start]
            assert one.page == ((pages[-1].number, pages[-1].label) if pages else None)


def test_locating_is_the_same_from_the_middle(documents: list[Document]) -> None:
    """Sentences located without those before them have the same offsets."""
    every = list(sentences.sentences(documents[1]))
    assert locate(documents[1], every[3:]) == locate(documents[1], every)[3:]


def test_a_range_of_sentences_is_read_by_ordinal(tmp_path: Path, documents: list[Document]) -> None:
    """First and last are inclusive, and clipped to what there is."""
    held, _ = written(tmp_path, documents)
    document_id = documents[1].document_id
    every = held.sentences(document_id)
    assert held.sentences(document_id, 2, 4) == every[1:4]
    assert held.sentences(document_id, -3, 1) == every[:1]
    assert held.sentences(document_id, len(every), len(every) + 9) == every[-1:]


def test_an_excerpt_is_a_slice(tmp_path: Path, documents: list[Document]) -> None:
    """For random bounds, an excerpt equals the text's slice, clipped at both ends."""
    held, _ = written(tmp_path, documents)
    text = documents[1].text
    chance = random.Random(1)  # noqa: S311 - a test's choice of bounds
    for _ in range(200):
        start, end = chance.randrange(-5, len(text) + 5), chance.randrange(-5, len(text) + 9)
        expected = text[max(start, 0) : max(end, 0)] if end > max(start, 0) else ""
        assert held.excerpt(documents[1].document_id, start, end) == expected
    assert held.excerpt("no-such-document", 0, 9) == ""


def test_several_are_read_in_one_statement(tmp_path: Path, documents: list[Document]) -> None:
    """In the order asked, twice where asked twice, nothing of what is not there."""
    held, _ = written(tmp_path, documents)
    first, second = documents
    wanted = [
        (second.document_id, 2, 4),
        (first.document_id, 1, 1),
        ("no-such-document", 1, 9),
        (second.document_id, 2, 4),
    ]
    every = list(sentences.sentences(second))
    assert [[one.sentence for one in found] for found in held.stretches(wanted)] == [
        every[1:4],
        list(sentences.sentences(first))[:1],
        [],
        every[1:4],
    ]
    assert held.cuts(wanted) == [second.text[2:4], first.text[1:1], "", second.text[2:4]]
    cards = held.cards(document_id for document_id, _, _ in wanted)
    assert cards == {one.document_id: one for one in held.documents()}
    assert (held.stretches([]), held.cuts([]), held.cards([])) == ([], [], {})


def test_many_threads_read_one_catalog(tmp_path: Path, documents: list[Document]) -> None:
    """Sixteen threads reading at once get what one gets."""
    held, rows = written(tmp_path, documents)
    wrong: list[object] = []

    def read_all() -> None:
        wrong.extend(
            threading.current_thread()
            for _ in range(20)
            if held.all_rows() != rows or held.document(documents[1].document_id) != documents[1]
        )

    threads = [threading.Thread(target=read_all) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_reading_writes_nothing(tmp_path: Path, documents: list[Document]) -> None:
    """No journal, no lock, no changed byte."""
    held, _ = written(tmp_path, documents)
    before = (tmp_path / "catalog.sqlite").read_bytes()
    held.all_rows()
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.sqlite"]
    assert (tmp_path / "catalog.sqlite").read_bytes() == before


def test_no_documents_at_all(tmp_path: Path) -> None:
    """An empty catalog can be written and read."""
    held, _ = written(tmp_path, [])
    assert held.documents() == []
    assert held.all_rows() == []


@pytest.mark.parametrize("content", [b"garbage" * 1000, None])
def test_a_file_that_is_no_catalog_is_damaged(tmp_path: Path, content: bytes | None) -> None:
    """Garbage or nothing where the catalog should be is a DamagedError that names the file."""
    path = tmp_path / "catalog.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DamagedError, match=r"catalog\.sqlite: the catalog cannot be read"):
        Catalog(path)


def test_a_folder_that_is_not_there_is_a_known_fault(
    tmp_path: Path, documents: list[Document]
) -> None:
    """A catalog that cannot be written is a BuildError that says where."""
    with pytest.raises(BuildError, match=r"gone.catalog\.sqlite: the catalog cannot be written"):
        records.write(tmp_path / "gone" / "catalog.sqlite", Contents((), (), (), ()))


def test_excerpts_are_the_sentences_as_their_documents_have_them(
    tmp_path: Path, documents: list[Document]
) -> None:
    """All in one look-up: title, section, line, quote and paragraph; what is not there is left."""
    held, _ = written(tmp_path, documents)
    wanted = {
        (one.document_id, located.sentence.ordinal): (one, located)
        for one in documents
        for located in held.sentences(one.document_id)
    }
    missing = [("nowhere", 1), (documents[0].document_id, 10_000)]
    excerpts = held.excerpts([*wanted, *missing])
    assert set(excerpts) == set(wanted)
    for key, (document, located) in wanted.items():
        sentence, found = located.sentence, excerpts[key]
        around = sentence.paragraph
        assert found.quote == document.text[sentence.start : sentence.end]
        assert found.paragraph == document.text[around.start : around.end]
        assert (found.title, found.section, found.line) == (
            *(document.title, located.section),
            located.line,
        )
    assert held.excerpts([]) == {}


def test_texts_come_in_the_order_asked_for(
    tmp_path: Path, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few are asked for at once."""
    monkeypatch.setattr(catalog, "_ROWS_AT_ONCE", 3)
    held, rows = written(tmp_path, documents)
    assert held.texts([row.row for row in rows[::-1]]) == [row.passage.text for row in rows[::-1]]
    assert held.texts([]) == []


def test_paragraphs_of_some_documents(tmp_path: Path, documents: list[Document]) -> None:
    """Only the paragraphs of places in these documents are given."""
    held, rows = written(tmp_path, documents)
    names = [card.document_id for card in held.documents()]
    allowed = np.array([name == names[1] for name in names])
    found = held.paragraph_rows([row.row for row in rows], allowed)
    for row in rows:
        places = zip(row.passage.places, row.paragraphs, strict=True)
        wanted = [number for place, number in places if place.sentence.document_id == names[1]]
        assert found[row.row] == tuple(dict.fromkeys(wanted))
