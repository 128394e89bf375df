import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from corpus.allowance import Limits
from corpus.errors import IsolationError, Reason, UnreadableError
from corpus.isolation import Workers
from corpus.readers import MEDIA_TYPES, READERS, Format
from corpus.reading import Skipped, document_from_bytes, find, read_all
from tests.corpus import hostile

_MIB = 1024 * 1024
_PATIENT = Limits(memory=256 * _MIB)
_HASTY = Limits(seconds=1.5, memory=256 * _MIB)
_READERS = sorted(
    name
    for name, one in vars(hostile).items()
    if getattr(one, "__module__", "") == hostile.__name__
)


@pytest.fixture(autouse=True)
def _hostile_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reader of `hostile` reads a media type and an ending of its own name."""
    for name in _READERS:
        monkeypatch.setitem(READERS, f"test/{name}", Format(f"tests.corpus.hostile:{name}", 1))
        monkeypatch.setitem(MEDIA_TYPES, f".{name}", f"test/{name}")


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Return processes of the test's own; none is left after it."""
    before = children()
    with Workers(1) as opened:
        yield opened
    assert children() <= before


def processes() -> dict[int, list[str]]:
    """Return what /proc/PID/stat says after the name: state, parent, group, session and so on."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended while we looked
            stat = path.read_text(encoding="utf-8")
            found[int(path.parent.name)] = stat.rpartition(")")[2].split()
    return found


def children(parent: int | None = None) -> set[int]:
    """Return the processes, zombies too, that are children of this one."""
    parent = parent or os.getpid()
    return {process for process, stat in processes().items() if int(stat[1]) == parent}


def session(leader: int) -> set[int]:
    """Return a reading process and all that it has forked."""
    return {process for process, stat in processes().items() if int(stat[3]) == leader}


def is_running(process: int) -> bool:
    """Tell whether a process is there and no zombie."""
    stat = processes().get(process)
    return stat is not None and stat[0] not in "ZX"


def wait_until_gone(processes: set[int]) -> None:
    """Fail unless all have ended within seconds."""
    deadline = time.monotonic() + 5
    while any(map(is_running, processes)):
        assert time.monotonic() < deadline, processes
        time.sleep(0.02)


def fault(
    workers: Workers, name: str, data: bytes = b"Rest first.", limits: Limits = _PATIENT
) -> UnreadableError:
    """Return the fault that a hostile reader costs its file; the next file is read."""
    with pytest.raises(UnreadableError) as caught:
        workers.parse(data, f"test/{name}", limits)
    assert workers.parse(b"Drink enough.", "test/well", _PATIENT).content.text == "Drink enough."
    return caught.value


@pytest.mark.parametrize("name", ["loop", "sleep", "print_for_ever"])
def test_what_never_ends_is_ended(workers: Workers, name: str) -> None:
    """At its limit of time a file is given up, and the message says which setting to raise."""
    began = time.monotonic()
    error = fault(workers, name, limits=_HASTY)
    assert error.reason is Reason.TOO_SLOW
    assert "more than 1.5 seconds" in str(error)
    assert "PINCITE_READ_SECONDS" in str(error)
    assert time.monotonic() - began < 1.5 + 3


@pytest.mark.parametrize("name", ["hog", "hog_at_once", "hog_and_hide", "hog_and_abort"])
def test_what_takes_all_memory_gets_no_more(workers: Workers, name: str) -> None:
    """At its limit of memory a file is given up, also where its reader names another cause."""
    error = fault(workers, name)
    assert error.reason is Reason.TOO_MUCH_MEMORY
    assert f"more than {256 * _MIB:,} bytes" in str(error)
    assert "PINCITE_READ_MEMORY" in str(error)
    workers.close()
    assert workers.peak < 400 * _MIB


@pytest.mark.parametrize(
    ("name", "reason"), [("hog_and_abort", Reason.TOO_MUCH_MEMORY), ("abort", Reason.CRASHED)]
)
def test_how_large_the_parent_is_changes_nothing(
    workers: Workers, name: str, reason: Reason
) -> None:
    """Also where it holds more than a file may take: what a reader takes is counted from nought."""
    held = bytearray(os.urandom(1)) * (400 * _MIB)
    assert fault(workers, name).reason is reason
    workers.close()
    assert workers.peak < 300 * _MIB
    assert len(held) == 400 * _MIB


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
    workers.parse(b"Rest.", "test/well", _PATIENT)
    (process,) = children() - before
    error = fault(workers, name, limits=_HASTY)
    assert error.reason is (Reason.TOO_SLOW if name == "fork_and_stay" else Reason.CRASHED)
    wait_until_gone(session(process))


def test_what_a_reader_prints_goes_nowhere(
    workers: Workers, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither into the answer nor onto our terminal; there is nothing for it to read."""
    assert workers.parse(b"Rest.", "test/chatter", _PATIENT).content.text == "Rest."
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


