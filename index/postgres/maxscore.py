"""The best texts by BM25, of postings that are read only as far as they can change which these are.

MaxScore (Turtle and Flood 1995): the postings of a question's words are added up, those of the
rarest first. As soon as all words that are left together could not lift a text among the best that
none of the words before is in, only texts that were met are still of interest, and of these ever
fewer; what the words left give to each is then looked up beside the text itself, where that is less
to read than the next word's postings. Which texts are found, and their scores to the last bit, are
those of adding up all postings in the same order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.ragged import Integers
from index.vectors.protocol import Allowed

_AT_FIRST = 65_536
"""Postings that are read before it is asked whether more are needed; then twice as many."""
_LOOK_UP = 60
"""Postings that can be read in the time that it takes to look at one text."""
_SURELY = 1.0 - 1e-9
"""What a sum may lack because it was made in another order."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question in one field: its number, what finds and what weighs its postings.

    It is in `texts` texts; `impact` is the greatest that it has in any of them.
    """

    number: int
    texts: int
    weight: float
    impact: float

    @property
    def most(self) -> float:
        """What it adds to a score at most."""
        return self.weight * self.impact


@dataclass(frozen=True, slots=True, eq=False)
class Posting:
    """Some of the postings of a word: rows, each once, and the impact in each."""

    number: int
    rows: Integers
    impacts: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What texts hold: of `rows` one after the other, `lengths` terms with their impacts."""

    rows: NDArray[np.int64]
    lengths: NDArray[np.int64]
    numbers: Integers
    impacts: NDArray[np.float32]


class Best:
    """A search for the `k` best of so many texts, of those that are allowed.

    Whoever searches reads what is `wanted` until nothing is, then looks up what is `open`.
    """

    def __init__(
        self, words: Iterable[Word], texts: int, k: int, allowed: Allowed | None = None
    ) -> None:
        self._waiting = sorted(words, key=lambda word: (word.texts, word.number))
        self._k = k
        self._allowed = allowed
        self._scores = np.zeros(texts)
        self._met = np.empty(0, dtype=np.int64)  # in no order, each once
        self._least = 0.0  # what the last of the best has, so far
        self._budget = _AT_FIRST

    @property
    def _rest(self) -> float:
        """What the waiting words add to a score at most."""
        return sum(word.most for word in self._waiting)

    def wanted(self) -> list[int]:
        """Return the numbers of the words whose postings are to be read next, all of each."""
        if not self._waiting or self._is_settled():
            return []
        wanted: list[int] = []
        postings = 0
        for word in self._waiting:
            postings += word.texts
            if wanted and postings > self._budget:
                break
            wanted.append(word.number)
        self._budget *= 2
        return wanted

    def _is_settled(self) -> bool:
        none_unmet = self._rest < self._least * _SURELY
        return none_unmet and len(self._met) * _LOOK_UP <= self._waiting[0].texts

    def read(self, wanted: Sequence[int], postings: Iterable[Posting]) -> None:
        """Add up the postings of words that were wanted."""
        of_word: dict[int, list[Posting]] = {number: [] for number in wanted}
        for posting in postings:
            of_word[posting.number].append(posting)
        for _ in wanted:
            rest, word = self._rest, self._waiting.pop(0)
            for posting in of_word[word.number]:
                self._add(word, posting, fresh=rest >= self._least * _SURELY)
        self._narrow()

    def _add(self, word: Word, posting: Posting, *, fresh: bool) -> None:
        rows, impacts = posting.rows, posting.impacts
        if self._allowed is not None:
            among = self._allowed[rows]
            rows, impacts = rows[among], impacts[among]
        before = self._scores[rows]
        if fresh:
            self._met = np.concatenate([self._met, rows[before == 0.0]])
        self._scores[rows] = before + word.weight * impacts.astype(np.float64)

    def _narrow(self) -> None:
        """Forget what can no longer be among the best."""
        scores = self._scores[self._met]
        if len(scores) >= self._k:
            self._least = float(np.partition(scores, -self._k)[-self._k])
        self._met = self._met[scores + self._rest >= self._least * _SURELY]

    def open(self) -> NDArray[np.int64]:
        """Return the rows, ascending, of which the waiting words decide; none where none waits."""
        return np.sort(self._met) if self._waiting else np.empty(0, dtype=np.int64)

    def look_up(self, held: Held) -> None:
        """Add what the waiting words give to the texts that are open."""
        rows = np.repeat(held.rows, held.lengths)
        for word in self._waiting:
            those = held.numbers == word.number
            self._scores[rows[those]] += word.weight * held.impacts[those].astype(np.float64)
        self._waiting = []

    def best(self) -> list[int]:
        """Return the rows of the best, best first, of equal ones the first row first."""
        scores = self._scores[self._met]
        best: list[int] = self._met[np.lexsort((self._met, -scores))[: self._k]].tolist()
        return best

    def score(self, row: int) -> float:
        """Return the score of one of the best."""
        return float(self._scores[row])
