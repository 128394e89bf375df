"""The opened collections of a store: each follows what is published, without a restart."""

import copy
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from index.collection import Folders
from index.encoders.protocol import Encoder
from index.errors import CollectionError, RetrievalError, UnavailableError
from index.ranking import DEFAULT, Options
from index.reranker import Reranker
from index.retriever import Retriever
from index.store import Store, StoredBuild, StoredCollection
from service.errors import NotFoundError
from service.flights import Flights

_log = logging.getLogger(__name__)

NO_COLLECTION = "there is no collection of this name"


def local_day() -> date:
    """Return the day that it is where this machine stands."""
    return datetime.now(UTC).astimezone().date()


class Library:
    """Retrievers by collection name; a newly published build is opened when it is first asked."""

    def __init__(
        self,
        home: Path,
        encoder: Encoder,
        reranker: Reranker | None = None,
        options: Options = DEFAULT,
        *,
        today: Callable[[], date] = local_day,
        store: Store | None = None,
    ) -> None:
        """Serve what is kept in `store`, in folders of `home` where none is given."""
        self.home = home
        self.store: Store = Folders(home) if store is None else store
        self.today = today
        self._encoder = encoder
        self._reranker = reranker
        self._options = options
        self._opened: dict[str, Retriever] = {}
        self._refused: dict[str, str] = {}  # collection -> build that could not be opened
        self._lock = threading.Lock()
        self._opens: Callable[[str], bool] = lambda _name: True
        self.flights = Flights()

    def granted(self, opens: Callable[[str], bool]) -> "Library":
        """Return this library as who was granted some collections sees it: without the others."""
        view = copy.copy(self)  # what is opened, and the lock, are shared
        view._opens = opens  # noqa: SLF001 - another of its own kind
        return view

    def names(self) -> list[str]:
        """Return the names of the collections that have a published build."""
        return [one.name for one in self.store.collections() if self._opens(one.name)]

    def collection(self, name: str) -> StoredCollection:
        """Return a collection by name; NotFoundError where there is none of that name."""
        try:
            collection = self.store.collection(name)
        except CollectionError:
            raise NotFoundError(NO_COLLECTION) from None
        if not (self._opens(name) and collection.exists()):
            raise NotFoundError(NO_COLLECTION)
        return collection

    def retriever(self, name: str) -> Retriever:
        """Return the retriever of a collection's published build; NotFoundError without one."""
        collection = self.collection(name)
        opened = self._opened.get(name)
        try:
            if opened is not None and opened.manifest.build == collection.current():
                return opened
            with self._lock:
                return self._open(collection)
        except RetrievalError as error:
            return self._kept(name, "CURRENT", error)

    def retrievers(self, names: Sequence[str] | None) -> list[tuple[str, Retriever]]:
        """Return the retrievers of the named collections, or of all."""
        wanted = self.names() if names is None else list(dict.fromkeys(names))
        return [(name, self.retriever(name)) for name in wanted]

    def opened(self, kept: StoredBuild) -> Retriever:
        """Open a build as this library would serve it; RetrievalError where it cannot."""
        return Retriever(kept, self._encoder, self._reranker, self._options)

    def warm(self) -> None:
        """Open every collection and ask each one question, so that the first is not slow."""
        for _, retriever in self.retrievers(None):
            retriever.search("warm", 1)
            retriever.suggestions.complete("warm", 1)

    def _open(self, collection: StoredCollection) -> Retriever:
        name = collection.name
        opened = self._opened.get(name)
        while (build := collection.current()) is not None:
            if opened is not None and build in {opened.manifest.build, self._refused.get(name)}:
                return opened
            try:
                retriever = self.opened(collection.build(build))
            except UnavailableError:
                raise  # another try may open it: it is not refused
            except RetrievalError as error:
                if build != collection.current():
                    continue  # another was published, and this one pruned, while it was opened
                return self._kept(name, build, error)
            self._opened[name] = retriever
            self._refused.pop(name, None)
            _log.info("serving build %s of the collection %s", build, name)
            return retriever
        raise NotFoundError(NO_COLLECTION)

    def _kept(self, name: str, build: str, error: RetrievalError) -> Retriever:
        """Return what was served before: it is whole, and stays until a whole build follows."""
        opened = self._opened.get(name)
        if opened is None:
            raise error
        if self._refused.get(name) != build:
            _log.error("%s of the collection %s is not served: %s", build, name, error)
            self._refused[name] = build
        return opened
