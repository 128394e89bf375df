"""pincite evaluate: the ranking measured on a benchmark."""

import sys
from pathlib import Path

import click

from evaluation.benchmark import Benchmark, read_benchmark
from evaluation.compare import compare
from evaluation.gate import Gate, read_gate
from evaluation.outcomes import Thresholds
from evaluation.preparation import prepare
from evaluation.report import report
from evaluation.run import Run, run
from evaluation.trec import qrels_text, run_text
from index.ranking import Mode
from index.reranker import open_reranker
from index.retriever import Retriever
from service import confidence
from service.commands import options
from service.commands.progress import Progress
from service.settings import Settings
from service.version import VERSION

_COMPARED = ("P@1", "MRR", "nDCG@10")
mode_option = click.option(
    "--mode",
    type=click.Choice(["hybrid", "dense", "lexical"]),
    default="hybrid",
    show_default=True,
    help="Which searches to use.",
)


@click.command("evaluate", short_help="Measure the ranking on a benchmark.")
@click.argument("benchmark", type=click.Path(path_type=Path))
@options.home
@mode_option
@click.option(
    "--against",
    type=click.Choice(["hybrid", "dense", "lexical"]),
    help="Run this mode as well and compare question by question.",
)
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="Write HTML here.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON here.")
@click.option("--trec", type=click.Path(path_type=Path), help="Write run.txt and qrels.txt here.")
@click.option("--gate", type=click.Path(path_type=Path), help="Bounds; exit status 1 below one.")
@click.pass_obj
def command(
    settings: Settings,
    *,
    benchmark: Path,
    home: Path | None,
    mode: Mode,
    against: Mode | None,
    report_file: Path | None,
    json_file: Path | None,
    trec: Path | None,
    gate: Path | None,
) -> None:
    """Measure the ranking on BENCHMARK, a folder in BEIR or ReQA form.

    Its index is kept under HOME/evaluation for the next time. Quotes that are not exact, and
    duplicates among the first ten, fail every gate.
    """
    bounds = read_gate(gate) if gate else Gate()
    asked = read_benchmark(benchmark)
    retriever = prepared(settings, asked, home)
    measured = measure(retriever, asked, mode)
    comparisons = []
    if against:
        other = measure(retriever, asked, against)
        comparisons = [compare(measured, other, name) for name in _COMPARED]
    click.echo(measured.to_text())
    for one in comparisons:
        click.echo(
            f"{one.measure}: {mode} {one.first:.3f}, {against} {one.second:.3f}, difference "
            f"{one.difference:+.3f} [{one.interval.low:+.3f}, {one.interval.high:+.3f}], "
            f"p = {one.p_value:.3f}"
        )
    if json_file:
        json_file.write_text(measured.to_json(), encoding="utf-8")
    if trec:
        trec.mkdir(parents=True, exist_ok=True)
        (trec / "run.txt").write_text(run_text(measured), encoding="utf-8")
        (trec / "qrels.txt").write_text(qrels_text(measured), encoding="utf-8")
    if report_file:
        report_file.write_text(report(measured, comparisons, against or ""), encoding="utf-8")
    failures = bounds.failures(measured)
    for failure in failures:
        click.echo(f"gate: {failure}", err=True)
    if failures:
        sys.exit(1)


def prepared(settings: Settings, benchmark: Benchmark, home: Path | None) -> Retriever:
    """Index a benchmark, or find it indexed, and open it with the settings' models."""
    folder = options.home_of(settings, home)
    makers = options.makers(settings, folder, options.encoder_of(settings, folder, making=True))
    return prepare(
        benchmark,
        folder,
        makers,
        open_reranker(settings.reranker),
        options.ranking_of(settings),
        store=options.store_of(settings, options.home_of(settings, home), "evaluation"),
    )


def measure(retriever: Retriever, benchmark: Benchmark, mode: Mode) -> Run:
    """Ask every question of a benchmark once."""
    starts = {
        level.bucket: level.from_score for level in confidence.scale_for([retriever], mode).levels
    }
    high = starts.get("high", 1.0)
    medium = starts.get("medium", high)
    return run(
        benchmark,
        lambda question, k: retriever.search(question, k, mode),
        mode=mode,
        encoder=retriever.manifest.encoder,
        build=retriever.manifest.build,
        version=VERSION,
        thresholds=Thresholds(starts.get("low", medium), medium, high),
        progress=Progress(),
    )
