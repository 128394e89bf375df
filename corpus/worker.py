"""One process that reads files for this one: started with limits, asked, and ended for good."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from corpus.errors import IsolationError, Reason, UnreadableError
from corpus.parsing import Parsed
from corpus.reading_process import PEAK, READY, memory_of
from corpus.wire import Answer, Request, receive_answer, request_message

_ROOT = str(Path(__file__).parents[1])
_PROGRAM = (
    "import sys; lifeline, note = map(int, sys.argv[1:3]); sys.path[:] = sys.argv[3:]; "
    "from corpus.reading_process import main; main(lifeline, note)"
)
_KEPT = ("PATH", "LD_LIBRARY_PATH")
_START_SECONDS = 60
_END_SECONDS = 1
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
        self._reader = 0
        self._ending = threading.Lock()
        program = [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM]
        with ExitStack() as ours, ExitStack() as theirs:
            try:
                self._channel, channel = socket.socketpair()
                ours.callback(self._channel.close)
                theirs.callback(channel.close)
                lifeline, kept = os.pipe()
                theirs.callback(os.close, lifeline)
                ours.callback(os.close, kept)
                self._note, note = os.pipe()
                ours.callback(os.close, self._note)
                theirs.callback(os.close, note)
                os.set_blocking(self._note, False)
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                    [*program, str(lifeline), str(note), *_search_path()],
                    stdin=channel.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(lifeline, note),
                    cwd="/",
                    env=_environment(),
                    start_new_session=True,
                )
            except OSError as error:
                raise IsolationError(
                    f"no process can be started to read files in ({error.strerror}); "
                    "free memory, or allow more processes and open files"
                ) from error
            self._held = ours.pop_all()
        try:
            self._reader = self._await_ready()
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
        try:
            return os.waitid(os.P_PID, self._process.pid, how) is not None
        except ChildProcessError:  # whoever started us ignores the end of children
            return True

    def kill(self) -> None:
        """End the process and its forks, from any thread; who waits for an answer learns of it."""
        with self._ending, suppress(ProcessLookupError):
            if self._process.returncode is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and its forks, and leave nothing of it; closed, it stays closed."""
        with self._ending:
            if self._process.returncode is not None:
                return
            self._process.returncode = 0
            self.peak = max(self.peak, self._most_held())
            self._held.close()
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                _, status = os.waitpid(self._process.pid, 0)
                self._process.returncode = os.waitstatus_to_exitcode(status)

    def _most_held(self) -> int:
        """Return the most memory that the process that reads has held, in bytes; 0 if unknown."""
        with suppress(OSError):  # no note, as it has not ended
            if said := os.read(self._note, PEAK.size):
                most: int = PEAK.unpack(said)[0]
                return most * 1024
        with suppress(OSError):
            return memory_of(self._reader, "VmHWM") if self._reader else 0
        return 0

    def _ask(self, request: Request) -> Answer:
        deadline = time.monotonic() + request.limits.seconds
        # To send no bytes to a process that has answered already, and ended, is a broken pipe.
        for part in filter(None, request_message(request)):
            self._allow(deadline)
            self._channel.sendall(part)
        return receive_answer(lambda length: self._exactly(length, deadline), request.limits)

    def _await_ready(self) -> int:
        """Wait until it listens; return the number of the process that reads."""
        try:
            said = self._exactly(READY.size, time.monotonic() + _START_SECONDS)
        except (EOFError, OSError) as error:
            raise IsolationError(
                "the process to read files in does not start; free memory, or reinstall Pincite"
            ) from error
        reader: int = READY.unpack(said)[0]
        return reader

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
        while not (ended := self.has_ended()) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.close()
        code = self._process.returncode if ended else 0
        if code == -signal.SIGXCPU:
            return request.limits.too_slow()
        # The system kills for want of memory, and libraries abort or fall over a null pointer.
        if code == -signal.SIGKILL or (code < 0 and self.peak > _NEARLY * request.limits.memory):
            return request.limits.too_much_memory()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return UnreadableError(
            Reason.CRASHED,
            f"the reader of {request.media_type} crashed ({how if ended else 'it hung up'}); "
            "re-save the file with the program that made it",
        )


def _search_path() -> list[str]:
    """Return where this process finds modules, so that the other finds the same.

    A relative entry would mean another place there, and could let a stray file stand in for ours.
    """
    path = [entry for entry in sys.path if os.path.isabs(entry)]  # noqa: PTH117 - text, no path
    return path if _ROOT in path else [_ROOT, *path]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
