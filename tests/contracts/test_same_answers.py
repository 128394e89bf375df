"""Both stores answer the clinic benchmark alike: in every mode, through filters, and by a graph."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from evaluation.benchmark import read_benchmark
from index.filters import Compare, Filter
from index.postgres import opened as tables
from index.postgres import precision
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
