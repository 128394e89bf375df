"""Postings for BM25 in plain tables, so that scores are those of the embedded engine.

BM25 (Robertson and Zaragoza 2009) with k1 = 1.2 and b = 0.75, a text's length rounded down as
Lucene and tantivy round it, to one of 256. All of it but the term's own weight is known when a
build is made: that part, the impact, is stored with each posting, and beside each text with each of
its terms. Numbers are little-endian in both: rows 16 bits within their block, terms 32, impacts
floats of 32.
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
ROWS_A_BLOCK = 65_536
ROW, TERM, IMPACT, ROW_NUMBER = "<u2", "<i4", "<f4", "<i4"
"""How numbers stand in the tables."""

Block = tuple[int, int, int, bytes, bytes]
"""A term's number, the field, the number of the block, rows within it in order, their impacts."""

Text = tuple[int, bytes, bytes]
"""The row of a text, the numbers of its distinct terms, and the impact of each."""

TermRow = tuple[str, int, int, int, int, float]
"""A term, a field, its number; how many texts of the field have it, how many passages have it by
these; the greatest impact."""


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


class _Column:
    """The texts of one field: their terms, and what their lengths mean to BM25."""

    def __init__(self, field: int, texts: _Texts) -> None:
        self.field = field
        self.texts = texts
        self._lengths = np.diff(texts.ends, prepend=0)
        self._norms = _norms(self._lengths)

    def blocks(self) -> Iterator["_Some"]:
        """Give some texts after the other, each by its distinct terms."""
        for first in range(0, len(self._lengths), ROWS_A_BLOCK):
            last = min(first + ROWS_A_BLOCK, len(self._lengths))
            terms = self.texts.terms[self.texts.start(first) : self.texts.ends[last - 1]]
            within = np.repeat(np.arange(last - first), self._lengths[first:last])
            width = last - first
            keys, times = np.unique(terms.astype(np.int64) * width + within, return_counts=True)
            rows = keys % width
            impacts = (times / (times + self._norms[first + rows])).astype(IMPACT)
            yield _Some(first, width, (keys // width).astype(TERM), rows.astype(ROW), impacts)


@dataclass(frozen=True, slots=True, eq=False)
class _Some:
    """The distinct terms of some texts, by term and within it by row; rows from `first` on."""

    first: int
    width: int
    terms: NDArray[np.int32]
    rows: NDArray[np.uint16]
    impacts: NDArray[np.float32]


class Postings:
    """The postings of a build's passages and paragraphs, worked out a block of rows at a time."""

    def __init__(self, merged: Merged) -> None:
        numbers: dict[str, int] = {}
        self._members = [tuple(dict.fromkeys(one)) for one in merged.paragraphs_of]
        self._sentences = _Column(
            SENTENCE_FIELD, _analysed((text for _, text in merged.passages), numbers)
        )
        self._paragraphs = _Column(PARAGRAPH_FIELD, _analysed(merged.paragraphs, numbers))
        self._terms = list(numbers)

    def blocks(self) -> Iterator[Block]:
        """Give the postings of both fields."""
        for column in (self._sentences, self._paragraphs):
            for block, some in enumerate(column.blocks()):
                distinct, starts = np.unique(some.terms, return_index=True)
                ends = [*starts.tolist(), len(some.terms)]
                for at, term in enumerate(distinct.tolist()):
                    those = slice(ends[at], ends[at + 1])
                    rows, impacts = some.rows[those], some.impacts[those]
                    yield term, column.field, block, rows.tobytes(), impacts.tobytes()

    def texts(self, field: int) -> Iterator[Text]:
        """Give each text of a field with its terms."""
        column = self._paragraphs if field == PARAGRAPH_FIELD else self._sentences
        for some in column.blocks():
            order = np.argsort(some.rows, kind="stable")
            terms, impacts = some.terms[order], some.impacts[order]
            ends = np.cumsum(np.bincount(some.rows, minlength=some.width)).tolist()
            for at, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
                those = slice(start, end)
                yield some.first + at, terms[those].tobytes(), impacts[those].tobytes()

    def terms(self) -> Iterator[TermRow]:
        """Give the terms of both fields, with how often and how strongly each is met."""
        for column in (self._sentences, self._paragraphs):
            texts = np.zeros(len(self._terms), dtype=np.int64)
            impacts = np.zeros(len(self._terms), dtype=np.float32)
            for some in column.blocks():
                texts += np.bincount(some.terms, minlength=len(self._terms))
                np.maximum.at(impacts, some.terms, some.impacts)
            passages = texts if column.field == SENTENCE_FIELD else self._passages()
            for one in np.flatnonzero(texts).tolist():
                yield (
                    *(self._terms[one], column.field, one),
                    *(int(texts[one]), int(passages[one]), float(impacts[one])),
                )

    def _passages(self) -> NDArray[np.int64]:
        """Return for each term in how many passages' paragraphs it is."""
        counts = np.zeros(len(self._terms), dtype=np.int64)
        paragraphs = self._paragraphs.texts
        distinct = [np.unique(paragraphs.of(row)) for row in range(len(paragraphs.ends))]
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
