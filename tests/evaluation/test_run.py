import json
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import ir_measures
import pytest

from corpus.documents import Document
from evaluation import trec
from evaluation.benchmark import read_benchmark
from evaluation.errors import BenchmarkError, EvaluationError
from evaluation.measures import MEASURES
from evaluation.preparation import prepare
from evaluation.run import run as run_benchmark
from index.kept import FolderBuild
from index.retriever import Hit
from tests.evaluation.folders import LEAFLETS, place_of, write_beir, write_reqa
from tests.evaluation.hits import hit
from tests.evaluation.runs import THRESHOLDS, asked, indexed, makers


@pytest.mark.parametrize("form", ["beir", "reqa", "gold"])
def test_end_to_end(tmp_path: Path, form: str) -> None:
    """Six leaflets, indexed without a model: the word search finds every answer first."""
    folder = tmp_path / "b"
    folder.mkdir()
    if form == "beir":
        write_beir(folder)
    else:
        write_reqa(folder, sentences=form == "gold")
    run = indexed(read_benchmark(folder), tmp_path / "home", mode="lexical")
    assert run.result.measures["P@1"] == 1
    assert run.result.measures["MRR"] == 1
    assert run.result.measures["AUROC"] == 1
    assert run.integrity.holds
    assert run.integrity.citations > 0
    assert set(run.by_kind) == {"paraphrase", "keyword", "out_of_scope"}
    assert run.by_kind["out_of_scope"].measures["P@1"] is None


def _of(documents: dict[str, Document], piece: str, rank: int, score: float) -> Hit:
    document_id, start, end = place_of(piece)
    return hit(rank, score, (documents[document_id], start, end))


def test_measures_of_a_run_by_hand(tmp_path: Path) -> None:
    """Answers right at 0.9, second at 0.7, none, missed; one refused and one given: by hand."""
    benchmark = read_benchmark(write_reqa(tmp_path, sentences=True))
    documents = {one.document_id: one for one in benchmark.documents}
    words = {one.text: one.question_id for one in benchmark.questions}
    wrong = "Fatigue is common in multiple sclerosis."
    script = {
        "q1": [_of(documents, "Baclofen relaxes stiff muscles.", 1, 0.9)],
        "q2": [
            _of(documents, wrong, 1, 0.7),
            _of(documents, "The effect lasts three months.", 2, 0.6),
        ],
        "q3": [],
        "q4": [_of(documents, wrong, 1, 0.2)],
        "q5": [_of(documents, wrong, 1, 0.1)],
        "q6": [_of(documents, wrong, 1, 0.5)],
    }
    run = asked(benchmark, lambda question, _k: script[words[question]])
    found = run.result.measures
    assert found["P@1"] == 1 / 4
    assert found["MRR"] == pytest.approx((1 + 1 / 2) / 4)
    assert found["AUROC"] == pytest.approx((2 + 2 + 0 + 1) / 8)
    assert found["precision"] == pytest.approx(1 / 3)
    assert found["answer_rate"] == 2 / 4
    assert found["refusal_recall"] == 1 / 2
    assert found["refusal_precision"] == 1 / 3
    assert [one.right for one in run.outcomes] == [True, False, False, False, False, False]
    assert [one.score for one in run.outcomes] == [0.9, 0.7, 0.0, 0.2, 0.1, 0.5]


def test_a_question_with_few_units_is_asked_deeper(tmp_path: Path) -> None:
    """Where 100 hits are one document, deeper hits are asked for, so that R@10 sees ten units."""
    benchmark = read_benchmark(write_beir(tmp_path))
    documents = {one.document_id: one for one in benchmark.documents}
    depths: list[int] = []

    def ask(_question: str, k: int) -> list[Hit]:
        depths.append(k)
        many = [hit(n, 0.5, (documents["fatigue"], 0, 7)) for n in range(1, 151)]
        return [*many, hit(151, 0.4, (documents["baclofen"], 0, 8))][:k]

    run = asked(benchmark, ask)
    assert run.rankings["q1"] == ("fatigue", "baclofen")
    assert run.outcomes[0].values["R@10"] == 1
    assert set(depths) == {100, 200}


