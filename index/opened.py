"""A build in a folder, opened for questions: its candidates, each scored on every signal."""

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index import wording
from index.aside import SPARE
from index.catalog import Catalog
from index.contextual import Contextual
from index.coverage import kept
from index.encoders.protocol import Vectors
from index.filters import Filter
from index.layout import Layout
from index.lexical import PARAGRAPH, SENTENCE, LexicalIndex
from index.manifest import Manifest
from index.members import Members
from index.ondisk import StoredVectors
from index.ragged import Integers
from index.ranking import Candidates, Mode, Role
from index.selection import Places, RowSelection, Selection, Selections
from index.shares import of_allowed
from index.store import Encode
from index.vectors.opening import open_engine
from index.vectors.protocol import Rows

_PROMPTING: tuple[Role, Role] = ("question", "heading")
_PROMPTS = 50_000
"""Questions, and headings, that are offered at most: each is kept in memory with its words."""


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
        self._selections = Selections(self.catalog, counts.passages, self._places)

    def select(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what a filter leaves of it, as a part of this collection, on this day."""
        return self._selections.of(wanted, collection, today)

    def _places(self) -> Places:
        documents = self._members.documents
        rows = np.arange(len(documents), dtype=np.int32)
        return Places(documents.all(), np.repeat(rows, np.diff(documents.starts)))

    def prompts(self) -> tuple[list[str], list[str]]:
        """Return its distinct questions and headings, the commonest first, so many of each."""
        questions, headings = (
            self.catalog.texts(self._members.of_role(role)[:_PROMPTS].tolist())
            for role in _PROMPTING
        )
        return questions, headings

    def candidates(
        self, question: str, encode: Encode, pool: int, mode: Mode, within: Selection | None
    ) -> Candidates:
        """Return the candidates for a question with all their signals."""
        with SPARE.asking():
            return self._candidates(question, encode, pool, mode, within)

    def _candidates(
        self, question: str, encode: Encode, pool: int, mode: Mode, within: Selection | None
    ) -> Candidates:
        assert within is None or isinstance(within, RowSelection)  # as `select` made it
        terms = self._lexical.terms(question, self.wording.expansions.equal(question))
        by_words: Callable[[], list[int]] = list
        if mode != "dense":
            by_words = SPARE.begin(lambda: self._lexical.search(terms, pool, within))
        query = encode()
        alike: list[int] = []
        if mode != "lexical":
            allowed = within.rows if within else None
            alike = self._dense.search(query[None], pool, allowed)[1][0].tolist()
        worded = by_words()
        rows = np.array(sorted({*alike, *worded}), dtype=np.int64)
        held = [self._lexical.coverage(terms, field, rows) for field in (SENTENCE, PARAGRAPH)]
        among = kept(rows, alike, worded, held, pool)
        rows, itself, around = rows[among], held[0][among], held[1][among]
        if within is not None:
            around = of_allowed(
                self.catalog,
                lambda text: self._lexical.share(terms, PARAGRAPH, text),
                around,
                rows,
                within.mixed[rows],
                within=within,
            )
        return Candidates(
            rows=rows,
            dense=(self._vectors[rows] @ query).astype(np.float64),
            dense_paragraph=self._around(query, rows, within),
            lexical=itself,
            lexical_paragraph=around,
            roles=self._members.roles[rows],
        )

    def _around(
        self, query: Vectors, numbers: Rows, within: RowSelection | None
    ) -> NDArray[np.float64]:
        """Return for each row how like the question the likest of its allowed paragraphs is."""
        if not len(numbers):
            return np.zeros(0)
        paragraphs: Integers
        if within is not None:
            rows = numbers.tolist()
            allowed = self.catalog.paragraph_rows(rows, within.numbers)
            counts = np.array([len(allowed[row]) for row in rows], dtype=np.int64)
            paragraphs = np.array([one for row in rows for one in allowed[row]], dtype=np.int64)
        else:
            paragraphs, counts = self._members.paragraphs.of(numbers)
        distinct, which = np.unique(paragraphs, return_inverse=True)
        likeness = (self._paragraphs[distinct.astype(np.int64)] @ query)[which]
        return np.maximum.reduceat(likeness, np.cumsum(counts) - counts).astype(np.float64)
