"""pincite builds: which are kept, going back to one, deleting old ones."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from index.errors import DamagedError, RetrievalError
from index.store import StoredCollection
from index.update import activate as publish_again
from index.vectors.protocol import Structure
from service.commands import options
from service.settings import Settings


@click.group("builds", short_help="List, activate or prune builds.")
def command() -> None:
    """List, activate or prune the builds of a collection."""


@command.command("list", short_help="List the kept builds, oldest first.")
@options.home
@options.collection
@options.as_json
@click.pass_obj
def list_builds(
    settings: Settings,
    *,
    home: Path | None,
    collection: str,
    as_json: bool,
) -> None:
    """List the kept builds, oldest first; the published one is marked.

    With each: what searches its vectors, and recall@10 as measured when it was made.
    """
    held = options.held_in(settings, home, collection)
    try:
        current = held.current()
    except DamagedError as error:  # the list is how it is mended
        click.echo(f"pincite: {error}", err=True)
        current = None
    each = [(name, _dense(held, name)) for name in held.builds()]
    if as_json:
        found = [
            {"id": name, "current": name == current, "dense": asdict(dense) if dense else None}
            for name, dense in each
        ]
        click.echo(json.dumps(found, indent=2))
        return
    for name, dense in each:
        says = f"  {dense}" if dense else ""
        click.echo(f"{'*' if name == current else ' '} {name}{says}")


def _dense(held: StoredCollection, build: str) -> Structure | None:
    """Return what searches a build's vectors, None where its manifest cannot be read."""
    try:
        return held.build(build).manifest().dense
    except RetrievalError:
        return None


@command.command("activate", short_help="Publish a kept build again.")
@click.argument("build")
@options.home
@options.collection
@click.pass_obj
def activate(settings: Settings, build: str, home: Path | None, collection: str) -> None:
    """Publish the kept BUILD again, after checking every file of it.

    Each document that comes back, goes, or reads as it did before is printed on a line.
    """
    held = options.held_in(settings, home, collection)
    report = publish_again(held, build)
    for verb, uris in (
        ("back", report.added),
        ("gone", report.removed),
        ("other", report.changed),
    ):
        for uri in uris:
            click.echo(f"{verb:7} {uri}")
    click.echo(f"published build {build}")


@command.command("prune", short_help="Delete old builds.")
@click.option("--keep", required=True, type=click.IntRange(min=1), help="How many to keep.")
@options.home
@options.collection
@click.pass_obj
def prune(settings: Settings, keep: int, home: Path | None, collection: str) -> None:
    """Delete all but the newest builds and the published one, and originals of none of them."""
    held = options.held_in(settings, home, collection)
    with held.writing():
        for name in held.prune(keep):
            click.echo(f"deleted {name}")
