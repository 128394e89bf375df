import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from corpus.errors import IsolationError, Reason, UnreadableError
from corpus.isolation import Workers
from corpus.reading import document_from_bytes, find, read_all
from tests.corpus.isolated.limits import HASTY, PATIENT, fault
from tests.corpus.isolated.watched import children, is_running, session, wait_until_gone


def test_a_process_is_reused_and_replaced_after_a_fault(workers: Workers) -> None:
    """Many files cost one process; a crash costs another; a mere refusal does not."""

    def process() -> set[int]:
        workers.parse(b"Rest.", "test/well", PATIENT)
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
    workers.parse(b"x", "test/keep", PATIENT)
    kept = children() - before
    workers.parse(b"Rest.", "test/well", PATIENT)
    assert children() - before != kept


def test_a_process_that_died_idle_costs_no_file(workers: Workers) -> None:
    """The next file gets a process of its own and is read."""
    before = children()
    workers.parse(b"Rest.", "test/well", PATIENT)
    (process,) = children() - before
    os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert workers.parse(b"Rest.", "test/well", PATIENT).content.text == "Rest."


def test_an_idle_process_is_ended() -> None:
    """A service that has read its files holds no process for it, and no zombie."""
    before = children()
    with Workers(1, idle_seconds=0.2) as workers:
        workers.parse(b"Rest.", "test/well", PATIENT)
        deadline = time.monotonic() + 5
        while children() - before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert children() <= before
        assert workers.parse(b"Rest.", "test/well", PATIENT).content.text == "Rest."


def test_it_gets_nothing_of_ours(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither our environment, nor our open files, nor our folder, nor a model's library."""
    monkeypatch.setenv("PINCITE_SECRET", "canary")
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "open").open("w", encoding="utf-8") as file:
        os.set_inheritable(file.fileno(), True)
        seen = workers.parse(b"", "test/surroundings", PATIENT).content.text
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
    assert workers.parse(b"Rest.", "test/well", PATIENT).content.text == "Rest."


def test_where_the_end_of_children_is_ignored_nothing_changes(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started by a program that ignores SIGCHLD, how a process ended is not known, only that."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert fault(workers, "segfault").reason is Reason.CRASHED
        assert fault(workers, "loop", limits=HASTY).reason is Reason.TOO_SLOW
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
                    workers.parse(b"Rest.", "test/well", PATIENT)
            files += [os.open(os.devnull, os.O_RDONLY) for _ in range(free)]
        finally:
            for one in files:
                os.close(one)


def test_where_no_process_can_start_it_is_no_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an interpreter to start, or with one that fails, the fault is not the document's."""
    for program in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", program)
        with Workers(1) as workers, pytest.raises(IsolationError, match="start"):
            workers.parse(b"Rest.", "test/well", PATIENT)


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
            workers.parse(b"", "test/sleep", PATIENT)
        except UnreadableError as error:
            faults.append(error)

    thread = threading.Thread(target=wait)
    before = children()
    workers.parse(b"Well.", "test/well", PATIENT)  # what reads has started, on a busy machine too
    thread.start()
    time.sleep(0.5)
    workers.close()
    thread.join(5)
    assert not thread.is_alive()
    assert len(faults) == 1
    assert children() <= before
    with pytest.raises(IsolationError, match="stopped"):
        workers.parse(b"", "test/well", PATIENT)


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
        cwd=Path(__file__).parents[3],
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
