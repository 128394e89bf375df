"""In how many passages' paragraphs each term is: what its rarity there is worked out from.

The index of paragraphs knows in how many paragraphs a term is; but a question's terms weigh by
passages, in both fields and in every store. Terms are hashes, as `index.lexical` makes them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedError
from index.members import Members
from index.ondisk import mapped
from index.ragged import Ragged

_TERMS, _COUNTS = "paragraph-words.npy", "paragraph-words-passages.npy"
_AT_ONCE = 32_768


@dataclass(frozen=True, slots=True, eq=False)
class Rarity:
    """`terms`, ascending, and for each in how many passages' paragraphs it is."""

    terms: NDArray[np.uint64]
    counts: NDArray[np.int64]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Map what `write` wrote."""
        found = cls(mapped(folder / _TERMS), mapped(folder / _COUNTS))
        if len(found.terms) != len(found.counts):
            raise DamagedError(f"{folder / _COUNTS}: holds other terms than {_TERMS}")
        return found

    def passages(self, term: int) -> int:
        """Return in how many passages' paragraphs a term is."""
        at = int(np.searchsorted(self.terms, np.uint64(term)))
        return int(self.counts[at]) if at < len(self.terms) and self.terms[at] == term else 0


def write(folder: Path, held: Ragged, members: Members) -> None:
    """Count, given the distinct terms of each paragraph, and write."""
    several = np.flatnonzero(np.diff(members.paragraphs.starts) > 1)
    elsewhere, _ = members.paragraphs.of(several)
    alone = np.diff(members.passages.starts) - np.bincount(elsewhere, minlength=len(held))
    known = (np.empty(0, np.uint64), np.empty(0, np.int64))
    for start in range(0, len(held), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(held)))
        terms, lengths = held.of(rows)
        known = _added(known, terms.astype(np.uint64), np.repeat(alone[rows], lengths))
    for start in range(0, len(several), _AT_ONCE):
        each = [
            np.unique(held.of(members.paragraphs.of([row])[0])[0])
            for row in several[start : start + _AT_ONCE].tolist()
        ]
        together = np.concatenate(each).astype(np.uint64)
        known = _added(known, together, np.ones(len(together), np.int64))
    np.save(folder / _TERMS, known[0])
    np.save(folder / _COUNTS, known[1])


def _added(
    known: tuple[NDArray[np.uint64], NDArray[np.int64]],
    terms: NDArray[np.uint64],
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    distinct, which = np.unique(np.concatenate([known[0], terms]), return_inverse=True)
    sums = np.bincount(which, np.concatenate([known[1], counts]), len(distinct))
    return distinct, sums.astype(np.int64)
