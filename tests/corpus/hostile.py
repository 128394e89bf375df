"""Readers as a hostile file would have them: run in reading processes, never in the tests'."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from corpus.documents import Attributes, Block, BlockKind, Page, Structure
from corpus.errors import Reason, UnreadableError
from corpus.readers.content import Content


def well(data: bytes) -> Content:
    """Read the bytes as one paragraph."""
    text = data.decode()
    return Content(None, text, Structure((Block(BlockKind.PARAGRAPH, 0, len(text)),)))


def loop(data: bytes) -> Content:
    """Never end, and burn time."""
    while True:
        pass


def sleep(data: bytes) -> Content:
    """Never end, and do nothing; deaf to every signal that can be ignored."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            continue
    time.sleep(3600)
    return well(data)


def hog(data: bytes) -> Content:
    """Take memory until there is no more."""
    taken = []
    while True:
        taken.append(b"x" * (16 * 1024 * 1024))


def hog_at_once(data: bytes) -> Content:
    """Ask for a terabyte."""
    return well(bytes(1 << 40))


def hog_and_hide(data: bytes) -> Content:
    """Take memory, and report its want as damage, as readers do that catch every exception."""
    try:
        return hog(data)
    except Exception:  # noqa: BLE001 - that is the point
        raise UnreadableError(Reason.DAMAGED, "something went wrong") from None


def hog_and_abort(data: bytes) -> Content:
    """Take memory and abort when there is no more, as libraries in C++ and Rust do."""
    try:
        return hog(data)
    except MemoryError:
        os.abort()


def recurse(data: bytes) -> Content:
    """Call itself without end."""
    return recurse(data)


def recurse_in_c(data: bytes) -> Content:
    """Call itself through C until the stack is full."""
    sys.setrecursionlimit(1 << 30)
    return next(map(recurse_in_c, [data]))


def segfault(data: bytes) -> Content:
    """Read where there is no memory."""
    ctypes.string_at(0)
    return well(data)


def abort(data: bytes) -> Content:
    """Abort."""
    os.abort()


def leave(data: bytes) -> Content:
    """End the process at once with the status that the file says."""
    os._exit(int(data))


def leave_politely(data: bytes) -> Content:
    """End the process as programs do."""
    sys.exit(int(data))


def kill(data: bytes) -> Content:
    """Be killed as the system kills when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    return well(data)


def interrupt(data: bytes) -> Content:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


def fail(data: bytes) -> Content:
    """Fail as a reader with a defect does."""
    raise KeyError(data)


def refuse(data: bytes) -> Content:
    """Refuse as readers should, with a very long message."""
    raise UnreadableError(Reason.ENCRYPTED, "locked " * 9999)


def nothing(data: bytes) -> Content:
    """Return what is no content."""
    return None  # type: ignore[return-value]


def chatter(data: bytes) -> Content:
    """Print, read from the terminal, then read well."""
    for descriptor in (0, 1, 2):
        os.write(descriptor, b"garbage\n" * 99_999)
    assert sys.stdin.read() == ""
    sys.stdout.flush()
    return well(data)


def print_for_ever(data: bytes) -> Content:
    """Print without end."""
    while True:
        print("garbage" * 9999)  # noqa: T201 - that is the point


def interfere(data: bytes) -> Content:
    """Write to whatever is open: so also into the answer."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    return well(data)


def hang_up(data: bytes) -> Content:
    """Close everything and stay."""
    os.closerange(0, 64)
    return sleep(data)


def fork(data: bytes) -> Content:
    """Leave a process behind, and read well in both."""
    if os.fork() == 0:
        time.sleep(0.2)
    return well(data)


def fork_and_loop(data: bytes) -> Content:
    """Start processes that never end."""
    for _ in range(5):
        if os.fork() == 0:
            loop(data)
    return well(data)


def fork_and_stay(data: bytes) -> Content:
    """Start processes that never end, and never end."""
    fork_and_loop(data)
    return loop(data)


def write(data: bytes) -> Content:
    """Write into the file that the data names."""
    Path(data.decode()).write_text("written by a reader", encoding="utf-8")
    return well(data)


