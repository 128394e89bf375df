"""Options that several commands share, and the makers of a build from the settings."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import click

from corpus.allowance import Limits
from index.encoders.opening import open_bulk, open_encoder
from index.encoders.protocol import Encoder
from index.ranking import Options
from index.reranker import open_reranker
from index.store import Store, StoredCollection
from index.stores import engine_name, open_store
from index.update import Makers
from service.commands.progress import Progress
from service.library import Library, local_day
from service.redaction import redact
from service.settings import Settings
from service.timing import TimedEncoder, TimedReranker
from service.unanswered import KeptQuestions

home = click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Where the collections are kept. [default: $PINCITE_HOME, else the user's data folder]",
)
collection = click.option(
    "--collection", default="default", show_default=True, help="The collection's name."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")


def home_of(settings: Settings, given: Path | None) -> Path:
    """Return the HOME to use, absolute."""
    return (given or settings.home).expanduser().absolute()


def encoder_of(settings: Settings, home: Path, *, making: bool = False) -> Callable[[], Encoder]:
    """Return a function that opens the encoder once, when it is first needed.

    `making` is for those who build: an export that is missing, or of another source, is made.
    """
    return cache(lambda: open_encoder(settings.encoder, home, making=making))


def store_of(settings: Settings, home: Path, part: str = "") -> Store:
    """Return where the collections are kept; `part` parts others from those that are served."""
    return _opened(settings.engine, home, part)


_opened = cache(open_store)  # so that one command has one set of connections


def held_in(settings: Settings, home: Path | None, collection: str) -> StoredCollection:
    """Return a collection by name, there or not yet."""
    return store_of(settings, home_of(settings, home)).collection(collection)


def bulk_encoder_of(settings: Settings, home: Path, address: str | None) -> Callable[[], Encoder]:
    """Return the like, for an encoder whose passages others help to encode, where any are named."""
    where = address or settings.embed_with
    if where == "none":
        return encoder_of(settings, home, making=True)
    name = settings.encoder
    return cache(lambda: open_bulk(where, name, open_encoder(name, home, making=True), home))


def library(settings: Settings, home: Path, encoder: Callable[[], Encoder]) -> Library:
    """Return the library of `home`, with the models and options of the settings."""
    reranker = open_reranker(settings.reranker)
    return Library(
        home,
        TimedEncoder(encoder()),
        TimedReranker(reranker) if reranker else None,
        ranking_of(settings),
        today=local_day,
        store=store_of(settings, home),
    )


def ranking_of(settings: Settings) -> Options:
    """Return what the settings choose of the ranking."""
    return Options(settings.reranked, context=settings.context == "on")


def limits_of(settings: Settings) -> Limits:
    """Return what reading one file may cost."""
    return Limits(
        file=settings.largest_file,
        seconds=settings.read_seconds,
        memory=settings.read_memory,
        text=settings.largest_text,
    )


def makers(settings: Settings, home: Path, encoder: Callable[[], Encoder]) -> Makers:
    """Return what builds are made with; those under way keep their vectors in `home`."""
    return Makers(
        encoder=encoder,
        engine=engine_name(settings.engine),
        clock=lambda: datetime.now(UTC),
        progress=Progress(),
        limits=limits_of(settings),
        journals=home / "encoding",
    )


def kept_questions(settings: Settings, home: Path) -> KeptQuestions | None:
    """Return where unanswered questions are kept; None where the settings keep none."""
    if settings.keep_questions == "off":
        return None
    wanted = settings.hospital_number
    pattern = None if wanted == "off" else re.compile(wanted)
    return KeptQuestions(
        home,
        settings.unanswered_callers,
        lambda text: redact(text, pattern),
        lambda: datetime.now(UTC),
    )