def test_a_process_is_reused_and_replaced_after_a_fault(workers: Workers) -> None:
    """Many files cost one process; a crash costs another; a mere refusal does not."""

    def process() -> set[int]:
        workers.parse(b"Rest.", "test/well", _PATIENT)
        return children() - before

    before = children()
    first = process()
    assert len(first) == 1
    assert process() == first
    fault(workers, "refuse")
    assert process() == first
    fault(workers, "segfault")
    second = process()
    assert len(second) == 1
    assert second != first


def test_a_process_that_stays_large_is_replaced(workers: Workers) -> None:
    """What a library does not give back is not carried along."""
    before = children()
    workers.parse(b"x", "test/keep", _PATIENT)
    kept = children() - before
    workers.parse(b"Rest.", "test/well", _PATIENT)
    assert children() - before != kept


def test_a_process_that_died_idle_costs_no_file(workers: Workers) -> None:
    """The next file gets a process of its own and is read."""
    before = children()
    workers.parse(b"Rest.", "test/well", _PATIENT)
    (process,) = children() - before
    os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert workers.parse(b"Rest.", "test/well", _PATIENT).content.text == "Rest."


def test_an_idle_process_is_ended() -> None:
    """A service that has read its files holds no process for it, and no zombie."""
    before = children()
    with Workers(1, idle_seconds=0.2) as workers:
        workers.parse(b"Rest.", "test/well", _PATIENT)
        deadline = time.monotonic() + 5
        while children() - before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert children() <= before
        assert workers.parse(b"Rest.", "test/well", _PATIENT).content.text == "Rest."


def test_it_gets_nothing_of_ours(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither our environment, nor our open files, nor our folder, nor a model's library."""
    monkeypatch.setenv("PINCITE_SECRET", "canary")
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "open").open("w", encoding="utf-8") as file:
        os.set_inheritable(file.fileno(), True)
        seen = workers.parse(b"", "test/surroundings", _PATIENT).content.text
    assert "canary" not in seen
    assert str(tmp_path) not in seen
    assert {"torch", "numpy", "pydantic", "pytest"}.isdisjoint(seen.splitlines())


