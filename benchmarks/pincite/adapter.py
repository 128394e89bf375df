"""Ours without HTTP: the library opened, and each question answered as `POST /v1/answers` does.

The encoder is the one that PINCITE_ENCODER names. It indexes nothing: `pincite index` is measured
as the command that it is.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.protocol import Found, Sentence, main
from index.encoders.opening import open_encoder
from index.encoders.protocol import Encoder
from service.answering import Question, answer
from service.library import Library


class Pincite:
    """Hybrid search with the sentences around, citations checked."""

    packages = ("pincite", "faiss-cpu", "tantivy", "onnxruntime")
    _encoder: Encoder
    _library: Library

    def __init__(self, model: str, store: Path) -> None:  # noqa: ARG002 - it brings its own
        self._home = store

    def load(self) -> None:
        """Open the encoder."""
        self._encoder = open_encoder(os.environ["PINCITE_ENCODER"], self._home)

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Leave it to the command."""
        raise NotImplementedError("pincite index does it")

    def open(self, server: str | None) -> None:  # noqa: ARG002 - the runner asks its server
        """Open the published build."""
        self.load()
        self._library = Library(self._home, self._encoder)

    def query(self, question: str, top: int) -> list[Found]:
        """Answer."""
        cited = answer(self._library, Question(question, top_k=top)).citations
        return [Found(-1, one.quote, one.context) for one in cited]

    def encode(self, question: str) -> None:
        """Turn a question into its vector."""
        self._encoder.encode_questions([question])


if __name__ == "__main__":
    main(Pincite)
