"""`pincite`: the shell's door. Settings are read here, and known faults become one line."""

import logging
import os
import sys
from importlib import import_module

import click

from evaluation.errors import EvaluationError
from service import logs
from service.errors import KNOWN
from service.settings import read_settings
from service.version import VERSION

_COMMANDS = {
    name: f"service.commands.{name}"
    for name in (
        *("serve", "index", "ask", "documents", "builds", "verify", "replay", "keys"),
        *("unanswered", "export", "doctor", "evaluate", "calibrate", "bench"),
    )
}


class _Commands(click.Group):
    """The commands by name; only the one that is run is imported, as others need half the house."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name]).command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="pincite")
@click.pass_context
def pincite(context: click.Context) -> None:
    """Answer questions with the documents' own sentences and the exact place of each."""
    settings = read_settings()
    logs.configure(settings.log_format, settings.log_level)
    context.obj = settings


def main() -> None:
    """Run the command line: exit status 0 done, 1 a known fault on one line, 2 usage."""
    try:
        pincite(standalone_mode=False)
    except click.exceptions.Exit as asked:
        sys.exit(asked.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output has read enough; Python's last flush must not fail on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (*KNOWN, EvaluationError) as error:
        click.echo(f"pincite: {' '.join(str(error).split())}", err=True)
        logging.getLogger(__name__).debug("the fault in full", exc_info=True)
        sys.exit(1)
