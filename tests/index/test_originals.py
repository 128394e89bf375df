from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from corpus.documents import Document, document_id
from corpus.reading import document_from_bytes
from index import holdings
from index.collection import Collection, Folders
from index.doctor import examine
from index.encoders.hashing import HashingEncoder
from index.errors import BuildError, CollectionError, DamagedError
from index.layout import FORMAT
from index.update import activate, put, remove, update
from tests.building import LEAFLETS, index, indexed, makers, opened, write
from tests.index.builds import content

LEAFLET = b"The pool opens at nine.\n"
DIGESTS = {name: sha256(text.encode()).hexdigest() for name, text in LEAFLETS.items()}


def uploaded(data: bytes = LEAFLET, uri: str = "pool.txt") -> tuple[Document, bytes]:
    """Return a document with its bytes, as an upload has them."""
    return document_from_bytes(data, uri, "text/plain"), data


def flip_catalog(collection: Collection) -> None:
    """Damage the catalog of the published build."""
    path = collection.published().layout.catalog
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def test_the_bytes_of_every_document_are_kept_once(tmp_path: Path) -> None:
    """Each original is there under its SHA-256, also where two files have the same bytes."""
    collection = indexed(tmp_path, {**LEAFLETS, "copy.txt": LEAFLETS["spasms.txt"]})
    assert collection.originals.held() == sorted(DIGESTS.values())
    for name, digest in DIGESTS.items():
        assert collection.originals.read(digest) == LEAFLETS[name].encode()
        assert collection.originals.path(digest).read_bytes() == LEAFLETS[name].encode()


def test_originals_go_when_no_kept_build_refers_to_them(tmp_path: Path) -> None:
    """A changed file's old bytes stay with the build that has them, and leave with it."""
    collection = indexed(tmp_path)
    index(tmp_path, write(tmp_path / "source-default", {"spasms.txt": "Changed.\n"}))
    assert DIGESTS["spasms.txt"] in collection.originals.held()
    with collection.writing():
        collection.prune(1)
    assert DIGESTS["spasms.txt"] not in collection.originals.held()
    assert DIGESTS["tablets.txt"] in collection.originals.held()


def test_an_upload_is_published_in_one_step_and_stays(tmp_path: Path) -> None:
    """Put, put again, replaced: published, nothing, published; a folder's update leaves it."""
    collection = indexed(tmp_path)
    assert put(collection, *uploaded(), makers()).added == ["pool.txt"]
    assert opened(collection).search("when does the pool open", 1)[0].passage.text == (
        "The pool opens at nine."
    )
    assert put(collection, *uploaded(), makers()).build is None
    assert put(collection, *uploaded(b"The pool is closed.\n"), makers()).changed == ["pool.txt"]
    assert "pool.txt" in index(tmp_path, tmp_path / "source-default").unchanged
    with pytest.raises(BuildError, match="not read from these bytes"):
        put(collection, uploaded()[0], b"other", makers())


def test_removing_keeps_the_way_back_and_erasing_does_not(tmp_path: Path) -> None:
    """After --erase neither a build, nor an original, nor any file holds the document."""
    collection = indexed(tmp_path)
    document, data = uploaded(b"The secret word is zanzibar7q.\n")
    put(collection, document, data, makers())
    with_it = str(collection.current())
    remove(collection, document.document_id, makers())
    assert activate(collection, with_it).added == ["pool.txt"]
    assert remove(collection, document.document_id, makers()).removed == ["pool.txt"]
    report = remove(collection, document.document_id, makers(), erase=True)
    assert (report.build, report.erased) == (None, [with_it])
    for path in collection.folder.rglob("*"):
        assert path.is_dir() or b"zanzibar7q" not in path.read_bytes(), path
    with pytest.raises(CollectionError, match="has no document"):
        remove(collection, document.document_id, makers(), erase=True)


def test_erasing_takes_a_published_document_in_one_step(tmp_path: Path) -> None:
    """Every build but the new one held it, so they go; what another file has too is kept."""
    collection = indexed(tmp_path, {**LEAFLETS, "copy.txt": LEAFLETS["spasms.txt"]})
    first = str(collection.current())
    report = remove(collection, document_id("spasms.txt"), makers(), erase=True)
    assert report.erased == [first]
    assert collection.builds() == [collection.current()]
    assert DIGESTS["spasms.txt"] in collection.originals.held()


