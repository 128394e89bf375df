"""pincite verify: what became of old citations."""

import json
import sys
from pathlib import Path
from typing import IO

import click

from service import verifying
from service.commands import options
from service.errors import RequestError
from service.library import local_day
from service.schemas.asking import check
from service.schemas.verification import VerifyRequest, VerifyResponse, verify_body
from service.settings import Settings


@click.command("verify", short_help="Is an old citation exact, moved, changed or gone?")
@click.argument("file", metavar="CITATION.json", type=click.File("rb"))
@options.home
@options.as_json
@click.pass_obj
def command(settings: Settings, *, file: IO[bytes], home: Path | None, as_json: bool) -> None:
    """Tell what became of the citations in CITATION.json, or on standard input with "-".

    The file is one citation, a list, or a whole answer. Exit status is 0 when every citation is
    exact or moved, 1 when one has changed or is gone.
    """
    asked = check(VerifyRequest, read_json(file))
    shelves = []
    for held in options.store_of(settings, options.home_of(settings, home)).collections():
        kept = held.published()
        kept.check_catalog()
        shelves.append(verifying.Shelf(held.name, kept, kept.catalog()))
    found = verify_body(
        asked, verifying.verify(shelves, [one.to_claim() for one in asked.citations]), local_day()
    )
    click.echo(found.model_dump_json(indent=2) if as_json else as_text(found))
    if not found.holds:
        sys.exit(1)


def read_json(file: IO[bytes]) -> object:
    """Return what a JSON file holds; RequestError where it is none."""
    try:
        return json.loads(file.read())
    except (ValueError, RecursionError):
        raise RequestError(f"{file.name}: not JSON; save the answer's body as it came") from None


def as_text(found: VerifyResponse) -> str:
    """Return verdicts as lines for a terminal."""
    lines = []
    for number, one in enumerate(found.results, start=1):
        lines.append(f"{one.id or number}\t{one.status}\t{one.detail}")
        if one.citation is not None:
            at = one.citation
            page = f", page {at.page.label}" if at.page else ""
            lines.append(f"\t{at.document.title}{page}, line {at.line}: {at.quote}")
    return "\n".join(lines)
