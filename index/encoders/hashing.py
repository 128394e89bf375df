"""An encoder without a model: each word is a fixed random direction, a text their sum.

Real enough for the whole service to be tested in milliseconds: texts that share words are near,
others are not, and the same text has the same vector on every machine.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

import numpy as np

from index.encoders.protocol import Vectors
from index.errors import EncoderError

_WORD = re.compile(r"\w+")
_DIM = 64


class HashingEncoder:
    """Sums of hashed words, of unit length."""

    weights_sha256 = ""

    def __init__(self, dim: int = _DIM) -> None:
        self.dim = dim
        self.name = f"hashing/{dim}"

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions."""
        return self.encode_passages(questions)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; a text without a word points along the first axis."""
        rows = np.zeros((len(passages), self.dim), dtype=np.float32)
        for row, text in enumerate(passages):
            words = _WORD.findall(text.lower())
            rows[row, 0] = 0.0 if words else 1.0
            for word in words:
                rows[row] += _direction(word, self.dim)
        return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@lru_cache(maxsize=65_536)
def _direction(word: str, dim: int) -> Vectors:
    seed = int.from_bytes(sha256(word.encode()).digest()[:8], "big")
    direction = np.random.default_rng(seed).standard_normal(dim).astype(np.float32)
    return np.asarray(direction / np.linalg.norm(direction), dtype=np.float32)


def open_hashing(dim: str = str(_DIM)) -> HashingEncoder:
    """Open by name: `hashing:` or `hashing:DIM`."""
    if not dim.isdigit() or int(dim) < 1:
        raise EncoderError(f"hashing:{dim}: the dimension is a whole number above 0")
    return HashingEncoder(int(dim))
