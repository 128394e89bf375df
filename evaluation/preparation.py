"""A benchmark to an index that can be asked, kept for the next run."""

import re
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from evaluation.benchmark import Benchmark
from index.build import is_made_by
from index.collection import Folders
from index.encoders.protocol import Encoder
from index.errors import DamagedError
from index.ranking import DEFAULT, Options
from index.reranker import Reranker
from index.retriever import Retriever
from index.store import Store, StoredCollection
from index.update import Makers, index_documents

_SLUG = 40


def prepare(
    benchmark: Benchmark,
    home: Path,
    makers: Makers,
    reranker: Reranker | None = None,
    options: Options = DEFAULT,
    *,
    store: Store | None = None,
) -> Retriever:
    """Index a benchmark and open it; what is there and the same is used.

    It is kept in `store`, in folders under `home`/evaluation where none is given.

    The same is: these documents, encoder, engine and rules; the reranker is no part of an index.
    Each encoder and engine has a collection of its own, so that comparing them does not index
    again. The folder is a cache: an index in it that is damaged is made anew.
    """
    encoder = makers.encoder()
    opened = replace(makers, encoder=lambda: encoder)
    kept_in: Store = Folders(home / "evaluation") if store is None else store
    collection = kept_in.collection(_collection_name(benchmark.name, encoder.name, makers.engine))
    with suppress(DamagedError):  # then it is made anew
        if _is_same(collection, benchmark, encoder, makers.engine):
            return Retriever(collection.published(), encoder, reranker, options)
    index_documents(collection, benchmark.documents, opened)
    with collection.writing():
        collection.prune(keep=1)
    return Retriever(collection.published(), encoder, reranker, options)


def _is_same(
    collection: StoredCollection, benchmark: Benchmark, encoder: Encoder, engine: str
) -> bool:
    if collection.current() is None:
        return False
    kept = collection.published()
    manifest = kept.manifest()
    if not is_made_by(manifest, encoder, engine):
        return False
    kept.check()
    catalog = kept.catalog()
    order = [card.document_id for card in catalog.documents()]
    # Whole documents: their structure may be read otherwise than it was, from the same bytes.
    return order == [one.document_id for one in benchmark.documents] and all(
        catalog.document(one.document_id) == one for one in benchmark.documents
    )


def _collection_name(benchmark: str, encoder: str, engine: str) -> str:
    """Derive a name that is safe in any file system and differs where the makers do."""
    slug = re.sub(r"[^a-z0-9]+", "-", benchmark.lower())[:_SLUG].strip("-") or "benchmark"
    identity = sha256(f"{benchmark}\n{encoder}\n{engine}".encode()).hexdigest()
    return f"{slug}-{identity[:8]}"
