"""A build on disk that is not what was written: every file, every kind of damage."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from index.collection import Collection
from index.encoders.hashing import HashingEncoder
from index.errors import DamagedError, EncoderError
from index.layout import FORMAT
from index.manifest import Manifest, check_files, read_manifest
from index.retriever import Retriever
from service.library import Library
from tests.building import LEAFLETS, index, indexed, library, opened, write
from tests.processes import one_line, run


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    """Cut the last byte off."""
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    """Add a byte."""
    path.write_bytes(path.read_bytes() + b"\n")


def delete(path: Path) -> None:
    """Delete the file."""
    path.unlink()


DAMAGES = [flip, truncate, lengthen, delete]


def damageable(collection: Collection, damage: Callable[[Path], None]) -> list[Path]:
    """Return the files of the published build to which this damage can be done."""
    layout = collection.published().layout
    return [
        path
        for path in (*layout.files(), layout.manifest)
        if path.stat().st_size or damage in {delete, lengthen}
    ]


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_damage_to_any_file_goes_unseen(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """Whichever file is damaged, opening raises a DamagedError that names it."""
    source = write(tmp_path / "source")
    index(tmp_path, source, engine="faiss:auto")
    collection = Collection(tmp_path, "default")
    files = damageable(collection, damage)
    assert len(files) >= 8
    for path in files:
        whole = path.read_bytes()
        damage(path)
        with pytest.raises(DamagedError) as caught:
            opened(collection)
        assert str(path) in str(caught.value)
        assert "; " in str(caught.value)
        path.write_bytes(whole)
    assert opened(collection).search("spasms", 1)


def test_no_flipped_bit_of_the_manifest_goes_unseen(tmp_path: Path) -> None:
    """Each byte of manifest.json, changed in its lowest bit or to another white space, is seen."""
    layout = indexed(tmp_path).published().layout
    whole = layout.manifest.read_bytes()
    for at, byte in enumerate(whole):
        for other in (byte ^ 1, byte ^ 7):
            layout.manifest.write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])
            with pytest.raises(DamagedError, match=r"manifest\.json"):
                read_manifest(layout)
    layout.manifest.write_bytes(whole)
    assert read_manifest(layout).to_json().encode() == whole


@pytest.mark.parametrize("content", ["", "null", "[]", "{}", '"text"', '{"format": 2}', "\ufeff{}"])
def test_json_that_is_no_manifest_is_damaged(tmp_path: Path, content: str) -> None:
    """Any other JSON where the manifest should be is a DamagedError."""
    layout = indexed(tmp_path).published().layout
    layout.manifest.write_text(content, encoding="utf-8")
    with pytest.raises(DamagedError, match=r"manifest\.json"):
        read_manifest(layout)


def test_a_build_of_another_format_is_never_guessed_at(tmp_path: Path) -> None:
    """A manifest of the next format is refused with both numbers."""
    layout = indexed(tmp_path).published().layout
    body = json.loads(layout.manifest.read_text(encoding="utf-8"))
    layout.manifest.write_text(json.dumps({**body, "format": FORMAT + 1}), encoding="utf-8")
    wanted = f"a build of format {FORMAT + 1}, this version reads {FORMAT}"
    with pytest.raises(DamagedError, match=wanted):
        read_manifest(layout)


def test_a_manifest_survives_writing_and_reading(tmp_path: Path) -> None:
    """What is read equals what was written, and its hash covers every field."""
    manifest = read_manifest(indexed(tmp_path).published().layout)
    fields = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
    assert Manifest(**fields) == manifest
    assert Manifest(**{**fields, "created_at": ""}).sha256() != manifest.sha256()
    check_files(indexed(tmp_path).published().layout, manifest)


def test_a_build_by_another_model_names_both(tmp_path: Path) -> None:
    """Asked with another encoder, the error has the build's encoder and the one in use."""
    collection = indexed(tmp_path)
    with pytest.raises(EncoderError, match=r"encoder hashing/64, asked with hashing/32"):
        Retriever(collection.published(), HashingEncoder(32))


