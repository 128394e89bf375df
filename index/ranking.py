"""From a passage's signals to its score: one function ranks and says how sure it is.

A passage counts as itself and in its paragraph, by meaning (cosine similarity) and by words (the
share of the question's terms, weighted by their rarity, that it holds). All four signals mean the
same for every question, so their weighted sum can be compared across questions, and the score is
that sum through a logistic curve: the estimated probability that the passage answers.

The weights were fitted on the even-numbered half of four public benchmarks and this project's own,
and are explained, with what was tried and rejected, in docs/decisions/0006-ranking.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.encoders.protocol import Vectors

Mode = Literal["hybrid", "dense", "lexical"]
Role = Literal["statement", "heading", "question"]

DENSE, DENSE_PARAGRAPH = 0.45, 0.55
LEXICAL, LEXICAL_PARAGRAPH = 0.30, 0.20
RERANK = 0.50
BEHIND: dict[str, float] = {"statement": 0.0, "heading": 0.35, "question": 1.0}
"""Taken off by what a passage is: a heading names an answer more often than it is one, and what
reads best as the answer to a question is the same question, which answers nothing."""

RERANKED = 5
"""How many of the best are read again by the reranker, where there is one."""

_CURVES: dict[tuple[Mode, bool], tuple[float, float]] = {
    ("hybrid", True): (3.2, -3.4),
    ("hybrid", False): (5.2, -4.2),
    ("dense", True): (4.0, -3.4),
    ("dense", False): (7.0, -4.1),
    ("lexical", True): (4.7, -2.7),
    ("lexical", False): (8.5, -2.5),
}
"""Slope and intercept of the logistic curve of each mode, with and without a reranker."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of one passage for one question.

    `dense` and `dense_paragraph` are cosine similarities in [-1, 1], `lexical` and
    `lexical_paragraph` shares in [0, 1]; `rerank` is the reranker's judgement in [0, 1], None where it was not asked.
    """

    dense: float
    dense_paragraph: float
    lexical: float
    lexical_paragraph: float
    role: Role
    rerank: float | None = None

    def fused(self, mode: Mode) -> float:
        """Return the weighted sum of the signals that a mode uses, about -1 to 2.

        A judgement only ever adds: what was not good enough to be reranked stays behind.
        """
        total = -BEHIND[self.role]
        if self.rerank is not None:
            total += RERANK * self.rerank
        if mode != "lexical":
            total += DENSE * self.dense + DENSE_PARAGRAPH * self.dense_paragraph
        if mode != "dense":
            total += LEXICAL * self.lexical + LEXICAL_PARAGRAPH * self.lexical_paragraph
        return total


def score(fused: float, mode: Mode, *, reranked: bool) -> float:
    """Return the score in [0, 1] that a weighted sum stands for; it grows with the sum."""
    slope, intercept = _CURVES[mode, reranked]
    return 1.0 / (1.0 + math.exp(-(slope * fused + intercept)))


def contextual(
    vectors: Vectors, paragraphs: Vectors, of_passage: Sequence[Sequence[int]]
) -> Vectors:
    """Return one unit vector a passage: itself and the paragraphs it stands in, as they weigh.

    Its inner product with a question is, but for the vector's length, the dense part of the sum:
    one search finds the candidates of both.
    """
    mixed = np.array(vectors, dtype=np.float32)
    for row, members in enumerate(of_passage):
        mixed[row] += (DENSE_PARAGRAPH / DENSE) * paragraphs[list(members)].mean(axis=0)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.ascontiguousarray(mixed)
