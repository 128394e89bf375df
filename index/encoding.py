"""Texts to vectors: those of texts that an earlier build has encoded are taken from there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.encoders.protocol import BulkEncoder, Encoder, Vectors
from index.errors import BuildError

_BATCH = 256
_UNIT_TOLERANCE = 1e-3

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Known:
    """Vectors that are there already, and the row of each text in them."""

    rows: Mapping[str, int]
    vectors: Vectors


def encode(
    texts: Sequence[str], known: Known | None, encoder: Encoder, what: str, progress: Progress
) -> Vectors:
    """Return one unit vector a text, float32; BuildError where the encoder gives anything else."""
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    rows = np.full(len(texts), -1)
    if known is not None:
        rows[:] = [known.rows.get(text, -1) for text in texts]
        have = rows >= 0
        vectors[have] = known.vectors[rows[have]]
    # Texts of like length share a batch: the model pads each batch to its longest.
    new = sorted(np.flatnonzero(rows < 0).tolist(), key=lambda at: (-len(texts[at]), at))
    batches = [new[first : first + _BATCH] for first in range(0, len(new), _BATCH)]
    encoded = _encoded(encoder, ([texts[at] for at in batch] for batch in batches))
    progress(what, 0, len(new))
    done = 0
    for batch, its_vectors in zip(batches, encoded, strict=True):
        vectors[batch] = its_vectors
        done += len(batch)
        progress(what, done, len(new))
    _refuse_bad(vectors, encoder.name)
    return vectors


def _encoded(encoder: Encoder, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
    if isinstance(encoder, BulkEncoder):
        return encoder.encode_batches(batches)
    return map(encoder.encode_passages, batches)


def _refuse_bad(vectors: Vectors, encoder: str) -> None:
    lengths = np.linalg.norm(vectors, axis=1)
    good = np.abs(lengths - 1.0) < _UNIT_TOLERANCE  # false for NaN as well
    if not good.all():
        raise BuildError(
            f"the encoder {encoder} gave {np.count_nonzero(~good)} of {len(vectors)} vectors that "
            "are not of unit length; nothing was published; use another encoder"
        )
