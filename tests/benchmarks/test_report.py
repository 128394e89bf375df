import re
from pathlib import Path

import pytest

from benchmarks import figures, report
from tests.benchmarks.runs import run

_ROOT = Path(__file__).parents[2]
_RESULT = _ROOT / "benchmarks" / "results" / "peers.json"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _row(text: str, first: str, header: str) -> dict[str, str]:
    """Return the row that begins with `first` of the table whose header begins with `header`."""
    lines = text[text.index(f"| {header}") :].split("\n\n", 1)[0].splitlines()
    (line,) = [line for line in lines if _cells(line)[0] == first]
    return dict(zip(_cells(lines[0]), _cells(line), strict=True))


def test_the_tables_show_the_medians_with_their_spread() -> None:
    """A cell is the median, then the least and the most; what was not measured is empty."""
    text = report.section(run())
    row = _row(text, "Pincite 2.4.6", "system | a question is")
    assert row["p50 ms, over HTTP"] == "8.5 (8.0 to 9.0)"
    assert row["encoding alone, ms"] == "5.0"
    assert _row(text, "floor 2.4.6", "system | a question is")["p50 ms, over HTTP"] == ""
    many = _row(text, "beside 2.4.6", "questions a second")
    assert many["over HTTP, 32 clients"] == "100.0 (80.0 to 120.0)"


def test_targets_are_told_reached_or_not() -> None:
    """Each with its bound, whichever way it came out."""
    text = report.section(run())
    assert (
        "| Pincite | an answer over HTTP ÷ the best peer's of its kind, in process | ≤ 0.5 |"
        in text
    )
    assert "| ≤ 1.5 | 1.70 (1.60 to 1.80) | no |" in text


def test_we_stand_beside_the_best_peer_of_each_round() -> None:
    """Who is best is asked anew in every round; a figure that no peer has is left out."""
    text = report.section(run())
    row = _row(text, "questions a second over HTTP, 8 clients", "ours ÷ the best peer's")
    assert row["Pincite"] == "4.75 (4.00 to 5.50)"
    assert row["better is"] == "higher"
    row = _row(text, "p50 of an answer over HTTP ÷ in process, dense alone or hybrid", "ours ÷")
    assert row["Pincite"] == "0.35 (0.30 to 0.40)"
    assert "| disk of the index | lower" not in text


def test_versions_are_told() -> None:
    """Of each system, with its Python."""
    assert "near: python 3.11.7, numpy 2.4.6; Pincite: python" in report.section(run())


def test_what_failed_is_named() -> None:
    """Questions that failed are counted, rounds that failed say why."""
    text = report.section(run())
    assert (
        "- beside: without an answer, or not asked, 2 times; first: `ValueError: told to`." in text
    )
    assert "- near: failed in a round: near: the adapter ended at 'open'." in text


def test_a_page_keeps_all_but_the_section() -> None:
    """What stands before and after stays; made again, it takes the place of the one before."""
    once = report.placed("# Under load\n\ntext\n", "first", "a.json")
    assert once.startswith("# Under load\n\ntext\n\n# Beside its peers\n\n<!-- made by")
    after = once + "\n# After\n"
    assert report.placed(after, "second", "a.json") == after.replace("first", "second")


def test_the_plot_is_the_same_for_the_same_run(tmp_path: Path) -> None:
    """So that a new one in the repository is a new measurement."""
    pytest.importorskip("matplotlib", reason="the extra 'report' is not installed")
    paths = [tmp_path / name for name in ("one.svg", "two.svg")]
    for path in paths:
        report.plot(run(), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes().startswith(b"<?xml")


@pytest.mark.skipif(not _RESULT.exists(), reason="make compare has not been run here yet")
def test_the_docs_are_made_of_the_results() -> None:
    """docs/performance.md shows what benchmarks/results holds, and nothing else."""
    page = (_ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    sources = re.findall(r"<!-- made by benchmarks/report.py from (\S+): do not edit -->", page)
    assert sources == ["benchmarks/results/peers.json"]
    made = report.section(figures.read(_ROOT / sources[0]))
    assert report.placed(page, made, sources[0]) == page
