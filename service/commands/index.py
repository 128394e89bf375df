"""pincite index: bring a collection up to date with files and folders."""

import sys
from pathlib import Path

import click

from index.update import update
from service.commands import options
from service.commands.reports import has_fault, print_report, report_json
from service.settings import Settings


@click.command("index", short_help="Index files and folders.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.home
@options.collection
@click.option("--dry-run", is_flag=True, help="Print what would change; write nothing.")
@click.option(
    "--embed-with",
    metavar="ADDRESS",
    help="Whose workers help to encode: ray://HOST:PORT. [default: $PINCITE_EMBED_WITH]",
)
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    *,
    paths: tuple[Path, ...],
    home: Path | None,
    collection: str,
    dry_run: bool,
    embed_with: str | None,
    as_json: bool,
) -> None:
    """Index the files at PATHS, and those in folders, then publish the new build.

    A folder speaks for all that is in it: a document whose file is gone is removed. Exit status is
    1 when a file that should have been read was skipped; the others are indexed all the same.
    """
    held = options.held_in(settings, home, collection)
    folder = options.home_of(settings, home)
    made_with = options.makers(
        settings, folder, options.bulk_encoder_of(settings, folder, embed_with)
    )
    report = update(held, paths, made_with, dry_run=dry_run)
    if as_json:
        click.echo(report_json(report, dry_run=dry_run))
    else:
        print_report(report, dry_run=dry_run)
    if has_fault(report):
        sys.exit(1)
