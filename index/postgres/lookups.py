"""What a question reads of a build's tables: each method is one short statement.

Arguments go as text, answers come in binary. Statements are prepared by each connection after a few
times, and no argument is of a kind that another plan would suit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.encoders.protocol import Vectors
from index.postgres.database import Database, Row
from index.postgres.maxscore import Held, Posting
from index.postgres.postings import IMPACT, ROW, ROW_NUMBER, ROWS_A_BLOCK, TERM
from index.ragged import Integers

_TEXTS = ("passage_terms", "paragraph_terms")
"""By field."""


class Counted(NamedTuple):
    """A term in a field: its number, and what is known of all its postings together."""

    number: int
    texts: int
    passages: int
    impact: float


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Of some texts, in the order of `rows`: their cosines to the question, and their terms."""

    rows: NDArray[np.int64]
    cosines: NDArray[np.float64]
    lengths: NDArray[np.int64]
    numbers: Integers


class Lookups:
    """The tables of one build; any number of threads may read them."""

    def __init__(self, database: Database, schema: str, vector: str) -> None:
        """`vector` is the type of the vectors that are searched."""
        self._database = database
        self._schema = schema
        self._vector = vector

    def nearest(self, query: Vectors, k: int, documents: bytes | None = None) -> list[int]:
        """Return the rows that are nearest to a question, by the graph where there is one.

        With `documents`, a bit each, of those that stand in any of these.
        """
        where = _STANDS if documents is not None else ""
        within = [documents] if documents is not None else []
        found = self._ask(
            f"SELECT x.row FROM {{build}}.contextual x {where} "
            f"ORDER BY x.vector <#> %s::{self._vector} LIMIT {k}",
            *within,
            _vector(query),
        )
        return [row for (row,) in found]

    def nearest_of(self, query: Vectors, k: int, rows: Integers) -> list[int]:
        """Return which of some rows are nearest to a question, by looking at each."""
        found = self._ask(
            "SELECT x.row FROM unnest(%s::int[]) AS a (row) JOIN {build}.contextual x USING (row) "
            f"ORDER BY (x.vector <#> %s::{self._vector}) + 0 LIMIT {k}",  # + 0: not by the graph
            _array(rows.tolist()),
            _vector(query),
        )
        return [row for (row,) in found]

    def terms(self, words: Sequence[str]) -> Mapping[tuple[int, str], Counted]:
        """Return what is known of words, by field and word; nothing of what is nowhere."""
        found = self._ask(
            "SELECT field, term, number, texts, passages, impact FROM {build}.terms "
            "WHERE term = ANY(%s)",
            [*words],
        )
        return {(field, term): Counted(*counted) for field, term, *counted in found}

    def postings(self, field: int, numbers: Sequence[int]) -> list[Posting]:
        """Return all postings of some terms in a field."""
        found = self._ask(
            "SELECT number, block, rows, impacts FROM {build}.postings "
            f"WHERE field = {field} AND number = ANY(%s::int[]) ORDER BY number, block",
            _array(numbers),
        )
        return [
            Posting(
                number,
                np.frombuffer(rows, ROW) + np.int64(block * ROWS_A_BLOCK),
                np.frombuffer(impacts, IMPACT),
            )
            for number, block, rows, impacts in found
        ]

    def held(self, field: int, rows: Integers) -> Held:
        """Return the terms of some texts, with their impacts."""
        found = self._ask(
            f"SELECT t.row, t.numbers, t.impacts FROM {{build}}.{_TEXTS[field]} t "
            "WHERE t.row = ANY(%s::int[])",
            _array(rows.tolist()),
        )
        numbers, lengths = _joined((one[1] for one in found), TERM)
        return Held(
            np.array([one[0] for one in found], dtype=np.int64),
            lengths,
            numbers,
            _joined((one[2] for one in found), IMPACT)[0],
        )

    def passages(self, rows: Sequence[int], query: Vectors) -> tuple[Texts, NDArray[np.uint8]]:
        """Return passages, ascending, and what each is, as its position in index.ranking.ROLES."""
        found = self._ask(
            "SELECT t.row, -(v.vector <#> %s::vector), t.numbers, t.role "
            "FROM {build}.passage_terms t JOIN {build}.vectors v USING (row) "
            "WHERE t.row = ANY(%s::int[]) ORDER BY t.row",
            _vector(query),
            _array(rows),
        )
        return _texts(found), np.array([one[3] for one in found], dtype=np.uint8)

    def paragraphs(self, rows: Sequence[int], query: Vectors) -> Texts:
        """Return paragraphs, ascending."""
        return _texts(
            self._ask(
                "SELECT t.row, -(v.vector <#> %s::vector), t.numbers "
                "FROM {build}.paragraph_terms t JOIN {build}.paragraph_vectors v USING (row) "
                "WHERE t.row = ANY(%s::int[]) ORDER BY t.row",
                _vector(query),
                _array(rows),
            )
        )

    def members_of(self, column: str, rows: Sequence[int]) -> list[tuple[int, int]]:
        """Return the pairs of a passage and a paragraph that have one of `rows` in a column.

        In order of the rows, then of the others.
        """
        other = "paragraph" if column == "passage" else "passage"
        return self._ask(
            f"SELECT passage, paragraph FROM {{build}}.members "
            f"WHERE {column} = ANY(%s::int[]) ORDER BY {column}, {other}",
            _array(rows),
        )

    def placed(self) -> tuple[Integers, Integers, Integers]:
        """Return of every sentence its document, its passage and its paragraph."""
        found = self._ask("SELECT passages, paragraphs FROM {build}.placed ORDER BY document")
        passages, lengths = _joined((one[0] for one in found), ROW_NUMBER)
        paragraphs, _ = _joined((one[1] for one in found), ROW_NUMBER)
        documents = np.repeat(np.arange(len(found), dtype=np.int32), lengths)
        return documents, passages, paragraphs

    def _ask(self, sql: str, *arguments: object) -> list[Row]:
        text = sql.replace("{build}", self._schema).encode()
        return self._database.reading(
            lambda connection: connection.execute(text, arguments, binary=True).fetchall()
        )


_STANDS = (
    "WHERE EXISTS (SELECT FROM {build}.sentences s WHERE s.passage = x.row "
    "AND get_bit(%s::bytea, s.document) = 1)"
)


def _texts(found: Sequence[Row]) -> Texts:
    numbers, lengths = _joined((one[2] for one in found), TERM)
    return Texts(
        np.array([one[0] for one in found], dtype=np.int64),
        np.array([one[1] for one in found], dtype=np.float64),
        lengths,
        numbers,
    )


def _joined(parts: Iterable[bytes], kind: str) -> tuple[Any, NDArray[np.int64]]:
    """Return the numbers of all parts one after the other, and how many each has."""
    every = [*parts]
    size = np.dtype(kind).itemsize
    lengths = np.array([len(one) // size for one in every], dtype=np.int64)
    return np.frombuffer(b"".join(every), kind), lengths


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _vector(query: Vectors) -> str:
    return "[" + ",".join(map(str, query.tolist())) + "]"