def test_a_build_by_other_weights_of_the_same_model_is_refused(tmp_path: Path) -> None:
    """Equal names with unequal weights do not mix."""
    encoder = HashingEncoder()
    encoder.weights_sha256 = "0" * 64
    with pytest.raises(EncoderError, match="other weights of hashing/64"):
        Retriever(indexed(tmp_path).published(), encoder)


@pytest.mark.parametrize("name", ["vectors.npy", "manifest.json", "catalog.sqlite"])
def test_the_shell_tells_of_damage_in_one_line(tmp_path: Path, name: str) -> None:
    """`ask` and `serve` end with status 1 and one line that names the file."""
    flip(indexed(tmp_path).published().layout.folder / name)
    for arguments in (("ask", "what about spasms?"), ("serve", "--port", "0")):
        done = run(tmp_path, *arguments)
        assert done.returncode == 1
        assert name in one_line(done.stderr)
        assert done.stdout == ""


def test_the_shell_tells_of_another_model_in_one_line(tmp_path: Path) -> None:
    """`ask` and `serve` with another encoder end with status 1 and name both."""
    indexed(tmp_path)
    for arguments in (("ask", "what about spasms?"), ("serve", "--port", "0")):
        done = run(tmp_path, *arguments, PINCITE_ENCODER="hashing:32")
        assert done.returncode == 1
        assert "hashing/64, asked with hashing/32" in one_line(done.stderr)


def kept_and_damaged(home: Path) -> tuple[Library, str, str]:
    """Return a library serving a build, that build, and a damaged one that became current."""
    collection = indexed(home)
    served = library(home)
    served.warm()
    old = str(collection.current())
    index(home, write(home / "source-default", {"new.txt": "Something new.\n"}))
    flip(collection.published().layout.vectors)
    return served, old, str(collection.current())


def test_a_damaged_new_build_is_not_served_and_the_old_one_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The service keeps the build it has opened, says so once, and takes the next whole one."""
    served, old, damaged = kept_and_damaged(tmp_path)
    for _ in range(3):
        assert served.retriever("default").manifest.build == old
        assert served.retriever("default").search("spasms", 1)
    assert len([line for line in caplog.messages if damaged in line]) == 1
    mended = index(tmp_path, tmp_path / "source-default").build
    assert served.retriever("default").manifest.build == mended


def test_garbage_in_current_does_not_stop_what_is_served(tmp_path: Path) -> None:
    """A library that has opened a build serves it while CURRENT cannot be understood."""
    collection = indexed(tmp_path)
    served = library(tmp_path)
    served.warm()
    (collection.folder / "CURRENT").write_bytes(b"\xff")
    assert [name for name, _ in served.retrievers(None)] == ["default"]
    with pytest.raises(Exception, match="CURRENT"):
        library(tmp_path).warm()


@pytest.mark.parametrize("name", ["vectors.npy", "paragraphs.npy", "dropped.jsonl"])
def test_indexing_again_mends_all_but_the_catalog(tmp_path: Path, name: str) -> None:
    """With unchanged documents but a damaged file, the next index makes a whole build."""
    collection = indexed(tmp_path)
    flip_or_write = collection.published().layout.folder / name
    flip_or_write.write_bytes(flip_or_write.read_bytes() + b"x")
    report = index(tmp_path, tmp_path / "source-default")
    assert report.build is not None
    assert report.unchanged == sorted(LEAFLETS)
    assert opened(collection).search("spasms", 1)


def test_a_damaged_manifest_is_not_built_upon(tmp_path: Path) -> None:
    """Its documents are not known for sure, so indexing refuses and says what mends it."""
    collection = indexed(tmp_path)
    flip(collection.published().layout.manifest)
    with pytest.raises(DamagedError, match="builds activate an older build; where there is none"):
        index(tmp_path, tmp_path / "source-default")


def test_a_damaged_build_cannot_be_activated(tmp_path: Path) -> None:
    """`builds activate` checks every file first."""
    collection = indexed(tmp_path)
    first = str(collection.current())
    index(tmp_path, write(tmp_path / "source-default", {"new.txt": "Something new.\n"}))
    flip(collection.layout(first).paragraphs)
    done = run(tmp_path, "builds", "activate", first)
    assert done.returncode == 1
    assert "paragraphs.npy" in one_line(done.stderr)
    assert collection.current() != first
