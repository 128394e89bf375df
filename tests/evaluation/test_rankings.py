from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.documents import Document, Span, Structure
from evaluation.benchmark import Benchmark, Judgement, Question, read_benchmark
from evaluation.errors import EvaluationError
from evaluation.rankings import Ranked, Units
from tests.evaluation.folders import LEAFLETS, place_of, write_beir, write_reqa
from tests.evaluation.hits import hit


def _by_id(benchmark: Benchmark) -> dict[str, Document]:
    return {one.document_id: one for one in benchmark.documents}


def test_a_document_counts_once_at_its_best_hit(tmp_path: Path) -> None:
    """In BEIR form three hits of two documents are two units, each with its best score."""
    benchmark = read_benchmark(write_beir(tmp_path))
    documents = _by_id(benchmark)
    hits = [
        hit(1, 0.9, (documents["pump"], 0, 5)),
        hit(2, 0.8, (documents["pump"], 6, 9)),
        hit(3, 0.7, (documents["botox"], 0, 5)),
    ]
    assert Units(benchmark).collapse("q1", hits) == [Ranked("pump", 0.9), Ranked("botox", 0.7)]


def test_every_place_of_a_passage_counts(tmp_path: Path) -> None:
    """In BEIR form a passage that stands in two documents finds both."""
    benchmark = read_benchmark(write_beir(tmp_path))
    documents = _by_id(benchmark)
    hits = [hit(1, 0.9, (documents["pump"], 0, 5), (documents["botox"], 0, 5))]
    assert [one.unit for one in Units(benchmark).collapse("q1", hits)] == ["pump", "botox"]


def test_a_question_does_not_find_itself() -> None:
    """A document that bears the question's id is left out, unless it is judged to answer."""
    document = _document("same", "Words.")
    questions = (Question("same", "words"), Question("other", "words"))
    hits = [hit(1, 0.9, (document, 0, 6))]
    judgements = (Judgement("other", "same", 1),)
    benchmark = Benchmark("b", "beir", (document,), questions, judgements)
    assert Units(benchmark).collapse("same", hits) == []
    assert len(Units(benchmark).collapse("other", hits)) == 1
    judged = Benchmark("b", "beir", (document,), questions, (Judgement("same", "same", 1),))
    assert len(Units(judged).collapse("same", hits)) == 1


def test_grades_are_kept(tmp_path: Path) -> None:
    """The judged units of a question carry their grades; an unanswerable one has none."""
    units = Units(read_benchmark(write_beir(tmp_path)))
    assert units.relevant("q1") == {"baclofen": 1}
    assert units.relevant("q5") == {}


_TEXT = "Alpha beta gamma. Delta epsilon zeta. Eta theta iota."
_GOLD = (Span(0, 17), Span(18, 37), Span(38, 53))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 17, [0]),  # one sentence, whole
        (0, 37, [0, 1]),  # two sentences, whole
        (0, 53, [0, 1, 2]),  # all of them
        (6, 10, [0]),  # a small piece of one
        (9, 20, [0]),  # less than half of two: the one it overlaps most
        (15, 31, [1]),  # more than half of the second alone
        (8, 28, [0, 1]),  # 9 of 17 and 10 of 19: half of both
    ],
)
def test_a_hit_stands_for_the_sentences_it_covers(
    start: int, end: int, expected: list[int]
) -> None:
    """A hit is each gold sentence of which it covers half, else the one it overlaps most."""
    benchmark = _gold()
    ranking = Units(benchmark).collapse("q", [hit(1, 0.5, (benchmark.documents[0], start, end))])
    assert [one.unit for one in ranking] == [_name(_GOLD[at]) for at in expected]


def test_a_hit_outside_every_sentence_takes_its_rank() -> None:
    """What no gold sentence holds is a unit of its own, so that it is not passed over."""
    document = _document("d", _TEXT)
    benchmark = Benchmark(
        "b",
        "reqa",
        (document,),
        (Question("q", "what"),),
        (Judgement("q", "d", 1, Span(0, 5)),),
        {"d": (Span(0, 17),)},
    )
    hits = [hit(1, 0.9, (document, 38, 53)), hit(2, 0.8, (document, 0, 17))]
    assert [one.unit for one in Units(benchmark).collapse("q", hits)] == ["d@38-53", "d@0-17"]


