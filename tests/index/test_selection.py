"""What a filter leaves of a build, and the search within it, against looking at every row."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from corpus.documents import Attributes
from index.encoders.hashing import HashingEncoder
from index.filters import AllOf, Filter, matches
from index.ranking import Mode
from index.retriever import Retriever
from index.selection import Places, RowSelection, Selections
from tests.building import opened
from tests.filtering import AUDIENCES, DAYS, FILTERS, LANGUAGES, TODAY, Leaflet, compare, held

SHARED = "Tell your nurse about every fall."
PATIENT = compare("audience", "eq", "patient")
STAFF = compare("audience", "eq", "staff")
LATER = TODAY + timedelta(days=400)
MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")


def shelf() -> dict[str, Leaflet]:
    """Return forty leaflets of many kinds; some sentences stand in several of them."""
    random = np.random.default_rng(7)

    def one_of(values: Sequence) -> object:  # type: ignore[type-arg] # attributes of any kind
        return values[int(random.integers(len(values)))]

    leaflets = {}
    for number in range(40):
        said = Attributes(*(one_of(kind) for kind in (LANGUAGES, AUDIENCES, DAYS, DAYS)))  # type: ignore[arg-type] # each of its kind
        text = (
            f"Leaflet of the number {number}.\n\nTake {number} mg of baclofen. "
            f"Spasms of kind {number % 5} last {number % 7} seconds.\n\n"
            + (SHARED if number % 3 else SHARED.upper().capitalize())
        )
        leaflets[f"{number}.{('txt', 'md')[number % 2]}"] = Leaflet(text, said)
    return leaflets


@pytest.fixture(scope="module", params=["exact:", "faiss:auto", "faiss:HNSW32"])
def retriever(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Retriever:
    """Return the forty leaflets, opened with each engine."""
    home = tmp_path_factory.mktemp("shelf")
    return opened(held(home, shelf(), engine=request.param))


@given(FILTERS)
def test_a_selection_is_what_looking_at_every_row_gives(
    retriever: Retriever, wanted: Filter
) -> None:
    """Documents that match; rows with a place in one of them; mixed with a place elsewhere too."""
    selection = retriever.select(wanted, "default", TODAY)
    assert isinstance(selection, RowSelection)
    cards = retriever.catalog.documents()
    allowed = {one.document_id for one in cards if matches(wanted, one, "default", TODAY)}
    assert selection.documents == allowed
    assert selection.is_whole == (len(allowed) == len(cards))
    for row in retriever.catalog.all_rows():
        places = [place.sentence.document_id in allowed for place in row.passage.places]
        assert selection.rows[row.row] == any(places)
        assert selection.mixed[row.row] == (any(places) and not all(places))
        assert [one.sentence.document_id in allowed for one in selection.places(row.passage)] == (
            [True] * sum(places)
        )


@pytest.mark.parametrize("mode", MODES)
@given(wanted=FILTERS)
def test_within_a_filter_is_found_what_is_found_without_it(
    retriever: Retriever, mode: Mode, wanted: Filter
) -> None:
    """All that the whole collection gives and the filter allows, as good as there, or no better.

    A passage that stands in allowed documents alone has the same score; one that stands elsewhere
    too may have been better there.
    """
    question = "how many mg of baclofen for spasms, and whom do I tell of a fall"
    selection = retriever.select(wanted, "default", TODAY)
    assert isinstance(selection, RowSelection)
    found = {hit.passage.passage_id: hit for hit in retriever.search(question, 99, mode, selection)}
    every = retriever.search(question, 10_000, mode)
    assert len(every) > 100 or mode == "lexical"
    expected = [hit for hit in every if selection.places(hit.passage)]
    assert set(list(found)[:99]) <= {hit.passage.passage_id for hit in expected}
    assert len(found) == min(len(expected), 99)
    rows = {row.passage.passage_id: row.row for row in retriever.catalog.all_rows()}
    for hit in expected:
        within = found.get(hit.passage.passage_id)
        if within is None:
            continue
        assert within.places == selection.places(hit.passage)
        assert within.passage == hit.passage
        if selection.mixed[rows[hit.passage.passage_id]]:
            assert within.fused <= hit.fused + 1e-6
        else:
            assert within.fused == pytest.approx(hit.fused, abs=1e-6)


def test_allowed_passages_are_found_below_any_number_of_better_ones(tmp_path: Path) -> None:
    """The one leaflet for staff is found, though 300 for patients say more of what is asked."""
    leaflets = {
        f"{number}.txt": Leaflet(
            f"Baclofen {number}\n\nTake {number} mg of baclofen for spasms at night.\n",
            Attributes(audience="patient"),
        )
        for number in range(300)
    }
    leaflets["staff.txt"] = Leaflet(
        "Ward round\n\nAt night write down what was given.\n", Attributes(audience="staff")
    )
    retriever = opened(held(tmp_path, leaflets))
    question = "mg of baclofen for spasms at night"
    selection = retriever.select(STAFF, "default", TODAY)
    for mode in MODES:
        hits = retriever.search(question, 5, mode, selection)
        assert "At night write down what was given." in {hit.passage.text for hit in hits}
        assert all("mg" not in hit.passage.text for hit in hits)


def test_what_stands_in_other_documents_adds_nothing(tmp_path: Path) -> None:
    """A shared sentence is worth, by meaning and by words, what it is where it is allowed.

    Else a notice in a leaflet on bathing would answer for what a leaflet on baclofen says above it.
    """
    bath = Leaflet(f"Bathing\n\nDry yourself well. {SHARED}\n", Attributes(audience="patient"))
    pills = Leaflet(f"Baclofen\n\nBaclofen is a pill. {SHARED}\n", Attributes(audience="staff"))
    both = opened(held(tmp_path / "both", {"bath.txt": bath, "pills.txt": pills}))
    alone = opened(held(tmp_path / "alone", {"bath.txt": bath}))
    selection = both.select(PATIENT, "default", TODAY)

    def shared(retriever: Retriever, question: str, *within: object) -> dict[str, float]:
        hits = retriever.search(question, 50, "hybrid", *within)  # type: ignore[arg-type] # a selection
        (one,) = (hit for hit in hits if hit.passage.text == SHARED)
        return {
            "dense": one.signals.dense_paragraph,
            "lexical": one.signals.lexical_paragraph,
        }

    question = "baclofen pill"
    anywhere, within = shared(both, question), shared(both, question, selection)
    assert within["dense"] == pytest.approx(shared(alone, question)["dense"], abs=1e-6)
    assert anywhere["lexical"] == pytest.approx(1.0)
    assert within["lexical"] == 0.0
    assert shared(both, "dry yourself", selection)["lexical"] == pytest.approx(1.0)


def test_the_reranker_reads_a_passage_where_it_is_allowed(tmp_path: Path) -> None:
    """It is shown the title and headings of the place that would be cited."""

    class Recorder:
        name = "recorder"

        def __init__(self) -> None:
            self.read: list[str] = []

        def judge(self, question: str, passages: Sequence[str]) -> list[float]:
            assert question == SHARED
            self.read += passages
            return [0.5] * len(passages)

    leaflets = {
        "a.txt": Leaflet(f"First leaflet\n\n{SHARED}\n", Attributes(audience="staff")),
        "b.txt": Leaflet(f"Second leaflet\n\n{SHARED}\n", Attributes(audience="patient")),
    }
    recorder = Recorder()
    retriever = Retriever(held(tmp_path, leaflets).published(), HashingEncoder(), recorder)
    retriever.search(SHARED, 5, "hybrid", retriever.select(PATIENT, "default", TODAY))
    assert recorder.read
    assert not [text for text in recorder.read if "First leaflet" in text]
    assert [text for text in recorder.read if text.startswith("b. Second leaflet")]


def test_nothing_allowed_finds_nothing(retriever: Retriever) -> None:
    """A filter that no document matches gives no hits, in any mode."""
    nobody = retriever.select(compare("audience", "eq", "nobody"), "default", TODAY)
    assert not nobody.documents
    assert [retriever.search("spasms", 5, mode, nobody) for mode in MODES] == [[], [], []]


def test_selections_are_kept_and_let_go(tmp_path: Path) -> None:
    """The same filter is made once; old ones give way; the day counts where it matters."""
    catalog = opened(held(tmp_path, {"a.txt": Leaflet("One thing.")})).catalog
    selections = Selections(
        catalog, 1, lambda: Places(np.zeros(1, np.int32), np.zeros(1, np.int32))
    )
    first = selections.of(PATIENT, "default", TODAY)
    assert selections.of(PATIENT, "default", LATER) is first
    assert selections.of(PATIENT, "other", TODAY) is not first
    due = compare("review_status", "eq", "overdue")
    assert selections.of(due, "default", TODAY) is not selections.of(due, "default", LATER)
    for number in range(40):
        selections.of(compare("title", "eq", f"title {number}"), "default", TODAY)
    assert len(selections._kept) == 16
    assert selections.of(PATIENT, "default", TODAY) is not first


def test_many_threads_may_select_at_once(retriever: Retriever) -> None:
    """Each gets what it asked for."""
    wrong: list[Filter] = []

    def ask(title: str) -> None:
        for _ in range(20):
            wanted = AllOf((compare("title", "eq", title),))
            found = retriever.select(wanted, "default", TODAY)
            if len(found.documents) != 1 or len(retriever.search("mg", 9, "dense", found)) < 2:
                wrong.append(wanted)

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_filter_that_allows_all_changes_nothing(retriever: Retriever) -> None:
    """The hits are those of no filter at all."""
    whole = retriever.select(compare("collection", "eq", "default"), "default", TODAY)
    assert whole.is_whole
    plain = retriever.search("spasms at night", 20)
    assert retriever.search("spasms at night", 20, "hybrid", whole) == plain
    assert [replace(hit, places=()) for hit in plain] != plain
