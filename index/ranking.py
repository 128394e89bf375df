"""From a passage's signals to its score: one number in [0, 1], the one the threshold reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.encoders.protocol import Vectors

Mode = Literal["hybrid", "dense", "lexical"]

PARAGRAPH_WEIGHT = 0.4
LEXICAL_PARAGRAPH_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of one passage for one question.

    `dense` and `dense_paragraph` are cosine similarities; `lexical` and `lexical_paragraph` BM25
    scores as a share of the most that any text could score, in [0, 1].
    """

    dense: float
    dense_paragraph: float
    lexical: float
    lexical_paragraph: float
    heading: bool


def contextual(
    vectors: Vectors, paragraphs: Vectors, of_passage: Sequence[Sequence[int]]
) -> Vectors:
    """Return one unit vector a passage: itself and, at a lower weight, the paragraphs it is in."""
    mixed = np.array(vectors, dtype=np.float32)
    for row, members in enumerate(of_passage):
        mixed[row] += PARAGRAPH_WEIGHT * paragraphs[list(members)].mean(axis=0)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.ascontiguousarray(mixed)


def score(signals: Signals, mode: Mode) -> float:
    """Provisional"""
    dense = signals.dense + PARAGRAPH_WEIGHT * signals.dense_paragraph
    lexical = signals.lexical + LEXICAL_PARAGRAPH_WEIGHT * signals.lexical_paragraph
    if mode == "dense":
        z = 8 * (dense - 0.7)
    elif mode == "lexical":
        z = 8 * (lexical - 0.4)
    else:
        z = 6 * (dense - 0.7) + 3 * (lexical - 0.3)
    if signals.heading:
        z -= 2
    return float(1 / (1 + np.exp(-z)))
