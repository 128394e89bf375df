"""A run as one HTML file that opens offline: tables, and plots drawn by matplotlib.

Nothing in the file is fetched from anywhere and nothing in it runs: the plots are SVG images inside
the page, each with its content in words, and every text of the run is escaped.
"""

import io
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from evaluation.compare import Comparison
from evaluation.errors import MissingLibraryError
from evaluation.measures import MEASURES, reliability, risk_coverage
from evaluation.run import Result, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (6.4, 3.8)
_BLUE, _ORANGE, _GREY = "#1f5fa8", "#c2571a", "#767676"
_SCORE_BINS = 20

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1b; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #ccc; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { display: inline-block; margin: 1rem 1rem 1rem 0; max-width: 100%; }
figure img { max-width: 100%; height: auto; }
.fault { color: #a10000; font-weight: bold; }
"""


def report(run: Run, comparisons: Sequence[Comparison] = (), compared_with: str = "") -> str:
    """Return a run's report as a whole HTML document.

    `comparisons` are with another run, which `compared_with` names. MissingLibraryError where
    matplotlib is not installed.
    """
    parts = [
        f"<h1>{escape(run.benchmark)}</h1>",
        _facts(run),
        _gates(run),
        "<h2>Measures</h2>",
        _measures(run.result),
    ]
    if comparisons:
        parts += [f"<h2>Compared with {escape(compared_with)}</h2>", _compared(comparisons)]
    parts += ["<h2>Plots</h2>", *_plots(run)]
    if run.by_kind:
        parts += ["<h2>By kind of question</h2>"]
        for kind, result in run.by_kind.items():
            parts += [f"<h3>{escape(kind)} ({result.questions} questions)</h3>", _measures(result)]
    title = escape(f"{run.benchmark} – Pincite evaluation")  # noqa: RUF001 - a dash
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _facts(run: Run) -> str:
    answerable = sum(one.answerable for one in run.outcomes)
    return _table(
        ("what", "value"),
        [
            ("questions", f"{len(run.outcomes)}, {answerable} of them answerable"),
            ("left out, without a judgement", str(run.left_out)),
            ("mode", run.mode),
            ("encoder", run.encoder),
            ("build", run.build),
            ("version", run.version),
            ("latency p50", f"{run.latency(50):.1f} ms"),
            ("latency p95", f"{run.latency(95):.1f} ms"),
            ("no answer below", f"{run.thresholds.low:g}"),
            ("answered, with medium confidence, from", f"{run.thresholds.medium:g}"),
            ("with high confidence from", f"{run.thresholds.high:g}"),
        ],
    )


def _gates(run: Run) -> str:
    integrity = run.integrity
    words = (
        "Both hard gates hold: every citation is exact and no hit says what a better one said."
        if integrity.holds
        else "A hard gate does not hold."
    )
    kind = "" if integrity.holds else ' class="fault"'
    faults = "".join(f"<li>{escape(fault)}</li>" for fault in integrity.faults)
    return (
        f"<p{kind}>{words} Citation validity {integrity.citation_validity:.6f} of "
        f"{integrity.citations}; duplicates in the top 10 {integrity.duplicate_rate:.6f}.</p>"
        + (f"<ul>{faults}</ul>" if faults else "")
    )


def _measures(result: Result) -> str:
    rows = []
    for name, measure in MEASURES.items():
        value, interval = result.measures[name], result.intervals[name]
        if value is not None:
            shown = f"{interval.low:.4f} to {interval.high:.4f}" if interval else ""
            rows.append(
                (name, f"{value:.4f}", shown, measure.meaning, measure.better, measure.source)
            )
    return _table(("measure", "value", "95 % interval", "meaning", "better", "source"), rows)


def _compared(comparisons: Sequence[Comparison]) -> str:
    return _table(
        ("measure", "value", "difference", "95 % interval", "p", "questions"),
        [
            (
                one.measure,
                f"{one.second:.4f}",
                f"{one.difference:+.4f}",
                f"{one.interval.low:+.4f} to {one.interval.high:+.4f}",
                f"{one.p_value:.4f}",
                str(one.questions),
            )
            for one in comparisons
        ],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    body = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{_number(cell)}>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _number(cell: str) -> str:
    return ' class="number"' if cell[:1] in set("+-0123456789") else ""


def _plots(run: Run) -> list[str]:
    figures = [
        _figure("Risk and coverage", _risk_words(run), lambda axes: _draw_risk(axes, run)),
        _figure(
            "Reliability of the score",
            f"Share of right answers by score; expected calibration error "
            f"{run.result.measures['ECE']:.4f}.",
            lambda axes: _draw_reliability(axes, run),
        ),
        _figure(
            "Scores of answerable and unanswerable questions",
            _score_words(run),
            lambda axes: _draw_scores(axes, run),
        ),
        _figure(
            "Latency",
            f"Milliseconds a question took: p50 {run.latency(50):.1f}, p95 {run.latency(95):.1f}.",
            lambda axes: _draw_latency(axes, run),
        ),
    ]
    if run.by_kind:
        words = (
            "By kind of question, with 95 % intervals: right first units where it can be answered, "
            "refusals where it cannot."
        )
        figures.append(_figure("By kind of question", words, lambda axes: _draw_kinds(axes, run)))
    return figures


def _risk_words(run: Run) -> str:
    area = run.result.measures["AURC"]
    return (
        "Share of wrong answers when only the best-scored share of questions is answered; "
        f"area under the curve {area:.4f}."
    )


def _score_words(run: Run) -> str:
    area = run.result.measures["AUROC"]
    separated = f"; AUROC {area:.4f}" if area is not None else ""
    return f"How the best hits' scores are spread{separated}. The line: no answer below it."


def _draw_risk(axes: "Axes", run: Run) -> None:
    columns = run.columns()
    coverage, risk = risk_coverage(columns.scores, columns.right)
    axes.plot(coverage, risk, color=_BLUE)
    axes.set(xlabel="coverage", ylabel="risk (share wrong)", xlim=(0, 1), ylim=(0, 1))


def _draw_reliability(axes: "Axes", run: Run) -> None:
    columns = run.columns()
    bins = reliability(columns.scores, columns.right)
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", label="a perfect score")
    axes.bar(
        [one.start for one in bins],
        [one.right for one in bins],
        width=[one.end - one.start for one in bins],
        align="edge",
        color=_BLUE,
        alpha=0.5,
        edgecolor="white",
    )
    axes.plot([one.score for one in bins], [one.right for one in bins], "o", color=_BLUE)
    for one in bins:
        axes.annotate(
            f"n={one.questions}",
            (one.score, one.right),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=7,
        )
    axes.set(xlabel="score", ylabel="share right", xlim=(0, 1), ylim=(0, 1.05))
    axes.legend(loc="upper left")


def _draw_scores(axes: "Axes", run: Run) -> None:
    columns = run.columns()
    edges = np.linspace(0, 1, _SCORE_BINS + 1)
    for chosen, color, label in (
        (columns.answerable, _BLUE, "answerable"),
        (~columns.answerable, _ORANGE, "unanswerable"),
    ):
        if chosen.any():
            axes.hist(columns.scores[chosen], edges.tolist(), color=color, alpha=0.6, label=label)
    axes.axvline(run.thresholds.low, color=_GREY, linestyle="--")
    axes.set(xlabel="score of the best hit", ylabel="questions", xlim=(0, 1))
    axes.legend()


def _draw_latency(axes: "Axes", run: Run) -> None:
    axes.hist([one.milliseconds for one in run.outcomes], bins=_SCORE_BINS * 2, color=_BLUE)
    for percent, style in ((50, "--"), (95, ":")):
        axes.axvline(run.latency(percent), color=_ORANGE, linestyle=style, label=f"p{percent}")
    axes.set(xlabel="milliseconds", ylabel="questions")
    axes.legend()


def _draw_kinds(axes: "Axes", run: Run) -> None:
    """Draw P@1 of the answerable kinds and the share refused of the unanswerable."""
    bars = [
        (kind, name, value, result.intervals[name])
        for kind, result in run.by_kind.items()
        for name in ("P@1", "refusal_recall")
        if (value := result.measures[name]) is not None
    ]
    for row, (_, name, value, interval) in enumerate(reversed(bars)):
        axes.barh(row, value, color=_BLUE if name == "P@1" else _ORANGE, alpha=0.7)
        if interval:
            axes.plot([interval.low, interval.high], [row, row], color="black", linewidth=1)
    labels = [f"{_plain(kind)}: {name}" for kind, name, *_ in reversed(bars)]
    axes.set_yticks(range(len(bars)), labels)
    axes.set(xlim=(0, 1), xlabel="share")


def _plain(text: str) -> str:
    """Keep matplotlib from reading a kind as mathematics."""
    return text.replace("$", r"\$")


def _figure(title: str, words: str, draw: "Callable[[Axes], None]") -> str:
    try:
        # Seconds, and only for whoever asks for a report; no display and no global state.
        import matplotlib as mpl  # noqa: PLC0415
        from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            "the report's plots need matplotlib; pip install 'pincite[report]'"
        ) from error
    drawn = io.BytesIO()
    # Text stays text, in the reader's own font; ids and dates do not change from run to run.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        draw(axes)
        axes.set_title(title)
        axes.spines[["top", "right"]].set_visible(b=False)
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    image = b64encode(drawn.getvalue()).decode("ascii")
    return (
        f'<figure><img src="data:image/svg+xml;base64,{image}" alt="{escape(title)}. '
        f'{escape(words)}"><figcaption>{escape(words)}</figcaption></figure>'
    )
