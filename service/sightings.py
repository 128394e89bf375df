"""What a request was told and shown, noted where that is decided, so that no dialect can forget it.

The envelope opens one sighting a request; whatever works for the request, on any thread, notes in
it. Outside a request, in the shell, noting does nothing.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

_current: ContextVar["Sighting | None"] = ContextVar("sighting", default=None)


@dataclass(frozen=True, slots=True)
class Told:
    """A question with what it was told; `reason` and `bucket` as in an answer."""

    question: str
    status: str
    reason: str | None
    bucket: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the work for a request; it `began` so many seconds after the request came."""

    name: str
    began: float
    seconds: float


@dataclass(slots=True)
class Sighting:
    """What one request has been told and shown so far.

    `act` is what was done, in one word of ours; `documents` are pairs of collection and id, once
    each, in order; `stages` in the order in which they ended; `began` a reading of
    `time.perf_counter`. `told` alone has words of a caller.
    """

    act: str | None = None
    collections: dict[str, None] = field(default_factory=dict)
    documents: dict[tuple[str, str], None] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that is over.

    `method` is one that HTTP has, else "-"; `route` its template, "-" where there is none; `who` a
    key's id, "local" or "anonymous"; `address` the client's, "" where it has none; `traceparent`
    what the caller sent of that name, "" for nothing: any text, until it is parsed.
    """

    request_id: str
    method: str
    route: str
    status: int
    seconds: float
    who: str
    address: str
    traceparent: str
    sighting: Sighting


class Record(Protocol):
    """Something that is kept of requests: quick, and it never fails for want of a disk."""

    def write(self, seen: Seen) -> None:
        """Keep what is to be kept of a request that is over."""
        ...


@contextmanager
def following() -> Iterator[Sighting]:
    """Collect what is noted inside, here and in all that is started from here."""
    sighting = Sighting()
    token = _current.set(sighting)
    try:
        yield sighting
    finally:
        _current.reset(token)


def act(name: str) -> None:
    """Note what is being done, before it may fail."""
    sighting = _current.get()
    if sighting is not None:
        sighting.act = name


def shown(documents: Iterable[tuple[str, str]], collections: Iterable[str] = ()) -> None:
    """Note documents that exist and are shown or changed, as pairs of collection and id.

    Never an id that a caller only wrote: it could be anything.
    """
    sighting = _current.get()
    if sighting is not None:
        pairs = list(documents)
        sighting.documents.update(dict.fromkeys(pairs))
        sighting.collections.update(dict.fromkeys([*collections, *(name for name, _ in pairs)]))


def told(one: Told) -> None:
    """Note what a question was told."""
    sighting = _current.get()
    if sighting is not None:
        sighting.told.append(one)


@contextmanager
def timed(stage: str) -> Iterator[None]:
    """Note how long what happens inside takes, as a stage."""
    began = time.perf_counter()
    try:
        yield
    finally:
        sighting = _current.get()
        if sighting is not None:
            took = time.perf_counter() - began
            sighting.stages.append(Stage(stage, began - sighting.began, took))
