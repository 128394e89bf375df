"""Both stores answer the clinic benchmark alike: in every mode, through filters, and by a graph."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from evaluation.benchmark import read_benchmark
from index.filters import Compare, Filter
from index.postgres import maxscore, precision, remembered
from index.postgres import opened as tables
from index.postgres.kept import TableBuild
from index.postgres.lookups import Lookups
from index.postgres.maxscore import Held, Posting
from index.postgres.remembered import Key
from index.ragged import Integers
from index.ranking import Mode
from index.retriever import Hit, Retriever
from index.store import Store
from index.stores import engine_name, open_store
from index.update import index_documents
from tests.building import makers, opened
from tests.servers import Cluster, fresh_database

BENCHMARK = read_benchmark(Path(__file__).parents[2] / "evaluation" / "clinic")
QUESTIONS = [one.text for one in BENCHMARK.questions[::18]]
HALF = tuple(one.document_id for one in BENCHMARK.documents[::2])
FILTERS: dict[str, Filter | None] = {
    "all": None,
    "half": Compare("document_id", "in", HALF),
    "one": Compare("document_id", "eq", (BENCHMARK.documents[3].document_id,)),
}
MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
_TIE = 1e-6
_DEPTH = 20
_EVERY = 100
"""As many as the signals decide among: that they are the same, the candidates must be."""


@dataclass(frozen=True)
class _Stores:
    """The same documents in folders, in tables whose every row is looked at, and in a graph."""

    folders: Retriever
    rows: Retriever
    graph: Retriever


@pytest.fixture(scope="module")
def stores(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Stores]:
    """Index the benchmark three times."""
    home = tmp_path_factory.mktemp("clinic")

    def built(address: str) -> Retriever:
        store: Store = open_store(address, home)
        held = store.collection("default")
        index_documents(held, BENCHMARK.documents, makers(engine=engine_name(address)))
        return opened(held)

    with (
        fresh_database(postgres.primary) as one,
        fresh_database(postgres.primary) as other,
        pytest.MonkeyPatch.context() as small,
    ):
        rows = built(postgres.primary.dsn(one))
        small.setattr(precision, "EXACT_UP_TO", 100)
        yield _Stores(built("exact:"), rows, built(postgres.primary.dsn(other)))


def _asked(store: Retriever, question: str, mode: Mode, wanted: Filter | None) -> list[Hit]:
    selection = store.select(wanted, "default", date(2026, 11, 29)) if wanted else None
    return store.search(question, _DEPTH if wanted else _EVERY, mode, selection)


def _same(ours: Sequence[Hit], theirs: Sequence[Hit]) -> bool:
    return len(ours) == len(theirs) and all(
        one.passage == other.passage or one.score == pytest.approx(other.score, abs=_TIE)
        for one, other in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize("wanted", FILTERS)
@pytest.mark.parametrize("mode", MODES)
def test_the_answers_are_the_same(
    stores: _Stores, mode: Mode, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same scores in the same order, and the same places shown, however a filter is applied."""
    for question in QUESTIONS:
        ours = _asked(stores.folders, question, mode, FILTERS[wanted])
        assert ours or mode == "lexical"
        for listed in (tables._LISTED_UP_TO, 0) if FILTERS[wanted] else (0,):
            monkeypatch.setattr(tables, "_LISTED_UP_TO", listed)
            theirs = _asked(stores.rows, question, mode, FILTERS[wanted])
            assert _same(ours, theirs), question
            scores = [hit.score for hit in theirs]
            assert scores == pytest.approx([hit.score for hit in ours], abs=_TIE)
            found = {hit.passage: hit.places for hit in theirs}
            assert all(found.get(hit.passage, hit.places) == hit.places for hit in ours)


@pytest.mark.parametrize("wanted", FILTERS)
def test_by_a_graph_nearly_all_first_fives_are_the_same(
    stores: _Stores, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 16-bit vectors, walked on until enough are allowed: at least 95 of 100."""
    made = stores.graph.manifest.dense
    assert "hnsw" in made.description
    assert made.reaches_goal
    assert made.questions
    monkeypatch.setattr(tables, "_LISTED_UP_TO", 0)
    same = [
        _same(
            _asked(stores.folders, question, mode, FILTERS[wanted])[:5],
            _asked(stores.graph, question, mode, FILTERS[wanted])[:5],
        )
        for question in QUESTIONS
        for mode in MODES
    ]
    assert sum(same) >= 0.95 * len(same)


@pytest.mark.parametrize("wanted", ["all", "half"])
def test_common_words_may_be_looked_up(
    stores: _Stores, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a large collection, where their postings are not read: the candidates are the same."""
    held = Lookups.held
    looked_up = []

    def counted(lookups: Lookups, rows: Sequence[Integers]) -> list[Held]:
        looked_up.append(len(rows[0]))
        return held(lookups, rows)

    def few(question: str) -> list[int]:
        vector = np.zeros(stores.rows.manifest.dim, dtype=np.float32)
        found = opened.candidates(question, vector.copy, 3, "lexical", within)
        return [int(row) for row in found.rows]

    opened, filtered = stores.rows._opened, FILTERS[wanted]
    within = stores.rows.select(filtered, "default", date(2026, 11, 29)) if filtered else None
    monkeypatch.setattr(Lookups, "held", counted)
    read = [few(question) for question in QUESTIONS]
    assert not looked_up
    monkeypatch.setattr(maxscore, "_AT_FIRST", 1)
    monkeypatch.setattr(maxscore, "_LOOK_UP", 0)
    assert [few(question) for question in QUESTIONS] == read
    assert any(looked_up)


def test_postings_that_are_kept_are_not_read_again(
    stores: _Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of words that many texts have; the candidates, and their signals, are the same."""

    def unread(_lookups: Lookups, wanted: Sequence[Key]) -> Mapping[Key, list[Posting]]:
        raise AssertionError(f"{wanted} are read again")

    build = stores.rows.kept.open()

    def found(question: str) -> list[tuple[int, float]]:
        vector = np.zeros(stores.rows.manifest.dim, dtype=np.float32)
        found = build.candidates(question, vector.copy, 20, "lexical", None)
        return [*zip(found.rows.tolist(), found.lexical.tolist(), strict=True)]

    monkeypatch.setattr(remembered, "_FEW", 0)
    first = [found(question) for question in QUESTIONS]
    monkeypatch.setattr(Lookups, "_read_postings", unread)
    assert [found(question) for question in QUESTIONS] == first


def test_a_graph_is_walked_as_it_was_measured(stores: _Stores) -> None:
    """With as many rows in sight as its maker chose."""
    kept = stores.graph.kept
    assert isinstance(kept, TableBuild)
    ((in_sight,),) = kept._database.ask(f"SELECT in_sight FROM {kept.schema}.graph")
    assert f", {in_sight} in sight" in stores.graph.manifest.dense.description
    stores.graph.search(QUESTIONS[0], 5, "dense")
    assert kept._database.ask("SHOW hnsw.ef_search") == [(str(in_sight),)]
