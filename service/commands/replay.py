"""pincite replay: the same answer again, or why not."""

import json
import sys
from pathlib import Path
from typing import IO

import click

from index.reranker import open_reranker
from service.commands import options
from service.commands.verify import read_json
from service.errors import RequestError
from service.library import Library
from service.replaying import KeptBuilds, Outcome, Pinned, replay
from service.schemas.asking import check
from service.schemas.replaying import Saved
from service.settings import Settings


@click.command("replay", short_help="Make an old answer again, or say why not.")
@click.argument("file", metavar="RECEIPT.json", type=click.File("rb"))
@click.option("--question", help="The question, where the file does not hold the request.")
@options.home
@options.as_json
@click.pass_obj
def command(
    settings: Settings, *, file: IO[bytes], question: str | None, home: Path | None, as_json: bool
) -> None:
    """Make the answer of RECEIPT.json again from the kept builds that it names, and compare.

    The file is an answer as it came, only its receipt, or {"request": …, "response": …}. A receipt
    does not hold the question. Exit status is 0 when all but the request's id and time is the same.
    """
    saved = check(Saved, read_json(file))
    asked = question if question is not None else (saved.request or {}).get("question")
    if not isinstance(asked, str):
        raise RequestError(
            "the question is in no receipt; give it with --question, or save "
            '{"request": …, "response": …}'
        )
    folder = options.home_of(settings, home)
    store = options.store_of(settings, folder)

    def open_library(pinned: Pinned) -> Library:
        return KeptBuilds(
            folder,
            pinned,
            options.encoder_of(settings, folder)(),
            open_reranker(settings.reranker),
            options.ranking_of(settings),
            store=store,
        )

    outcome = replay(store, saved, asked, open_library)
    click.echo(as_json_text(outcome) if as_json else as_text(outcome))
    if not outcome.same:
        sys.exit(1)


def as_json_text(outcome: Outcome) -> str:
    """Return an outcome for a machine."""
    body = {
        "same": outcome.same,
        "compared": outcome.compared,
        "reasons": outcome.reasons,
        "differences": outcome.differences,
        "answer": outcome.answer,
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def as_text(outcome: Outcome) -> str:
    """Return an outcome as lines for a terminal."""
    if outcome.same and outcome.compared:
        return "the same answer, but for the request's id and time"
    if outcome.same:
        return "the receipt holds; there was no answer beside it to compare"
    lines = list(outcome.reasons)
    if outcome.answer is None:
        lines.insert(0, "it cannot be made again:")
    elif outcome.differences:
        lines.insert(0, "it is not the same:")
        lines += [f"differs at {one}" for one in outcome.differences]
        if not outcome.reasons:
            lines.append("all it was made with is the same; was the question?")
    else:
        lines.insert(0, "the answer is the same, and what made it is not:")
    return "\n".join(lines)
