"""Work that goes on beside its caller's, on a processor that would else be idle.

A search by words needs nothing of the one by meaning, nor of its model, and none of them holds the
interpreter's lock for long; nor do two halves of a search by meaning. Alone on the machine a
question has both at once; where others are being answered, every processor is at work already, and
each does its own.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

_Result = TypeVar("_Result")


class Aside:
    """As many threads as there are processors beside the caller's own; they start when needed."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = len(os.sched_getaffinity(0)) - 1 if threads is None else threads
        self._pool = ThreadPoolExecutor(max(self._threads, 1), "aside")
        self._lock = threading.Lock()
        self._asking = 0
        self._busy = 0

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Say that a caller is at work: who does so beside another takes a processor from it."""
        with self._lock:
            self._asking += 1
        try:
            yield
        finally:
            with self._lock:
                self._asking -= 1

    def begin(self, work: Callable[[], _Result]) -> Callable[[], _Result]:
        """Begin `work` in a free thread; return what waits for its result, or raises its error.

        Without a free thread the work is done, by the caller, when it asks for the result.
        """
        with self._lock:
            if self._busy + max(self._asking - 1, 0) >= self._threads:
                return work
            self._busy += 1
        future: Future[_Result] = self._pool.submit(self._done, work)
        return future.result

    def _done(self, work: Callable[[], _Result]) -> _Result:
        try:
            return work()
        finally:
            with self._lock:
                self._busy -= 1


SPARE = Aside()
"""The processors of this process beside its callers' own; all that is opened in it shares them."""