def test_an_answer_across_two_sentences_makes_both_relevant() -> None:
    """A unit is relevant if it overlaps an answer's span."""
    units = Units(_gold(Span(12, 23)))
    assert units.relevant("q") == {_name(_GOLD[0]): 1, _name(_GOLD[1]): 1}


def test_an_answer_that_touches_a_sentence_is_not_in_it() -> None:
    """A span that ends where a sentence begins does not overlap it."""
    assert Units(_gold(Span(17, 18))).relevant("q") == {"d@17-18": 1}


def test_without_gold_the_unit_is_the_hits_own_sentence(tmp_path: Path) -> None:
    """Without gold sentences the house's sentences are judged, by the answers they hold."""
    benchmark = read_benchmark(write_reqa(tmp_path))
    document_id, start, end = place_of("Tight clothing is a trigger too.")
    units = Units(benchmark)
    ranking = units.collapse("q3", [hit(1, 0.5, (_by_id(benchmark)[document_id], start, end))])
    assert [one.unit for one in ranking] == list(units.relevant("q3"))


def test_sentences_that_say_the_same_are_one_unit() -> None:
    """A sentence that stands in two documents is one unit, relevant wherever it is judged."""
    documents = (_document("a", "Call the nurse."), _document("b", "Call  the nurse"))
    benchmark = Benchmark(
        "b",
        "reqa",
        documents,
        (Question("q", "whom"),),
        (Judgement("q", "b", 1, Span(0, 15)),),
        {"a": (Span(0, 15),), "b": (Span(0, 15),)},
    )
    units = Units(benchmark)
    both = hit(1, 0.5, (documents[0], 0, 15), (documents[1], 0, 15))
    assert units.relevant("q") == {"a@0-15": 1}
    assert units.collapse("q", [both]) == [Ranked("a@0-15", 0.5)]


def test_a_hit_from_elsewhere_is_a_fault(tmp_path: Path) -> None:
    """A hit from a document that the benchmark has not is a fault, not a miss."""
    units = Units(read_benchmark(write_reqa(tmp_path)))
    with pytest.raises(EvaluationError, match="'moon'"):
        units.collapse("q1", [hit(1, 0.5, (_document("moon", "Words."), 0, 6))])


@given(st.lists(st.tuples(st.integers(0, 52), st.integers(1, 53)), max_size=8))
def test_units_are_as_in_the_plain_definition(places: list[tuple[int, int]]) -> None:
    """Collapsing equals the definition written out over every pair of place and sentence."""
    benchmark = _gold()
    document = benchmark.documents[0]
    spans = [(start, max(start + 1, end)) for start, end in places]
    hits = [hit(n, 1 - n / 10, (document, *span)) for n, span in enumerate(spans, start=1)]
    expected: dict[str, float] = {}
    for one, (start, end) in zip(hits, spans, strict=True):
        shares = [max(0, min(end, g.end) - max(start, g.start)) for g in _GOLD]
        whole = [g for g, n in zip(_GOLD, shares, strict=True) if 2 * n >= g.end - g.start]
        if not whole and max(shares):
            whole = [_GOLD[shares.index(max(shares))]]
        for unit in whole or [Span(start, end)]:
            expected.setdefault(_name(unit), one.score)
    found = Units(benchmark).collapse("q", hits)
    assert [(one.unit, one.score) for one in found] == list(expected.items())


def test_the_leaflets_are_two_sentences_each(tmp_path: Path) -> None:
    """Gold sentences and the house's agree on the leaflets, so both runs judge the same units."""
    gold = Units(read_benchmark(write_reqa(tmp_path / "gold", sentences=True)))
    own = Units(read_benchmark(write_reqa(tmp_path / "own")))
    for number in range(1, len(LEAFLETS) + 1):
        assert gold.relevant(f"q{number}") == own.relevant(f"q{number}")


def _document(document_id: str, text: str) -> Document:
    return Document(document_id, document_id, "", "text/plain", text, Structure(()), "")


def _gold(answer: Span | None = None) -> Benchmark:
    return Benchmark(
        "b",
        "reqa",
        (_document("d", _TEXT),),
        (Question("q", "what"),),
        (Judgement("q", "d", 1, answer or Span(0, 5)),),
        {"d": _GOLD},
    )


def _name(span: Span) -> str:
    return f"d@{span.start}-{span.end}"
