"""What a filter leaves of a build in a database, with the paragraphs that stand there."""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from index.catalog import Catalog
from index.filters import Filter
from index.postgres.lookups import Lookups
from index.ragged import Integers
from index.selection import Places, RowSelection, Selections
from index.vectors.protocol import Allowed


@dataclass(frozen=True, slots=True, eq=False)
class TableSelection(RowSelection):
    """`paragraphs`, of shape (paragraphs,), says which stand in a document that is allowed."""

    paragraphs: Allowed


class TableSelections(Selections):
    """The selections of one build; where every sentence stands is read when the first is asked."""

    def __init__(self, catalog: Catalog, lookups: Lookups, passages: int, paragraphs: int) -> None:
        super().__init__(catalog, passages, self._read)
        self._lookups = lookups
        self._count = paragraphs
        self._paragraphs_of: tuple[Integers, Integers] | None = None

    def _read(self) -> Places:
        documents, passages, paragraphs = self._lookups.placed()
        self._paragraphs_of = documents, paragraphs
        return Places(documents, passages)

    def _made(self, wanted: Filter, collection: str, today: date) -> TableSelection:
        made = super()._made(wanted, collection, today)
        assert self._paragraphs_of is not None  # by what was just made
        documents, paragraphs = self._paragraphs_of
        among = np.zeros(self._count, dtype=np.bool_)
        among[paragraphs[made.numbers[documents]]] = True
        values = {field.name: getattr(made, field.name) for field in fields(made)}
        return TableSelection(**values, paragraphs=among)
