"""The floor: sentence-transformers and a flat FAISS index, as a script of twenty lines has it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.protocol import Found, Sentence, main

if TYPE_CHECKING:
    import faiss
    from sentence_transformers import SentenceTransformer


class Floor:
    """Dense search alone, exact; no lexical search, no context."""

    packages = ("sentence-transformers", "faiss-cpu", "torch")
    _model: "SentenceTransformer"
    _index: "faiss.Index"

    def __init__(self, model: str, store: Path) -> None:
        self._path, self._store = model, store
        self._texts: list[str] = []

    def load(self) -> None:
        """Load the model."""
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - timed

        self._model = SentenceTransformer(self._path, device="cpu")

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Encode with the library's defaults, and write vectors and texts."""
        import faiss  # noqa: PLC0415 - timed
        import numpy as np  # noqa: PLC0415

        texts = [sentence.text for sentence in sentences]
        rows = (
            self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
            if vectors is None
            else np.load(vectors)
        )
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        faiss.write_index(index, str(self._store / "floor.faiss"))
        (self._store / "texts.json").write_text(json.dumps(texts), encoding="utf-8")

    def open(self, server: str | None) -> None:  # noqa: ARG002 - it has none
        """Load the model, read the index and the texts."""
        import faiss  # noqa: PLC0415 - timed

        self.load()
        self._index = faiss.read_index(str(self._store / "floor.faiss"))
        self._texts = json.loads((self._store / "texts.json").read_text(encoding="utf-8"))

    def query(self, question: str, top: int) -> list[Found]:
        """Find the nearest sentences."""
        row = self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        _, numbers = self._index.search(row, top)
        return [Found(int(number), self._texts[number]) for number in numbers[0]]

    def encode(self, question: str) -> None:
        """Tokenise and run the model once."""
        self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)


if __name__ == "__main__":
    main(Floor)
