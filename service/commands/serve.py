"""pincite serve: index what is new, then answer over HTTP."""

import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from importlib import import_module
from importlib.resources import as_file, files
from ipaddress import ip_address
from pathlib import Path

import click

from corpus.reading import document_from_bytes
from index.store import StoredCollection
from index.update import SAMPLE, Makers, put, update
from service.commands import options
from service.commands.reports import print_report
from service.errors import AddressError
from service.keys import Keyring
from service.settings import Settings
from service.watching import Watch

_log = logging.getLogger(__name__)

_SAMPLE = "managing-spasticity.md"


@click.command("serve", short_help="Index what is new, then answer over HTTP.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@options.home
@options.collection
@click.option(
    "--watch", is_flag=True, help="Go on indexing what changes at each PATH, while serving."
)
@click.option("--host", help="The address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="The port. [default: 8000]")
@click.pass_obj
def command(
    settings: Settings,
    *,
    paths: tuple[Path, ...],
    home: Path | None,
    collection: str,
    watch: bool,
    host: str | None,
    port: int | None,
) -> None:
    """Serve the collections of HOME, after indexing what is new or changed at each PATH.

    Without a PATH, serve what is indexed; with nothing indexed, the sample leaflet.
    """
    if watch and not paths:
        raise click.UsageError("--watch needs a PATH to watch")
    folder = options.home_of(settings, home)
    store = options.store_of(settings, folder)
    held = store.collection(collection)
    # The port first: no minute of indexing for an address that cannot be had, or must not.
    listener = _bound(host or settings.host, settings.port if port is None else port)
    # The web's libraries are imported meanwhile: models and files are read without Python's lock.
    with listener, ThreadPoolExecutor(1) as meanwhile:
        serving = meanwhile.submit(import_module, "service.commands.serving")
        _check_closed(listener, Keyring(store.record("keys")), settings)
        # Who only serves makes no export: that takes torch, and half a minute.
        builds = bool(paths) or not store.collections()
        encoder = options.encoder_of(settings, folder, making=builds)
        made_with = options.makers(settings, folder, encoder)
        if paths:
            print_report(update(held, paths, made_with), dry_run=False, err=True)
        elif not store.collections():
            index_sample(held, made_with)
        held.published()  # says what to do where nothing could be indexed
        library = options.library(settings, folder, encoder)
        library.warm()
        with Watch(held, paths, library) if watch else nullcontext():
            serving.result().run(library, made_with, listener, settings)


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


def _check_closed(listener: socket.socket, keyring: Keyring, settings: Settings) -> None:
    """Refuse to let other machines in as long as nobody has said who may come."""
    host = listener.getsockname()[0]
    if keyring.closed() or ip_address(host).is_loopback:
        return
    if settings.open == "off":
        raise AddressError(
            f"{host}: other machines could ask without a key; make one with "
            "`pincite keys create NAME`, or set PINCITE_OPEN=on to let everybody in"
        )
    _log.warning(
        "PINCITE_OPEN is on and there are no keys: whoever reaches %s may ask and read everything",
        host,
    )


def index_sample(held: StoredCollection, made_with: Makers) -> None:
    """Publish the sample leaflet as the collection's only document, and say so."""
    resource = files("corpus") / "sample" / _SAMPLE
    with as_file(resource) as path:
        data = path.read_bytes()
    document = document_from_bytes(data, _SAMPLE, "text/markdown", source=SAMPLE)
    put(held, document, data, made_with)
    click.echo(
        "Nothing is indexed yet: serving the sample leaflet that comes with Pincite. "
        "Your own: pincite serve PATH",
        err=True,
    )
