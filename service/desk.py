"""The desk: documents taken in, given up and rolled back while the library answers.

One writer at a time, in the order of coming; few may wait, so that bodies held in memory are
bounded. What a call returns is published: the next answer knows it.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import anyio
import anyio.to_thread

from corpus.allowance import Limits
from corpus.reading import document_from_bytes
from index import update
from index.catalog import Card
from index.doctor import Finding, examine
from index.errors import BusyError, CollectionError
from index.store import StoredCollection
from index.update import Makers
from service.errors import NotFoundError, RequestError
from service.library import NO_COLLECTION, Library

_MOST_WAITING = 8
_MOST_EXAMINED = 500_000
"""Sentences; a check holds all documents in memory."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: `name` is the file's own, None where the caller gave none."""

    document_id: str
    name: str | None
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it is held now.

    `created` is whether its id is new, `changed` whether it replaces another file of its id.
    """

    collection: str
    card: Card
    build: str
    created: bool
    changed: bool
    original: bool  # whether its file is kept
    today: date  # on which its review is overdue or not


class _Line:
    """Who writes, and how many wait to."""

    def __init__(self) -> None:
        self.turn = anyio.CapacityLimiter(1)
        self.waiting = 0


class Desk:
    """A library and what its builds are made with; each change is published when it returns."""

    def __init__(self, library: Library, makers: Makers) -> None:
        self._library = library
        self._makers = replace(makers, progress=lambda _what, _done, _total: None)
        self._line = _Line()
        self._opens: Callable[[str], bool] = lambda _name: True

    def granted(self, opens: Callable[[str], bool]) -> "Desk":
        """Return this desk as who was granted some collections may use it: for no others."""
        own = copy.copy(self)  # there is one line
        own._library = self._library.granted(opens)  # noqa: SLF001 - another of its own kind
        own._opens = opens  # noqa: SLF001
        return own

    @property
    def waiting(self) -> int:
        """How many changes are under way or stand in line."""
        return self._line.waiting

    @contextmanager
    def in_line(self) -> Iterator[None]:
        """Stand in line, before a body is read; BusyError where too many do already."""
        if self._line.waiting >= _MOST_WAITING:
            raise BusyError("too many changes are waiting for their turn; try again")
        self._line.waiting += 1
        try:
            yield
        finally:
            self._line.waiting -= 1

    async def in_turn(self, change: Callable[[], _T]) -> _T:
        """Make one change after those that came before, on a thread that no question waits for."""
        return await anyio.to_thread.run_sync(change, limiter=self._line.turn)

    def put(self, name: str, upload: Upload) -> Kept:
        """Add a document, or replace the one of its id; UnreadableError changes nothing.

        A collection of a new name is made. Raises BusyError where another process writes.
        """
        held = self._collection(name)
        if len(upload.data) > self.limits.file:
            raise self.limits.too_large(len(upload.data))
        uri = upload.name or upload.document_id
        document = document_from_bytes(
            upload.data, uri, upload.media_type, limits=self._makers.limits
        )
        document = replace(document, document_id=upload.document_id)
        report = update.put(held, document, upload.data, self._makers)
        retriever = self._library.retriever(name)
        card = retriever.catalog.card(upload.document_id)
        if card is None:  # another process took it out in this very moment
            raise NotFoundError("the document was removed as soon as it was added")
        original = retriever.kept.has_original(card.sha256)
        build, today = retriever.manifest.build, self._library.today()
        return Kept(name, card, build, bool(report.added), bool(report.changed), original, today)

    def remove(self, name: str, document_id: str, *, erase: bool = False) -> str:
        """Take a document out and return the build now served; NotFoundError where there is none.

        With `erase` also from disk: kept builds that hold it are deleted, and its file.
        """
        held = self._library.collection(name)
        known = self._library.retriever(name).catalog.card(document_id) is not None
        if not (known or (erase and held.holds(document_id))):
            raise NotFoundError("there is no document of this id")
        update.remove(held, document_id, self._makers, erase=erase)
        return self._library.retriever(name).manifest.build

    def activate(self, name: str, build: str) -> str:
        """Publish a kept build again, after opening it; NotFoundError where it is not kept."""
        held = self._library.collection(name)
        try:
            kept = held.build(build)
        except CollectionError:
            raise NotFoundError("there is no kept build of this name") from None
        self._library.opened(kept)  # made with another encoder it could not be served
        update.activate(held, build)
        return self._library.retriever(name).manifest.build

    @property
    def limits(self) -> Limits:
        """What one file may take."""
        return self._makers.limits

    def known_as(self, name: str, uri: str) -> str | None:
        """Return the id of the document that has a uri, None where none has."""
        if not self._collection(name).exists():
            return None
        found = self._library.retriever(name).catalog.known_as(uri, None)
        return found[0] if found else None

    def compare(self, name: str, build: str) -> update.Report:
        """Return what activating a kept build would do; NotFoundError where it is not kept."""
        try:
            return update.compare(self._library.collection(name), build)
        except CollectionError:
            raise NotFoundError("there is no kept build of this name") from None

    def examine(self, name: str) -> list[Finding]:
        """Check the model and a collection, as `pincite doctor` does; RequestError if too large."""
        sentences = self._library.retriever(name).manifest.counts.sentences
        if sentences > _MOST_EXAMINED:
            raise RequestError(
                f"a collection of more than {_MOST_EXAMINED:,} sentences is not checked beside its "
                "answers; run pincite doctor"
            )
        return examine(self._library.store, self._makers.encoder, [name])

    def prunable(self, name: str, keep: int) -> list[str]:
        """Return the builds that `prune` would delete, oldest first."""
        return self._library.collection(name).prunable(keep)

    def prune(self, name: str, keep: int) -> list[str]:
        """Delete all but the `keep` newest builds and the published one; return the deleted."""
        held = self._library.collection(name)
        with held.writing(self._makers.patience_seconds):
            return held.prune(keep)

    def _collection(self, name: str) -> StoredCollection:
        if not self._opens(name):
            raise NotFoundError(NO_COLLECTION)
        try:
            return self._library.store.collection(name)
        except CollectionError:
            raise NotFoundError("a collection cannot have this name") from None
