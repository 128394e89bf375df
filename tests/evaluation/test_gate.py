from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.errors import GateError
from evaluation.gate import Gate, read_gate
from evaluation.integrity import Integrity
from evaluation.run import Run
from tests.evaluation.runs import made, outcome


def _run() -> Run:
    run = made([outcome(0, 0.9, right=True), outcome(1, 0.8), outcome(2, 0.1, answerable=False)])
    return replace(run, by_kind={"typo": run.result})


def _gate(tmp_path: Path, text: str) -> Gate:
    (tmp_path / "gate.toml").write_text(text, encoding="utf-8")
    return read_gate(tmp_path / "gate.toml")


def test_a_run_that_passes(tmp_path: Path) -> None:
    """A run that keeps every limit, at the limit too, fails on nothing."""
    gate = _gate(
        tmp_path,
        '[measures]\n"P@1" = { minimum = 0.5, maximum = 0.5 }\nAUROC = { minimum = 1 }\n'
        '[latency_ms]\np50 = { maximum = 2 }\n[kinds.typo]\n"P@1" = { minimum = 0.5 }\n',
    )
    assert gate.failures(_run()) == []


def test_a_run_that_fails(tmp_path: Path) -> None:
    """Each limit that is broken is told in words, with both numbers."""
    gate = _gate(
        tmp_path,
        '[measures]\n"P@1" = { minimum = 0.8 }\nAURC = { maximum = 0.1 }\n'
        "[latency_ms]\np95 = { maximum = 1 }\n"
        '[kinds.typo]\n"P@1" = { minimum = 0.6 }\n[kinds.numeric]\nMRR = { minimum = 0.1 }\n',
    )
    failures = gate.failures(_run())
    assert failures == [
        "P@1 is 0.5000, the gate asks for at least 0.8",
        "AURC is 0.3889, the gate asks for at most 0.1",
        "p95 is 3.0000, the gate asks for at most 1",
        "P@1 of the kind 'typo' is 0.5000, the gate asks for at least 0.6",
        "MRR of the kind 'numeric' was not measured; the benchmark has no question for it",
    ]


def test_a_measure_that_is_not_defined_fails(tmp_path: Path) -> None:
    """A limit on what was not measured is broken, never passed over."""
    gate = _gate(tmp_path, "[measures]\nAUROC = { minimum = 0.5 }\n")
    assert "was not measured" in gate.failures(made([outcome(0, 0.9)]))[0]


def test_the_hard_gates_need_no_file() -> None:
    """An invalid citation and a duplicate fail every run, whatever the file says."""
    run = replace(_run(), integrity=Integrity(100, 1, 50, 2))
    first, second = Gate().failures(run)
    assert first == "citation validity is 0.990000 (1 of 100 invalid), it must be 1"
    assert second == "the duplicate rate in the top 10 is 0.040000 (2 of 50), it must be 0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[measures", "is not TOML"),
        ("", "sets no limit"),
        ("[measure]\n", "knows no table measure"),
        ("measures = 3\n", "measures is not a table"),
        ("[measures]\nP5 = { minimum = 1 }\n", r"P5: is not measured; known are P@1"),
        ("[latency_ms]\np99 = { maximum = 1 }\n", "known are p50, p95"),
        ("[measures]\nMRR = 0.5\n", "give { minimum"),
        ("[measures]\nMRR = {}\n", "give { minimum"),
        ("[measures]\nMRR = { least = 0.5 }\n", "give { minimum"),
        ('[measures]\nMRR = { minimum = "0.5" }\n', "not a number"),
        ("[measures]\nMRR = { minimum = true }\n", "not a number"),
        ("[measures]\nMRR = { minimum = nan }\n", "not a number"),
        ("[kinds]\ntypo = 3\n", "kinds.typo is not a table"),
    ],
)
def test_a_gate_that_is_not_understood(tmp_path: Path, text: str, message: str) -> None:
    """Whatever in a gate's file is not understood is refused, so that no limit is lost."""
    with pytest.raises(GateError, match=message):
        _gate(tmp_path, text)


def test_a_gate_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is a fault of the gate."""
    with pytest.raises(GateError, match="cannot be read"):
        read_gate(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xff\n")
    with pytest.raises(GateError, match="cannot be read"):
        read_gate(tmp_path / "latin.toml")
