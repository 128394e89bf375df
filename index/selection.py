"""What a filter leaves of a build: its documents, and the rows that stand in any of them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from corpus.documents import Passage, Place
from index.catalog import Card, Catalog
from index.filters import Filter, depends_on_today, matches
from index.ragged import Integers
from index.vectors.protocol import Allowed

_KEPT = 16
"""Selections kept a build; each has about two bytes a passage and 40 a document."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The documents that a filter allows in one build.

    `numbers` is of shape (documents,), by their numbers in the build.
    """

    documents: frozenset[str]
    numbers: NDArray[np.bool_]

    @property
    def is_whole(self) -> bool:
        """Whether every document is allowed."""
        return bool(self.numbers.all())

    def places(self, passage: Passage) -> tuple[Place, ...]:
        """Return the places of a passage that are in allowed documents, in their order."""
        return tuple(
            place for place in passage.places if place.sentence.document_id in self.documents
        )


@dataclass(frozen=True, slots=True, eq=False)
class RowSelection(Selection):
    """A selection with the passages that have a place in its documents; `count` is how many.

    `rows` and `mixed` are of shape (passages,). A passage is `mixed` where it also has places in
    documents that are not allowed.
    """

    rows: Allowed
    mixed: NDArray[np.bool_]
    count: int

    @property
    def share(self) -> float:
        """Which share of the passages is allowed, in [0, 1]."""
        return self.count / len(self.rows) if len(self.rows) else 0.0


def select(cards: Sequence[Card], wanted: Filter, collection: str, today: date) -> Selection:
    """Return what `wanted` leaves of the documents of a build, by their numbers."""
    allowed = [matches(wanted, card, collection, today) for card in cards]
    ids = frozenset(card.document_id for card, one in zip(cards, allowed, strict=True) if one)
    return Selection(ids, np.array(allowed, dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Of every place, the number of its document and the row of its passage; both (places,)."""

    documents: Integers
    passages: Integers


class Selections:
    """The selections of one build, made when they are asked for; the last few are kept."""

    def __init__(self, catalog: Catalog, passages: int, places: Callable[[], Places]) -> None:
        """`places`, of so many passages, are asked for when the first selection is."""
        self._catalog = catalog
        self._passages = passages
        self._places = places
        self._lock = threading.Lock()
        self._known: tuple[list[Card], Places] | None = None
        self._kept: OrderedDict[tuple[Filter, str, date | None], RowSelection] = OrderedDict()

    def of(self, wanted: Filter, collection: str, today: date) -> RowSelection:
        """Return what `wanted` leaves of the build, as a part of this collection, on this day."""
        key = (wanted, collection, today if depends_on_today(wanted) else None)
        with self._lock:
            kept = self._kept.pop(key, None) or self._made(wanted, collection, today)
            self._kept[key] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept

    def _made(self, wanted: Filter, collection: str, today: date) -> RowSelection:
        if self._known is None:
            self._known = (self._catalog.documents(), self._places())
        cards, places = self._known
        found = select(cards, wanted, collection, today)
        within = found.numbers[places.documents]
        among = np.zeros(self._passages, dtype=np.bool_)
        among[places.passages[within]] = True
        elsewhere = np.zeros(self._passages, dtype=np.bool_)
        elsewhere[places.passages[~within]] = True
        count = int(np.count_nonzero(among))
        return RowSelection(found.documents, found.numbers, among, among & elsewhere, count)