def test_a_stray_file_in_the_working_folder_is_not_imported(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No corpus.py or json.py beside the leaflets stands in for ours, even with "" in the path."""
    for name in ("corpus", "json", "site", "usercustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", ".", *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert workers.parse(b"Rest.", "test/well", _PATIENT).content.text == "Rest."


def test_where_the_end_of_children_is_ignored_nothing_changes(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started by a program that ignores SIGCHLD, how a process ended is not known, only that."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert fault(workers, "segfault").reason is Reason.CRASHED
        assert fault(workers, "loop", limits=_HASTY).reason is Reason.TOO_SLOW
        workers.close()
    finally:
        signal.signal(signal.SIGCHLD, before)


@pytest.mark.parametrize("free", range(6))
def test_without_a_free_descriptor_it_is_no_files_fault(free: int) -> None:
    """Where we may open no more files, the fault names that; nothing of the attempt stays open."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    files: list[int] = []
    with ExitStack() as restored, Workers(1) as workers:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
        restored.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        with suppress(OSError):
            while True:
                files.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(free):
            os.close(files.pop())
        try:
            for _ in range(2):
                with pytest.raises(IsolationError, match="open files"):
                    workers.parse(b"Rest.", "test/well", _PATIENT)
            files += [os.open(os.devnull, os.O_RDONLY) for _ in range(free)]
        finally:
            for one in files:
                os.close(one)


def test_where_no_process_can_start_it_is_no_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an interpreter to start, or with one that fails, the fault is not the document's."""
    for program in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", program)
        with Workers(1) as workers, pytest.raises(IsolationError, match="start"):
            workers.parse(b"Rest.", "test/well", _PATIENT)


def test_a_folder_of_hostile_files_is_read_around_them(tmp_path: Path) -> None:
    """Each bad file is listed with its reason, each good one is read, both in path order."""
    bad = ["abort", "fail", "fork", "hang_up", "hog", "interfere", "loop", "recurse", "segfault"]
    for name in bad:
        (tmp_path / f"{name}.well").write_bytes(name.encode())
        (tmp_path / f"{name}.{name}").write_bytes(b"Rest.")
    before, resident = children(), resident_bytes()
    skipped: list[Skipped] = []
    documents = list(read_all(find([tmp_path]).sources, skipped.append, _HASTY))
    assert [one.text for one in documents] == bad
    assert [one.uri for one in skipped] == [f"{name}.{name}" for name in bad]
    reasons = {one.uri.partition(".")[0]: one.reason for one in skipped}
    assert reasons["hog"] is Reason.TOO_MUCH_MEMORY
    assert reasons["loop"] is Reason.TOO_SLOW
    assert all(one.fault for one in skipped)
    assert children() <= before
    assert resident_bytes() - resident < 64 * _MIB


def resident_bytes() -> int:
    """Return how much memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def test_reading_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    """Who stops after the first document does not wait for the others."""
    for name in ("a.well", "b.sleep", "c.loop", "d.well"):
        (tmp_path / name).write_bytes(b"Rest.")
    before = children()
    documents = read_all(find([tmp_path]).sources, lambda _: None)
    assert next(documents).uri == "a.well"
    began = time.monotonic()
    documents.close()  # type: ignore[attr-defined] # a generator
    assert time.monotonic() - began < 5
    assert children() <= before


def test_many_threads_read_at_once() -> None:
    """Thirty uploads from thirty threads: each gets its own document or its own fault."""
    before = children()
    with Workers(2) as workers, ThreadPoolExecutor(30) as threads:

        def upload(number: int) -> str:
            kind = ("well", "fail", "segfault")[number % 3]
            try:
                return document_from_bytes(
                    f"Leaflet {number}.".encode(), "a", f"test/{kind}", workers=workers
                ).text
            except UnreadableError as error:
                return error.reason

        expected = [("", "crashed", "crashed")[n % 3] or f"Leaflet {n}." for n in range(30)]
        assert list(threads.map(upload, range(30))) == expected
        assert len(children() - before) <= 2
    assert children() <= before


def test_closing_ends_what_is_being_read() -> None:
    """Another thread that waits for an answer learns at once that there will be none."""
    workers = Workers(1)
    faults: list[Exception] = []

    def wait() -> None:
        try:
            workers.parse(b"", "test/sleep", _PATIENT)
        except UnreadableError as error:
            faults.append(error)

    thread = threading.Thread(target=wait)
    before = children()
    workers.parse(b"Well.", "test/well", _PATIENT)  # what reads has started, on a busy machine too
    thread.start()
    time.sleep(0.5)
    workers.close()
    thread.join(5)
    assert not thread.is_alive()
    assert len(faults) == 1
    assert children() <= before
    with pytest.raises(IsolationError, match="stopped"):
        workers.parse(b"", "test/well", _PATIENT)


_PARENT = """
import sys
from pathlib import Path
from corpus.readers import MEDIA_TYPES, READERS, Format
from corpus.reading import document_from_bytes, find, read_all
for name in ("well", "loop", "sleep", "fork_and_stay"):
    READERS[f"test/{name}"] = Format(f"tests.corpus.hostile:{name}", 1)
    MEDIA_TYPES[f".{name}"] = f"test/{name}"
document_from_bytes(b"Rest.", "a", "test/well")  # its process stays idle
print("reading", flush=True)
list(read_all(find([Path(sys.argv[1])]).sources, print))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["loop", "sleep", "fork_and_stay"])
def test_no_process_outlives_its_parent(tmp_path: Path, how: signal.Signals, name: str) -> None:
    """Killed, interrupted or told to end, the parent is gone at once and its readers with it."""
    for number in range(3):
        (tmp_path / f"{number}.{name}").touch()
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"reading\n"
        time.sleep(0.7)
        readers = set().union(*map(session, children(parent.pid)))
        assert len(readers) >= 2
        parent.send_signal(how)
        began = time.monotonic()
        parent.communicate(timeout=10)
        assert time.monotonic() - began < 5
    wait_until_gone(readers)
