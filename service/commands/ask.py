"""pincite ask: one question, answered in the shell."""

import json
from pathlib import Path
from typing import Literal

import click

from service import answering
from service.answering import Answer
from service.commands import options
from service.schemas.answers import answer_body
from service.schemas.asking import AnswerRequest, check
from service.settings import Settings


@click.command("ask", short_help="Ask one question.")
@click.argument("question")
@options.home
@options.collection
@click.option("-k", "top_k", default=5, show_default=True, help="How many passages to cite.")
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "dense", "lexical"]),
    default="hybrid",
    show_default=True,
    help="Which searches to use.",
)
@click.option(
    "--filter",
    "filters",
    metavar="JSON",
    callback=lambda _context, _option, text: _json(text),
    help="Which documents to ask, as in the API.",
)
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    *,
    question: str,
    home: Path | None,
    collection: str,
    top_k: int,
    mode: Literal["hybrid", "dense", "lexical"],
    filters: object,
    as_json: bool,
) -> None:
    """Answer QUESTION with the documents' own sentences and the exact place of each."""
    folder = options.home_of(settings, home)
    options.held_in(
        settings, home, collection
    ).published()  # says what to do where nothing is indexed
    asked = check(
        AnswerRequest,
        {
            "question": question,
            "collections": [collection],
            "top_k": top_k,
            "mode": mode,
            "filters": filters,
        },
    ).to_question()
    library = options.library(settings, folder, options.encoder_of(settings, folder))
    found = answering.answer(library, asked)
    if as_json:
        body = answer_body(found, explain=True, request_id="", took_ms=0.0)
        click.echo(body.model_dump_json(indent=2))
    else:
        click.echo(as_text(found))


def _json(text: str | None) -> object:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        raise click.BadParameter(
            """not JSON; for one: '{"type": "eq", "key": "audience", "value": "patient"}'""",
        ) from None


def as_text(found: Answer) -> str:
    """Return an answer as lines for a terminal."""
    meant = found.query.searched_instead or found.query.did_you_mean
    if not found.citations:
        return (f"Did you mean: {meant}\n" if meant else "") + (
            "Nothing in these documents answers this. That does not mean the answer is no.\n"
            f"({found.status}: {found.reason}, score {found.score:.2f}; {found.meaning})"
        )
    lines = [f"{found.status} (score {found.score:.2f}; {found.meaning})", ""]
    if meant:
        verb = "Searched for" if found.query.searched_instead else "Did you mean"
        lines.insert(1, f"{verb}: {meant}")
    for citation in found.citations:
        place = [citation.document.title, *citation.place.section]
        if citation.place.page:
            place.append(f"page {citation.place.page[1]}")
        place.append(f"line {citation.place.line}")
        lines.append(f"[{citation.citation_id}] {citation.quote}")
        lines.append(f"     {' › '.join(dict.fromkeys(place))}")  # noqa: RUF001 - as in the pages
        lines.extend(
            f"     also in {other.title}, line {other.line} ({other.kind})"
            for other in citation.also_in
        )
        more = citation.also_in_total - len(citation.also_in)
        if more:
            lines.append(f"     and in {more} more")
    return "\n".join(lines)