def test_going_back_says_what_comes_back_and_what_goes(tmp_path: Path) -> None:
    """The report of an activated build compares it with the one before."""
    collection = indexed(tmp_path)
    first = str(collection.current())
    source = write(tmp_path / "source-default", {"new.txt": "New.\n", "spasms.txt": "Other.\n"})
    (source / "tablets.txt").unlink()
    index(tmp_path, source)
    report = activate(collection, first)
    assert (report.added, report.removed) == (["tablets.txt"], ["new.txt"])
    assert (report.changed, report.unchanged) == (["spasms.txt"], [])


def test_a_damaged_catalog_is_made_again_from_the_originals(tmp_path: Path) -> None:
    """Uploaded documents, which have no file, are in the new build as they were."""
    collection = indexed(tmp_path)
    put(collection, *uploaded(), makers())
    before = content(collection)
    flip_catalog(collection)
    assert index(tmp_path, tmp_path / "source-default").build is not None
    assert content(collection) == before


def test_without_the_originals_nothing_is_built_upon_a_damaged_catalog(tmp_path: Path) -> None:
    """Where one is missing or damaged as well, indexing refuses and changes nothing."""
    collection = indexed(tmp_path)
    current = collection.current()
    flip_catalog(collection)
    collection.originals.path(DIGESTS["spasms.txt"]).write_bytes(b"other")
    with pytest.raises(DamagedError, match="the original is damaged"):
        index(tmp_path, tmp_path / "source-default")
    assert collection.current() == current


def test_a_build_of_an_earlier_format_is_made_again_from_the_originals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version of the next format loses no document of this one, uploaded or not."""
    collection = indexed(tmp_path)
    put(collection, *uploaded(), makers())
    monkeypatch.setattr("index.manifest.FORMAT", FORMAT + 1)
    with pytest.raises(DamagedError, match="reads its documents again from their originals"):
        opened(collection)
    assert index(tmp_path, tmp_path / "source-default").build is not None
    held = holdings.read(collection.published().layout)
    assert held is not None
    assert [one.uri for one in held] == ["pool.txt", *sorted(LEAFLETS)]


def test_a_build_of_a_later_format_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says to use the newer version, and nothing is published."""
    indexed(tmp_path)
    monkeypatch.setattr("index.manifest.FORMAT", 2)
    with pytest.raises(DamagedError, match="a newer version of Pincite made it"):
        index(tmp_path, tmp_path / "source-default")


def test_a_missing_original_is_kept_again_and_found_by_the_doctor(tmp_path: Path) -> None:
    """The doctor names the file and the mend; the mend works and publishes nothing."""
    collection = indexed(tmp_path)
    path = collection.originals.path(DIGESTS["spasms.txt"])
    path.write_bytes(b"damaged")
    (found,) = [one for one in examine(Folders(tmp_path), HashingEncoder) if not one.sound]
    assert (found.what, str(path) in found.detail) == ("default: originals", True)
    path.unlink()
    assert index(tmp_path, tmp_path / "source-default").build is None
    assert [one for one in examine(Folders(tmp_path), HashingEncoder) if not one.sound] == []


def test_a_dry_run_keeps_no_original(tmp_path: Path) -> None:
    """Nothing at all is written."""
    collection = Collection(tmp_path / "home", "default")
    update(collection, [write(tmp_path / "source")], makers(), dry_run=True)
    assert not (tmp_path / "home").exists()


def test_a_build_that_fails_leaves_no_original(tmp_path: Path) -> None:
    """What was kept for it is deleted again, and what was there before stays."""
    collection = indexed(tmp_path)
    source = write(tmp_path / "source-default", {"new.txt": "New.\n"})

    def broken() -> HashingEncoder:
        raise BuildError("the model cannot be opened")

    with pytest.raises(BuildError):
        update(collection, [source], replace(makers(), encoder=broken))
    assert collection.originals.held() == sorted(DIGESTS.values())
