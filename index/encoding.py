"""Texts to vectors: those that an earlier build or attempt has encoded are taken from there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.encoders.protocol import BulkEncoder, Encoder, Vectors
from index.errors import BuildError
from index.journal import Journal

_Result = TypeVar("_Result")

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
    texts: Sequence[str],
    known: Known | None,
    encoder: Encoder,
    what: str,
    progress: Progress,
    *,
    journal: Journal | None = None,
) -> Vectors:
    """Return one unit vector a text, float32; BuildError where the encoder gives anything else."""
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    rows = np.full(len(texts), -1)
    if known is not None:
        rows[:] = [known.rows.get(text, -1) for text in texts]
        have = rows >= 0
        vectors[have] = known.vectors[rows[have]]
    if journal is not None and len(journal):
        for at in np.flatnonzero(rows < 0).tolist():
            vector = journal.vector(texts[at])
            if vector is not None:
                vectors[at] = vector
                rows[at] = 0
    # Texts of like length share a batch: the model pads each batch to its longest.
    new = sorted(np.flatnonzero(rows < 0).tolist(), key=lambda at: (-len(texts[at]), at))
    batches = [new[first : first + _BATCH] for first in range(0, len(new), _BATCH)]
    encoded = _encoded(encoder, ([texts[at] for at in batch] for batch in batches))
    progress(what, 0, len(new))
    done = 0
    for batch, its_vectors in zip(batches, encoded, strict=True):
        vectors[batch] = its_vectors
        if journal is not None and _are_unit(its_vectors).all():
            journal.add([texts[at] for at in batch], its_vectors)
        done += len(batch)
        progress(what, done, len(new))
    _refuse_bad(vectors, encoder.name)
    return vectors


class _StoppedError(Exception):
    """Nobody waits for the vectors any more."""


@contextmanager
def meanwhile(
    work: Callable[[Progress], _Result], progress: Progress
) -> Iterator[Callable[[], _Result]]:
    """Do `work` in a thread of its own; what is given waits for its result, or raises its error.

    The work is handed a `progress` that ends it where the context ends before it does.
    """
    left = Event()

    def shown(what: str, done: int, of: int) -> None:
        if left.is_set():
            raise _StoppedError
        progress(what, done, of)

    with ThreadPoolExecutor(1, "encoding") as pool:
        future = pool.submit(work, shown)
        try:
            yield future.result
        finally:
            left.set()


def _encoded(encoder: Encoder, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
    if isinstance(encoder, BulkEncoder):
        return encoder.encode_batches(batches)
    return map(encoder.encode_passages, batches)


def _refuse_bad(vectors: Vectors, encoder: str) -> None:
    good = _are_unit(vectors)
    if not good.all():
        raise BuildError(
            f"the encoder {encoder} gave {np.count_nonzero(~good)} of {len(vectors)} vectors that "
            "are not of unit length; nothing was published; use another encoder"
        )


def _are_unit(vectors: Vectors) -> NDArray[np.bool_]:
    off = np.abs(np.linalg.norm(vectors, axis=1) - 1.0)
    unit: NDArray[np.bool_] = off < _UNIT_TOLERANCE  # false for NaN as well
    return unit