def test_scores_that_rise_or_leave_the_range_are_refused(tmp_path: Path) -> None:
    """A threshold reads the first score, so hits must come best first and scored in [0, 1]."""
    benchmark = read_benchmark(write_beir(tmp_path))
    document = benchmark.documents[0]
    for scores in ((0.4, 0.5), (1.5, 0.5), (float("nan"), 0.5)):
        hits = [hit(n, score, (document, n, n + 5)) for n, score in enumerate(scores, start=1)]
        with pytest.raises(EvaluationError, match="best first"):
            asked(benchmark, partial(_always, hits))


def _always(hits: list[Hit], _question: str, _k: int) -> list[Hit]:
    return hits


def test_a_benchmark_without_questions_cannot_be_run(tmp_path: Path) -> None:
    """A benchmark that asks nothing is refused."""
    benchmark = replace(read_benchmark(write_beir(tmp_path)), questions=())
    with pytest.raises(BenchmarkError, match="no question"):
        asked(benchmark, lambda _question, _k: [])


def test_the_json_of_a_run(tmp_path: Path) -> None:
    """The JSON has the keys of the contract, every measure by name, and no question's words."""
    benchmark = read_benchmark(write_reqa(tmp_path / "b"))
    text = indexed(benchmark, tmp_path / "home").to_json()
    body = json.loads(text)
    assert list(body)[:6] == [
        "benchmark",
        "mode",
        "encoder",
        "questions",
        "measures",
        "latency_ms",
    ]
    assert (body["benchmark"], body["mode"], body["encoder"]) == ("b", "hybrid", "hashing/64")
    assert body["questions"] == 6
    assert list(body["measures"]) == list(MEASURES)
    assert list(body["latency_ms"]) == ["p50", "p95"]
    assert body["gates"]["citation_validity"] == 1
    assert body["gates"]["duplicate_rate_top10"] == 0
    assert len(body["intervals"]["P@1"]) == 2
    assert body["by_kind"]["keyword"]["questions"] == 2
    assert all(one.text not in text for one in benchmark.questions)


def test_the_table_of_a_run(tmp_path: Path) -> None:
    """The table names every measure that is defined, the gates and the kinds."""
    text = indexed(read_benchmark(write_reqa(tmp_path / "b")), tmp_path / "home").to_text()
    for word in (*MEASURES, "latency", "citation validity", "duplicates", "out_of_scope"):
        assert word in text


def test_latency_is_the_clocks(tmp_path: Path) -> None:
    """The time of a question is what the clock says between asking and the hits."""
    ticks = iter([0.0, 0.010, 1.0, 1.020, 2.0, 2.030, 3.0, 3.040, 4.0, 4.050, 5.0, 5.060])
    made = run_benchmark(
        read_benchmark(write_beir(tmp_path)),
        lambda _question, _k: [],
        mode="dense",
        encoder="e",
        build="b",
        version="0",
        thresholds=THRESHOLDS,
        resamples=5,
        clock=lambda: next(ticks),
    )
    assert (made.latency(50), made.latency(95)) == pytest.approx((30, 60))
    assert made.result.measures["P@1"] == 0


def test_progress_is_told(tmp_path: Path) -> None:
    """Progress counts the questions up to their number."""
    told: list[tuple[str, int, int]] = []
    run_benchmark(
        read_benchmark(write_beir(tmp_path)),
        lambda _question, _k: [],
        mode="dense",
        encoder="e",
        build="b",
        version="0",
        thresholds=THRESHOLDS,
        resamples=5,
        progress=lambda *one: told.append(one),
    )
    assert told == [("asking", number, 6) for number in range(7)]


