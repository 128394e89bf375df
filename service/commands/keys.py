"""pincite keys: who may use the service."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from service.commands import options
from service.keys import SCOPES, Key, Keyring, Scope
from service.settings import Settings


@click.group("keys", short_help="Create, list or revoke API keys.")
def command() -> None:
    """Create, list or revoke API keys.

    Without any key the service is open and listens on this machine alone. From the first key on,
    whatever no key was granted is refused.
    """


@command.command("create", short_help="Make a key and show it once.")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("ask", "read"),
    show_default=True,
    help="What it may do; may be given several times.",
)
@click.option(
    "--collection",
    "collections",
    multiple=True,
    help="A collection it opens; may be given several times. [default: all]",
)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    help="A web page's origin it may be used from, as https://chat.clinic.example. [default: any]",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="After how many days it expires.")
@options.home
@options.as_json
@click.pass_obj
def create(
    settings: Settings,
    *,
    name: str,
    scopes: tuple[Scope, ...],
    collections: tuple[str, ...],
    origins: tuple[str, ...],
    days: int | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Make a key called NAME; the key itself is printed now and never again."""
    now = datetime.now(UTC)
    key, token = _keyring(settings, home).create(
        name,
        scopes,
        now=now,
        collections=collections or None,
        origins=origins,
        expires_at=now + timedelta(days=days) if days else None,
    )
    if as_json:
        click.echo(json.dumps({**_shown(key), "key": token}, ensure_ascii=False, indent=2))
        return
    click.echo(token)
    click.echo("Keep it: it is shown this once and stored only as a hash.", err=True)


@command.command("list", short_help="List the keys, never their secrets.")
@options.home
@options.as_json
@click.pass_obj
def list_keys(settings: Settings, *, home: Path | None, as_json: bool) -> None:
    """List each key's id, scopes, collections, expiry and name, oldest first."""
    keys = _keyring(settings, home).keys()
    if as_json:
        click.echo(json.dumps([_shown(key) for key in keys], ensure_ascii=False, indent=2))
        return
    for key in keys:
        opened = "all" if key.collections is None else ",".join(key.collections)
        until = f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never"
        click.echo(f"{key.key_id}\t{','.join(key.scopes)}\t{opened}\t{until}\t{key.name}")


@command.command("revoke", short_help="Take a key away.")
@click.argument("key_id", metavar="ID")
@options.home
@click.pass_obj
def revoke(settings: Settings, key_id: str, home: Path | None) -> None:
    """Take away the key of this ID; a running service refuses it from the next request on."""
    gone = _keyring(settings, home).revoke(key_id)
    click.echo(f"revoked {gone.key_id} ({gone.name})")


def _keyring(settings: Settings, home: Path | None) -> Keyring:
    store = options.store_of(settings, options.home_of(settings, home))
    return Keyring(store.record("keys"))


def _shown(key: Key) -> dict[str, object]:
    times = {
        name: moment.isoformat(timespec="seconds") if moment else None
        for name, moment in (("created_at", key.created_at), ("expires_at", key.expires_at))
    }
    return {name: value for name, value in asdict(key).items() if name != "sha256"} | times
