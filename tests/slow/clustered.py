"""An encoder without a model whose vectors lie as those of sentences do: in clusters.

A text's vector is one of 1,024 centres and a distance from it, all drawn by the text's own hash: as
hard for a vector index as sentences about so many subjects, and the same on every machine. A
question is the text that it asks for, with a question mark and something added: near, not equal.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

import numpy as np

from index.encoders.protocol import Vectors

DIM = 384
_CENTRES = 1_024
_DISTANCE = 0.9
"""Of a text from its centre, as a share of the centre's length."""
_ASIDE = 0.5
"""Of a question from its text."""


class ClusteredEncoder:
    """Vectors drawn by hash, around centres."""

    name = f"clustered/{DIM}"
    dim = DIM
    weights_sha256 = ""

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; shape (len(passages), 384)."""
        rows = np.empty((len(passages), DIM), dtype=np.float32)
        for row, text in enumerate(passages):
            rows[row] = _vector(text)
        return _unit(rows)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions: each near the sentence that it is made of."""
        rows = self.encode_passages([one.rstrip("?") + "." for one in questions])
        aside = np.stack([_drawn(f"aside {one}") for one in questions])
        return _unit(rows + np.float32(_ASIDE) * aside)


def open_clustered() -> ClusteredEncoder:
    """Return the encoder, as a setting names it."""
    return ClusteredEncoder()


def _vector(text: str) -> Vectors:
    seed = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
    noise = np.random.default_rng(seed).standard_normal(DIM, dtype=np.float32)
    noise *= np.float32(_DISTANCE) / np.float32(np.sqrt(DIM))
    return np.asarray(_centres()[seed % _CENTRES] + noise, dtype=np.float32)


def _drawn(text: str) -> Vectors:
    seed = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
    drawn: Vectors = np.random.default_rng(seed).standard_normal((1, DIM), dtype=np.float32)
    return np.asarray(_unit(drawn)[0], dtype=np.float32)


@cache
def _centres() -> Vectors:
    return _unit(np.random.default_rng(1).standard_normal((_CENTRES, DIM), dtype=np.float32))


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    return unit
