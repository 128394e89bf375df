"""What share of a question's terms texts hold, of numbers that are written down a text.

Each text has the numbers of its distinct terms beside it, so that the cost of a question depends on
how many candidates there are, not on how common its words are.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.ragged import Integers
from index.ranking import LEXICAL, LEXICAL_PARAGRAPH
from index.terms import Terms


class Marks(dict[str, NDArray[np.bool_]]):
    """Which rows hold a term: those with a text that does. Worked out a term when it is asked for.

    `texts` are the numbers of the terms of all texts, and how many each has. Each of `pairs`, of a
    text by its position and a row, says that the text is the row's; there are `rows`. `number_of`
    gives the number of a term, None for one that no text holds.
    """

    def __init__(
        self,
        texts: tuple[Integers, NDArray[np.int64]],
        pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
        rows: int,
        number_of: Callable[[str], int | None],
    ) -> None:
        super().__init__()
        self._numbers, lengths = texts
        self._text_of = np.repeat(np.arange(len(lengths)), lengths)
        self._which, self._row_of = pairs
        self._texts, self._rows = len(lengths), rows
        self._number_of = number_of

    def __missing__(self, word: str) -> NDArray[np.bool_]:
        rows = np.zeros(self._rows, dtype=np.bool_)
        number = self._number_of(word)
        if number is not None:
            texts = np.zeros(self._texts, dtype=np.bool_)
            texts[self._text_of[self._numbers == self._numbers.dtype.type(number)]] = True
            rows[self._row_of[texts[self._which]]] = True
        self[word] = rows
        return rows


def coverage(terms: Terms, field: str, marks: Marks, rows: int) -> NDArray[np.float64]:
    """Return the share of the terms that each of so many rows holds, in [0, 1].

    Each term weighs its inverse document frequency, however often it occurs and however long the
    text is.
    """
    total = terms.total(field)
    held = np.zeros(rows)
    if not rows or total <= 0.0:
        return held
    for word, weight in terms.idf[field].items():
        having = marks[word].copy()
        for together in terms.equal.get(word, ()):
            if together:
                having |= np.logical_and.reduce([marks[one] for one in together])
        held += weight * having
    return np.minimum(held / total, 1.0)


def kept(
    rows: NDArray[np.int64],
    alike: Sequence[int],
    worded: Sequence[int],
    held: Sequence[NDArray[np.float64]],
    pool: int,
) -> NDArray[np.bool_]:
    """Return which of `rows` are candidates: those alike, and of those found by words `pool`.

    Of these the ones that hold most of the terms, themselves and in paragraphs (`held`), as a
    score weighs both; of equal ones the first.
    """
    chosen = np.isin(rows, alike)
    places = np.flatnonzero(np.isin(rows, worded))
    share = (LEXICAL * held[0] + LEXICAL_PARAGRAPH * held[1])[places]
    chosen[places[np.argsort(-share, kind="stable")[:pool]]] = True
    return chosen
