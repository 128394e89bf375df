"""pincite serve: index what is new, then answer over HTTP."""

import logging
import signal
import socket
import sys
from importlib.resources import as_file, files
from pathlib import Path

import click
import uvicorn

from corpus.reading import document_from_bytes
from index.collection import Collection, collections
from index.update import SAMPLE, Makers, index_documents, update
from service.app import create_app
from service.commands import options
from service.commands.reports import print_report
from service.errors import AddressError
from service.library import Library
from service.settings import Settings
from service.sites import Site, open_site

_log = logging.getLogger(__name__)

_SAMPLE = "managing-spasticity.md"


@click.command("serve", short_help="Index what is new, then answer over HTTP.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@options.home
@options.collection
@click.option("--host", help="The address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port. [default: 8000]")
@click.pass_obj
def command(
    settings: Settings,
    *,
    paths: tuple[Path, ...],
    home: Path | None,
    collection: str,
    host: str | None,
    port: int | None,
) -> None:
    """Serve the collections of HOME, after indexing what is new or changed at each PATH.

    Without a PATH, serve what is indexed; with nothing indexed, the sample leaflet.
    """
    folder = options.home_of(settings, home)
    held = Collection(folder, collection)
    # The port first: no minute of indexing for an address that cannot be had.
    listener = _bound(host or settings.host, settings.port if port is None else port)
    with listener:
        encoder = options.encoder_of(settings)
        made_with = options.makers(settings, encoder)
        if paths:
            print_report(update(held, paths, made_with), dry_run=False, err=True)
        elif not collections(folder):
            index_sample(held, made_with)
        held.published()  # says what to do where nothing could be indexed
        library = options.library(settings, folder, encoder)
        library.warm()
        _run(library, listener, open_site(folder, settings))


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressError(f"{host}: no such address ({error.strerror}); check --host") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise AddressError(
            f"{host}:{port} cannot be listened on ({error.strerror}); "
            "stop what listens there, or choose another --port"
        ) from error
    return listener


def index_sample(held: Collection, made_with: Makers) -> None:
    """Publish the sample leaflet as the collection's only document, and say so."""
    resource = files("corpus") / "sample" / _SAMPLE
    with as_file(resource) as path:
        document = document_from_bytes(path.read_bytes(), _SAMPLE, "text/markdown", source=SAMPLE)
    index_documents(held, [document], made_with)
    click.echo(
        "Nothing is indexed yet: serving the sample leaflet that comes with Pincite. "
        "Your own: pincite serve PATH",
        err=True,
    )


def _run(library: Library, listener: socket.socket, site: Site) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        create_app(library, site=site),
        log_config=None,
        access_log=False,  # it would write the address with its question
        server_header=False,
        timeout_graceful_shutdown=30,
    )
    server = uvicorn.Server(config)
    # uvicorn stops cleanly on SIGTERM, then sends it on to whoever handled it before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # From here on a caller waits a moment for the server's loop instead of being refused.
    listener.listen()
    click.echo(f"Pincite answers at http://{shown}:{port}/", err=True)
    server.run(sockets=[listener])
