"""pincite documents: what is indexed, one document whole, and taking one out."""

import json
from pathlib import Path

import click

from index.catalog import Catalog
from index.update import remove
from service.commands import options
from service.commands.reports import print_report
from service.errors import NotFoundError
from service.settings import Settings


@click.group("documents", short_help="List, show or remove documents.")
def command() -> None:
    """List, show or remove the documents of a collection."""


@command.command("list", short_help="List the documents.")
@options.home
@options.collection
@options.as_json
@click.pass_obj
def list_documents(
    settings: Settings,
    *,
    home: Path | None,
    collection: str,
    as_json: bool,
) -> None:
    """List each document's id, number of sentences, title and uri."""
    cards = _catalog(settings, home, collection).documents()
    if as_json:
        fields = ("document_id", "uri", "title", "media_type", "sha256", "sentences")
        found = [{name: getattr(card, name) for name in fields} for card in cards]
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for card in cards:
        click.echo(f"{card.document_id}\t{card.sentences}\t{card.title}\t{card.uri}")


@command.command("show", short_help="Show a document, sentence by sentence.")
@click.argument("document_id", metavar="ID")
@options.home
@options.collection
@options.as_json
@click.pass_obj
def show(
    settings: Settings,
    *,
    document_id: str,
    home: Path | None,
    collection: str,
    as_json: bool,
) -> None:
    """Show the document of this ID: its sentences with their places, or with --json its text."""
    catalog = _catalog(settings, home, collection)
    document = catalog.document(document_id)
    if document is None:
        raise NotFoundError(f"there is no document {document_id!r}; pincite documents list")
    located = catalog.sentences(document_id)
    if as_json:
        body = {
            "document_id": document.document_id,
            "uri": document.uri,
            "title": document.title,
            "media_type": document.media_type,
            "sha256": document.sha256,
            "text": document.text,
            "sentences": [
                {"sentence": one.sentence.ordinal, "line": one.line, "section": one.section}
                | {"start": one.sentence.start, "end": one.sentence.end}
                for one in located
            ],
        }
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    click.echo(f"{document.title} ({document.uri}, {document.media_type})")
    for one in located:
        text = document.text[one.sentence.start : one.sentence.end]
        click.echo(f"s{one.sentence.ordinal}\tline {one.line}\t{' '.join(text.split())}")


@command.command("remove", short_help="Take a document out of the index.")
@click.argument("document_id", metavar="ID")
@click.option(
    "--erase",
    is_flag=True,
    help="Delete the kept builds and the original that hold it as well: gone from disk.",
)
@options.home
@options.collection
@click.pass_obj
def remove_document(
    settings: Settings,
    *,
    document_id: str,
    erase: bool,
    home: Path | None,
    collection: str,
) -> None:
    """Publish a build without the document of this ID.

    Its file is not touched: index its folder again and it is back.
    """
    held = options.held_in(settings, home, collection)
    folder = options.home_of(settings, home)
    made_with = options.makers(settings, folder, options.encoder_of(settings, folder, making=True))
    report = remove(held, document_id, made_with, erase=erase)
    if report.build is not None:
        print_report(report, dry_run=False)
    for build in report.erased:
        click.echo(f"deleted {build}")
    if not erase:
        click.echo(
            "builds before this one still hold it, to go back to (pincite builds list); "
            "to have it gone from disk: pincite documents remove --erase"
        )


def _catalog(settings: Settings, home: Path | None, collection: str) -> Catalog:
    held = options.held_in(settings, home, collection)
    return held.published().catalog()
