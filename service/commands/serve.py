"""pincite serve: index what is new, then answer over HTTP."""

import logging
import os
import signal
import socket
import sys
from contextlib import nullcontext
from importlib.resources import as_file, files
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click
import uvicorn

from corpus.reading import document_from_bytes
from index.store import StoredCollection
from index.update import SAMPLE, Makers, put, update
from service.address import address_of
from service.app import create_app
from service.audit import Audit
from service.commands import options
from service.commands.reports import print_report
from service.errors import AddressError, SettingsError
from service.guard import Guarding
from service.keys import Keyring
from service.library import Library
from service.settings import Settings, listed
from service.sites import open_site
from service.turns import Patience
from service.watching import Watch

if TYPE_CHECKING:
    from service.traces import Traces

_log = logging.getLogger(__name__)

_FEWEST = 4
"""Questions answered at once, on the smallest machine."""

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
    with listener:
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
            _run(library, made_with, listener, settings)


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


def guarding_of(settings: Settings) -> Guarding:
    """Return how often and how long callers may ask."""
    at_once = settings.concurrency
    patience = Patience(
        max(_FEWEST, 2 * len(os.sched_getaffinity(0))) if at_once == "auto" else at_once,
        settings.queue,
        settings.answer_seconds,
        settings.body_seconds,
    )
    return Guarding(settings.rate, patience=patience, cors_origins=listed(settings.cors_origins))


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


def _run(library: Library, made_with: Makers, listener: socket.socket, settings: Settings) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = address_of(settings, host, port)
    if not address.public_url:
        _log.warning("PINCITE_PUBLIC_URL is not set: chatbots get links without a host")
    kept = options.kept_questions(settings, library.home)
    if kept is not None:
        _log.warning(
            "PINCITE_KEEP_QUESTIONS is on: unanswered questions are kept, redacted, in %s once %d "
            "callers have asked the same; names cannot be redacted",
            library.home / "questions.jsonl",
            kept.callers,
        )
    traces = _traces(settings)
    config = uvicorn.Config(
        create_app(
            library,
            made_with,
            address=address,
            guarding=guarding_of(settings),
            site=open_site(library.home, settings),
            audit=Audit(library.home, made_with.clock) if settings.audit == "on" else None,
            kept=kept,
            traces=traces,
        ),
        log_config=None,
        access_log=False,  # it would write the address with its question
        server_header=False,
        # Without proxies of its own to trust, uvicorn would trust whoever asks from this machine.
        proxy_headers=bool(listed(settings.proxies)),
        forwarded_allow_ips=list(listed(settings.proxies)),
        timeout_graceful_shutdown=settings.stop_seconds,
    )
    server = uvicorn.Server(config)
    # uvicorn stops cleanly on SIGTERM, then sends it on to whoever handled it before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener.listen(config.backlog)  # whoever reads the line below can connect at once
    click.echo(f"Pincite answers at http://{shown}:{port}/", err=True)
    try:
        server.run(sockets=[listener])
    finally:
        if traces is not None:
            traces.close()


def _traces(settings: Settings) -> "Traces | None":
    if settings.traces == "off":
        return None
    try:
        from service.traces import Traces  # noqa: PLC0415 - a library of an extra
    except ImportError as error:
        raise SettingsError(
            "PINCITE_TRACES needs OpenTelemetry; pip install 'pincite[telemetry]'"
        ) from error
    return Traces(settings.traces)
