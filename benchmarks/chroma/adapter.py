"""Chroma as its guide has it: a persistent collection with an embedding function; or its server.

The local release searches dense alone (hybrid is its cloud's), and gives no context. Its server
encodes nothing: with one, a client encodes the question and sends the vector.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.protocol import Found, Sentence, main

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection
    from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

_NAME = "sentences"


class Chroma:
    """Dense search in an HNSW graph, no context."""

    packages = ("chromadb", "sentence-transformers", "torch")
    _encoder: "SentenceTransformerEmbeddingFunction"
    _collection: "Collection"

    def __init__(self, model: str, store: Path) -> None:
        self._path, self._store = model, store

    def load(self) -> None:
        """Load the model."""
        from chromadb.utils.embedding_functions import (  # noqa: PLC0415 - timed
            SentenceTransformerEmbeddingFunction,
        )

        self._encoder = SentenceTransformerEmbeddingFunction(self._path)

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Add in batches as large as it takes."""
        import chromadb  # noqa: PLC0415 - timed
        import numpy as np  # noqa: PLC0415

        if vectors is not None:
            self.load()
        client = chromadb.PersistentClient(str(self._store / "chroma"))
        collection = client.create_collection(_NAME, embedding_function=self._encoder)
        rows = None if vectors is None else np.load(vectors)
        step = client.get_max_batch_size()
        for first in range(0, len(sentences), step):
            batch = sentences[first : first + step]
            collection.add(
                ids=[str(one.number) for one in batch],
                documents=[one.text for one in batch],
                embeddings=None if rows is None else rows[first : first + step],
            )

    def open(self, server: str | None) -> None:
        """Open the collection in its folder or on its server, and the model."""
        self.load()
        self._collection = self._client(server).get_collection(
            _NAME, embedding_function=self._encoder
        )

    def query(self, question: str, top: int) -> list[Found]:
        """Encode the question and ask for the nearest."""
        hits = self._collection.query(query_texts=[question], n_results=top)
        return [
            Found(int(number), text)
            for number, text in zip(hits["ids"][0], hits["documents"][0], strict=True)
        ]

    def encode(self, question: str) -> None:
        """Turn a question into its vector."""
        self._encoder([question])

    def _client(self, server: str | None) -> "ClientAPI":
        import chromadb  # noqa: PLC0415 - timed

        if server is None:
            return chromadb.PersistentClient(str(self._store / "chroma"))
        at = urlsplit(server)
        return chromadb.HttpClient(at.hostname, at.port)


if __name__ == "__main__":
    main(Chroma)
