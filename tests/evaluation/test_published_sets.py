from pathlib import Path

import pytest

from evaluation.benchmark import read_benchmark
from evaluation.rankings import Units
from tests.evaluation.runs import indexed

_SETS = Path(__file__).parents[3] / "shared" / "data" / "benchmarks"
_CLINIC = Path(__file__).parents[2] / "evaluation" / "clinic"

needs_sets = pytest.mark.skipif(
    not _SETS.is_dir(), reason="the published sets are not part of the project"
)


@needs_sets
@pytest.mark.parametrize(
    ("name", "form", "documents", "questions", "answerable"),
    [
        ("scifact", "beir", 5_183, 300, 300),
        ("medicalqa", "beir", 2_048, 2_048, 2_048),
        ("xquad-r-en", "reqa", 240, 1_190, 1_190),
        ("squad2-part", "reqa", 294, 2_805, 1_278),
    ],
)
def test_published_sets_are_read_whole(
    name: str, form: str, documents: int, questions: int, answerable: int
) -> None:
    """Every document, question and judgement of the published sets is read."""
    benchmark = read_benchmark(_SETS / name)
    assert benchmark.form == form
    assert len(benchmark.documents) == documents
    assert len(benchmark.questions) == questions
    assert len(benchmark.answerable()) == answerable
    assert benchmark.left_out == 0


@needs_sets
def test_every_answer_of_xquad_is_in_a_gold_sentence() -> None:
    """XQuAD-R's 1,190 questions are each answered by gold sentences, 1,180 in all."""
    benchmark = read_benchmark(_SETS / "xquad-r-en")
    assert benchmark.units is not None
    assert sum(len(spans) for spans in benchmark.units.values()) == 1_180
    units = Units(benchmark)
    gold = {
        f"{document_id}@{one.start}-{one.end}"
        for document_id, spans in benchmark.units.items()
        for one in spans
    }
    for question in benchmark.questions:
        relevant = units.relevant(question.question_id)
        assert relevant
        assert set(relevant) <= gold


def test_the_clinic_is_measured(tmp_path: Path) -> None:
    """Our own benchmark runs without a model: gates hold, and words alone beat chance by far."""
    benchmark = read_benchmark(_CLINIC)
    run = indexed(benchmark, tmp_path, mode="lexical")
    assert len(run.outcomes) == len(benchmark.questions) >= 150
    assert run.integrity.holds
    assert (run.result.measures["R@10"] or 0) > 0.4
    assert (run.result.measures["AUROC"] or 0) > 0.5
