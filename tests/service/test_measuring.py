"""pincite evaluate, calibrate and bench as a person runs them, without a model."""

import json
from pathlib import Path

import pytest

from tests.building import indexed
from tests.processes import one_line, run

_QUESTIONS = 24


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    """Write a benchmark whose answerable questions are half the words of their sentence."""
    folder = tmp_path / "small"
    folder.mkdir()
    documents, questions = [], []
    for at in range(_QUESTIONS):
        text = f"Tablet{at} helps patient{at} with cramp{at} before supper{at}."
        documents.append({"id": f"d{at}", "title": f"Leaflet {at}", "text": text})
        answer = {"document_id": f"d{at}", "start": 0, "end": len(text)}
        asked = f"does tablet{at} help patient{at} with cramp{at}?"
        questions.append({"id": f"q{at}", "question": asked, "answers": [answer]})
        foreign = f"who won match{at} against team{at}?"
        questions.append({"id": f"f{at}", "question": foreign, "answers": []})
    for name, rows in (("documents", documents), ("questions", questions)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_evaluate_writes_what_it_measured(tmp_path: Path, benchmark: Path) -> None:
    """The JSON has the promised keys, TREC files and a report that loads nothing are written."""
    out = tmp_path / "out.json"
    report = tmp_path / "report.html"
    done = run(
        tmp_path / "home",
        *("evaluate", benchmark, "--json", out, "--trec", tmp_path / "trec", "--report", report),
        *("--against", "lexical"),
    )
    assert done.returncode == 0, done.stderr
    body = json.loads(out.read_text(encoding="utf-8"))
    assert body["benchmark"] == "small"
    assert body["mode"] == "hybrid"
    assert body["encoder"] == "hashing/64"
    assert body["questions"] == 2 * _QUESTIONS
    assert body["measures"]["P@1"] == 1.0
    assert body["measures"]["AUROC"] == 1.0
    assert set(body["latency_ms"]) >= {"p50", "p95"}
    assert "P@1: hybrid 1.000, lexical 1.000" in done.stdout
    assert (tmp_path / "trec" / "run.txt").read_text(encoding="utf-8").startswith("q0 Q0 d0")
    html = report.read_text(encoding="utf-8")
    assert "data:image/" in html
    assert 'src="http' not in html


@pytest.mark.parametrize(("bound", "status"), [("0.9", 0), ("1.1", 1)])
def test_a_gate_decides_the_exit_status(
    tmp_path: Path, benchmark: Path, bound: str, status: int
) -> None:
    """A measure below its bound is named, and the exit status is 1."""
    gate = tmp_path / "gate.toml"
    gate.write_text(f'[measures]\n"P@1" = {{ minimum = {bound} }}\n', encoding="utf-8")
    done = run(tmp_path / "home", "evaluate", benchmark, "--gate", gate)
    assert done.returncode == status
    assert ("gate: P@1" in done.stderr) == bool(status)


def test_a_folder_that_is_no_benchmark_is_said_to_be_none(tmp_path: Path) -> None:
    """One line, exit status 1."""
    done = run(tmp_path / "home", "evaluate", tmp_path)
    assert done.returncode == 1
    assert one_line(done.stderr)


def test_calibrate_writes_into_the_collection(tmp_path: Path, benchmark: Path) -> None:
    """Then an answer of that collection speaks of its own tests; a dry run changes nothing."""
    home = tmp_path / "home"
    leaflet = tmp_path / "leaflet.txt"
    leaflet.write_text("Tablet helps patient with cramp before supper.", encoding="utf-8")
    assert run(home, "index", leaflet).returncode == 0
    written = home / "collections" / "default" / "calibration.json"
    assert run(home, "calibrate", benchmark, "--dry-run").returncode == 0
    assert not written.exists()
    done = run(home, "calibrate", benchmark)
    assert done.returncode == 0, done.stderr
    assert json.loads(written.read_text(encoding="utf-8"))["encoder"] == "hashing/64"
    answered = json.loads(run(home, "ask", "does tablet help?", "--json").stdout)
    assert "this collection's tests" in answered["confidence"]["meaning"]


def test_bench_times_everything(tmp_path: Path) -> None:
    """Model, indexing, start, answers in each mode, by clients and stages, and memory, as JSON."""
    few = ("--sentences", "40", "--questions", "3", "--starts", "1")
    done = run(tmp_path / "home", "bench", *few, "--json")
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert body["sentences"] == 40
    assert [one["reranker"] for one in body["serving"]] == ["none"]
    assert set(body["serving"][0]["answer_ms"]) == {"hybrid", "dense", "lexical"}
    assert list(body["serving"][0]["answers_per_second"]) == ["1", "8", "32"]
    assert body["model"]["name"] == "hashing/64"
    stages = body["serving"][0]["stages_ms"]
    assert (
        0 < stages["encode"] < stages["answer"] < body["serving"][0]["answer_ms"]["hybrid"]["p95"]
    )
    assert body["serving"][0]["processor_ms"] > 0
    assert body["serving"][0]["resident_mb"] > 0
    assert set(body["index"]) == {"alone", "pages"}
    assert all(one["sentences_per_second"] > 0 for one in body["index"].values())
    assert body["transformers"]["sentences_per_second"] > 0
    assert not (tmp_path / "home" / "collections").exists()


def test_bench_serves_what_is_indexed_already(tmp_path: Path) -> None:
    """With --home nothing is indexed, and the sentences are those that are held there."""
    home = tmp_path / "home"
    collection = indexed(home)
    build = collection.current()
    few = ("--questions", "3", "--starts", "1", "--sentences", "40")
    done = run(home, "bench", "--home", home, *few, "--json")
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert body["index"] is None
    assert body["transformers"]["sentences_per_second"] is None
    assert body["sentences"] == collection.published().manifest().counts.sentences
    assert collection.current() == build
