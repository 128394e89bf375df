"""pincite bench: latency, throughput and memory on this machine."""

import tempfile
from pathlib import Path

import click

from evaluation import bench
from service.commands import options
from service.settings import Settings


@click.command("bench", short_help="Time this machine.")
@click.option(
    "--sentences", default=2_000, show_default=True, type=click.IntRange(min=10), help="How many."
)
@click.option(
    "--questions",
    default=100,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many a client asks, in each mode.",
)
@click.option(
    "--starts",
    default=3,
    show_default=True,
    type=click.IntRange(min=1),
    help="Starts, of which the median is told.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Serve what is indexed here, with the encoder of the settings, and index nothing.",
)
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    *,
    sentences: int,
    questions: int,
    starts: int,
    home: Path | None,
    as_json: bool,
) -> None:
    """Time start, indexing, answers over HTTP and memory beside the model alone, in one run.

    The documents are made for it; nothing that is indexed is touched.
    """
    rerankers = dict.fromkeys((settings.reranker, "none"))
    with tempfile.TemporaryDirectory(prefix="pincite-bench-") as folder:
        figures = bench.run(
            Path(folder),
            options.encoder_of(settings, home or Path(folder) / bench.HOME, making=home is None),
            sentences=sentences,
            questions=questions,
            starts=starts,
            rerankers=tuple(rerankers),
            home=home and home.absolute(),
        )
    click.echo(figures.to_json() if as_json else figures.table())
