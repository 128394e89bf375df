"""Identical questions that are asked at the same time are answered once.

What is being worked out is shared with whoever asks for the same meanwhile (single flight, as Go's
`singleflight` calls it). Nothing is kept: as the last of them has the answer, it is forgotten.
"""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, TypeVar

_Result = TypeVar("_Result")

waits: ContextVar[Callable[[], None] | None] = ContextVar("waits", default=None)
"""Called, where a request has set it, before its thread only waits for another's work."""


class Flights:
    """Work under way, by all that decides its result."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def share(self, key: Hashable, work: Callable[[], _Result]) -> _Result:
        """Return what `work` gives, or what another thread's work of the same key is about to give.

        `key` must hold everything on which the result depends, also what the caller may read. What
        one's work raises, all raise.
        """
        with self._lock:
            shared: Future[_Result] | None = self._under_way.get(key)
            if shared is None:
                own = self._under_way[key] = Future[_Result]()
        if shared is not None:
            give_way = waits.get()
            if give_way is not None:
                give_way()
            return shared.result()
        try:
            result = work()
        except BaseException as error:
            own.set_exception(error)
            raise
        else:
            own.set_result(result)
            return result
        finally:
            with self._lock:
                del self._under_way[key]
