"""txtai by its own guide to hybrid search: one `Embeddings` with `hybrid` and `content`.

Texts and BM25 in SQLite and its own term index, vectors in FAISS; the server is `txtai.api` over
the saved index. It gives no context around what it finds.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.protocol import Found, Sentence, main

if TYPE_CHECKING:
    from txtai import Embeddings


class Txtai:
    """Hybrid search, no context."""

    packages = ("txtai", "faiss-cpu", "torch", "transformers")
    _embeddings: "Embeddings"

    def __init__(self, model: str, store: Path) -> None:
        self._path, self._store = model, store

    def load(self) -> None:
        """Load the model with the settings of the guide."""
        from txtai import Embeddings  # noqa: PLC0415 - timed

        self._embeddings = Embeddings(path=self._path, hybrid=True, content=True)

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Index and save; the server's settings beside it."""
        if vectors is not None:
            self._take(vectors, sentences)
        self._embeddings.index((one.number, one.text, None) for one in sentences)
        if vectors is not None:  # from here on the model encodes
            for name in ("method", "transform"):
                self._embeddings.config.pop(name)
            self._embeddings.config["path"] = self._path
        self._embeddings.save(str(self._store / "index"))
        (self._store / "api.yml").write_text(
            f"path: {self._store / 'index'}\nwritable: false\nembeddings:\n"
            f"  path: {self._path}\n  hybrid: true\n  content: true\n",
            encoding="utf-8",
        )

    def open(self, server: str | None) -> None:  # noqa: ARG002 - its server is asked by the runner
        """Load the saved index, model included."""
        from txtai import Embeddings  # noqa: PLC0415 - timed

        self._embeddings = Embeddings()
        self._embeddings.load(str(self._store / "index"))

    def query(self, question: str, top: int) -> list[Found]:
        """Search by vectors and words together."""
        return [
            Found(int(hit["id"]), hit["text"]) for hit in self._embeddings.search(question, top)
        ]

    def encode(self, question: str) -> None:
        """Turn a question into its vector."""
        self._embeddings.transform(question)

    def _take(self, vectors: Path, sentences: Sequence[Sentence]) -> None:
        import numpy as np  # noqa: PLC0415 - timed
        from txtai import Embeddings  # noqa: PLC0415 - timed

        rows = dict(zip((one.text for one in sentences), np.load(vectors), strict=True))
        self._embeddings = Embeddings(
            method="external",
            transform=lambda texts: np.stack([rows[text] for text in texts]),
            hybrid=True,
            content=True,
        )


if __name__ == "__main__":
    main(Txtai)
