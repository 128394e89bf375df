"""Postings for BM25 in plain SQL, so that scores are those of the embedded engine.

BM25 (Robertson and Zaragoza 2009) with k1 = 1.2 and b = 0.75, a text's length rounded down as
Lucene and tantivy round it, to one of 256. All of it but the term's own weight is known when a
build is made: that part, the impact, is stored with each posting.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.merging import Merged
from index.terms import analyzer

K1, B = 1.2, 0.75
SENTENCE_FIELD, PARAGRAPH_FIELD = 0, 1
_EXACT_LENGTHS = 24
_ROWS_A_BLOCK = 65_536

Block = tuple[str, int, int, NDArray[np.int32], NDArray[np.float32]]
"""A term, its field, the number of the block, rows in order, and the impact in each."""

Counts = tuple[int, int]
"""How many texts of a field have a term, and how many passages have it by these."""


def rounded_lengths() -> NDArray[np.int64]:
    """Return the 256 lengths that Lucene's SmallFloat can tell apart, in order.

    >>> rounded_lengths()[[0, 24, 40, 41, 255]].tolist()
    [0, 24, 40, 42, 2013265944]
    """
    lengths = list(range(_EXACT_LENGTHS))
    for code in range(256 - _EXACT_LENGTHS):
        mantissa, shift = code & 7, (code >> 3) - 1
        lengths.append(_EXACT_LENGTHS + (mantissa if shift < 0 else (mantissa | 8) << shift))
    return np.array(lengths, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts as numbers of terms, one after the other; `ends` says where each ends."""

    terms: NDArray[np.int32]
    ends: NDArray[np.int64]

    def of(self, text: int) -> NDArray[np.int32]:
        return self.terms[self.start(text) : self.ends[text]]

    def start(self, text: int) -> int:
        return int(self.ends[text - 1]) if text else 0


@dataclass(frozen=True, slots=True)
class _Column:
    """The texts of one field: their terms, how many these are, and what that means to BM25."""

    field: int
    texts: _Texts
    lengths: NDArray[np.int64]
    norms: NDArray[np.float64]


class Postings:
    """The postings of a build's passages and paragraphs, worked out a block of rows at a time."""

    def __init__(self, merged: Merged) -> None:
        numbers: dict[str, int] = {}
        self._members = [tuple(dict.fromkeys(one)) for one in merged.paragraphs_of]
        self._sentences = _analysed((text for _, text in merged.passages), numbers)
        self._paragraphs = _analysed(merged.paragraphs, numbers)
        self._terms = list(numbers)
        self.terms: tuple[dict[str, Counts], dict[str, Counts]] = ({}, {})
        """For each field, how often each term is met; whole after `blocks`."""

    def blocks(self) -> Iterator[Block]:
        """Give the postings of both fields."""
        for field, texts in (
            (SENTENCE_FIELD, self._sentences),
            (PARAGRAPH_FIELD, self._paragraphs),
        ):
            lengths = np.diff(texts.ends, prepend=0)
            column = _Column(field, texts, lengths, _norms(lengths))
            counts = np.zeros(len(self._terms), dtype=np.int64)
            for first in range(0, len(lengths), _ROWS_A_BLOCK):
                last = min(first + _ROWS_A_BLOCK, len(lengths))
                yield from self._block(column, first, last, counts)
            passages = counts if field == SENTENCE_FIELD else self._passages()
            for one in np.flatnonzero(counts).tolist():
                self.terms[field][self._terms[one]] = int(counts[one]), int(passages[one])

    def _block(
        self, column: "_Column", first: int, last: int, counts: NDArray[np.int64]
    ) -> Iterator[Block]:
        texts, lengths = column.texts, column.lengths
        terms = texts.terms[texts.start(first) : texts.ends[last - 1]].astype(np.int64)
        rows = np.repeat(np.arange(first, last), lengths[first:last])
        width = last - first
        keys, times = np.unique(terms * width + (rows - first), return_counts=True)
        of_term, of_row = keys // width, (keys % width + first).astype(np.int32)
        impacts = (times / (times + column.norms[of_row])).astype(np.float32)
        distinct, starts = np.unique(of_term, return_index=True)
        counts[distinct] += np.diff([*starts, len(keys)])
        for term, start, end in zip(
            distinct.tolist(), starts.tolist(), [*starts[1:].tolist(), len(keys)], strict=True
        ):
            yield (
                self._terms[term],
                column.field,
                first // _ROWS_A_BLOCK,
                of_row[start:end],
                impacts[start:end],
            )

    def _passages(self) -> NDArray[np.int64]:
        """Return for each term in how many passages' paragraphs it is."""
        counts = np.zeros(len(self._terms), dtype=np.int64)
        distinct = [
            np.unique(self._paragraphs.of(row)) for row in range(len(self._paragraphs.ends))
        ]
        for members in self._members:
            if len(members) == 1:
                counts[distinct[members[0]]] += 1
            else:
                counts[np.unique(np.concatenate([distinct[one] for one in members]))] += 1
        return counts


def _norms(lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each text what BM25 adds below the line for its length."""
    if not lengths.sum():
        return np.full(len(lengths), K1)
    known = rounded_lengths()
    rounded = known[np.searchsorted(known, lengths, side="right") - 1]
    norms: NDArray[np.float64] = K1 * (1.0 - B + B * rounded / lengths.mean())
    return norms


def _analysed(texts: Iterable[str], numbers: dict[str, int]) -> _Texts:
    analyse = analyzer().analyze
    terms, ends = array("i"), array("q")
    for text in texts:
        terms.extend([numbers.setdefault(word, len(numbers)) for word in analyse(text)])
        ends.append(len(terms))
    return _Texts(np.array(terms, dtype=np.int32), np.array(ends, dtype=np.int64))
