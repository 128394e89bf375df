"""What a question reads of a build's tables: each method is one round trip of short statements.

Arguments go as text, answers come in binary. Statements are prepared by each connection after a few
times, and no argument is of a kind that another plan would suit.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray

from index.encoders.protocol import Vectors
from index.postgres.database import Database, Row
from index.postgres.maxscore import Held, Posting
from index.postgres.postings import IMPACT, ROW, ROW_NUMBER, ROWS_A_BLOCK, TERM
from index.postgres.precision import as_text
from index.postgres.remembered import Key, Remembered
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


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Passages, what each is, as its position in index.ranking.ROLES, and what is around them.

    `members` pairs the row of a passage with that of a paragraph that it stands in.
    """

    passages: Texts
    roles: NDArray[np.uint8]
    paragraphs: Texts
    members: NDArray[np.int64]


class Lookups:
    """The tables of one build; any number of threads may read them."""

    def __init__(self, database: Database, schema: str, vector: str) -> None:
        """`vector` is the type of the vectors that are searched."""
        self._in_sight = [one for (one,) in database.ask(f"SELECT in_sight FROM {schema}.graph")]
        self._database = database
        self._schema = schema
        self._vector = vector
        self._remembered = Remembered()

    def nearest(self, query: Vectors, k: int, documents: bytes | None = None) -> list[int]:
        """Return the rows that are nearest to a question, by the graph where there is one.

        With `documents`, a bit each, of those that stand in any of these.
        """
        where = _STANDS if documents is not None else ""
        within = [documents] if documents is not None else []
        sql = (
            f"SELECT x.row FROM {{build}}.contextual x {where} "
            f"ORDER BY x.vector <#> %s::{self._vector} LIMIT {k}"
        )
        found = self._ask_together(
            *((f"SET hnsw.ef_search = {in_sight:d}", []) for in_sight in self._in_sight),
            (sql, [*within, as_text(query)]),
        )
        return [row for (row,) in found[-1]]

    def nearest_of(self, query: Vectors, k: int, rows: Integers) -> list[int]:
        """Return which of some rows are nearest to a question, by looking at each."""
        found = self._ask(
            "SELECT x.row FROM unnest(%s::int[]) AS a (row) JOIN {build}.contextual x USING (row) "
            f"ORDER BY (x.vector <#> %s::{self._vector}) + 0 LIMIT {k}",  # + 0: not by the graph
            _array(rows.tolist()),
            as_text(query),
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

    def postings(self, wanted: Sequence[Sequence[int]]) -> list[list[Posting]]:
        """Return, by field, all postings of the terms that are wanted of it."""
        keys = [(field, number) for field, numbers in enumerate(wanted) for number in numbers]
        known = {key: self._remembered.find(key) for key in keys}
        missing = [key for key, postings in known.items() if postings is None]
        read = self._read_postings(missing) if missing else {}
        for key, postings in read.items():
            self._remembered.keep(key, postings)
        return [
            [one for number in numbers for one in known[field, number] or read[field, number]]
            for field, numbers in enumerate(wanted)
        ]

    def _read_postings(self, wanted: Sequence[Key]) -> Mapping[Key, list[Posting]]:
        found = self._ask(
            "SELECT p.field, p.number, p.block, p.rows, p.impacts "
            "FROM unnest(%s::int[], %s::int[]) AS w (field, number) "
            "JOIN {build}.postings p ON p.number = w.number AND p.field = w.field",
            _array(field for field, _ in wanted),
            _array(number for _, number in wanted),
        )
        postings: dict[Key, list[Posting]] = {key: [] for key in wanted}
        for field, number, block, rows, impacts in found:
            of_all = np.frombuffer(rows, ROW) + np.int32(block * ROWS_A_BLOCK)
            postings[field, number].append(Posting(number, of_all, np.frombuffer(impacts, IMPACT)))
        return postings

    def held(self, rows: Sequence[Integers]) -> list[Held]:
        """Return, by field, the terms of some texts, with their impacts."""
        sql = "SELECT row, numbers, impacts FROM {build}.%s WHERE row = ANY(%%s::int[])"
        found = self._ask_together(
            *(
                (sql % table, [_array(some.tolist())])
                for table, some in zip(_TEXTS, rows, strict=True)
            )
        )
        return [_held(one) for one in found]

    def candidates(self, rows: Integers, query: Vectors) -> Found:
        """Return passages, by ascending row, with the paragraphs that they stand in."""
        asked, of = as_text(query), _array(rows.tolist())
        passages, members, paragraphs = self._ask_together(
            (_PASSAGES, [asked, of]), (_MEMBERS, [of]), (_PARAGRAPHS, [asked, of])
        )
        return Found(
            _texts(passages),
            np.array([one[3] for one in passages], dtype=np.uint8),
            _texts(paragraphs),
            np.array(members, dtype=np.int64).reshape(-1, 2),
        )

    def passages_in(self, paragraphs: Sequence[int]) -> Mapping[int, list[int]]:
        """Return the rows of the passages in each of some paragraphs, ascending."""
        passages: dict[int, list[int]] = {one: [] for one in paragraphs}
        for paragraph, passage in self._ask(
            "SELECT paragraph, passage FROM {build}.members WHERE paragraph = ANY(%s::int[]) "
            "ORDER BY paragraph, passage",
            _array(paragraphs),
        ):
            passages[paragraph].append(passage)
        return passages

    def placed(self) -> tuple[Integers, Integers, Integers]:
        """Return of every sentence its document, its passage and its paragraph."""
        found = self._ask("SELECT passages, paragraphs FROM {build}.placed ORDER BY document")
        passages, lengths = _joined((one[0] for one in found), ROW_NUMBER)
        paragraphs, _ = _joined((one[1] for one in found), ROW_NUMBER)
        documents = np.repeat(np.arange(len(found), dtype=np.int32), lengths)
        return documents, passages, paragraphs

    def _ask(self, sql: str, *arguments: object) -> list[Row]:
        return self._ask_together((sql, arguments))[-1]

    def _ask_together(self, *statements: tuple[str, Sequence[object]]) -> list[list[Row]]:
        """Ask all over one connection, in one round trip."""

        def read(connection: psycopg.Connection) -> list[list[Row]]:
            with connection.pipeline() if len(statements) > 1 else nullcontext():
                cursors = [
                    connection.execute(
                        sql.replace("{build}", self._schema).encode(), arguments, binary=True
                    )
                    for sql, arguments in statements
                ]
            return [one.fetchall() if one.description else [] for one in cursors]

        return self._database.reading(read)


_PASSAGES = (
    "SELECT t.row, -(v.vector <#> %s::vector), t.numbers, t.role "
    "FROM {build}.passage_terms t JOIN {build}.vectors v USING (row) "
    "WHERE t.row = ANY(%s::int[]) ORDER BY t.row"
)
_MEMBERS = "SELECT passage, paragraph FROM {build}.members WHERE passage = ANY(%s::int[])"
_PARAGRAPHS = (
    "SELECT t.row, -(v.vector <#> %s::vector), t.numbers FROM ("
    "SELECT DISTINCT paragraph FROM {build}.members WHERE passage = ANY(%s::int[])"
    ") AS m (row) JOIN {build}.paragraph_terms t USING (row) "
    "JOIN {build}.paragraph_vectors v USING (row) ORDER BY t.row"
)
_STANDS = (
    "WHERE EXISTS (SELECT FROM {build}.sentences s WHERE s.passage = x.row "
    "AND get_bit(%s::bytea, s.document) = 1)"
)


def _held(found: Sequence[Row]) -> Held:
    numbers, lengths = _joined((one[1] for one in found), TERM)
    impacts, _ = _joined((one[2] for one in found), IMPACT)
    return Held(np.array([one[0] for one in found], dtype=np.int64), lengths, numbers, impacts)


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
