"""Processes that read files for this one: with limits, reused, and replaced after a fault."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from corpus.errors import IsolationError, Reason, UnreadableError
from corpus.limits import Limits
from corpus.parsing import Parsed
from corpus.readers import READERS
from corpus.reading_process import READY, memory_of
from corpus.wire import Answer, Request, receive_answer, request_message

CORES = len(os.sched_getaffinity(0))

_ROOT = str(Path(__file__).parents[1])
_PROGRAM = (
    "import sys; lifeline = int(sys.argv[1]); sys.path[:] = sys.argv[2:]; "
    "from corpus.reading_process import main; main(lifeline)"
)
_KEPT = ("PATH", "LD_LIBRARY_PATH")
_START_SECONDS = 60
_END_SECONDS = 1
_IDLE_SECONDS = 60
_NEARLY = 0.75
"""A process that had taken this share of its memory when it crashed has crashed for want of it."""


class Worker:
    """One reading process; `usable` turns False when it takes no more files.

    It has no file of ours but its socket and lifeline, nothing of our environment, and a session
    of its own, so that Ctrl-C is for the parent. `peak` is the most memory that it has held, in
    bytes, as far as known. IsolationError where it cannot be started.
    """

    def __init__(self) -> None:
        self.usable = True
        self.peak = 0
        self._charged = 0
        self._ending = threading.Lock()
        self._channel, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        program = [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM, str(lifeline)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [*program, *_search_path()],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(lifeline,),
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            self._channel.close()
            os.close(self._lifeline)
            raise IsolationError(
                f"no process can be started to read files in ({error.strerror}); "
                "free memory, or allow more processes"
            ) from error
        finally:
            theirs.close()
            os.close(lifeline)
        try:
            self._charged = self._await_ready()
        except BaseException:
            self.close()
            raise

    def parse(self, request: Request) -> Parsed:
        """Have a file read; UnreadableError says why it cannot be, whatever its reader did."""
        self.usable = False  # until a whole answer is here
        limits = request.limits
        try:
            answer = self._ask(request)
        except TimeoutError as error:
            raise limits.too_slow() from error
        except (EOFError, OSError) as error:
            raise self._death(request) from error
        except ValueError as error:
            raise UnreadableError(
                Reason.CRASHED,
                f"what the reader of {request.media_type} made of the file cannot be used "
                f"({error}); re-save the file with the program that made it",
            ) from error
        self.peak = max(self.peak, answer.peak)
        self.usable = not answer.last
        if isinstance(answer.outcome, UnreadableError):
            raise answer.outcome
        return answer.outcome

    def has_ended(self) -> bool:
        """Tell whether the process is no more."""
        how = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self._process.pid, how) is not None

    def kill(self) -> None:
        """End the process and its forks, from any thread; who waits for an answer learns of it."""
        with self._ending:
            if self._process.returncode is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and its forks, and leave nothing of it; closed, it stays closed."""
        with self._ending:
            if self._process.returncode is not None:
                return
            with suppress(OSError):
                self.peak = max(self.peak, memory_of(self._process.pid, "VmHWM"))
            os.killpg(self._process.pid, signal.SIGKILL)
            _, status, used = os.wait4(self._process.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            if used.ru_maxrss > self._charged:  # else it speaks of us, as we were at the start
                self.peak = max(self.peak, used.ru_maxrss * 1024)
            self._channel.close()
            os.close(self._lifeline)

    def _ask(self, request: Request) -> Answer:
        deadline = time.monotonic() + request.limits.seconds
        for part in request_message(request):
            self._allow(deadline)
            self._channel.sendall(part)
        return receive_answer(lambda length: self._exactly(length, deadline), request.limits)

    def _await_ready(self) -> int:
        """Wait until it listens; return the memory that it is charged with by then, in KiB."""
        try:
            said = self._exactly(READY.size, time.monotonic() + _START_SECONDS)
        except (EOFError, OSError) as error:
            raise IsolationError(
                "the process to read files in does not start; free memory, or reinstall Pincite"
            ) from error
        charged: int = READY.unpack(said)[0]
        return charged

    def _exactly(self, length: int, deadline: float) -> bytearray:
        """Receive so many bytes; TimeoutError after the deadline, EOFError where it has ended."""
        received = bytearray(length)
        view = memoryview(received)
        while view:
            self._allow(deadline)
            count = self._channel.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return received

    def _allow(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._channel.settimeout(remaining)

    def _death(self, request: Request) -> UnreadableError:
        """Return the fault of the file at which the process ended, or closed its socket."""
        deadline = time.monotonic() + _END_SECONDS
        while not self.has_ended() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.close()
        code = self._process.returncode
        if code == -signal.SIGXCPU:
            return request.limits.too_slow()
        # The system kills for want of memory, and libraries abort or fall over a null pointer.
        if code == -signal.SIGKILL or (code < 0 and self.peak > _NEARLY * request.limits.memory):
            return request.limits.too_much_memory()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return UnreadableError(
            Reason.CRASHED,
            f"the reader of {request.media_type} crashed ({how}); "
            "re-save the file with the program that made it",
        )


class Workers:
    """Reading processes for any number of threads, `most` at work at once; others wait.

    A process is started when one is needed and kept for the next file; one that was idle for
    `idle_seconds` is ended.
    """

    def __init__(self, most: int = CORES, idle_seconds: float = _IDLE_SECONDS) -> None:
        self.peak = 0
        self._turns = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Worker]] = []
        self._busy: set[Worker] = set()
        self._idle_seconds = idle_seconds
        self._timer: threading.Timer | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def parse(self, data: bytes, media_type: str, limits: Limits) -> Parsed:
        """Have the bytes of a file read; UnreadableError says why they cannot be."""
        request = Request(data, media_type, READERS[media_type], limits)
        with self._turns:
            worker = self._take()
            try:
                return worker.parse(request)
            finally:
                self._give_back(worker)

    def close(self) -> None:
        """End every process, those at work too; what they were reading is reported as a fault."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
            if self._timer is not None:
                self._timer.cancel()
        for worker in busy:
            worker.kill()
        for _, worker in idle:
            self._end(worker)

    def _take(self) -> Worker:
        with self._lock:
            worker = self._idle.pop()[1] if self._idle else None
        if worker is not None and worker.has_ended():
            self._end(worker)
            worker = None
        worker = worker or Worker()
        with self._lock:
            self._busy.add(worker)
            closed = self._closed
        if closed:
            self._give_back(worker)
            raise IsolationError("the reading of files has been stopped; start it again")
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            keep = worker.usable and not self._closed
            if keep:
                self._idle.append((time.monotonic(), worker))
                self._watch()
        if not keep:
            self._end(worker)

    def _watch(self) -> None:
        """See to it that idle processes are ended; the lock is held."""
        if self._timer is None and self._idle:
            self._timer = threading.Timer(self._idle_seconds, self._retire)
            self._timer.daemon = True
            self._timer.start()

    def _retire(self) -> None:
        since = time.monotonic() - self._idle_seconds
        with self._lock:
            retired = [worker for idle, worker in self._idle if idle <= since]
            self._idle = [(idle, worker) for idle, worker in self._idle if idle > since]
            self._timer = None
            self._watch()
        for worker in retired:
            self._end(worker)

    def _end(self, worker: Worker) -> None:
        worker.close()
        with self._lock:
            self.peak = max(self.peak, worker.peak)


def _search_path() -> list[str]:
    """Return where this process finds modules, so that the other finds the same.

    A relative entry would mean another place there, and could let a stray file stand in for ours.
    """
    path = [entry for entry in sys.path if os.path.isabs(entry)]  # noqa: PTH117 - text, no path
    return path if _ROOT in path else [_ROOT, *path]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


SHARED = Workers()
"""The processes of those who bring none of their own."""

atexit.register(SHARED.close)
