import os
import resource
import time
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.allowance import Limits
from corpus.errors import Reason
from corpus.isolation import Workers
from corpus.reading import Skipped, find, read_all
from tests.corpus import hostile
from tests.corpus.isolated.limits import HASTY, MIB, PATIENT, fault
from tests.corpus.isolated.watched import children, session, wait_until_gone


@pytest.mark.parametrize("name", ["loop", "sleep", "print_for_ever"])
def test_what_never_ends_is_ended(workers: Workers, name: str) -> None:
    """At its limit of time a file is given up, and the message says which setting to raise."""
    began = time.monotonic()
    error = fault(workers, name, limits=HASTY)
    assert error.reason is Reason.TOO_SLOW
    assert "more than 1.5 seconds" in str(error)
    assert "PINCITE_READ_SECONDS" in str(error)
    assert time.monotonic() - began < 1.5 + 3


@pytest.mark.parametrize("name", ["hog", "hog_at_once", "hog_and_hide", "hog_and_abort"])
def test_what_takes_all_memory_gets_no_more(workers: Workers, name: str) -> None:
    """At its limit of memory a file is given up, also where its reader names another cause."""
    error = fault(workers, name)
    assert error.reason is Reason.TOO_MUCH_MEMORY
    assert f"more than {256 * MIB:,} bytes" in str(error)
    assert "PINCITE_READ_MEMORY" in str(error)
    workers.close()
    assert workers.peak < 400 * MIB


@pytest.mark.parametrize(
    ("name", "reason"), [("hog_and_abort", Reason.TOO_MUCH_MEMORY), ("abort", Reason.CRASHED)]
)
def test_how_large_the_parent_is_changes_nothing(
    workers: Workers, name: str, reason: Reason
) -> None:
    """Also where it holds more than a file may take: what a reader takes is counted from nought."""
    held = bytearray(os.urandom(1)) * (400 * MIB)
    assert fault(workers, name).reason is reason
    workers.close()
    assert workers.peak < 300 * MIB
    assert len(held) == 400 * MIB


def test_killed_for_want_of_memory_is_said_so(workers: Workers) -> None:
    """SIGKILL that we did not send is the system's, when the machine has no memory left."""
    assert fault(workers, "kill").reason is Reason.TOO_MUCH_MEMORY


def test_recursion_is_too_deep(workers: Workers) -> None:
    """A structure that is nested without end is told as that."""
    assert fault(workers, "recurse").reason is Reason.TOO_DEEP


@pytest.mark.parametrize(
    ("name", "data", "how"),
    [
        ("segfault", b"", "SIGSEGV"),
        ("recurse_in_c", b"", "SIGSEGV"),
        ("abort", b"", "SIGABRT"),
        ("leave", b"0", "exit status 0"),
        ("leave", b"3", "exit status 3"),
        ("leave_politely", b"0", "SystemExit"),
        ("interrupt", b"", "KeyboardInterrupt"),
        ("fail", b"secret", "KeyError"),
        ("nothing", b"", "AttributeError"),
        ("interfere", b"", "cannot be used"),
    ],
)
def test_a_crash_costs_its_file(workers: Workers, name: str, data: bytes, how: str) -> None:
    """However the reader ends, the report says how, and not what stood in the file."""
    error = fault(workers, name, data)
    assert error.reason is Reason.CRASHED
    assert how in str(error)
    assert f"test/{name}" in str(error)
    assert "secret" not in str(error)


def test_who_hangs_up_has_crashed(workers: Workers) -> None:
    """A reader that closes the socket and stays is not waited for."""
    began = time.monotonic()
    error = fault(workers, "hang_up")
    assert error.reason is Reason.CRASHED
    assert "it hung up" in str(error)
    assert time.monotonic() - began < 20


def test_no_byte_is_written(workers: Workers, tmp_path: Path) -> None:
    """A reader that writes a file leaves nothing in it."""
    path = tmp_path / "written"
    assert "OSError" in str(fault(workers, "write", str(path).encode()))
    assert not path.exists() or path.read_bytes() == b""


@pytest.mark.parametrize("name", ["fork", "fork_and_loop", "fork_and_stay"])
def test_a_reader_starts_no_process(workers: Workers, name: str) -> None:
    """Forking is refused, or found and ended with all its forks; every file gets its own answer."""
    before = children()
    workers.parse(b"Rest.", "test/well", PATIENT)
    (process,) = children() - before
    error = fault(workers, name, limits=HASTY)
    assert error.reason is (Reason.TOO_SLOW if name == "fork_and_stay" else Reason.CRASHED)
    wait_until_gone(session(process))


def test_what_a_reader_prints_goes_nowhere(
    workers: Workers, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither into the answer nor onto our terminal; there is nothing for it to read."""
    assert workers.parse(b"Rest.", "test/chatter", PATIENT).content.text == "Rest."
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "most"),
    [("long_text", 1600), ("long_title", 1595), ("many_blocks", 100), ("many_pages", 100)],
)
def test_the_limit_of_text_itself_is_allowed(workers: Workers, name: str, most: int) -> None:
    """One character, block or page more is too much text, with the setting to raise."""
    limits = Limits(text=1600)
    workers.parse(str(most).encode(), f"test/{name}", limits)
    error = fault(workers, name, str(most + 1).encode(), limits)
    assert error.reason is Reason.TOO_MUCH_TEXT
    assert "PINCITE_LARGEST_TEXT" in str(error)


@pytest.mark.parametrize("what", hostile.IMPOSSIBLE)
def test_impossible_content_is_refused(workers: Workers, what: str) -> None:
    """Offsets outside the text, overlaps, wrong types: the file is refused, nothing is believed."""
    assert fault(workers, "impossible", what.encode()).reason is Reason.CRASHED


def test_a_refusal_arrives_as_it_was_raised(workers: Workers) -> None:
    """Reason and message are the reader's own; only the length is bounded."""
    error = fault(workers, "refuse")
    assert error.reason is Reason.ENCRYPTED
    assert str(error) == ("locked " * 9999)[:2000]


def test_a_folder_of_hostile_files_is_read_around_them(tmp_path: Path) -> None:
    """Each bad file is listed with its reason, each good one is read, both in path order."""
    bad = ["abort", "fail", "fork", "hang_up", "hog", "interfere", "loop", "recurse", "segfault"]
    for name in bad:
        (tmp_path / f"{name}.well").write_bytes(name.encode())
        (tmp_path / f"{name}.{name}").write_bytes(b"Rest.")
    before, resident = children(), resident_bytes()
    skipped: list[Skipped] = []
    limits = replace(HASTY, seconds=8)  # a slow machine needs seconds to fill the memory
    documents = list(read_all(find([tmp_path]).sources, skipped.append, limits))
    assert [one.text for one in documents] == bad
    assert [one.uri for one in skipped] == [f"{name}.{name}" for name in bad]
    reasons = {one.uri.partition(".")[0]: one.reason for one in skipped}
    assert reasons["hog"] is Reason.TOO_MUCH_MEMORY
    assert reasons["loop"] is Reason.TOO_SLOW
    assert all(one.fault for one in skipped)
    assert children() <= before
    assert resident_bytes() - resident < 64 * MIB


def resident_bytes() -> int:
    """Return how much memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()
