"""A build in a database, opened for questions: candidates with their signals in one statement."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib.resources import files

import numpy as np

from index.catalog import Card, Catalog
from index.encoders.protocol import Vectors
from index.filters import Filter, depends_on_today
from index.lexical import PARAGRAPH, SENTENCE
from index.manifest import Manifest
from index.postgres.database import BuildTables, Database
from index.postgres.postings import K1
from index.postgres.precision import kind_of
from index.ranking import LEXICAL, LEXICAL_PARAGRAPH, Mode, Signals
from index.selection import Selection, select
from index.shares import shares
from index.terms import Asked, Asking, Terms
from index.wording import Wording

_FIELDS = (SENTENCE, PARAGRAPH)
_BITS = 62
"""Terms told apart by one number's bits; a question of more has several numbers."""
_LISTED_UP_TO = 20_000
"""Sentences in allowed documents up to which each is looked at: a graph's walk meets too few."""
_KEPT = 16


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the statement depends on, beside its arguments."""

    vector: str  # pgvector's type of those that candidates are found by
    mode: Mode
    parts: int
    within: str  # "" for all, "few" or "many" allowed


class OpenedTables:
    """The tables of a build; any number of threads may ask it."""

    def __init__(
        self, database: Database, schema: str, manifest: Manifest, wording: Wording
    ) -> None:
        self.catalog = Catalog(BuildTables(database, schema))
        self.wording = wording
        self._database = database
        self._schema = schema
        self._vector = f"{kind_of(manifest.counts.passages)}({manifest.dim})"
        self._count = manifest.counts.passages
        self._asking = Asking()
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Filter, str, date | None], Selection] = OrderedDict()

    def select(self, wanted: Filter, collection: str, today: date) -> Selection:
        """Return what a filter leaves of it, as a part of this collection, on this day."""
        key = (wanted, collection, today if depends_on_today(wanted) else None)
        with self._lock:
            kept = self._kept.pop(key, None) or select(self._cards, wanted, collection, today)
            self._kept[key] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept

    def prompts(self) -> tuple[list[str], list[str]]:
        """Return its distinct questions and headings, the commonest first."""
        return self.catalog.prompts()

    def signals(
        self, question: str, query: Vectors, pool: int, mode: Mode, within: Selection | None
    ) -> dict[int, Signals]:
        """Return the candidates for a question by row, each with all its signals."""
        asked = self._asking.asked(question, self.wording.expansions.equal(question))
        words = asked.all_words
        parts = max(-(-len(words) // _BITS), 1)
        arguments: dict[str, object] = {
            "terms": words,
            "parts": [at // _BITS for at in range(len(words))],
            "bits": [1 << (at % _BITS) for at in range(len(words))],
            "count": self._count,
            "scale": 1.0 + K1,
            "paragraph_weight": LEXICAL_PARAGRAPH / LEXICAL,
            "vector": _as_text(query),
            "pool": pool,
        }
        shape = _Shape(self._vector, mode, parts, "")
        if within is not None:
            arguments["documents"] = np.packbits(within.numbers, bitorder="little").tobytes()
            arguments["numbers"] = np.flatnonzero(within.numbers).tolist()
            few = int(self._sentences[within.numbers].sum()) <= _LISTED_UP_TO
            shape = _Shape(self._vector, mode, parts, "few" if few else "many")
        sql = _statement(self._schema, shape)
        rows = self._database.reading(
            lambda connection: connection.execute(sql.encode(), arguments).fetchall()
        )
        if not rows:
            return {}
        return self._signals(rows, asked, words, within)

    def _signals(
        self,
        rows: Sequence[tuple],  # type: ignore[type-arg] # as search.sql selects
        asked: Asked,
        words: Sequence[str],
        within: Selection | None,
    ) -> dict[int, Signals]:
        found = {
            (_FIELDS[field], term): count for one in rows for term, field, count in one[5] or ()
        }
        terms = asked.weighed(_FIELDS, self._count, lambda field, word: found.get((field, word), 0))
        held = [{*_words(words, one[6:], field)} for one in rows for field in range(len(_FIELDS))]
        in_paragraph = {
            one[0]: terms.share(PARAGRAPH, held[2 * at + 1]) for at, one in enumerate(rows)
        }
        if within is not None:
            in_paragraph |= self._shares(terms, [one[0] for one in rows if one[4]], within)
        made = {
            one[0]: Signals(
                dense=one[1],
                dense_paragraph=one[2],
                lexical=terms.share(SENTENCE, held[2 * at]),
                lexical_paragraph=in_paragraph[one[0]],
                role=one[3],
            )
            for at, one in enumerate(rows)
        }
        return dict(sorted(made.items()))

    def _shares(self, terms: Terms, mixed: Sequence[int], within: Selection) -> Mapping[int, float]:
        if not mixed:
            return {}
        asking = self._asking
        return shares(
            self.catalog, lambda text: terms.share(PARAGRAPH, asking.held(text)), mixed, within
        )

    @cached_property
    def _cards(self) -> list[Card]:
        return self.catalog.documents()

    @cached_property
    def _sentences(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        return np.array([card.sentences for card in self._cards], dtype=np.int64)


def _as_text(query: Vectors) -> str:
    return "[" + ",".join(map(str, query.tolist())) + "]"


def _words(words: Sequence[str], held: Sequence[int | None], field: int) -> list[str]:
    """Return the words whose bits are set for a field; `held` has one's parts, then another's."""
    parts = len(held) // len(_FIELDS)
    mine = held[field * parts : (field + 1) * parts]
    return [word for at, word in enumerate(words) if ((mine[at // _BITS] or 0) >> (at % _BITS)) & 1]


_ALLOWED_FEW = """allowed AS MATERIALIZED (
    SELECT DISTINCT passage AS row FROM {build}.sentences WHERE document = ANY(%(numbers)s::int[])
),"""
_IS_ALLOWED = "get_bit(%(documents)s::bytea, s.document) = 1"
_STANDS_ALLOWED = (
    "EXISTS (SELECT FROM {build}.sentences s WHERE s.passage = x.row AND " + _IS_ALLOWED + ")"
)
_NEAR = "x.vector <#> %(vector)s::vector::{vector}"
_NOTHING = "SELECT NULL::int AS row WHERE false"
_WORDS = {
    "": "SELECT row FROM matched ORDER BY score DESC, row LIMIT %(pool)s",
    "few": "SELECT row FROM matched JOIN allowed USING (row) "
    "ORDER BY score DESC, row LIMIT %(pool)s",
    "many": "SELECT x.row FROM (SELECT row FROM matched ORDER BY score DESC, row OFFSET 0) x "
    f"WHERE {_STANDS_ALLOWED} LIMIT %(pool)s",
}
_MEANING = {
    "": f"SELECT x.row FROM {{build}}.contextual x ORDER BY {_NEAR} LIMIT %(pool)s",
    # The 0 keeps it from being a walk of the graph: each of the allowed is looked at.
    "few": "SELECT x.row FROM allowed JOIN {build}.contextual x USING (row) "
    f"ORDER BY ({_NEAR}) + 0 LIMIT %(pool)s",
    "many": f"SELECT x.row FROM {{build}}.contextual x WHERE {_STANDS_ALLOWED} "
    f"ORDER BY {_NEAR} LIMIT %(pool)s",
}


@lru_cache(maxsize=256)
def _statement(schema: str, shape: _Shape) -> str:
    """Return search.sql for one build and one kind of question."""
    columns = [
        (f"held_{field}_{part}", field, part)
        for field in range(len(_FIELDS))
        for part in range(shape.parts)
    ]
    held = [
        f"bit_or(a.bit) FILTER (WHERE a.field = {field} AND a.part = {part}) AS {name}"
        for name, field, part in columns
    ]
    filled = {
        "held": ",\n           ".join(held),
        "held_names": ", ".join(f"m.{name}" for name, _, _ in columns),
        "allowed": _ALLOWED_FEW if shape.within == "few" else "",
        "words": _NOTHING if shape.mode == "dense" else _WORDS[shape.within],
        "meaning": _NOTHING if shape.mode == "lexical" else _MEANING[shape.within],
        "and_allowed": f"AND {_IS_ALLOWED}" if shape.within else "",
        "mixed": "EXISTS (SELECT FROM {build}.sentences s WHERE s.passage = c.row AND "
        "get_bit(%(documents)s::bytea, s.document) = 0)"
        if shape.within
        else "false",
    }
    sql = (files("index.postgres") / "search.sql").read_text(encoding="utf-8")
    for name, text in (*filled.items(), ("build", schema), ("vector", shape.vector)):
        sql = sql.replace(f"{{{name}}}", text)
    return sql