def long_text(data: bytes) -> Content:
    """Return as many characters as the data say."""
    text = "x" * int(data)
    return Content(None, text, Structure((Block(BlockKind.PARAGRAPH, 0, len(text)),)))


def long_title(data: bytes) -> Content:
    """Return a title of as many characters as the data say."""
    return Content("x" * int(data), "Rest.", Structure(()))


def many_blocks(data: bytes) -> Content:
    """Return as many blocks as the data say."""
    blocks = tuple(Block(BlockKind.ROW, n, n + 1) for n in range(int(data)))
    return Content(None, "x" * int(data), Structure(blocks))


def many_pages(data: bytes) -> Content:
    """Return as many empty pages as the data say."""
    pages = tuple(Page(n + 1, "", 0, 0) for n in range(int(data)))
    return Content(None, "Rest.", Structure((), pages))


def surroundings(data: bytes) -> Content:
    """Return what the process has of its parent: environment, open files, folder, modules."""
    files = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.exists()]
    loaded = sorted({name.partition(".")[0] for name in sys.modules})
    return well(
        "\n".join([*map(repr, os.environ.items()), *files, str(Path.cwd()), *loaded]).encode()
    )


_P = BlockKind.PARAGRAPH
IMPOSSIBLE: dict[str, Callable[[], Content]] = {
    "outside": lambda: Content(None, "Rest.", Structure((Block(_P, 0, 6),))),
    "empty_block": lambda: Content(None, "Rest.", Structure((Block(_P, 3, 3),))),
    "backwards": lambda: Content(None, "Rest.", Structure((Block(_P, 4, 2),))),
    "negative": lambda: Content(None, "Rest.", Structure((Block(_P, -1, 2),))),
    "overlapping": lambda: Content(None, "Rest.", Structure((Block(_P, 0, 3), Block(_P, 2, 5)))),
    "unsorted": lambda: Content(None, "Rest.", Structure((Block(_P, 3, 5), Block(_P, 0, 3)))),
    "fraction": lambda: Content(None, "Rest.", Structure((Block(_P, 0, 2.5),))),  # type: ignore[arg-type]
    "no_kind": lambda: Content(None, "Rest.", Structure((Block("poem", 0, 2),))),  # type: ignore[arg-type]
    "no_level": lambda: Content(None, "Rest.", Structure((Block(_P, 0, 2, 7),))),
    "page_outside": lambda: Content(None, "Rest.", Structure((), (Page(1, "i", 0, 6),))),
    "page_backwards": lambda: Content(None, "Rest.", Structure((), (Page(1, "i", 3, 2),))),
    "page_nought": lambda: Content(None, "Rest.", Structure((), (Page(0, "i", 0, 5),))),
    "pages_unsorted": lambda: Content(
        None, "Rest.", Structure((), (Page(1, "i", 3, 5), Page(2, "ii", 0, 3)))
    ),
    "half_a_pair": lambda: Content(None, "Rest \ud800.", Structure(())),
    "half_a_title": lambda: Content("\ud800", "Rest.", Structure(())),
    "bytes": lambda: Content(None, b"Rest.", Structure(())),  # type: ignore[arg-type]
    "no_attributes": lambda: Content(None, "Rest.", Structure(()), None),  # type: ignore[arg-type]
    "number_for_language": lambda: Content(
        None,
        "Rest.",
        Structure(()),
        Attributes(language=7),  # type: ignore[arg-type]
    ),
    "half_a_language": lambda: Content(None, "Rest.", Structure(()), Attributes(language="\ud800")),
    "long_language": lambda: Content(
        None, "Rest.", Structure(()), Attributes(language="x" * 9_999_999)
    ),
    "word_for_date": lambda: Content(
        None,
        "Rest.",
        Structure(()),
        Attributes(last_reviewed="soon"),  # type: ignore[arg-type]
    ),
}


def impossible(data: bytes) -> Content:
    """Return the impossible content that the data name."""
    return IMPOSSIBLE[data.decode()]()


_KEPT: list[bytes] = []


def keep(data: bytes) -> Content:
    """Read well, and hold on to much memory."""
    _KEPT.append(data * (150 * 1024 * 1024))
    return well(data)
