"""LanceDB by its guide to hybrid search: a table with an embedding function and a full-text index.

Searched with `query_type="hybrid"`, merged by reciprocal rank fusion. The open-source release has
no server; it gives no context around what it finds. Above 50,000 rows its guide asks for a vector
index: IVF-PQ by `create_index`, with its own defaults for the number of rows.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.protocol import Found, Sentence, main

if TYPE_CHECKING:
    from lancedb.embeddings import SentenceTransformerEmbeddings
    from lancedb.table import Table

_NAME = "sentences"
_INDEXED_FROM = 50_000


class LanceDB:
    """Hybrid search, no context."""

    packages = ("lancedb", "sentence-transformers", "torch")
    _encoder: "SentenceTransformerEmbeddings"
    _table: "Table"

    def __init__(self, model: str, store: Path) -> None:
        self._path, self._store = model, store

    def load(self) -> None:
        """Load the model."""
        from lancedb.embeddings import get_registry  # noqa: PLC0415 - timed

        self._encoder = get_registry().get("sentence-transformers").create(name=self._path)
        self._encoder.ndims()

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Create the table, its full-text index, and its vector index where it is large."""
        import lancedb  # noqa: PLC0415 - timed
        from lancedb.pydantic import LanceModel, Vector  # noqa: PLC0415

        if vectors is not None:
            self.load()
        encoder: Any = self._encoder

        class Row(LanceModel):  # type: ignore[misc] # the library has no types
            number: int
            text: str = encoder.SourceField()
            vector: Vector(encoder.ndims()) = encoder.VectorField()  # type: ignore[valid-type]

        table = lancedb.connect(self._store / "lance").create_table(_NAME, schema=Row)
        rows: list[dict[str, object]] = [
            {"number": one.number, "text": one.text} for one in sentences
        ]
        if vectors is not None:
            import numpy as np  # noqa: PLC0415 - timed

            for row, vector in zip(rows, np.load(vectors), strict=True):
                row["vector"] = vector
        table.add(rows)
        table.create_fts_index("text")
        if len(rows) >= _INDEXED_FROM:
            table.create_index(metric="cosine")
        table.optimize()

    def open(self, server: str | None) -> None:  # noqa: ARG002 - it has none
        """Open the table; the model comes with its schema."""
        import lancedb  # noqa: PLC0415 - timed

        self._table = lancedb.connect(self._store / "lance").open_table(_NAME)
        self.load()

    def query(self, question: str, top: int) -> list[Found]:
        """Search by vectors and words together."""
        hits = self._table.search(question, query_type="hybrid").limit(top).to_list()
        return [Found(hit["number"], hit["text"]) for hit in hits]

    def encode(self, question: str) -> None:
        """Turn a question into its vector."""
        self._encoder.compute_query_embeddings(question)


if __name__ == "__main__":
    main(LanceDB)
