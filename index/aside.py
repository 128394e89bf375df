"""Work that goes on beside its caller's, on a processor that would else be idle.

A search by words needs nothing of the one by meaning, nor of its model, and none of them holds the
interpreter's lock for long. Alone on the machine a question has both at once; where others are
being answered, every processor is at work already, and each does its own.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Result = TypeVar("_Result")


class Aside:
    """As many threads as there are processors beside the caller's own; they start when needed."""

    def __init__(self, threads: int | None = None) -> None:
        count = len(os.sched_getaffinity(0)) - 1 if threads is None else threads
        self._free = threading.Semaphore(count)
        self._pool = ThreadPoolExecutor(max(count, 1), "aside")

    def begin(self, work: Callable[[], _Result]) -> Callable[[], _Result]:
        """Begin `work` in a free thread; return what waits for its result, or raises its error.

        Without a free thread the work is done, by the caller, when it asks for the result.
        """
        if not self._free.acquire(blocking=False):
            return work
        future: Future[_Result] = self._pool.submit(self._done, work)
        return future.result

    def _done(self, work: Callable[[], _Result]) -> _Result:
        try:
            return work()
        finally:
            self._free.release()


SPARE = Aside()
"""The processors of this process beside its callers' own; all that is opened in it shares them."""
