"""A run for readers: the tables and plots of docs/performance.md, made of its JSON alone.

python -m benchmarks.report benchmarks/results/peers.json
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import figures
from benchmarks.figures import Figure, Measured, Run, Sitting, Spread, over_rounds
from benchmarks.systems import ROOT
from benchmarks.targets import RATIOS, TARGETS

_BEGIN = "<!-- made by benchmarks/report.py from {source}: do not edit -->"
_END = "<!-- end of what is made -->"
_SECTION = "# Beside its peers"
_PLOT = "peers.svg"


def section(run: Run) -> str:
    """Return what stands between the markers: machine and sizes, tables, ratios, the plot."""
    machine = run.machine
    rounds = max((len(one.rounds) for one in run.systems.values()), default=0)
    return "\n\n".join(
        (
            (
                f"{run.date}, commit {run.commit}, {machine['processor']}, "
                f"{machine['cores']} cores, "
                f"{machine['memory_gib']} GiB, {machine['system']}. {run.sentences:,} sentences; "
                f"indexing measured on {run.index_sentences:,}. Medians of {rounds} rounds, "
                "the least and the most in brackets."
            ),
            f"```sh\n{run.command}\n```",
            _answers(run),
            _many(run),
            _start_and_size(run),
            _ratios(run),
            _targets(run),
            *_faults(run),
            _versions(run),
            f"![Median time of a question, and questions a second for 32 clients]({_PLOT})",
        )
    )


def _answers(run: Run) -> str:
    head = (
        "system",
        "a question is",
        "right in first 5",
        "p50 ms, in process",
        "p95",
        "p50 ms, over HTTP",
        "p95",
        "encoding alone, ms",
    )
    rows = [
        (
            _name(one),
            one.kind,
            _cell(one, _of("in_process", lambda it: 100 * it.right), "{:.0f} %"),
            _cell(one, figures.p50),
            _cell(one, _of("in_process", lambda it: it.p95)),
            _cell(one, figures.p50_over_http),
            _cell(one, _of("server", lambda it: it.p95)),
            _cell(one, lambda it: it.encode_ms),
        )
        for one in run.systems.values()
    ]
    return _table(head, rows)


def _many(run: Run) -> str:
    head = (
        "questions a second",
        *(
            f"{where}, {n} client{'s' if n > 1 else ''}"
            for where in ("in process", "over HTTP")
            for n in (1, 8, 32)
        ),
    )
    rows = [
        (
            _name(one),
            *(
                _cell(one, _rate(where, clients))
                for where in ("in_process", "server")
                for clients in (1, 8, 32)
            ),
        )
        for one in run.systems.values()
    ]
    return _table(head, rows)


def _start_and_size(run: Run) -> str:
    head = (
        "system",
        "indexing, sentences/s",
        "start to ready, s",
        "its server",
        "resident, MiB",
        "its server",
        "disk, MiB",
    )
    rows = [
        (
            _name(one),
            _cell(one, lambda it: it.index_per_second, "{:.0f}"),
            _cell(one, _of("in_process", lambda it: it.ready_seconds)),
            _cell(one, _of("server", lambda it: it.ready_seconds)),
            _cell(one, _of("in_process", lambda it: it.resident_mb), "{:.0f}"),
            _cell(one, _of("server", lambda it: it.resident_mb), "{:.0f}"),
            _cell(one, figures.disk, "{:.0f}"),
        )
        for one in run.systems.values()
    ]
    return _table(head, rows)


def _ratios(run: Run) -> str:
    ours = [one for one in run.systems.values() if one.ours]
    rows = [
        (
            ratio.what,
            "higher" if ratio.at_least else "lower",
            *("" if value is None else _spread(value, "{:.2f}") for value in values),
        )
        for ratio in RATIOS
        if any(values := [ratio.measure(run, one) for one in ours])
    ]
    return _table(("ours ÷ the best peer's", "better is", *(one.title for one in ours)), rows)


def _targets(run: Run) -> str:
    rows = [
        (
            one.title,
            target.what,
            f"{'≥' if target.at_least else '≤'} {target.bound:g}",
            _spread(value, "{:.2f}"),
            "yes" if target.reached(value) else "no",
        )
        for one in run.systems.values()
        if one.ours
        for target in TARGETS
        if (value := target.measure(run, one)) is not None
    ]
    return _table(("", "target", "bound", "measured", "reached"), rows)


def _faults(run: Run) -> list[str]:
    """Return what failed, system by system: nothing is left out silently."""
    lines = []
    for one in run.systems.values():
        sittings = [
            sitting
            for each in one.rounds
            for sitting in (each.in_process, each.server)
            if sitting is not None
        ]
        count = sum(sitting.faults for sitting in sittings)
        first = next((sitting.first_fault for sitting in sittings if sitting.faults), "")
        if count:
            times = f"{count} time{'s' if count > 1 else ''}"
            lines.append(
                f"- {one.title}: without an answer, or not asked, {times}; first: `{first}`."
            )
        lines += [
            f"- {one.title}: failed in a round: {each.fault}." for each in one.rounds if each.fault
        ]
    return ["\n".join(lines)] if lines else []


def _versions(run: Run) -> str:
    told = (
        f"{one.title}: {', '.join(f'{name} {text}' for name, text in one.versions.items())}"
        for one in run.systems.values()
        if one.versions
    )
    return f"Versions. {'; '.join(told)}."


def _name(one: Measured) -> str:
    version = next((text for name, text in one.versions.items() if name != "python"), "")
    return f"{one.title} {version}".strip()


def _of(where: str, figure: Callable[[Sitting], float | None]) -> Figure:
    def of(one: figures.Round) -> float | None:
        sitting: Sitting | None = getattr(one, where)
        return None if sitting is None else figure(sitting)

    return of


def _rate(where: str, clients: int) -> Figure:
    return _of(where, lambda sitting: sitting.rates.get(str(clients)))


def _cell(one: Measured, figure: Figure, form: str = "{:.1f}") -> str:
    value = over_rounds(one, figure)
    return "" if value is None else _spread(value, form)


def _spread(value: Spread, form: str) -> str:
    middle, least, most = (form.format(one) for one in (value.median, value.least, value.most))
    return middle if least == most else f"{middle} ({least} to {most})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_docs(run: Run, folder: Path, source: str = "benchmarks/results/peers.json") -> None:
    """Put the section into performance.md, in the place of the one before, and the plot beside."""
    page = folder / "performance.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    page.write_text(placed(text, section(run), source), encoding="utf-8")
    plot(run, folder / _PLOT)


def placed(text: str, made: str, source: str) -> str:
    """Return a page with `made` between the markers, which are added where there are none."""
    begin = _BEGIN.format(source=source)
    block = f"{begin}\n\n{made}\n\n{_END}"
    before, found, rest = text.partition(begin)
    if not found:
        return f"{text.rstrip()}\n\n{_SECTION}\n\n{block}\n".lstrip()
    return before + block + rest.partition(_END)[2]


def plot(run: Run, path: Path) -> None:
    """Draw the median time of a question, and questions a second for 32 clients, as one SVG."""
    import matplotlib as mpl  # noqa: PLC0415 - of the extra 'report'

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "pincite", "font.size": 9})
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the backend is chosen

    systems = list(run.systems.values())[::-1]
    drawing, (left, right) = plt.subplots(1, 2, figsize=(9, 0.42 * len(systems) + 1.2), sharey=True)
    names = [one.title for one in systems]
    panels = (
        (left, "p50 of one client's question, ms (log)", figures.p50, figures.p50_over_http),
        (right, "questions a second, 32 clients", _rate("in_process", 32), _rate("server", 32)),
    )
    for panel, title, inside, outside in panels:
        for shift, figure, colour, label in (
            (0.2, inside, "#9aa5b1", "in process"),
            (-0.2, outside, "#1f6f8b", "over HTTP"),
        ):
            values = [over_rounds(one, figure) for one in systems]
            held = [(place + shift, one.median) for place, one in enumerate(values) if one]
            panel.barh(
                [at for at, _ in held],
                [value for _, value in held],
                0.38,
                color=colour,
                label=label,
            )
        panel.set_title(title, fontsize=9)
    left.set_xscale("log")
    left.set_yticks(range(len(names)), names)
    right.legend(loc="lower right", frameon=False)
    drawing.tight_layout()
    drawing.savefig(path, metadata={"Date": None})
    plt.close(drawing)


def main() -> None:
    """Write docs/performance.md from a run's JSON."""
    for name in sys.argv[1:]:
        path = Path(name).resolve()
        write_docs(figures.read(path), ROOT / "docs", str(path.relative_to(ROOT)))


if __name__ == "__main__":
    main()
