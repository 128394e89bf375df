"""The models with a clock on them: how long encoding and reranking take, for the metrics."""

from collections.abc import Sequence

from index.encoders.protocol import Encoder, Vectors
from index.reranker import Reranker
from service import sightings


class TimedEncoder:
    """An encoder whose questions are a stage of the request that asks them."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name = encoder.name
        self.dim = encoder.dim
        self.weights_sha256 = encoder.weights_sha256

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions; shape (len(questions), dim)."""
        with sightings.timed("encode"):
            return self._encoder.encode_questions(questions)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; shape (len(passages), dim)."""
        return self._encoder.encode_passages(passages)


class TimedReranker:
    """A reranker whose judgements are a stage of the request that needs them."""

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker
        self.name = reranker.name

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return for each passage in [0, 1] how well it answers; higher is better."""
        with sightings.timed("rerank"):
            return self._reranker.judge(question, passages)