def test_an_index_is_used_again(tmp_path: Path) -> None:
    """The same documents and makers are not indexed twice; a changed document is."""
    benchmark = read_benchmark(write_beir(tmp_path / "Leaflets of ours!"))
    home = tmp_path / "home"
    first = prepare(benchmark, home, makers())
    again = prepare(benchmark, home, makers())
    assert again.manifest.build == first.manifest.build
    assert [one.name for one in (home / "evaluation").iterdir()] == ["collections"]
    renamed = replace(benchmark.documents[0], title="another title")
    changed = replace(benchmark, documents=(renamed, *benchmark.documents[1:]))
    assert prepare(changed, home, makers()).manifest.build != first.manifest.build
    (collection,) = (home / "evaluation" / "collections").iterdir()
    assert len(list((collection / "builds").iterdir())) == 1


def test_encoders_do_not_displace_one_another(tmp_path: Path) -> None:
    """Each encoder has an index of its own, so that comparing two does not index again."""
    benchmark = read_benchmark(write_beir(tmp_path / "b"))
    first = prepare(benchmark, tmp_path / "home", makers(64))
    prepare(benchmark, tmp_path / "home", makers(32))
    assert prepare(benchmark, tmp_path / "home", makers(64)).manifest.build == first.manifest.build


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    """The folder is a cache: what is damaged there is built again."""
    benchmark = read_benchmark(write_beir(tmp_path / "b"))
    first = prepare(benchmark, tmp_path / "home", makers())
    assert isinstance(first.kept, FolderBuild)
    vectors = first.kept.layout.vectors
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"\x7f")
    assert len(prepare(benchmark, tmp_path / "home", makers()).search("baclofen", 3)) == 3
    first_again = prepare(benchmark, tmp_path / "home", makers())
    assert isinstance(first_again.kept, FolderBuild)
    first_again.kept.layout.manifest.write_text("{}")
    assert prepare(benchmark, tmp_path / "home", makers()).manifest.counts.documents == 6


def test_trec_files(tmp_path: Path) -> None:
    """A run's lines have six columns and strictly falling scores, its judgements four."""
    run = indexed(read_benchmark(write_beir(tmp_path / "b")), tmp_path / "home")
    rows = [line.split() for line in trec.run_text(run).splitlines()]
    own = [row for row in rows if row[0] == "q1"]
    assert {len(row) for row in rows} == {6}
    assert [int(row[3]) for row in own] == list(range(1, len(LEAFLETS) + 1))
    scores = [float(row[4]) for row in own]
    assert all(one > other for one, other in pairwise(scores))
    assert trec.qrels_text(run).splitlines()[0] == "q1 0 baclofen 1"


def test_trec_files_read_back(tmp_path: Path) -> None:
    """Another tool measures in the exported files what the run measured."""
    benchmark = read_benchmark(write_beir(tmp_path / "b"))
    run = indexed(benchmark, tmp_path / "home", mode="dense")
    qrels = ir_measures.read_trec_qrels(trec.qrels_text(run))  # type: ignore[no-untyped-call]
    lines = ir_measures.read_trec_run(trec.run_text(run))  # type: ignore[no-untyped-call]
    found = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], qrels, lines)
    assert found[ir_measures.nDCG @ 10] == pytest.approx(run.result.measures["nDCG@10"])


def test_white_space_in_ids_does_not_part_columns(tmp_path: Path) -> None:
    """An id with a space is one column, percent-encoded."""
    run = indexed(read_benchmark(write_beir(tmp_path / "b")), tmp_path / "home")
    spaced = replace(run, rankings={"q 1": ("d 1\t2",)}, relevant={"q 1": {"d 1": 2}})
    assert trec.run_text(spaced) == "q%201 Q0 d%201%092 1 1 pincite-hybrid\n"
    assert trec.qrels_text(spaced) == "q%201 0 d%201 2\n"
