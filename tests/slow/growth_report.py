"""docs/scale.json as a table and a plot: `make growth` ends with it.

A stage that grows no worse than by a constant for each tenfold lies on a straight line, drawn by
least squares over the logarithm of the size.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

_DOCS = Path(__file__).parents[2] / "docs"
_DRAWN = ("search", "dense", "lexical", "coverage", "catalog", "encode")


@click.command()
@click.option("--results", type=click.Path(path_type=Path), default=_DOCS / "scale.json")
@click.option("--plot", type=click.Path(path_type=Path), default=_DOCS / "scale.svg")
def command(results: Path, plot: Path) -> None:
    """Print the table of RESULTS and draw PLOT."""
    measured = json.loads(results.read_text(encoding="utf-8"))
    click.echo(table(measured))
    click.echo(fits(measured))
    _draw(measured, plot)


def table(measured: Sequence[Mapping[str, Any]]) -> str:
    """Return a column a size."""
    lines = ["| passages | " + " | ".join(f"{one['passages']:,}" for one in measured) + " |"]
    lines.append("|---|" + "---|" * len(measured))
    for name, at in _rows():
        lines.append(f"| {name} | " + " | ".join(at(one) for one in measured) + " |")
    return "\n".join(lines)


def _rows() -> list[tuple[str, Any]]:
    def stage(name: str) -> Any:  # noqa: ANN401 - a cell
        def cell(one: Mapping[str, Any]) -> str:
            times = one["milliseconds"][name]
            return f"{times['processor_p50']:.1f}, {times['processor_p95']:.1f}"

        return cell

    def clock(name: str) -> Any:  # noqa: ANN401 - a cell
        def cell(one: Mapping[str, Any]) -> str:
            times = one["milliseconds"].get(name)  # what was measured before has no "after"
            return f"{times['p50']:.1f}, {times['p95']:.1f}" if times else "not measured"

        return cell

    return [
        ("search without encoding, ms of a processor", stage("search")),
        ("- by meaning", stage("dense")),
        ("- by words: candidates", stage("lexical")),
        ("- terms and their rarity", stage("terms")),
        ("- shares of terms", stage("coverage")),
        ("- catalog: what is shown", stage("catalog")),
        ("encoding the question, ms of a processor", stage("encode")),
        ("search after encoding, ms by the clock", clock("after")),
        ("- by meaning alone, ms by the clock", clock("dense")),
        ("encoding, ms by the clock", clock("encode")),
        ("recall@10, in the manifest", lambda one: f"{one['recall']:.3f}"),
        ("recall@10, questions with an answer", lambda one: f"{one['recall_near']:.3f}"),
        ("recall@10, questions without", lambda one: f"{one['recall_far']:.3f}"),
        ("opening, s", lambda one: f"{one['opening_seconds']:.2f}"),
        ("checking every byte, s", lambda one: f"{one['checking_seconds']:.1f}"),
        ("resident, opened, MB", lambda one: f"{one['memory_mb']['opened']['all']:,.0f}"),
        ("resident, asked 1,700 times, MB", lambda one: f"{one['memory_mb']['asked']['all']:,.0f}"),
        ("- of it this process's own", lambda one: f"{one['memory_mb']['asked']['own']:,.0f}"),
        ("on disk, MB", lambda one: f"{sum(one['disk_mb'].values()):,.0f}"),
        ("made in, s of a processor", lambda one: f"{_processor(one):,.0f}"),
    ]


def _processor(one: Mapping[str, Any]) -> float:
    stages = ("members", "dense", "lexical", "catalog", "rest")
    return float(sum(one["build_seconds"][stage]["processor"] for stage in stages))


def fits(measured: Sequence[Mapping[str, Any]]) -> str:
    """Return, a stage, what each tenfold adds to its p50 by least squares."""
    tenfolds = np.log10([one["passages"] for one in measured])
    lines = []
    for stage in _DRAWN:
        times = [one["milliseconds"][stage]["processor_p50"] for one in measured]
        slope, _ = np.polyfit(tenfolds, times, 1)
        lines.append(f"{stage}: {slope:+.2f} ms for each tenfold")
    return "\n".join(lines)


def _draw(measured: Sequence[Mapping[str, Any]], path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    sizes = np.array([one["passages"] for one in measured])
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for stage in _DRAWN:
        times = np.array([one["milliseconds"][stage]["processor_p50"] for one in measured])
        (line,) = axes.plot(sizes, times, "o", label=stage, markersize=4)
        slope, start = np.polyfit(np.log10(sizes), times, 1)
        axes.plot(sizes, start + slope * np.log10(sizes), color=line.get_color(), linewidth=1)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("passages")
    axes.set_ylabel("ms of a processor, p50 of 300 questions")
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    command()
