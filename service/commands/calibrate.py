"""pincite calibrate: thresholds and the meaning of each bucket, from a site's own judgements."""

from pathlib import Path

import click

from evaluation.benchmark import read_benchmark
from evaluation.calibrate import calibrate
from index.ranking import Mode
from service.commands import options
from service.commands.evaluate import measure, mode_option, prepared
from service.settings import Settings


@click.command("calibrate", short_help="Choose thresholds from judgements.")
@click.argument("benchmark", type=click.Path(path_type=Path))
@options.home
@options.collection
@mode_option
@click.option("--dry-run", is_flag=True, help="Print what was measured; write nothing.")
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    *,
    benchmark: Path,
    home: Path | None,
    collection: str,
    mode: Mode,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Choose thresholds on BENCHMARK and write them, with what they mean, into the collection.

    BENCHMARK needs questions that its documents answer and questions that they do not.
    """
    held = options.held_in(settings, home, collection)
    if not dry_run:
        held.published()  # says what to do where nothing is indexed
    asked = read_benchmark(benchmark)
    found = calibrate(measure(prepared(settings, asked, home), asked, mode))
    if not dry_run:
        held.calibrate(found.to_json())
    click.echo(found.to_json() if as_json else found.to_text())
