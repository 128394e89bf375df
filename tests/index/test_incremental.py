"""A build made from the one before equals a build made from nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus import dedup, readers, sentences
from corpus.documents import Document
from corpus.readers import Format
from index import parts
from index.catalog import Catalog
from index.collection import Collection
from index.update import update
from tests.building import LEAFLETS, index, indexed, makers, opened, write
from tests.index.builds import assert_same, content

LINES = (
    "Take 5 mg of baclofen at night.",
    "Take 5 mg of baclofen at night",
    "take 5 mg of Baclofen at night.",
    "Take 10 mg of baclofen at night.",
    "Take 5 mg of baclofen, at night!",
    "Multiple sclerosis (MS) makes muscles stiff.",
    "It's an aid to stretching.",
    "It is an aid to stretching.",
    "Tell your nurse about every fall.",
    "Heading\n\nTell the nurse about every fall.",
)
SOURCES = st.dictionaries(
    st.sampled_from(["a.txt", "b.md", "sub/c.txt", "d.txt", "e.txt"]),
    st.lists(st.sampled_from(LINES), min_size=1, max_size=6),
)


def put_into(folder: Path, files: dict[str, list[str]]) -> None:
    """Make `folder` hold these files and no others."""
    for path in folder.rglob("*.*"):
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    write(folder, {name: "\n\n".join(lines) + "\n" for name, lines in files.items()})


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(states=st.lists(SOURCES, min_size=2, max_size=4))
def test_each_update_equals_a_fresh_build(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, list[str]]]
) -> None:
    """Through any states of a folder: documents, places, numbers, similarities, vectors, words."""
    folder = tmp_path_factory.mktemp("states")
    source = folder / "source"
    source.mkdir()
    for number, files in enumerate(states):
        put_into(source, files)
        index(folder / "home", source)
        index(folder / f"fresh-{number}", source)
        updated = Collection(folder / "home", "default")
        fresh = Collection(folder / f"fresh-{number}", "default")
        if fresh.current() is not None:
            assert_same(updated, fresh)


@settings(max_examples=15, deadline=None)
@given(files=SOURCES.filter(bool))
def test_merging_equals_the_plainest_way(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, list[str]]
) -> None:
    """Passages, their places and likeness are those that comparing key by key gives."""
    folder = tmp_path_factory.mktemp("plain")
    source = folder / "source"
    source.mkdir()
    put_into(source, files)
    index(folder, source)
    catalog = Catalog(Collection(folder, "default").published().layout.catalog)
    documents = {one.document_id: one for one, _ in catalog.all_documents()}
    found = [one for document in documents.values() for one in sentences.sentences(document)]
    assert [row.passage for row in catalog.all_rows()] == dedup.passages(documents, found)


def test_a_first_place_that_goes_leaves_its_passage_to_the_next(tmp_path: Path) -> None:
    """The text of a passage and all similarities are those of the place that is first now."""
    near = {
        "a.txt": "Take 5 mg of baclofen at night.\n",
        "b.txt": "Take 5 mg of Baclofen at night\n",
        "c.txt": "Take 5 mg of baclofen at night.\n",
    }
    collection = indexed(tmp_path, near)
    (tmp_path / "source-default" / "a.txt").unlink()
    index(tmp_path, tmp_path / "source-default")
    (row,) = Catalog(collection.published().layout.catalog).all_rows()
    assert row.passage.text == "Take 5 mg of Baclofen at night"
    assert [place.kind for place in row.passage.places] == ["exact", "near"]
    index(tmp_path / "fresh", tmp_path / "source-default")
    assert_same(collection, Collection(tmp_path / "fresh", "default"))


def test_only_what_changed_is_parsed_and_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two leaflets one changes: one is read by a reader and split into sentences."""
    collection = indexed(tmp_path)
    source = write(tmp_path / "source-default", {"spasms.txt": "Changed.\n"})
    read: list[str] = []
    was = parts.split

    def counted(document: Document) -> parts.Part:
        read.append(document.uri)
        return was(document)

    monkeypatch.setattr("index.build.split", counted)
    assert index(tmp_path, source).changed == ["spasms.txt"]
    assert read == ["spasms.txt"]
    assert len(opened(collection).catalog.documents()) == 2


def test_a_newer_reader_reads_unchanged_files_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reader's version counted up, the same bytes are a changed document, read anew."""
    collection = indexed(tmp_path)
    newer = Format("tests.index.builds:read_upper", 99)
    monkeypatch.setitem(readers.READERS, "text/plain", newer)
    report = index(tmp_path, tmp_path / "source-default")
    assert report.changed == sorted(LEAFLETS)
    documents = Catalog(collection.published().layout.catalog).all_documents()
    assert {document.read_by for document, _ in documents} == {"text/plain/99"}
    assert all(document.text.isupper() for document, _ in documents)
    assert index(tmp_path, tmp_path / "source-default").build is None


def test_a_newer_reader_reads_what_has_no_file_from_its_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents of a folder that is not named, or is gone, are read again as well."""
    collection = indexed(tmp_path)
    for path in (tmp_path / "source-default").iterdir():
        path.unlink()
    newer = Format("tests.index.builds:read_upper", 99)
    monkeypatch.setitem(readers.READERS, "text/plain", newer)
    report = index(tmp_path, write(tmp_path / "other", {"new.md": "New.\n"}))
    assert (report.added, report.changed) == (["new.md"], sorted(LEAFLETS))
    assert opened(collection).search("SPASMS LAST", 1)[0].passage.text.isupper()


def test_a_moved_folder_is_followed_when_files_go(tmp_path: Path) -> None:
    """Indexed from its new place, a file deleted there is removed from the index."""
    index(tmp_path, write(tmp_path / "one"))
    (tmp_path / "one").rename(tmp_path / "two")
    moved = index(tmp_path, tmp_path / "two")
    assert (moved.changes, moved.unchanged) == (False, sorted(LEAFLETS))
    (tmp_path / "two" / "spasms.txt").unlink()
    assert index(tmp_path, tmp_path / "two").removed == ["spasms.txt"]


def test_indexing_deleting_and_indexing_again_gives_the_same_ids(tmp_path: Path) -> None:
    """Documents, passages and sentences have the ids and places that they had."""
    collection = indexed(tmp_path)
    before = content(collection)
    source = tmp_path / "source-default"
    for path in source.iterdir():
        path.unlink()
    assert index(tmp_path, source).removed == sorted(LEAFLETS)
    assert content(collection) != before
    index(tmp_path, write(source))
    assert content(collection) == before


def test_vectors_of_a_build_by_other_rules_are_taken_but_not_its_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the rules changed, every document is split again, and the build is a new one."""
    collection = indexed(tmp_path)
    before = content(collection)
    monkeypatch.setattr("index.build.RULES", "other rules")
    report = update(collection, [tmp_path / "source-default"], makers())
    assert report.build is not None
    assert content(collection) == before
    assert json.loads(collection.published().layout.manifest.read_text())["rules"] == "other rules"
    assert np.load(collection.published().layout.vectors).shape[0] == len(before["passages"])
