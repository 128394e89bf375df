"""What tests.slow.growth_postgres measured, as docs/scaling.json, a table, and a plot."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.slow.both_engines import ENGINES
from tests.slow.marked import replace_marked

_DOCS = Path(__file__).parents[2] / "docs"
_RESULTS = _DOCS / "scaling.json"
_PLOT = _DOCS / "scaling.svg"
_HEADS = (
    *("passages", "engine", "p50, ms", "p95, ms", "ms of a processor: here + the database"),
    *("recall@10", "build, s of a processor: here + the database", "disk, MB"),
    *("memory, MB: a service + the database", "answers a second with 1, 2, 3 services"),
)


def write(measured: Mapping[int, dict[str, Any]], *, into_docs: bool) -> str:
    """Return the table; write it, all figures and the plot into docs where that is wanted.

    `measured` has, by passages, the figures of each stage. Sizes that docs have already stay.
    """
    if not into_docs:
        return table(measured)
    known = json.loads(_RESULTS.read_text(encoding="utf-8"))
    by_size = {int(size): one for size, one in known.items()}
    for size, stages in measured.items():
        by_size[size] = {name: each for name, each in stages.items() if name != "truth"}
    by_size = dict(sorted(by_size.items()))
    _RESULTS.write_text(json.dumps(by_size, indent=1) + "\n", encoding="utf-8")
    _draw(by_size)
    found = table(by_size)
    replace_marked(_DOCS / "scaling.md", "growth", found)
    return found


def table(measured: Mapping[int, Mapping[str, Any]]) -> str:
    """Return what was measured in Markdown."""
    lines = [f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]
    lines += [
        f"| {size:,} | {name} | {' | '.join(_cells(stages, name))} |"
        for size, stages in measured.items()
        for name in ENGINES
    ]
    lines += ["", f"{os.cpu_count()} cores for all of it."]
    lines += ["", "![p50 and p95 of an answer by passages](scaling.svg)"]
    return "\n".join(lines)


def _cells(stages: Mapping[str, Any], name: str) -> Sequence[str]:
    times, built, served = stages["times"][name], stages[name], stages["throughput"][name]
    here, there = f"{times['processor_ms']:.1f}", f"{built['processor_seconds']:.0f}"
    memory = f"{served[0]['service_bytes'] / 1e6:.0f}"
    if name == "postgresql":
        here += f" + {times['database_processor_ms']:.1f}"
        there += f" + {built['database_processor_seconds']:.0f}"
        memory += f" + {served[0]['database_bytes'] / 1e6:.0f}"
    return (
        *(f"{times['p50_ms']:.1f}", f"{times['p95_ms']:.1f}", here, f"{times['recall@10']:.3f}"),
        *(there, f"{built['disk_bytes'] / 1e6:.0f}", memory),
        ", ".join(f"{one['answers_a_second']:.0f}" for one in served),
    )


def _draw(measured: Mapping[int, Mapping[str, Any]]) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "pincite"
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, colour in zip(ENGINES, ("tab:blue", "tab:orange"), strict=True):
        for key, style in (("p50_ms", "-"), ("p95_ms", "--")):
            values = [stages["times"][name][key] for stages in measured.values()]
            label = f"{name}, {key[:3]}"
            axes.plot([*measured], values, style, marker="o", color=colour, label=label)
    axes.set(xscale="log", yscale="log", xlabel="passages", ylabel="ms of an answer, one client")
    axes.legend()
    figure.savefig(_PLOT, metadata={"Date": None})
