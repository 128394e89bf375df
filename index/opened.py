"""A build in a folder, opened for questions: its candidates, each scored on every signal."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from index import wording
from index.catalog import Catalog
from index.encoders.protocol import Vectors
from index.errors import DamagedError
from index.filters import Filter
from index.layout import Layout
from index.lexical import PARAGRAPH, SENTENCE, LexicalIndex
from index.manifest import Manifest
from index.ranking import LEXICAL, LEXICAL_PARAGRAPH, Mode, Signals
from index.selection import RowSelection, Selection, Selections
from index.shares import shares
from index.terms import Terms
from index.vectors.opening import open_engine


class OpenedFolder:
    """The files of a build, mapped; any number of threads may ask it."""

    def __init__(self, layout: Layout, manifest: Manifest) -> None:
        self.catalog = Catalog(layout.catalog)
        self._vectors = mapped(layout.vectors, manifest.counts.passages, manifest.dim)
        self._paragraphs = mapped(layout.paragraphs, manifest.counts.paragraphs, manifest.dim)
        self._dense = open_engine(manifest.engine).open(layout.dense, self._vectors)
        self._lexical = LexicalIndex(layout.lexical)
        self.wording = wording.read(layout)
        self._selections = Selections(self.catalog, manifest.counts.passages)

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
            rows.update(int(row) for row in self._dense.search(query[None], pool, allowed)[1][0])
        if mode != "dense":
            documents = within.documents if within else None
            weight = LEXICAL_PARAGRAPH / LEXICAL
            rows.update(row for row, _ in self._lexical.search(terms, pool, weight, documents))
        return self._signals(query, terms, sorted(rows), within)

    def _signals(
        self, query: Vectors, terms: Terms, rows: Sequence[int], within: RowSelection | None
    ) -> dict[int, Signals]:
        """Return the signals of each row; what stands where it is not allowed adds nothing."""
        if not rows:
            return {}
        paragraph_rows = self.catalog.paragraph_rows(rows, within.numbers if within else None)
        needed = sorted({one for members in paragraph_rows.values() for one in members})
        roles = self.catalog.roles(rows)
        dense = self._vectors[rows] @ query
        paragraphs = dict(zip(needed, (self._paragraphs[needed] @ query).tolist(), strict=True))
        lexical = self._lexical.coverage(terms, SENTENCE, rows)
        lexical_paragraph = self._lexical.coverage(terms, PARAGRAPH, rows)
        if within is not None:
            lexical_paragraph |= shares(
                self.catalog,
                lambda text: self._lexical.share(terms, PARAGRAPH, text),
                [row for row in rows if within.mixed[row]],
                within,
            )
        return {
            row: Signals(
                dense=float(similarity),
                dense_paragraph=max(paragraphs[one] for one in paragraph_rows[row]),
                lexical=lexical.get(row, 0.0),
                lexical_paragraph=lexical_paragraph.get(row, 0.0),
                role=roles[row],
            )
            for row, similarity in zip(rows, dense, strict=True)
        }


def mapped(path: Path, rows: int, dim: int) -> Vectors:
    """Map vectors of this shape; DamagedError where the file holds any other."""
    try:
        vectors: Vectors = np.load(path, mmap_mode="r" if rows else None, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path}: the vectors cannot be read: {error}") from error
    if vectors.shape != (rows, dim) or vectors.dtype != np.float32:
        raise DamagedError(f"{path}: holds {vectors.shape}, the manifest says {(rows, dim)}")
    return vectors
