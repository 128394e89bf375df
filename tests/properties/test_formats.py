"""What holds for every format alike: exact offsets, and an index that depends on the files only."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from corpus.isolation import Workers
from corpus.normalize import canonical
from corpus.readers import MEDIA_TYPES
from corpus.reading import document_from_bytes
from corpus.sentences import sentences
from index.collection import Collection
from index.update import update
from tests.building import makers
from tests.corpus.office_files import docx, epub, odt, p, rtf
from tests.corpus.readers.printing import printed, text
from tests.index.builds import content

_WORDS = (
    "Take rest baclofen 5 mg, 10⁶ units (twice) daily; é 😀 “quoted” fi ½ Ärzte Dr. e.g.".split()
)
SENTENCES = st.lists(st.sampled_from(_WORDS), min_size=3, max_size=12).map(
    lambda words: f"The {' '.join(words)} nurse."
)
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join)
TEXTS = st.lists(PARAGRAPHS, min_size=1, max_size=5)


def _rtf(paragraphs: Sequence[str]) -> bytes:
    def written(text: str) -> str:
        units = text.encode("utf-16-le")
        codes = (int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2))
        return "".join(f"\\u{code if code < 2**15 else code - 2**16}?" for code in codes)

    return rtf("".join(f"\\pard {written(one)}\\par" for one in paragraphs))


def _csv(paragraphs: Sequence[str]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(
        [["Drug", "Advice"], *([f"Drug {at}", one] for at, one in enumerate(paragraphs, 1))]
    )
    return file.getvalue().encode()


def _workbook(paragraphs: Sequence[str]) -> bytes:
    workbook, file = openpyxl.Workbook(), io.BytesIO()
    sheet = workbook.active
    assert sheet is not None
    for row in [["Drug", "Advice"], *([f"Drug {n}", one] for n, one in enumerate(paragraphs))]:
        sheet.append(row)
    workbook.save(file)
    return file.getvalue()


def _page(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in paragraphs)


WRITERS: dict[str, Callable[[Sequence[str]], bytes]] = {
    ".txt": lambda texts: "\n\n".join(texts).encode(),
    ".md": lambda texts: "\n\n".join(texts).encode(),
    ".html": lambda texts: f"<!doctype html><meta charset=utf-8>{_page(texts)}".encode(),
    ".docx": lambda texts: docx("".join(p(escape(one)) for one in texts)),
    ".odt": lambda texts: odt("".join(f"<text:p>{escape(one)}</text:p>" for one in texts)),
    ".rtf": _rtf,
    ".epub": lambda texts: epub([_page([one]) for one in texts]),
    ".pdf": lambda texts: printed(*(text(*one.split(". ")) for one in texts)),
    ".csv": _csv,
    ".xlsx": _workbook,
    ".jsonl": lambda texts: "".join(json.dumps({"text": one}) + "\n" for one in texts).encode(),
}


_WORKERS = Workers(1)


def test_every_format_is_here() -> None:
    """A format that is read is written by these tests."""
    assert {MEDIA_TYPES[ending] for ending in WRITERS} == set(MEDIA_TYPES.values())


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=25)
@given(texts=TEXTS)
def test_offsets_are_exact(ending: str, texts: list[str]) -> None:
    """Blocks and pages are in order, text is canonical, and every word is in some sentence."""
    document = document_from_bytes(
        WRITERS[ending](texts), f"ward/a{ending}", MEDIA_TYPES[ending], workers=_WORKERS
    )
    read, structure = document.text, document.structure
    assert canonical(read) == read
    at = 0
    for block in structure.blocks:
        assert at <= block.start < block.end <= len(read)
        assert read[at : block.start].isspace() or at == block.start
        assert read[block.start : block.end].strip() == read[block.start : block.end]
        at = block.end
    assert [one.number for one in structure.pages] == list(range(1, len(structure.pages) + 1))
    found = sentences(document)
    quotes = [read[one.start : one.end] for one in found]
    assert [one.ordinal for one in found] == list(range(1, len(found) + 1))
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert "".join("".join(quotes).split()) == "".join(read.split())
    if ending != ".pdf":  # whose letters are those of its font
        for one in texts:
            assert "".join(canonical(one).split()) in "".join(read.split())


@settings(max_examples=3, deadline=None, phases=[Phase.generate])  # shrinking would take minutes
@given(st.permutations(list(WRITERS)), TEXTS, TEXTS)
def test_a_folder_that_comes_back_has_the_ids_that_it_had(
    tmp_path_factory: pytest.TempPathFactory,
    endings: list[str],
    texts: list[str],
    others: list[str],
) -> None:
    """Read, indexed, deleted and indexed again: the same documents, passages and places."""
    folder: Path = tmp_path_factory.mktemp("mixed")
    source = folder / "source"
    source.mkdir()

    files = {
        source / f"leaflet{ending}": WRITERS[ending](texts if at % 2 else others)
        for at, ending in enumerate(endings)
    }

    def write() -> None:
        for path, data in files.items():
            path.write_bytes(data)

    (source / "stays.txt").write_text("Rest in the afternoon.", encoding="utf-8")
    write()
    collection = Collection(folder / "home", "default")
    first = update(collection, [source], makers())
    assert len(first.added) == len(WRITERS) + 1
    before = content(collection)
    for path in files:
        path.unlink()
    without = update(collection, [source], makers())
    assert len(without.removed) == len(WRITERS)
    assert without.unchanged == ["stays.txt"]
    write()
    update(collection, [source], makers())
    assert content(collection) == before
    shutil.rmtree(folder)
