from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import PathError, Reason
from corpus.reading import document_from_bytes
from index.catalog import Catalog
from index.collection import Collection
from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors
from index.errors import BuildError, CollectionError, EngineError
from index.manifest import read_manifest
from index.update import SAMPLE, index_documents, remove, update
from tests.building import (
    LEAFLETS,
    RecordingEncoder,
    index,
    indexed,
    makers,
    opened,
    write,
)


def everything(folder: Path) -> dict[Path, bytes]:
    """Return every file under `folder` with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def uris(collection: Collection) -> list[str]:
    """Return the uris of what is published."""
    return [card.uri for card in Catalog(collection.published().layout.catalog).documents()]


def test_the_first_index_adds_everything(tmp_path: Path) -> None:
    """Every file is added, and the counts are those of the build."""
    report = index(tmp_path, write(tmp_path / "source"))
    assert report.added == ["spasms.txt", "tablets.txt"]
    assert (report.changed, report.removed, report.unchanged, report.skipped) == ([], [], [], [])
    assert report.counts is not None
    assert (report.counts.documents, report.counts.exact_duplicates) == (2, 1)
    assert report.counts.sentences == report.counts.passages + 1


def test_indexing_again_publishes_nothing(tmp_path: Path) -> None:
    """With nothing changed no build is made and no file is touched."""
    source = write(tmp_path / "source")
    index(tmp_path, source)
    before = everything(tmp_path)
    report = index(tmp_path, source)
    assert report.build is None
    assert report.unchanged == ["spasms.txt", "tablets.txt"]
    assert everything(tmp_path) == before


def test_what_was_added_changed_and_removed_is_told_apart(tmp_path: Path) -> None:
    """Each file is reported once, under what happened to it, and the build is as reported."""
    source = write(tmp_path / "source", {**LEAFLETS, "stays.txt": "This one stays.\n"})
    index(tmp_path, source)
    write(source, {"new.txt": "A new leaflet.\n", "tablets.txt": "Take 20 mg now.\n"})
    (source / "spasms.txt").unlink()
    report = index(tmp_path, source)
    assert (report.added, report.changed) == (["new.txt"], ["tablets.txt"])
    assert (report.removed, report.unchanged) == (["spasms.txt"], ["stays.txt"])
    collection = Collection(tmp_path, "default")
    assert uris(collection) == ["new.txt", "stays.txt", "tablets.txt"]
    texts = {row.passage.text for row in Catalog(collection.published().layout.catalog).all_rows()}
    assert texts == {"A new leaflet.", "This one stays.", "Take 20 mg now."}


def test_a_dry_run_says_the_same_and_writes_nothing_at_all(tmp_path: Path) -> None:
    """Its report is the one of the real run, and not even a folder is made."""
    source = write(tmp_path / "source")
    collection = Collection(tmp_path / "home", "default")
    dry = update(collection, [source], makers(), dry_run=True)
    assert dry.added == ["spasms.txt", "tablets.txt"]
    assert not (tmp_path / "home").exists()
    real = update(collection, [source], makers())
    assert replace(real, build=None, counts=None, dense=None) == dry
    write(source, {"spasms.txt": "Changed.\n"})
    before = everything(tmp_path)
    assert update(collection, [source], makers(), dry_run=True).changed == ["spasms.txt"]
    assert everything(tmp_path) == before


def test_only_what_is_new_is_encoded(tmp_path: Path) -> None:
    """Sentences and paragraphs that did not change keep their vectors, bit for bit."""
    source = write(tmp_path / "source")
    index(tmp_path, source)
    old = opened(Collection(tmp_path, "default"))
    text = LEAFLETS["spasms.txt"].replace("Drink enough water", "Drink a glass of water")
    write(source, {"spasms.txt": text})
    recorder = RecordingEncoder()
    index(tmp_path, source, encoder=recorder)
    changed = "Drink a glass of water during the day."
    sentence, paragraph = sorted(recorder.encoded)
    assert sentence == changed
    assert paragraph.endswith(f"Tell your nurse about every fall. {changed}")
    new = opened(Collection(tmp_path, "default"))
    vectors, old_vectors = new.kept.vectors(), old.kept.vectors()
    rows, old_rows = (
        {text: row for row, (_, text) in enumerate(one.catalog.all_passages())}
        for one in (new, old)
    )
    for passage, row in rows.items():
        expected = (
            HashingEncoder().encode_passages([changed])[0]
            if passage == changed
            else old_vectors[old_rows[passage]]
        )
        np.testing.assert_array_equal(vectors[row], expected)


def test_another_folder_leaves_the_first_alone(tmp_path: Path) -> None:
    """A folder speaks for what was read from it and for nothing else."""
    index(tmp_path, write(tmp_path / "one", {"a.txt": "One leaflet.\n"}))
    report = index(tmp_path, write(tmp_path / "two", {"b.txt": "Another leaflet.\n"}))
    assert (report.added, report.unchanged, report.removed) == (["b.txt"], ["a.txt"], [])
    assert uris(Collection(tmp_path, "default")) == ["a.txt", "b.txt"]


def test_a_file_named_by_itself_stays_known_by_its_name_in_its_folder(tmp_path: Path) -> None:
    """Indexing one changed file of an indexed folder changes that document, and adds none."""
    source = write(tmp_path / "source", {"ward/a.txt": "One.\n", "b.txt": "Two.\n"})
    index(tmp_path, source)
    write(source, {"ward/a.txt": "One, changed.\n"})
    report = index(tmp_path, source / "ward" / "a.txt")
    assert (report.changed, report.added) == (["ward/a.txt"], [])
    assert uris(Collection(tmp_path, "default")) == ["b.txt", "ward/a.txt"]


def test_a_second_file_of_the_same_name_is_listed_not_swapped_in(tmp_path: Path) -> None:
    """A file that would take the name of another that still exists is skipped as same_uri."""
    index(tmp_path, write(tmp_path / "one", {"a.txt": "The first.\n"}))
    report = index(tmp_path, write(tmp_path / "two", {"a.txt": "The second.\n"}))
    assert report.build is None
    assert [(one.uri, one.reason) for one in report.skipped] == [("a.txt", Reason.SAME_URI)]
    catalog = Catalog(Collection(tmp_path, "default").published().layout.catalog)
    assert [row.passage.text for row in catalog.all_rows()] == ["The first."]


def test_a_moved_folder_takes_its_documents_along(tmp_path: Path) -> None:
    """Indexed from its new place, a leaflet keeps its name and id."""
    index(tmp_path, write(tmp_path / "one", {"a.txt": "The first.\n"}))
    (tmp_path / "one").rename(tmp_path / "two")
    report = index(tmp_path, tmp_path / "two")
    assert (report.added, report.removed, report.skipped) == ([], [], [])
    assert uris(Collection(tmp_path, "default")) == ["a.txt"]


def test_a_file_that_cannot_be_read_now_keeps_what_was_read_before(tmp_path: Path) -> None:
    """A leaflet that turns binary is reported as skipped, and its old text still answers."""
    source = write(tmp_path / "source")
    index(tmp_path, source)
    (source / "spasms.txt").write_bytes(b"\x00\x01\x02" * 999)
    report = index(tmp_path, source)
    assert [one.uri for one in report.skipped] == ["spasms.txt"]
    assert report.removed == []
    assert uris(Collection(tmp_path, "default")) == ["spasms.txt", "tablets.txt"]


def test_an_empty_folder_removes_what_was_in_it(tmp_path: Path) -> None:
    """With its last file gone, a build of nothing is published and opens."""
    source = write(tmp_path / "source", {"a.txt": "Only one.\n"})
    index(tmp_path, source)
    (source / "a.txt").unlink()
    assert index(tmp_path, source).removed == ["a.txt"]
    retriever = opened(Collection(tmp_path, "default"))
    assert retriever.manifest.counts.documents == 0
    assert retriever.search("only one", 5) == []


def test_an_empty_folder_alone_publishes_nothing(tmp_path: Path) -> None:
    """Nothing to index is not a build."""
    (tmp_path / "source").mkdir()
    assert index(tmp_path, tmp_path / "source").build is None
    assert Collection(tmp_path, "default").current() is None


def test_a_path_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    """One bad path, and none of the paths is indexed."""
    source = write(tmp_path / "source")
    with pytest.raises(PathError, match="no such file or folder"):
        update(Collection(tmp_path, "default"), [source, tmp_path / "gone"], makers())
    assert Collection(tmp_path, "default").current() is None


def test_the_sample_leaves_when_something_else_is_indexed(tmp_path: Path) -> None:
    """It is reported as removed, and no word of it is left in the build."""
    collection = Collection(tmp_path, "default")
    sample = document_from_bytes(b"The sample.\n", "sample.txt", "text/plain", source=SAMPLE)
    index_documents(collection, [sample], makers())
    report = index(tmp_path, write(tmp_path / "source"))
    assert (report.removed, report.added) == (["sample.txt"], ["spasms.txt", "tablets.txt"])
    assert uris(collection) == ["spasms.txt", "tablets.txt"]


def test_removing_a_document_takes_every_trace_of_it(tmp_path: Path) -> None:
    """Its text is in no file of the new build; a sentence it shared keeps its other place."""
    collection = indexed(tmp_path)
    card = Catalog(collection.published().layout.catalog).documents()[0]
    report = remove(collection, card.document_id, makers())
    assert (report.removed, report.unchanged) == (["spasms.txt"], ["tablets.txt"])
    layout = collection.published().layout
    for path in layout.files():
        assert b"60 to 90" not in path.read_bytes(), path
    shared = [row for row in Catalog(layout.catalog).all_rows() if "nurse" in row.passage.text]
    assert [len(row.passage.places) for row in shared] == [1]
    with pytest.raises(CollectionError, match="has no document"):
        remove(collection, card.document_id, makers())


@pytest.mark.parametrize("what", ["dimension", "name", "weights", "engine"])
def test_another_encoder_or_engine_rebuilds(tmp_path: Path, what: str) -> None:
    """With the same files but other makers everything is encoded again, or indexed again."""
    source = write(tmp_path / "source")
    index(tmp_path, source)
    recorder = RecordingEncoder(128 if what == "dimension" else 64)
    if what == "name":
        recorder.name = "hashing/other"
    if what == "weights":
        recorder.weights_sha256 = "0" * 64
    engine = "faiss:Flat" if what == "engine" else "exact:"
    report = index(tmp_path, source, encoder=recorder, engine=engine)
    assert report.build is not None
    assert report.unchanged == ["spasms.txt", "tablets.txt"]
    assert report.counts is not None
    manifest = read_manifest(Collection(tmp_path, "default").published().layout)
    assert (manifest.encoder, manifest.dim, manifest.engine, manifest.weights_sha256) == (
        recorder.name,
        recorder.dim,
        engine,
        recorder.weights_sha256,
    )
    counts = report.counts
    expected = 0 if what == "engine" else counts.passages + counts.paragraphs
    assert len(recorder.encoded) == expected


class _BadEncoder(HashingEncoder):
    """Gives one vector that cannot be: `value` times what it should be."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self._value = np.float32(value)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode, and spoil the last vector."""
        vectors = super().encode_passages(passages)
        vectors[-1:] *= self._value
        return vectors


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 2.0])
def test_vectors_that_cannot_be_are_refused(tmp_path: Path, value: float) -> None:
    """NaN, infinite, zero or long vectors stop the build; what was published still answers."""
    source = write(tmp_path / "source")
    index(tmp_path, source)
    collection = Collection(tmp_path, "default")
    before = everything(collection.folder)
    write(source, {"new.txt": "Something new.\n"})
    with pytest.raises(BuildError, match=r"hashing/64 gave 1 of \d+ vectors that are not of unit"):
        index(tmp_path, source, encoder=_BadEncoder(value))
    assert everything(collection.folder) == before
    assert opened(collection).search("spasms", 1)


def test_an_engine_that_cannot_be_built_changes_nothing(tmp_path: Path) -> None:
    """A structure FAISS refuses stops the build; what was published still answers."""
    source = write(tmp_path / "source")
    index(tmp_path, source)
    collection = Collection(tmp_path, "default")
    before = everything(collection.folder)
    with pytest.raises(EngineError):
        index(tmp_path, source, engine="faiss:Nonsense")
    assert everything(collection.folder) == before


def test_what_was_merged_or_skipped_is_on_record(tmp_path: Path) -> None:
    """dropped.jsonl names every merged place with its passage, and every skipped file."""
    source = write(tmp_path / "source", {**LEAFLETS, "empty.txt": ""})
    index(tmp_path, source)
    lines = Collection(tmp_path, "default").published().layout.dropped.read_text(encoding="utf-8")
    merged, skipped = lines.splitlines()
    assert '"merged": "exact"' in merged
    assert '"similarity": 1.0' in merged
    assert '"skipped": "empty"' in skipped
    assert '"uri": "empty.txt"' in skipped
