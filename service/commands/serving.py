"""A library served over HTTP until it is told to stop. The one module that knows uvicorn."""

import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import click
import uvicorn

from index.stores import is_database
from index.update import Makers
from service.address import address_of
from service.app import create_app
from service.audit import Audit
from service.commands import options
from service.errors import SettingsError
from service.guard import Guarding
from service.library import Library
from service.settings import Settings, listed
from service.sites import open_site
from service.turns import Patience

if TYPE_CHECKING:
    from service.traces import Traces

_log = logging.getLogger(__name__)

_FEWEST = 2
"""Questions answered at once, on the smallest machine."""
_WAITING = 2
"""As many more where most of an answer's time a database works, on its own processors."""


def run(library: Library, made_with: Makers, listener: socket.socket, settings: Settings) -> None:
    """Answer at the bound `listener` from a warm library; `made_with` takes uploads in."""
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


def guarding_of(settings: Settings) -> Guarding:
    """Return how often and how long callers may ask."""
    patience = Patience(
        _at_once(settings) if settings.concurrency == "auto" else settings.concurrency,
        settings.queue,
        settings.answer_seconds,
        settings.body_seconds,
    )
    return Guarding(settings.rate, patience=patience, cors_origins=listed(settings.cors_origins))


def _at_once(settings: Settings) -> int:
    """Return as many as there are processors: more would only wait for one another."""
    fewest = max(_FEWEST, len(os.sched_getaffinity(0)))
    return _WAITING * fewest if is_database(settings.engine) else fewest
