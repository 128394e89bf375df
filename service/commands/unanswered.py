"""pincite unanswered: what several callers asked and the documents do not answer."""

from pathlib import Path

import click

from service.commands import options
from service.schemas.unanswered import UnansweredResponse
from service.settings import Settings


@click.command("unanswered", short_help="What several asked and the documents do not answer.")
@options.home
@options.as_json
@click.pass_obj
def command(settings: Settings, *, home: Path | None, as_json: bool) -> None:
    """List redacted questions that several distinct callers asked within one month.

    What fewer asked is neither shown nor counted. Nothing is kept unless PINCITE_KEEP_QUESTIONS is
    `redacted`.
    """
    body = UnansweredResponse.of(options.kept_questions(settings, options.home_of(settings, home)))
    if as_json:
        click.echo(body.model_dump_json(indent=2))
        return
    if not body.kept:
        click.echo("No question is kept: PINCITE_KEEP_QUESTIONS is off.")
    elif not body.questions:
        click.echo(f"Nothing that {body.at_least} distinct callers asked went unanswered.")
    for one in body.questions:
        click.echo(f"{one.month}  {one.callers:>4} callers  {one.status:<14}  {one.question}")
