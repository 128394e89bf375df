"""What every encoder is to the rest of the house."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""C-contiguous float32 of shape (n, dim), each row of unit length."""


class Encoder(Protocol):
    """Turns text into vectors whose inner product is their cosine similarity.

    `name` includes all that changes the vectors (model, revision, longest input), so that equal
    names mean interchangeable vectors; `weights_sha256` is of the weights file, "" where there is
    none. Two methods, because some models mark questions and passages differently.
    """

    @property
    def name(self) -> str:
        """The encoder's full name."""
        ...

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        ...

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights in use."""
        ...

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions; shape (len(questions), dim)."""
        ...

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; shape (len(passages), dim)."""
        ...


@runtime_checkable
class BulkEncoder(Encoder, Protocol):
    """An encoder that works on several batches of passages at once.

    The vectors are those that `encode_passages` gives for the same batch, bit for bit.
    """

    def encode_batches(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """Encode batches of passages; yield the vectors of each, in their order."""
        ...
