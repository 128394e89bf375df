"""A build in a database, opened for questions: candidates from tables, each with its signals."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.aside import Aside
from index.catalog import Catalog
from index.coverage import Marks, coverage, kept
from index.encoders.protocol import Vectors
from index.filters import Filter
from index.lexical import PARAGRAPH, SENTENCE
from index.manifest import Manifest
from index.postgres.database import BuildTables, Database
from index.postgres.lookups import Counted, Found, Lookups
from index.postgres.maxscore import Best, Word
from index.postgres.postings import K1
from index.postgres.precision import kind_of
from index.postgres.selections import TableSelection, TableSelections
from index.ranking import Candidates, Mode
from index.selection import Selection
from index.shares import of_allowed
from index.store import Encode
from index.terms import Asking, Terms, idf
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
        by_words: Callable[[], list[int]] = list
        if mode != "dense":
            by_words = self._aside.begin(lambda: self._worded(known, pool, within))
        query = encode()
        alike = [] if mode == "lexical" else self._alike(query, pool, within)
        worded = by_words()
        rows = np.array(sorted({*alike, *worded}), dtype=np.int64)
        found = self._lookups.candidates(rows, query)
        around = _Around(found)
        terms = asked.weighed(
            _FIELDS, self._texts[0], lambda field, word: _passages_with(known, field, word)
        )
        held = around.held(terms, {word: counted.number for (_, word), counted in known.items()})
        among = kept(rows, alike, worded, held, pool)
        standing, in_paragraphs = None, held[1]
        if within is not None:
            standing = self._standing(found, within)
            in_paragraphs = of_allowed(
                self.catalog,
                lambda text: terms.share(PARAGRAPH, self._asking.held(text)),
                in_paragraphs,
                rows,
                among & within.mixed[rows],
                within=within,
            )
        return Candidates(
            rows=rows[among],
            dense=found.passages.cosines[among],
            dense_paragraph=around.cosines(standing)[among],
            lexical=held[0][among],
            lexical_paragraph=in_paragraphs[among],
            roles=found.roles[among],
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
        passages, paragraphs = self._best(known, pool, within)
        of_paragraph = self._lookups.passages_in(paragraphs)
        standing = dict.fromkeys(row for one in paragraphs for row in of_paragraph[one])
        allowed = [row for row in standing if within is None or within.rows[row]]
        return [*passages, *allowed[:pool]]

    def _best(
        self, known: _Known, pool: int, within: TableSelection | None
    ) -> tuple[list[int], list[int]]:
        """Return the rows of the best passages and of the best paragraphs, best first."""
        among = (within.rows, within.paragraphs) if within else (None, None)
        searches = [
            Best(self._words(field, known), texts, pool, allowed)
            for field, (texts, allowed) in enumerate(zip(self._texts, among, strict=True))
        ]
        while any(wanted := [one.wanted() for one in searches]):
            read = self._lookups.postings(wanted)
            for one, numbers, postings in zip(searches, wanted, read, strict=True):
                one.read(numbers, postings)
        undecided = [one.open() for one in searches]
        if any(len(rows) for rows in undecided):
            for one, held in zip(searches, self._lookups.held(undecided), strict=True):
                one.look_up(held)
        passages, paragraphs = (one.best() for one in searches)
        return passages, paragraphs

    def _words(self, field: int, known: _Known) -> Iterator[Word]:
        texts = self._texts[field]
        for (of, _), one in known.items():
            if of == field:
                weight = (1.0 + K1) * idf(texts, one.texts)
                yield Word(one.number, one.texts, weight, one.impact)

    def _standing(self, found: Found, within: TableSelection) -> NDArray[np.bool_]:
        """Return which pairs of a passage and a paragraph stand in an allowed document."""
        allowed = self.catalog.paragraph_rows(found.passages.rows.tolist(), within.numbers)
        return np.array(
            [paragraph in allowed[row] for row, paragraph in found.members.tolist()], dtype=np.bool_
        )


class _Around:
    """Candidates with their paragraphs: which pairs of both there are, by their places."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._which = np.searchsorted(found.paragraphs.rows, found.members[:, 1])
        self._row_of = np.searchsorted(found.passages.rows, found.members[:, 0])

    def held(self, terms: Terms, numbers: Mapping[str, int]) -> list[NDArray[np.float64]]:
        """Return the share of the terms that each candidate holds, itself and in paragraphs."""
        count = len(self._found.passages.rows)
        each = np.arange(count)
        return [
            coverage(
                terms,
                field,
                Marks((texts.numbers, texts.lengths), pairs, count, numbers.get),
                count,
            )
            for field, texts, pairs in (
                (SENTENCE, self._found.passages, (each, each)),
                (PARAGRAPH, self._found.paragraphs, (self._which, self._row_of)),
            )
        ]

    def cosines(self, standing: NDArray[np.bool_] | None) -> NDArray[np.float64]:
        """Return for each candidate the cosine of the nearest paragraph that it stands in.

        `standing` says which of the pairs are allowed to count, where not all are.
        """
        nearest = np.full(len(self._found.passages.rows), -np.inf)
        which, row_of = self._which, self._row_of
        if standing is not None:
            which, row_of = which[standing], row_of[standing]
        np.maximum.at(nearest, row_of, self._found.paragraphs.cosines[which])
        return nearest


def _passages_with(known: _Known, field: str, word: str) -> int:
    counted = known.get((_FIELDS.index(field), word))
    return counted.passages if counted else 0
