"""Search by words: candidates, and what share of a question's terms each passage holds.

Candidates come from two inverted indexes, one of the passages, one of the paragraphs; a paragraph
stands for the passages in it. Which terms a text holds is not asked of these: it is written down a
text, as hashes of its terms, and compared with the question's. So the cost of a question depends on
how many candidates there are, not on how common its words are in ten million texts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import ragged, rarity
from index.coverage import Marks, coverage
from index.members import Members
from index.postings import Postings, PostingsWriter
from index.ragged import Integers, Ragged
from index.rarity import Rarity
from index.selection import RowSelection
from index.terms import Asking, Terms, analyzer

SENTENCE, PARAGRAPH = "sentence", "paragraph"
_FOLDERS = {SENTENCE: "sentences", PARAGRAPH: "paragraphs"}
_WIDE = 0.1
"""Share of the passages from which on a filter is applied to what is found among all of them."""
_AMPLE = 1.5

Texts = Iterable[tuple[str, Iterable[str]]]
"""Texts in row order, each with the ids of the documents in which it stands."""


def create(folder: Path, sentences: Texts, paragraphs: Texts, members: Members) -> None:
    """Write the index of passages and paragraphs, each read once, into the empty `folder`."""
    hashes = _Hashes()
    for field, texts in ((SENTENCE, sentences), (PARAGRAPH, paragraphs)):
        with PostingsWriter(folder / _FOLDERS[field]) as writer:
            ragged.write(folder, _name(field), _added(writer, texts, hashes), np.uint64)
    rarity.write(folder, Ragged.read(folder, _name(PARAGRAPH)), members)


def _name(field: str) -> str:
    return f"{field}-terms"


def _added(writer: PostingsWriter, texts: Texts, hashes: "_Hashes") -> Iterator[list[int]]:
    """Add texts to an index; give the hashes of the distinct terms of each."""
    analyze = analyzer().analyze
    for number, (text, documents) in enumerate(texts):
        writer.add(number, text, documents)
        yield [hashes[term] for term in dict.fromkeys(analyze(text))]


class _Hashes(dict[str, int]):
    """Terms as numbers, each worked out once."""

    def __missing__(self, term: str) -> int:
        number = _hash(term)
        self[term] = number
        return number


def _hash(term: str) -> int:
    """Return a term as a number of 64 bits (BLAKE2b); no two of ten million should be alike."""
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "little")


class LexicalIndex:
    """An opened lexical index; it can be searched and in no way changed."""

    def __init__(self, folder: Path, members: Members) -> None:
        self._postings = {field: Postings(folder / name) for field, name in _FOLDERS.items()}
        self._held = {field: Ragged.read(folder, _name(field)) for field in _FOLDERS}
        self._rarity = Rarity.read(folder)
        self._members = members
        self._asking = Asking()

    def __len__(self) -> int:
        return len(self._postings[SENTENCE])

    def terms(self, question: str, equal: Sequence[tuple[str, str]] = ()) -> Terms:
        """Analyse a question into its terms, without stop words unless it has nothing else.

        `equal` pairs what the question says with what means the same: a text that has the other
        holds the term.
        """
        asked = self._asking.asked(question, equal)
        return asked.weighed((SENTENCE, PARAGRAPH), len(self), self._passages_with)

    def _passages_with(self, field: str, word: str) -> int:
        if field == SENTENCE:
            return self._postings[SENTENCE].holding(word)
        return self._rarity.passages(_hash(word))

    def search(self, terms: Terms, k: int, within: RowSelection | None = None) -> list[int]:
        """Return the rows that have the best `k` sentences or stand in the best `k` paragraphs.

        No more than `k` of the latter, the best paragraphs' first; all in ascending order. With a
        selection, the best of those that it leaves.
        """
        words = terms.all_words
        rows = self._best(SENTENCE, words, k, within, lambda found: found)
        of_paragraphs = self._best(PARAGRAPH, words, k, within, self._passages_in)
        return sorted({*rows, *of_paragraphs})

    def _passages_in(self, paragraphs: list[int]) -> list[int]:
        passages, _ = self._members.passages.of(paragraphs)
        return list(dict.fromkeys(passages.tolist()))

    def _best(
        self,
        field: str,
        words: Sequence[str],
        k: int,
        within: RowSelection | None,
        rows_of: Callable[[list[int]], list[int]],
    ) -> list[int]:
        postings = self._postings[field]
        if within is None:
            return rows_of([number for number, _ in postings.search(words, k)])[:k]
        if within.share >= _WIDE:
            enough = int(_AMPLE * k / within.share)
            found = rows_of([number for number, _ in postings.search(words, enough)])
            rows = [row for row in found if within.rows[row]]
            if len(rows) >= k:
                return rows[:k]
        found = rows_of([number for number, _ in postings.search(words, k, within.documents)])
        return [row for row in found if within.rows[row]][:k]

    def coverage(
        self, terms: Terms, field: str, rows: Sequence[int] | Integers
    ) -> NDArray[np.float64]:
        """Return the share of the terms that each of `rows` holds, in [0, 1]."""
        return coverage(terms, field, self._marks(field, rows), len(rows))

    def share(self, terms: Terms, field: str, text: str) -> float:
        """Return the share of the terms that a text holds, as `coverage` does for indexed ones."""
        return terms.share(field, self._asking.held(text))

    def _marks(self, field: str, rows: Sequence[int] | Integers) -> Marks:
        if field == SENTENCE:
            each = np.arange(len(rows))
            return Marks(self._held[SENTENCE].of(rows), (each, each), len(rows), _hash)
        paragraphs, counts = self._members.paragraphs.of(rows)
        distinct, which = np.unique(paragraphs, return_inverse=True)
        row_of = np.repeat(np.arange(len(rows)), counts)
        return Marks(self._held[PARAGRAPH].of(distinct), (which, row_of), len(rows), _hash)
