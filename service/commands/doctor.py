"""pincite doctor: every promise checked on what is on disk."""

import json
import sys
from pathlib import Path

import click

from index.doctor import examine
from service import audit
from service.commands import options
from service.settings import Settings


@click.command("doctor", short_help="Check every promise on what is on disk.")
@options.home
@options.as_json
@click.pass_obj
def command(
    settings: Settings,
    *,
    home: Path | None,
    as_json: bool,
) -> None:
    """Check the model, and of every collection each file, quote, place and vector.

    Also that the lines of the audit follow one another. Writes nothing. Exit status is 1 when there
    is a fault; each names its mend.
    """
    folder = options.home_of(settings, home)
    findings = [
        *examine(options.store_of(settings, folder), options.encoder_of(settings, folder)),
        *audit.examine(folder),
    ]
    sound = all(finding.sound for finding in findings)
    if as_json:
        body = {
            "ok": sound,
            "findings": [
                {"what": one.what, "ok": one.sound, "detail": one.detail, "mend": one.mend}
                for one in findings
            ],
        }
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        for one in findings:
            mend = f"; mend: {one.mend}" if one.mend else ""
            click.echo(f"{'ok   ' if one.sound else 'FAULT'} {one.what}: {one.detail}{mend}")
    if not sound:
        sys.exit(1)
