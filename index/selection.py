"""What a filter leaves of a build: its documents, and the rows that stand in any of them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from corpus.documents import Passage, Place
from index.catalog import Card, Catalog
from index.filters import Filter, depends_on_today, matches
from index.vectors.protocol import Allowed

_KEPT = 16
"""Selections kept a build; each has about two bytes a passage and 40 a document."""


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The documents that a filter allows in one build, and the passages with a place in them.

    `count` is how many passages these are; `numbers` is of shape (documents,), by their numbers in
    the build; `rows` and `mixed` of shape (passages,). A passage is `mixed` where it also has
    places in documents that are not allowed.
    """

    documents: frozenset[str]
    numbers: NDArray[np.bool_]
    rows: Allowed
    mixed: NDArray[np.bool_]
    count: int

    @property
    def share(self) -> float:
        """Which share of the passages is allowed, in [0, 1]."""
        return self.count / len(self.rows) if len(self.rows) else 0.0

    @property
    def is_whole(self) -> bool:
        """Whether every document is allowed."""
        return bool(self.numbers.all())

    def places(self, passage: Passage) -> tuple[Place, ...]:
        """Return the places of a passage that are in allowed documents, in their order."""
        return tuple(
            place for place in passage.places if place.sentence.document_id in self.documents
        )


class Selections:
    """The selections of one build, made when they are asked for; the last few are kept."""

    def __init__(self, catalog: Catalog, passages: int) -> None:
        self._catalog = catalog
        self._passages = passages
        self._lock = threading.Lock()
        self._known: tuple[list[Card], NDArray[np.int32], NDArray[np.int32]] | None = None
        self._kept: OrderedDict[tuple[Filter, str, date | None], Selection] = OrderedDict()

    def of(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what `wanted` leaves of the build, as a part of this collection, on this day."""
        key = (wanted, collection, today if depends_on_today(wanted) else None)
        with self._lock:
            kept = self._kept.pop(key, None) or self._made(wanted, collection, today)
            self._kept[key] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept

    def _made(self, wanted: Filter, collection: str, today: date) -> Selection:
        if self._known is None:
            self._known = (self._catalog.documents(), *self._catalog.occurrences())
        cards, documents, rows = self._known
        allowed = [matches(wanted, card, collection, today) for card in cards]
        numbers = np.array(allowed, dtype=np.bool_)
        within = numbers[documents]
        among = np.zeros(self._passages, dtype=np.bool_)
        among[rows[within]] = True
        elsewhere = np.zeros(self._passages, dtype=np.bool_)
        elsewhere[rows[~within]] = True
        ids = frozenset(card.document_id for card, one in zip(cards, allowed, strict=True) if one)
        count = int(np.count_nonzero(among))
        return Selection(ids, numbers, among, among & elsewhere, count)
