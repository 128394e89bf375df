"""Postings that were read, kept for the questions to come: those of common words are long.

A few hundred words make up most of what questions read, and a build never changes: what was read of
it once stays true. So much is kept, the words that were asked for last; postings of rare words are
sooner read than kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from index.postgres.maxscore import Posting

Key = tuple[int, int]
"""A field, and the number of a term in it."""

_MOST_BYTES = 64 * 2**20
_FEW = 2_000
"""Postings of a word that are not worth keeping."""


class Remembered:
    """What any number of threads has read of one build."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Sequence[Posting]] = OrderedDict()
        self._bytes = 0

    def find(self, key: Key) -> Sequence[Posting] | None:
        """Return all postings of a term, None where they are not here."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Key, postings: Sequence[Posting]) -> None:
        """Keep all postings of a term, where they are many, in place of those not asked for since.

        They are kept as they are: whoever has them must not change them.
        """
        size = _size(postings)
        if sum(len(one.rows) for one in postings) < _FEW or size > _MOST_BYTES:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = postings
            self._bytes += size
            while self._bytes > _MOST_BYTES:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= _size(gone)


def _size(postings: Sequence[Posting]) -> int:
    return sum(one.rows.nbytes + one.impacts.nbytes for one in postings)
