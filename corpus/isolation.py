"""Processes that read files for this one, as many at once as there are cores, for any thread."""

import atexit
import os
import threading
import time
from types import TracebackType
from typing import Self

from corpus.allowance import Limits
from corpus.errors import IsolationError
from corpus.parsing import Parsed
from corpus.readers import READERS
from corpus.wire import Request
from corpus.worker import Worker

CORES = len(os.sched_getaffinity(0))

_IDLE_SECONDS = 60


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


SHARED = Workers()
"""The processes of those who bring none of their own."""

atexit.register(SHARED.close)
