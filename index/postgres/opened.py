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
from index.ranking import LEXICAL, LEXICAL_PARAGRAPH, Candidates, Mode, Role, Signals
from index.selection import Selection, select
from index.shares import shares
from index.store import Encode
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
        self._counts = manifest.counts
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

    def candidates(
        self, question: str, encode: Encode, pool: int, mode: Mode, within: Selection | None
    ) -> Candidates:
        """Return the candidates for a question with all their signals."""
        asked = self._asking.asked(question, self.wording.expansions.equal(question))
        words = asked.all_words
        parts = max(-(-len(words) // _BITS), 1)
        arguments: dict[str, object] = {
            "terms": words,
            "parts": [at // _BITS for at in range(len(words))],
            "bits": [1 << (at % _BITS) for at in range(len(words))],
            "passages": self._counts.passages,
            "paragraphs": self._counts.paragraphs,
            "scale": 1.0 + K1,
            "vector": _as_text(encode()),
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
        found = [_Found(*(*one[:8], one[8:])) for one in rows]
        return Candidates.of(self._signals(found, asked, words, pool, within))

    def _signals(
        self,
        rows: Sequence["_Found"],
        asked: Asked,
        words: Sequence[str],
        pool: int,
        within: Selection | None,
    ) -> dict[int, Signals]:
        counts = {
            (_FIELDS[field], term): count
            for one in rows
            for term, field, count in one.passages or ()
        }
        terms = asked.weighed(
            _FIELDS, self._counts.passages, lambda field, word: counts.get((field, word), 0)
        )
        lexical, around = (
            {one.row: terms.share(name, _words(words, one.held, field)) for one in rows}
            for field, name in enumerate(_FIELDS)
        )
        kept = _kept(rows, lexical, around, pool)
        if within is not None:
            around |= self._shares(terms, [one.row for one in kept if one.mixed], within)
        return {
            one.row: Signals(
                dense=one.dense,
                dense_paragraph=one.dense_paragraph,
                lexical=lexical[one.row],
                lexical_paragraph=around[one.row],
                role=one.role,
            )
            for one in kept
        }

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


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate, as search.sql selects it."""

    row: int
    by_words: bool
    by_meaning: bool
    dense: float
    dense_paragraph: float
    role: Role
    mixed: bool  # it stands where it is not allowed, too
    passages: Sequence[tuple[str, int, int]] | None  # a term, a field, how many: with one of them
    held: Sequence[int | None]


def _kept(
    rows: Sequence[_Found],
    lexical: Mapping[int, float],
    around: Mapping[int, float],
    pool: int,
) -> list[_Found]:
    """Return, by row, those found by meaning, and of the others the `pool` that hold most terms.

    What is found by words is as many best sentences and as many of the best paragraphs.
    """
    held = {
        one.row: LEXICAL * lexical[one.row] + LEXICAL_PARAGRAPH * around[one.row] for one in rows
    }
    by_words = sorted(
        (one for one in rows if one.by_words), key=lambda one: (-held[one.row], one.row)
    )
    best = {one.row for one in by_words[:pool]}
    return sorted(
        (one for one in rows if one.by_meaning or one.row in best), key=lambda one: one.row
    )


def _as_text(query: Vectors) -> str:
    return "[" + ",".join(map(str, query.tolist())) + "]"


def _words(words: Sequence[str], held: Sequence[int | None], field: int) -> set[str]:
    """Return the words whose bits are set for a field; `held` has one's parts, then another's."""
    parts = len(held) // len(_FIELDS)
    mine = held[field * parts : (field + 1) * parts]
    return {word for at, word in enumerate(words) if ((mine[at // _BITS] or 0) >> (at % _BITS)) & 1}


_ALLOWED_FEW = """allowed AS MATERIALIZED (
    SELECT DISTINCT passage AS row FROM {build}.sentences WHERE document = ANY(%(numbers)s::int[])
),
allowed_paragraphs AS (
    SELECT DISTINCT paragraph AS row FROM {build}.sentences
    WHERE document = ANY(%(numbers)s::int[])
),"""
_IS_ALLOWED = "get_bit(%(documents)s::bytea, s.document) = 1"
_STANDS_ALLOWED = (
    "EXISTS (SELECT FROM {build}.sentences s WHERE s.{column} = x.row AND " + _IS_ALLOWED + ")"
)
_PASSAGE_ALLOWED = _STANDS_ALLOWED.replace("{column}", "passage")
_PARAGRAPH_ALLOWED = _STANDS_ALLOWED.replace("{column}", "paragraph")
_NEAR = "x.vector <#> %(vector)s::vector::{vector}"
_NOTHING = "SELECT NULL::int AS row WHERE false"
_BEST = {
    "": "SELECT row, score FROM {matched} ORDER BY score DESC, row LIMIT %(pool)s",
    "few": "SELECT row, score FROM {matched} JOIN {allowed} USING (row) "
    "ORDER BY score DESC, row LIMIT %(pool)s",
    # The OFFSET keeps the order: the worst are never asked where they stand.
    "many": "SELECT x.row, x.score FROM (SELECT row, score FROM {matched} "
    "ORDER BY score DESC, row OFFSET 0) x WHERE {stands_allowed} LIMIT %(pool)s",
}
_MAY_STAND = {
    "": "true",
    "few": "x.row IN (SELECT row FROM allowed)",
    "many": _PASSAGE_ALLOWED,
}
_WORDS = """
    SELECT row FROM ({best_passages}) AS best
    UNION
    SELECT row FROM (
        SELECT x.row, max(x.score) AS score, min(x.paragraph) AS paragraph FROM (
            SELECT w.passage AS row, best.score, w.paragraph
            FROM ({best_paragraphs}) AS best JOIN {build}.members w ON w.paragraph = best.row
        ) AS x WHERE {may_stand}
        GROUP BY x.row ORDER BY score DESC, paragraph, x.row LIMIT %(pool)s
    ) AS standing
"""
_MEANING = {
    "": f"SELECT x.row FROM {{build}}.contextual x ORDER BY {_NEAR} LIMIT %(pool)s",
    # The 0 keeps it from being a walk of the graph: each of the allowed is looked at.
    "few": "SELECT x.row FROM allowed JOIN {build}.contextual x USING (row) "
    f"ORDER BY ({_NEAR}) + 0 LIMIT %(pool)s",
    "many": f"SELECT x.row FROM {{build}}.contextual x WHERE {_PASSAGE_ALLOWED} "
    f"ORDER BY {_NEAR} LIMIT %(pool)s",
}
_PARAGRAPHS = "SELECT w.paragraph FROM {build}.members w WHERE w.passage = c.row"
_ALLOWED_PARAGRAPHS = (
    "SELECT DISTINCT s.paragraph FROM {build}.sentences s WHERE s.passage = c.row AND "
    + _IS_ALLOWED
)


def _words_of(within: str) -> str:
    """Return what selects the best passages, and those that stand in the best paragraphs."""
    filled = {"may_stand": _MAY_STAND[within]}
    for name, matched, allowed, stands in (
        ("best_passages", "by_passage", "allowed", _PASSAGE_ALLOWED),
        ("best_paragraphs", "by_paragraph", "allowed_paragraphs", _PARAGRAPH_ALLOWED),
    ):
        filled[name] = _filled(
            _BEST[within], {"matched": matched, "allowed": allowed, "stands_allowed": stands}
        )
    return _filled(_WORDS, filled)


def _filled(sql: str, values: Mapping[str, str]) -> str:
    for name, text in values.items():
        sql = sql.replace(f"{{{name}}}", text)
    return sql


@lru_cache(maxsize=256)
def _statement(schema: str, shape: _Shape) -> str:
    """Return search.sql for one build and one kind of question."""
    parts = range(shape.parts)
    only = " FILTER (WHERE a.part = {part})" if shape.parts > 1 else ""
    held = [f"bit_or(a.bit){only} AS held_{part}".replace("{part}", str(part)) for part in parts]
    values = {
        "held": ", ".join(held),
        "held_around": ", ".join(f"bit_or(m.held_{part}) AS held_{part}" for part in parts),
        "held_names": ", ".join(f"{one}.held_{part}" for one in "ma" for part in parts),
        "allowed": _ALLOWED_FEW if shape.within == "few" else "",
        "words": _NOTHING if shape.mode == "dense" else _words_of(shape.within),
        "meaning": _NOTHING if shape.mode == "lexical" else _MEANING[shape.within],
        "paragraphs": _ALLOWED_PARAGRAPHS if shape.within else _PARAGRAPHS,
        "mixed": "EXISTS (SELECT FROM {build}.sentences s WHERE s.passage = c.row AND "
        "get_bit(%(documents)s::bytea, s.document) = 0)"
        if shape.within
        else "false",
        "build": schema,
        "vector": shape.vector,
    }
    return _filled((files("index.postgres") / "search.sql").read_text(encoding="utf-8"), values)
