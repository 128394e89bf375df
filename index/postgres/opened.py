"""A build in a database, opened for questions: candidates from tables, each with its signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.aside import Aside
from index.catalog import Catalog
from index.coverage import Marks, coverage, most
from index.encoders.protocol import Vectors
from index.filters import Filter
from index.lexical import PARAGRAPH, SENTENCE
from index.manifest import Manifest
from index.postgres.database import BuildTables, Database
from index.postgres.lookups import Counted, Lookups, Texts
from index.postgres.maxscore import Best, Word
from index.postgres.postings import K1, PARAGRAPH_FIELD, SENTENCE_FIELD
from index.postgres.precision import kind_of
from index.postgres.selections import TableSelection, TableSelections
from index.ranking import LEXICAL, LEXICAL_PARAGRAPH, Candidates, Mode
from index.selection import Selection
from index.shares import shares
from index.store import Encode
from index.terms import Asking, Terms, idf
from index.vectors.protocol import Allowed, Rows
from index.wording import Wording

_FIELDS = (SENTENCE, PARAGRAPH)
_LISTED_UP_TO = 20_000
"""Allowed passages up to which each is looked at: a graph's walk meets too few of them."""

_Known = Mapping[tuple[int, str], Counted]


class OpenedTables:
    """The tables of a build; any number of threads may ask it."""

    def __init__(
        self, database: Database, schema: str, manifest: Manifest, wording: Wording
    ) -> None:
        self.catalog = Catalog(BuildTables(database, schema))
        self.wording = wording
        vector = f"{kind_of(manifest.counts.passages)}({manifest.dim})"
        self._lookups = Lookups(database, schema, vector)
        self._texts = (manifest.counts.passages, manifest.counts.paragraphs)
        self._asking = Asking()
        self._aside = Aside()
        self._selections = TableSelections(self.catalog, self._lookups, *self._texts)

    def select(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what a filter leaves of it, as a part of this collection, on this day."""
        return self._selections.of(wanted, collection, today)

    def prompts(self) -> tuple[list[str], list[str]]:
        """Return its distinct questions and headings, the commonest first."""
        return self.catalog.prompts()

    def candidates(
        self, question: str, encode: Encode, pool: int, mode: Mode, within: Selection | None
    ) -> Candidates:
        """Return the candidates for a question with all their signals."""
        assert within is None or isinstance(within, TableSelection)  # as `select` made it
        asked = self._asking.asked(question, self.wording.expansions.equal(question))
        known = self._lookups.terms(asked.all_words)
        by_words = self._aside.begin(
            lambda: [] if mode == "dense" else self._worded(known, pool, within)
        )
        query = encode()
        alike = [] if mode == "lexical" else self._alike(query, pool, within)
        worded = by_words()
        rows = np.array(sorted({*alike, *worded}), dtype=np.int64)
        found = _Found.of(self._lookups, rows, query)
        terms = asked.weighed(
            _FIELDS, self._texts[0], lambda field, word: _passages_with(known, field, word)
        )
        held = found.held(terms, {word: counted.number for (_, word), counted in known.items()})
        kept = np.isin(rows, alike)
        kept[most(LEXICAL * held[0] + LEXICAL_PARAGRAPH * held[1], np.isin(rows, worded), pool)] = 1
        standing = None
        if within is not None:
            standing = self._standing(found, within)
            self._take_allowed(held[1], terms, rows, kept & within.mixed[rows], within)
        return Candidates(
            rows=rows[kept],
            dense=found.passages.cosines[kept],
            dense_paragraph=found.cosines_around(standing)[kept],
            lexical=held[0][kept],
            lexical_paragraph=held[1][kept],
            roles=found.roles[kept],
        )

    def _alike(self, query: Vectors, pool: int, within: TableSelection | None) -> list[int]:
        if within is None:
            return self._lookups.nearest(query, pool)
        if within.count <= _LISTED_UP_TO:
            return self._lookups.nearest_of(query, pool, np.flatnonzero(within.rows))
        bits = np.packbits(within.numbers, bitorder="little").tobytes()
        return self._lookups.nearest(query, pool, bits)

    def _worded(self, known: _Known, pool: int, within: TableSelection | None) -> list[int]:
        """Return the rows of the best passages by words, and what stands in the best paragraphs.

        As many of these as of those at most, the best paragraphs' first.
        """
        rows = self._best(SENTENCE_FIELD, known, pool, within.rows if within else None)
        best = self._best(PARAGRAPH_FIELD, known, pool, within.paragraphs if within else None)
        members = self._lookups.members_of("paragraph", sorted(best))
        passages = {
            paragraph: [row for row, _ in pairs]
            for paragraph, pairs in groupby(members, key=itemgetter(1))
        }
        standing = dict.fromkeys(row for paragraph in best for row in passages[paragraph])
        allowed = [row for row in standing if within is None or within.rows[row]]
        return [*rows, *allowed[:pool]]

    def _best(self, field: int, known: _Known, pool: int, allowed: Allowed | None) -> list[int]:
        texts = self._texts[field]
        words = (
            Word(one.number, one.texts, (1.0 + K1) * idf(texts, one.texts), one.impact)
            for (of, _), one in known.items()
            if of == field
        )
        best = Best(words, texts, pool, allowed)
        while wanted := best.wanted():
            best.read(wanted, self._lookups.postings(field, wanted))
        if len(undecided := best.open()):
            best.look_up(self._lookups.held(field, undecided))
        return best.best()

    def _standing(self, found: "_Found", within: TableSelection) -> NDArray[np.bool_]:
        """Return which pairs of a passage and a paragraph stand in an allowed document."""
        allowed = self.catalog.paragraph_rows(found.passages.rows.tolist(), within.numbers)
        return np.array(
            [paragraph in allowed[row] for row, paragraph in found.members], dtype=np.bool_
        )

    def _take_allowed(
        self,
        held: NDArray[np.float64],
        terms: Terms,
        rows: Rows,
        mixed: NDArray[np.bool_],
        within: TableSelection,
    ) -> None:
        """Put into `held` the shares in allowed paragraphs alone, of rows that have others too."""
        if not mixed.any():
            return
        asking = self._asking
        found = shares(
            self.catalog,
            lambda text: terms.share(PARAGRAPH, asking.held(text)),
            rows[mixed].tolist(),
            within,
        )
        held[mixed] = [found[row] for row in rows[mixed].tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Candidates, by row, and the paragraphs that they stand in.

    `members` pairs the row of a passage with that of a paragraph; `pairs` has for each of these the
    place of its paragraph in `around`, and that of its passage in `passages`.
    """

    passages: Texts
    roles: NDArray[np.uint8]
    members: Sequence[tuple[int, int]]
    around: Texts
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]]

    @classmethod
    def of(cls, lookups: Lookups, rows: Rows, query: Vectors) -> Self:
        """Look up rows, which are in ascending order."""
        passages, roles = lookups.passages(rows.tolist(), query)
        members = lookups.members_of("passage", rows.tolist())
        around = lookups.paragraphs(sorted({paragraph for _, paragraph in members}), query)
        pairs = np.array(members, dtype=np.int64).reshape(-1, 2)
        return cls(
            passages,
            roles,
            members,
            around,
            (
                np.searchsorted(around.rows, pairs[:, 1]),
                np.searchsorted(passages.rows, pairs[:, 0]),
            ),
        )

    def held(self, terms: Terms, numbers: Mapping[str, int]) -> list[NDArray[np.float64]]:
        """Return the share of the terms that each candidate holds, itself and in paragraphs."""
        count = len(self.passages.rows)
        each = np.arange(count)
        return [
            coverage(
                terms,
                field,
                Marks((texts.numbers, texts.lengths), pairs, count, numbers.get),
                count,
            )
            for field, texts, pairs in (
                (SENTENCE, self.passages, (each, each)),
                (PARAGRAPH, self.around, self.pairs),
            )
        ]

    def cosines_around(self, standing: NDArray[np.bool_] | None) -> NDArray[np.float64]:
        """Return for each candidate the cosine of the nearest paragraph that it stands in.

        `standing` says which of the pairs are allowed to count, where not all are.
        """
        nearest = np.full(len(self.passages.rows), -np.inf)
        which, row_of = self.pairs
        if standing is None:
            standing = np.ones(len(which), dtype=np.bool_)
        np.maximum.at(nearest, row_of[standing], self.around.cosines[which[standing]])
        return nearest


def _passages_with(known: _Known, field: str, word: str) -> int:
    counted = known.get((_FIELDS.index(field), word))
    return counted.passages if counted else 0
