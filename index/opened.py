"""A build in a folder, opened for questions: its candidates, each scored on every signal."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from index import wording
from index.catalog import Catalog
from index.contextual import Contextual
from index.encoders.protocol import Vectors
from index.filters import Filter
from index.layout import Layout
from index.lexical import PARAGRAPH, SENTENCE, LexicalIndex
from index.manifest import Manifest
from index.members import Members
from index.ondisk import StoredVectors
from index.ragged import Integers
from index.ranking import LEXICAL, LEXICAL_PARAGRAPH, Mode, Signals
from index.selection import RowSelection, Selection, Selections
from index.shares import shares
from index.terms import Terms
from index.vectors.opening import open_engine


class OpenedFolder:
    """The files of a build, open; any number of threads may ask it."""

    def __init__(self, layout: Layout, manifest: Manifest) -> None:
        counts = manifest.counts
        self.catalog = Catalog(layout.catalog)
        self._vectors = StoredVectors(layout.vectors, counts.passages, manifest.dim)
        self._paragraphs = StoredVectors(layout.paragraphs, counts.paragraphs, manifest.dim)
        self._members = Members.read(layout.members)
        self._dense = open_engine(manifest.engine).open(
            layout.dense, Contextual(self._vectors, self._paragraphs, self._members)
        )
        self._lexical = LexicalIndex(layout.lexical, self._members)
        self.wording = wording.read(layout)
        self._selections = Selections(self.catalog, counts.passages)

    def select(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what a filter leaves of it, as a part of this collection, on this day."""
        return self._selections.of(wanted, collection, today)

    def signals(
        self, question: str, query: Vectors, pool: int, mode: Mode, within: Selection | None
    ) -> dict[int, Signals]:
        """Return the candidates for a question by row, each with all its signals."""
        assert within is None or isinstance(within, RowSelection)  # as `select` made it
        terms = self._lexical.terms(question, self.wording.expansions.equal(question))
        rows: set[int] = set()
        if mode != "lexical":
            allowed = within.rows if within else None
            rows.update(self._dense.search(query[None], pool, allowed)[1][0].tolist())
        if mode != "dense":
            rows.update(self._by_words(terms, pool, within))
        return self._signals(query, terms, sorted(rows), within)

    def _by_words(self, terms: Terms, pool: int, within: RowSelection | None) -> list[int]:
        """Return the rows that, of those that the search by words finds, hold most of the terms."""
        rows = self._lexical.search(terms, pool, within)
        held = LEXICAL * self._lexical.coverage(terms, SENTENCE, rows)
        held += LEXICAL_PARAGRAPH * self._lexical.coverage(terms, PARAGRAPH, rows)
        return [rows[at] for at in np.argsort(-held, kind="stable")[:pool].tolist()]

    def _signals(
        self, query: Vectors, terms: Terms, rows: Sequence[int], within: RowSelection | None
    ) -> dict[int, Signals]:
        """Return the signals of each row; what stands where it is not allowed adds nothing."""
        if not rows:
            return {}
        numbers = np.array(rows, dtype=np.int64)
        dense = self._vectors[numbers] @ query
        lexical = self._lexical.coverage(terms, SENTENCE, rows)
        lexical_paragraph = dict(
            zip(rows, self._lexical.coverage(terms, PARAGRAPH, rows).tolist(), strict=True)
        )
        if within is not None:
            lexical_paragraph |= shares(
                self.catalog,
                lambda text: self._lexical.share(terms, PARAGRAPH, text),
                [row for row in rows if within.mixed[row]],
                within,
            )
        around = self._around(query, rows, within)
        return {
            row: Signals(
                dense=similarity,
                dense_paragraph=around[row],
                lexical=held,
                lexical_paragraph=lexical_paragraph[row],
                role=role,
            )
            for row, similarity, held, role in zip(
                rows, dense.tolist(), lexical.tolist(), self._members.roles_of(rows), strict=True
            )
        }

    def _around(
        self, query: Vectors, rows: Sequence[int], within: RowSelection | None
    ) -> dict[int, float]:
        """Return for each row how like the question the likest of its allowed paragraphs is."""
        paragraphs: Integers
        if within is not None:
            allowed = self.catalog.paragraph_rows(rows, within.numbers)
            counts = np.array([len(allowed[row]) for row in rows], dtype=np.int64)
            paragraphs = np.array([one for row in rows for one in allowed[row]], dtype=np.int64)
        else:
            paragraphs, counts = self._members.paragraphs.of(rows)
        distinct, which = np.unique(paragraphs, return_inverse=True)
        likeness = (self._paragraphs[distinct.astype(np.int64)] @ query)[which]
        best = np.maximum.reduceat(likeness, np.cumsum(counts) - counts)
        return dict(zip(rows, best.tolist(), strict=True))
