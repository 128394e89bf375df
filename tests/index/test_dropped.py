from pathlib import Path

import pytest

from corpus.errors import Reason
from corpus.reading import document_from_bytes
from index import dropped
from index.catalog import Catalog
from index.collection import Collection
from index.errors import DamagedError
from index.update import compare, put, remove
from tests.building import LEAFLETS, index, makers, write

SKIPPING = {**LEAFLETS, "empty.txt": "", "ward.doc": "old", "notes.txt": "A ward's own rule.\n"}


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Return a collection of a folder in which two files cannot be read."""
    index(tmp_path, write(tmp_path / "source", SKIPPING))
    return Collection(tmp_path, "default")


def skipped(collection: Collection) -> dict[str, Reason]:
    """Return the files that the published build skipped, with the reason of each."""
    return {one.uri: one.reason for one in dropped.skipped(collection.published().layout)}


def test_skipped_files_are_read_back_as_they_were_reported(tmp_path: Path) -> None:
    """In their order, with reason, mend and fault; merged places are not among them."""
    report = index(tmp_path, write(tmp_path / "source", SKIPPING))
    layout = Collection(tmp_path, "default").published().layout
    assert dropped.skipped(layout) == report.skipped
    assert [one.uri for one in report.skipped] == ["empty.txt", "ward.doc"]
    assert '"merged"' in layout.dropped.read_text("utf-8")


def test_a_build_without_skipped_files_has_none(tmp_path: Path) -> None:
    """Though places were merged in it."""
    index(tmp_path, write(tmp_path / "source"))
    assert dropped.skipped(Collection(tmp_path, "default").published().layout) == []


def test_skipped_files_are_not_forgotten_when_one_document_changes(collection: Collection) -> None:
    """A document put or removed leaves them on record, until the file itself is taken in."""
    before = {"empty.txt": Reason.EMPTY, "ward.doc": Reason.UNSUPPORTED_TYPE}
    assert skipped(collection) == before
    for uri, text in (("new.txt", b"A new rule.\n"), ("empty.txt", b"No longer empty.\n")):
        document = document_from_bytes(text, uri, "text/plain")
        put(collection, document, text, makers())
        if uri == "empty.txt":
            del before["empty.txt"]
        assert skipped(collection) == before
    catalog = Catalog(collection.published().layout.catalog)
    (document_id,) = catalog.known_as("new.txt", None)
    remove(collection, document_id, makers())
    assert skipped(collection) == before


def test_a_damaged_record_is_said_to_be_damaged(collection: Collection) -> None:
    """It is never read as if nothing had been skipped."""
    path = collection.published().layout.dropped
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DamagedError, match="damaged"):
        dropped.skipped(collection.published().layout)


def test_comparing_tells_what_going_back_would_do_and_does_nothing(collection: Collection) -> None:
    """Which documents come back, go, and read otherwise."""
    old = collection.current()
    assert old is not None
    catalog = Catalog(collection.published().layout.catalog)
    (gone,) = catalog.known_as("notes.txt", None)
    remove(collection, gone, makers())
    for uri, text in (("new.txt", b"A new rule.\n"), ("spasms.txt", b"Spasms pass.\n")):
        put(collection, document_from_bytes(text, uri, "text/plain"), text, makers())
    current = collection.current()
    report = compare(collection, old)
    assert (report.added, report.removed) == (["notes.txt"], ["new.txt"])
    assert (report.changed, report.unchanged) == (["spasms.txt"], ["tablets.txt"])
    assert collection.current() == current
