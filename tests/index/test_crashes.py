"""A build under way that is killed, or has no room, or no right to write."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from index.collection import Collection
from index.manifest import check_files, read_manifest
from tests.building import index, indexed, library, opened, write
from tests.processes import PINCITE, environment, one_line, run

DROPPED = ("setpriv", "--bounding-set=-all", "--no-new-privs")
"""Run as this user but without root's power to write what is read-only."""


def powerless() -> tuple[str, ...]:
    """Return what to start a process with so that read-only means read-only."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root writes everywhere, and setpriv is not here to give that up")
    return DROPPED


def read_only(folder: Path) -> None:
    """Take the right to write from everything under `folder`."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def writable(folder: Path) -> None:
    """Give it back, so that the test's folder can be deleted."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_killed_at_any_moment_it_leaves_an_index_that_serves(tmp_path: Path) -> None:
    """Ten times killed while indexing: each time a whole build is published, old or new."""
    home = tmp_path / "home"
    source = write(
        tmp_path / "source", {f"{n}.txt": f"Leaflet {n} says {n}.\n" for n in range(300)}
    )
    assert run(home, "index", source).returncode == 0
    began = time.monotonic()
    write(source, {"0.txt": "Changed at first.\n"})
    assert run(home, "index", source).returncode == 0
    whole_seconds = time.monotonic() - began
    collection = Collection(home, "default")
    killed = 0
    for moment in range(10):
        write(source, {"0.txt": f"Changed for the {moment}th time.\n"})
        process = subprocess.Popen(
            [PINCITE, "index", str(source)],
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(whole_seconds * (0.3 + 0.06 * moment))
        process.kill()
        killed += process.wait() < 0
        layout = collection.published().layout
        check_files(layout, read_manifest(layout))
        assert opened(collection).search("leaflet", 1)
    assert killed >= 3
    assert run(home, "index", source).returncode == 0
    assert collection.leftovers() == []
    assert opened(collection).search("changed for the 9th time", 1)[0].passage.text == (
        "Changed for the 9th time."
    )


def test_with_no_room_the_build_fails_and_the_old_one_serves(tmp_path: Path) -> None:
    """With any limit on a file's size, indexing ends 1 with one line, and nothing has changed."""
    home = tmp_path / "home"
    source = write(tmp_path / "source")
    assert run(home, "index", source).returncode == 0
    new = "".join(f"<p>Sentence {n} is new.</p>" for n in range(400))
    # Its language is declared: to tell one, a model is unpacked, which takes a file as well.
    write(source, {"new.html": f'<html lang="en"><title>New</title>{new}</html>'})
    collection = Collection(home, "default")
    current = collection.current()
    for limit in (1_000, 60_000, 100_000):
        done = run(home, "index", source, prefix=("prlimit", f"--fsize={limit}"))
        assert done.returncode == 1, limit
        assert "what was published before is untouched" in one_line(done.stderr)
        assert collection.current() == current
        assert collection.leftovers() == []
        assert opened(collection).search("spasms", 1)
    assert run(home, "index", source).returncode == 0


def test_on_a_full_disk_the_build_fails_and_the_old_one_serves(tmp_path: Path) -> None:
    """On a file system of any too small size, indexing ends 1 and its last line is the fault."""
    source = write(tmp_path / "source")
    small = tmp_path / "small"
    small.mkdir()
    write(tmp_path / "more", {"new.txt": "".join(f"Sentence {n} is new.\n\n" for n in range(400))})
    script = (
        'mount -t tmpfs -o size="$1"k tmpfs "$2" || exit 77\n'
        '"$4" index --home "$2" "$3" >/dev/null || exit 78\n'
        'dd if=/dev/zero of="$2/filler" bs=1k count="$5" 2>/dev/null\n'
        '"$4" index --home "$2" "$6" >/dev/null && exit 79\n'
        'rm "$2/filler"; "$4" ask --home "$2" --json "spasms last seconds"\n'
    )
    for room_kb in (8, 130, 260):
        done = subprocess.run(
            [
                *("unshare", "--mount", "sh", "-c", script, "sh"),
                *("2000", str(small), str(source), PINCITE),
                *(str(2000 - USED_KB - room_kb), str(tmp_path / "more")),
            ],
            env=environment(small),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode == 77 or "unshare" in done.stderr:
            pytest.skip("this machine lets no test mount a file system")
        assert done.returncode == 0, (room_kb, done.returncode, done.stderr)
        assert "what was published before is untouched" in done.stderr.splitlines()[0], room_kb
        assert "Traceback" not in done.stderr
        assert json.loads(done.stdout)["receipt"]["build"]


USED_KB = 250
"""About what the first build takes there."""


def test_a_home_that_cannot_be_written_is_a_known_fault(tmp_path: Path) -> None:
    """`index` and `serve` into a read-only HOME end with 1 and one line that says so."""
    prefix = powerless()
    home = tmp_path / "home"
    home.mkdir()
    source = write(tmp_path / "source")
    read_only(home)
    for arguments in (
        ("index", source),
        ("serve", "--port", "0"),
        ("serve", source, "--port", "0"),
    ):
        done = run(home, *arguments, prefix=prefix)
        assert done.returncode == 1
        assert "cannot be written (Permission denied)" in one_line(done.stderr)
    assert list(home.iterdir()) == []


def test_a_read_only_home_can_be_asked_and_checked(tmp_path: Path) -> None:
    """Opening writes nothing: `ask` and `documents list` work where nothing can be written."""
    prefix = powerless()
    home = tmp_path / "home"
    source = write(tmp_path / "source")
    assert run(home, "index", source).returncode == 0
    read_only(home)
    try:
        asked = run(home, "ask", "--json", "how long do spasms last", prefix=prefix)
        assert asked.returncode == 0, asked.stderr
        assert json.loads(asked.stdout)["receipt"]["build"]
        listed = run(home, "documents", "list", prefix=prefix)
        assert (listed.returncode, listed.stderr) == (0, "")
        again = run(home, "index", source, prefix=prefix)
        assert again.returncode == 1
        assert "cannot be written" in one_line(again.stderr)
    finally:
        writable(home)


def test_a_builds_folder_that_cannot_be_written_is_a_known_fault(tmp_path: Path) -> None:
    """Where LOCK can be taken but no build be made, the error is one line all the same."""
    prefix = powerless()
    home = tmp_path / "home"
    source = write(tmp_path / "source")
    assert run(home, "index", source).returncode == 0
    write(source, {"new.txt": "Something new.\n"})
    builds = home / "collections" / "default" / "builds"
    builds.chmod(0o555)
    done = run(home, "index", source, prefix=prefix)
    builds.chmod(0o755)
    assert done.returncode == 1
    assert "builds: the build cannot be written (Permission denied)" in one_line(done.stderr)


def test_opening_and_asking_write_nothing(tmp_path: Path) -> None:
    """Every file of HOME has the same bytes, and there is no other, after serving from it."""
    source = write(tmp_path / "source")
    index(tmp_path, source, engine="faiss:auto")
    home = tmp_path / "collections"
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    served = library(tmp_path)
    served.warm()
    served.retriever("default").search("how long do spasms last", 5)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_build_is_served_after_its_folder_was_opened_and_pruned(tmp_path: Path) -> None:
    """Pruning under a serving library does not stop it: it follows to the published build."""
    collection = indexed(tmp_path)
    served = library(tmp_path)
    served.warm()
    source = write(tmp_path / "source-default", {"new.txt": "Something new.\n"})
    build = index(tmp_path, source).build
    collection.prune(1)
    assert served.retriever("default").manifest.build == build
    assert served.retriever("default").search("something new", 1)
