"""How much of the truth a search finds, measured on questions that are not among the rows.

A question is a row turned away until its cosine to it is one of those, from 0.65 to 0.9, that
questions have to the sentences that answer them, read in their paragraphs (docs/scale.md); it is
turned towards the middle of some rows and, half as much, the difference of two: so much do
questions share with all texts, and so much is their own. Recall on them is that on real questions,
within a hundredth. The truth is looked up by multiplying with every row.
"""

from collections.abc import Callable

import numpy as np

from index.encoders.protocol import Vectors
from index.vectors.protocol import Matrix, Rows

AT = 10
"""Recall is that of the ten nearest rows."""
QUESTIONS = 500
_COSINES = (0.65, 0.9)
_BLOCK = 16_384
_OTHERS = 16
_TINY = np.float32(1e-12)


def sample(vectors: Matrix, count: int, random: np.random.Generator) -> Vectors:
    """Return about so many rows, in stretches spread evenly: a disk gives those much sooner."""
    rows = vectors.shape[0]
    if count >= rows:
        return vectors[0:rows]
    stretch = max(min(64, count // 16), 1)
    starts = random.choice(rows // stretch, size=count // stretch, replace=False) * stretch
    return np.concatenate([vectors[start : start + stretch] for start in np.sort(starts).tolist()])


def questions(vectors: Matrix, random: np.random.Generator) -> Vectors:
    """Return made-up questions to rows that are chosen at random, float32 of unit length."""
    chosen = random.integers(vectors.shape[0], size=(1 + _OTHERS, QUESTIONS))
    near, *others = (np.array(vectors[rows]) for rows in chosen)
    away = np.mean(others, axis=0) + (others[0] - others[1]) / 2
    away -= (away * near).sum(axis=1, keepdims=True) * near
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), _TINY)
    cosines = np.linspace(*_COSINES, QUESTIONS, dtype=np.float32)[:, None]
    turned = cosines * near + np.sqrt(1 - cosines**2) * away
    return np.ascontiguousarray(turned / np.linalg.norm(turned, axis=1, keepdims=True))


def nearest(vectors: Matrix, asked: Vectors) -> Rows:
    """Return the ten nearest rows of each question, by looking at every row."""
    best = np.full((len(asked), AT), -np.inf, dtype=np.float32)
    rows = np.zeros((len(asked), AT), dtype=np.int64)
    for start in range(0, vectors.shape[0], _BLOCK):
        block = vectors[start : start + _BLOCK]
        cosines = np.concatenate([best, asked @ block.T], axis=1)
        numbers = np.arange(start, start + len(block))
        known = np.concatenate([rows, np.broadcast_to(numbers, (len(asked), len(block)))], axis=1)
        top = np.argpartition(-cosines, AT - 1, axis=1)[:, :AT]
        best = np.take_along_axis(cosines, top, axis=1)
        rows = np.take_along_axis(known, top, axis=1)
    return rows


def recall(truth: Rows, found: Callable[[int], Rows]) -> float:
    """Return which share of the truth is found, in [0, 1], given what is found by question."""
    shares = [len({*true.tolist()} & {*found(at).tolist()}) / AT for at, true in enumerate(truth)]
    return float(np.mean(shares))
