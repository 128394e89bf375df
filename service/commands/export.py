"""pincite export: make the export of the encoder that the settings name."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from index.encoders.exported import ExportedEncoder
from index.encoders.opening import open_encoder
from service.commands import options
from service.settings import Settings


@click.command("export", short_help="Export the encoder to HOME, for serving without torch.")
@options.home
@options.as_json
@click.pass_obj
def command(settings: Settings, *, home: Path | None, as_json: bool) -> None:
    """Make the export of the encoder that PINCITE_ENCODER names, unless it is there and whole.

    `pincite index` does so by itself; this is for an image that is made before it has documents,
    and for an export that is missing or damaged.
    """
    encoder = open_encoder(settings.encoder, options.home_of(settings, home), making=True)
    if not isinstance(encoder, ExportedEncoder):
        click.echo(json.dumps({}) if as_json else f"{encoder.name} needs no export")
        return
    export = encoder.export
    if as_json:
        click.echo(json.dumps(asdict(export), indent=2))
        return
    parity = export.parity
    click.echo(
        f"{export.name}: {export.dim} numbers a text of up to {export.longest} tokens, "
        f"{export.precision}; on {parity.texts} texts the least cosine with the model itself is "
        f"{parity.least:.6f}, the mean {parity.mean:.6f}"
    )
