"""Real builds of small documents, made in milliseconds with the hashing encoder."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from index.collection import Collection, Folders
from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Encoder, Vectors
from index.retriever import Retriever
from index.store import Store, StoredCollection
from index.stores import engine_name
from index.update import Makers, Report, update
from service.library import Library

POSTGRES = engine_name("postgresql://")
LEAFLETS = {
    "spasms.txt": (
        "Spasms\n\n"
        "These spasms usually last 60 to 90 seconds. They often come at night.\n\n"
        "Tell your nurse about every fall. Drink enough water during the day.\n"
    ),
    "tablets.txt": (
        "Tablets\n\n"
        "Take 5 mg of baclofen three times a day. Do not stop the tablets suddenly.\n\n"
        "Take 10 mg of baclofen three times a day. Tell your nurse about every fall.\n"
    ),
}


class RecordingEncoder(HashingEncoder):
    """The hashing encoder, remembering what it was asked to encode."""

    def __init__(self, dim: int = 64) -> None:
        super().__init__(dim)
        self.encoded: list[str] = []

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages and remember them."""
        self.encoded += passages
        return super().encode_passages(passages)


def write(folder: Path, texts: Mapping[str, str] = LEAFLETS) -> Path:
    """Write files of these names and texts into `folder`; return it."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def makers(encoder: Encoder | None = None, engine: str = "exact:") -> Makers:
    """Return what builds are made with in tests."""
    return Makers(
        encoder=lambda: encoder or HashingEncoder(),
        engine=engine,
        clock=lambda: datetime(2026, 11, 22, 13, 7, 47, tzinfo=UTC),
        progress=lambda _what, _done, _total: None,
    )


def index(
    home: Path,
    source: Path,
    name: str = "default",
    *,
    encoder: Encoder | None = None,
    engine: str = "exact:",
) -> Report:
    """Index what is at `source` into the collection `name` of `home`."""
    return update(Collection(home, name), [source], makers(encoder, engine))


def indexed(home: Path, texts: Mapping[str, str] = LEAFLETS, name: str = "default") -> Collection:
    """Return a collection of documents with these texts."""
    index(home, write(home / f"source-{name}", texts), name)
    return Collection(home, name)


def engine_of(store: Store | None) -> str:
    """Return the engine that searches in a store."""
    return "exact:" if store is None or isinstance(store, Folders) else POSTGRES


def index_into(store: Store, source: Path, name: str = "default") -> Report:
    """Index what is at `source` into the collection `name` of a store."""
    return update(store.collection(name), [source], makers(engine=engine_of(store)))


def library(home: Path, encoder: Encoder | None = None, store: Store | None = None) -> Library:
    """Return the library of `home` or of a store, without a reranker."""
    return Library(home, encoder or HashingEncoder(), store=store)


def opened(collection: StoredCollection) -> Retriever:
    """Open a collection's published build."""
    return Retriever(collection.published(), HashingEncoder())
