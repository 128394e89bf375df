"""The process that parses files for another: it may crash, hang or grow, and only one file is lost.

It is started by `worker`, speaks `wire` over its standard input, which is a socket, and ends
when its parent does. It can write no file and start no process; what a file makes it take is
limited by the kernel, so that even an endless loop inside a library comes to an end.

It is two: the one that was started forks the one that reads, waits for it, writes down the most
memory that it held, and ends as it ended. Of a started process the kernel counts from the most that
its parent ever held, which may be more than a file is allowed; of a forked one from nought.
"""

import fcntl
import gc
import math
import os
import resource
import signal
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from corpus.allowance import Limits
from corpus.errors import Reason, UnreadableError
from corpus.parsing import parse
from corpus.readers import READERS
from corpus.readers.content import Content
from corpus.wire import Answer, Request, answer_message, receive_request

READY = struct.Struct("=Q")
"""What it says first: the number of the process that reads."""
PEAK = struct.Struct("=Q")
"""What is written when that has ended: the most memory that it held; KiB."""

_MOST_GROWTH = 128 * 1024 * 1024
"""Bytes; a process that holds so much more after a file than at its start is replaced."""


def main(lifeline: int, note: int) -> None:
    """Answer requests until the parent closes the socket.

    `lifeline` is a pipe's reading end, `note` the writing end of the one for `PEAK`.
    """
    _end_with_parent(lifeline)
    _limit_files()
    gc.freeze()  # what is here now stays: the collection after each file need not look at it
    channel = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # what a reader prints goes nowhere
        os.dup2(null, descriptor)
    reader = os.fork()
    if reader:
        channel.close()  # that the other hangs up must be seen
        _outlive(reader, note)
    os.close(note)
    _limit_process()

    def exactly(length: int) -> bytearray:
        received = bytearray(length)
        view = memoryview(received)
        while view:
            count = channel.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return received

    base = _address_space()
    channel.sendall(READY.pack(os.getpid()))
    last = False
    with suppress(EOFError):
        while not last:
            message, last = _answered(receive_request(exactly), base)
            for part in message:
                channel.sendall(part)


def _outlive(reader: int, note: int) -> NoReturn:
    """Wait until the process that reads has ended, and end in the same way."""
    _, status, used = os.wait4(reader, 0)
    os.write(note, PEAK.pack(used.ru_maxrss))
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        with suppress(OSError):  # none can handle SIGKILL
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(abs(code))


def _answered(request: Request, base: int) -> tuple[tuple[bytes, bytes], bool]:
    """Read one file; return the answer, and whether this process is to be replaced."""
    process = os.getpid()
    limits = request.limits
    _set_limits(base + len(request.data) + limits.memory, limits.seconds)
    try:
        READERS[request.media_type] = request.format
        parsed = parse(request.data, request.media_type)
        _check_size(parsed.content, limits)
        _lift_memory_limit()
        gc.collect()
        last = _address_space() - base > _MOST_GROWTH
        message = answer_message(Answer(parsed, _peak(), last))
    except BaseException as error:  # noqa: BLE001 - whatever a reader raises costs its file alone
        _lift_memory_limit()
        fault, last = _fault(error, request)
        message = answer_message(Answer(fault, _peak(), last))
    if os.getpid() != process:
        os._exit(1)  # a reader has forked, and this is the fork
    if _has_children():
        fault = UnreadableError(Reason.CRASHED, "the file made its reader start a process")
        return answer_message(Answer(fault, _peak(), last=True)), True
    return message, last


def _check_size(content: Content, limits: Limits) -> None:
    pages = content.structure.pages
    characters = len(content.text) + len(content.title or "") + sum(len(p.label) for p in pages)
    if characters > limits.text:
        raise limits.too_much_text(characters)
    if (most := max(len(content.structure.blocks), len(pages))) > limits.blocks:
        raise limits.too_many_blocks(most)


def _fault(error: BaseException, request: Request) -> tuple[UnreadableError, bool]:
    """Return what is wrong with the file, and whether this process may have suffered from it."""
    causes = _causes(error)
    # A reader that turns every exception into its own fault has also turned these.
    if any(isinstance(cause, MemoryError) for cause in causes):
        return request.limits.too_much_memory(), True
    if any(isinstance(cause, RecursionError) for cause in causes):
        if isinstance(error, UnreadableError) and error.reason is Reason.TOO_DEEP:
            return error, True  # a reader that knows where
        return UnreadableError(
            Reason.TOO_DEEP, "the file is nested too deeply; re-save it in a simpler form"
        ), True
    if isinstance(error, UnreadableError):
        return error, False
    return UnreadableError(
        Reason.CRASHED,
        f"the reader of {request.media_type} failed ({type(error).__name__}); "
        "re-save the file with the program that made it",
    ), True


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes


def _end_with_parent(lifeline: int) -> None:
    """Have the kernel kill this process and its forks at once when the parent is gone.

    The parent holds the writing end and never writes: whatever happens to the pipe is its end.
    Unlike PR_SET_PDEATHSIG, which speaks of the *thread* that started this process, and unlike a
    thread that watches, this needs neither the right thread nor the interpreter's lock.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        os.read(lifeline, 1)
        os._exit(0)  # the parent had ended before


def _limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_process() -> None:
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # root is exempt; see _has_children
    # Where memory runs out on the whole machine, this process goes before its parent does.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")


def _set_limits(address_space: int, seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set_limit(resource.RLIMIT_AS, address_space)
    _set_limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + seconds) + 1)


def _lift_memory_limit() -> None:
    _set_limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def _set_limit(kind: int, value: int) -> None:
    """Set a soft limit, within the hard limit that the operator may have set."""
    hard = resource.getrlimit(kind)[1]
    inside = value if hard == resource.RLIM_INFINITY else min(value, hard)
    if value == resource.RLIM_INFINITY:
        inside = hard
    resource.setrlimit(kind, (inside, hard))


def _has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _address_space() -> int:
    return memory_of(os.getpid(), "VmSize")


def _peak() -> int:
    return memory_of(os.getpid(), "VmHWM")


def memory_of(process: int, name: str) -> int:
    """Return a figure of /proc/PID/status in bytes; 0 for a process that has ended."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0
