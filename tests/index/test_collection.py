import subprocess
import sys
from pathlib import Path

import pytest

from index.collection import Collection, collections
from index.errors import BuildError, CollectionError, DamagedError, NothingIndexedError
from index.manifest import read_manifest
from index.update import update
from tests.building import LEAFLETS, index, indexed, makers, write


def rebuilt(collection: Collection, home: Path, number: int) -> str:
    """Publish another build, of one more file; return its name."""
    source = write(home / f"source-{collection.name}", {f"more-{number}.txt": f"More {number}.\n"})
    published = update(collection, [source], makers()).build
    assert published is not None
    return published


def test_before_the_first_build_there_is_nothing(tmp_path: Path) -> None:
    """A new collection has no build, and asking for the published one says how to make it."""
    collection = Collection(tmp_path, "default")
    assert collection.current() is None
    assert collection.builds() == []
    assert collections(tmp_path) == []
    with pytest.raises(NothingIndexedError, match="pincite index PATH"):
        collection.published()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../a", "A", "-a", "_a", "a b", "é", "a" * 64, "a\n", "a\0"]
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    """Only 1 to 63 of a-z, 0-9, '-' and '_' name a collection: no name leads out of HOME."""
    with pytest.raises(CollectionError, match="cannot name a collection"):
        Collection(tmp_path, name)


@pytest.mark.parametrize("name", ["a", "0", "a" * 63, "ward-7_old"])
def test_a_good_name_is_taken(tmp_path: Path, name: str) -> None:
    """What the error message allows is allowed."""
    assert Collection(tmp_path, name).name == name


def test_publishing_moves_the_whole_build_into_place(tmp_path: Path) -> None:
    """CURRENT names the build, its folder is there, nothing of its making is left."""
    collection = indexed(tmp_path)
    (build,) = collection.builds()
    assert collection.current() == build
    assert (collection.folder / "CURRENT").read_text(encoding="ascii") == f"{build}\n"
    assert collection.leftovers() == []
    assert {path.name for path in collection.folder.iterdir()} == {
        "CURRENT",
        "LOCK",
        "builds",
        "originals",
    }
    assert [one.name for one in collections(tmp_path)] == ["default"]


def test_a_build_that_fails_leaves_nothing_and_changes_nothing(tmp_path: Path) -> None:
    """After an error while building, the published build and the folder are as before."""
    collection = indexed(tmp_path)
    before = sorted(collection.folder.rglob("*"))
    with (  # noqa: PT012 - what is tested is what surrounds the error
        pytest.raises(BuildError, match="No space"),
        collection.writing(),
        collection.staging("exact:") as draft,
    ):
        draft.layout.catalog.write_bytes(b"half")
        raise OSError(28, "No space left on device")
    assert sorted(collection.folder.rglob("*")) == before


def test_builds_sort_by_age_and_an_older_one_can_be_published_again(tmp_path: Path) -> None:
    """The clock of this test stands still, yet each build is named after the one before."""
    collection = indexed(tmp_path)
    names = [
        collection.current(),
        rebuilt(collection, tmp_path, 1),
        rebuilt(collection, tmp_path, 2),
    ]
    assert collection.builds() == names == sorted(map(str, names))
    collection.activate(str(names[0]))
    assert collection.current() == names[0]
    assert collection.builds() == names


def test_activating_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """Neither an unknown build nor a path can be activated, and CURRENT stays."""
    collection = indexed(tmp_path)
    current = collection.current()
    for name in ("20200101T000000Z-00000000", "../builds", "", "."):
        with pytest.raises(CollectionError, match="has no build"):
            collection.activate(name)
    assert collection.current() == current


def test_pruning_keeps_the_newest_and_the_published_one(tmp_path: Path) -> None:
    """The published build is never deleted, however old."""
    collection = indexed(tmp_path)
    first = str(collection.current())
    middle, last = (rebuilt(collection, tmp_path, number) for number in (1, 2))
    collection.activate(first)
    assert collection.prune(1) == [middle]
    assert collection.builds() == [first, last]
    assert collection.prune(9) == []


_HOLD = """
import sys; from pathlib import Path; from index.collection import Collection
with Collection(Path(sys.argv[1]), "default").writing():
    print("held", flush=True); sys.stdin.read()
"""


def test_a_second_writer_is_turned_away_at_once(tmp_path: Path) -> None:
    """While another process writes, a writer gets an error that says to wait."""
    indexed(tmp_path)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _HOLD,
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CollectionError, match="another process is indexing"):
            index(tmp_path, tmp_path / "source-default")
        holder.kill()
    assert index(tmp_path, tmp_path / "source-default").build is None


def test_what_died_under_way_is_swept_by_the_next_writer(tmp_path: Path) -> None:
    """A half-made build is no build, and is gone after the next index."""
    collection = indexed(tmp_path)
    half = collection.folder / "builds" / ".building-dead"
    (half / "lexical").mkdir(parents=True)
    (half / "catalog.sqlite").write_bytes(b"half")
    assert collection.leftovers() == [half.name]
    assert len(collection.builds()) == 1
    index(tmp_path, tmp_path / "source-default")
    assert not half.exists()


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"../../etc", b"garbage", b"\xff\xfe", b"a" * 9999]
)
def test_garbage_in_current_is_a_known_fault(tmp_path: Path, content: bytes) -> None:
    """The error names CURRENT and how to mend it; activating a build mends it."""
    collection = indexed(tmp_path)
    build = collection.builds()[0]
    (collection.folder / "CURRENT").write_bytes(content)
    with pytest.raises((DamagedError, CollectionError), match="CURRENT"):
        collection.current()
    with collection.writing():
        collection.activate(build)
    assert collection.current() == build


def test_current_that_names_a_deleted_build_is_a_known_fault(tmp_path: Path) -> None:
    """The error says that the build is not there."""
    collection = indexed(tmp_path)
    (collection.folder / "CURRENT").write_text("20200101T000000Z-00000000\n", encoding="ascii")
    with pytest.raises(CollectionError, match="has no build '20200101T000000Z-00000000'"):
        collection.published()


def test_a_file_where_a_folder_should_be_is_a_known_fault(tmp_path: Path) -> None:
    """HOME/collections being a file is reported as something that cannot be written."""
    (tmp_path / "collections").write_text("", encoding="utf-8")
    with pytest.raises(CollectionError, match="cannot be written"):
        index(tmp_path, write(tmp_path / "source", LEAFLETS))


def test_published_files_can_be_read_by_others(tmp_path: Path) -> None:
    """A build made by one user can be served by another: 0644 files in 0755 folders."""
    layout = indexed(tmp_path).published().layout
    assert layout.folder.stat().st_mode & 0o777 == 0o755
    for path in layout.folder.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_the_manifest_is_of_the_build_it_lies_in(tmp_path: Path) -> None:
    """The manifest's build is the folder's name, and it lists every other file."""
    collection = indexed(tmp_path)
    layout = collection.published().layout
    manifest = read_manifest(layout)
    assert manifest.build == layout.folder.name
    assert set(manifest.files) == {
        path.relative_to(layout.folder).as_posix() for path in layout.files()
    }
