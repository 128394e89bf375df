"""From a passage's signals to its score: one function ranks and says how sure it is.

A passage counts as itself and in its paragraph, by meaning (cosine similarity) and by words (the
share of the question's terms, weighted by their rarity, that it holds); the best few are read
again, beside the question, by a reranker. All signals mean the same for every question, so their
weighted sum can be compared across questions, and the score is that sum through a logistic curve
(Platt 1999): the estimated probability that the passage answers.

The weights are common to all encoders. What belongs to one is its `Profile`: how its cosines are to
be read, and its curves. All were fitted on the even-numbered halves of four public benchmarks and
this project's own; docs/decisions/0006-ranking.md explains them, with what was tried and rejected.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

Mode = Literal["hybrid", "dense", "lexical"]
Role = Literal["statement", "heading", "question"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Every role, at the position that stands for it in arrays."""

DENSE, DENSE_PARAGRAPH = 0.40, 0.60
LEXICAL, LEXICAL_PARAGRAPH = 0.30, 0.20
RERANK = 2.0
BEHIND: dict[str, float] = {"statement": 0.0, "heading": 0.35, "question": 1.0}
"""Taken off by what a passage is: a heading names an answer more often than it is one, and what
reads best as the answer to a question is the same question, which answers nothing."""
_AHEAD = np.array([-BEHIND[role] for role in ROLES])

_Number = TypeVar("_Number", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may choose: how many of the best the reranker reads, and context or none.

    A budget in passages, not in milliseconds: under load a budget in time would give other answers.
    Without context a sentence counts as itself alone, with the weight of both.
    """

    reranked: int = 8
    context: bool = True


DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of one passage for one question.

    `dense` and `dense_paragraph` are cosine similarities in [-1, 1], `lexical` and
    `lexical_paragraph` shares in [0, 1]; `rerank` is the reranker's judgement in [0, 1], None where
    it was not asked.
    """

    dense: float
    dense_paragraph: float
    lexical: float
    lexical_paragraph: float
    role: Role
    rerank: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Passages that may answer a question, by ascending row, and their signals in columns.

    Every column has the shape (candidates,); `roles` are positions in `ROLES`.
    """

    rows: NDArray[np.int64]
    dense: NDArray[np.float64]
    dense_paragraph: NDArray[np.float64]
    lexical: NDArray[np.float64]
    lexical_paragraph: NDArray[np.float64]
    roles: NDArray[np.uint8]

    def signals(self, at: int) -> Signals:
        """Return the signals of the candidate at this position."""
        return Signals(
            float(self.dense[at]),
            float(self.dense_paragraph[at]),
            float(self.lexical[at]),
            float(self.lexical_paragraph[at]),
            ROLES[self.roles[at]],
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """How to read an encoder: its cosines, and what a sum of signals is worth.

    `encoders` are the names it holds for: the one it was measured with, and the same model in
    eight bits where that loses nothing measurable. `unrelated` is the cosine of two texts
    that have nothing to do with each other: some encoders keep all their vectors in a narrow cone
    (Ethayarajh 2019), and there 0.6 says as little as 0.2 elsewhere. `curves` holds slope and
    intercept of the logistic curve by mode, with and without a reranker.
    """

    encoders: tuple[str, ...]
    unrelated: float
    curves: Mapping[tuple[Mode, bool], tuple[float, float]]

    def similarity(self, cosine: _Number) -> _Number:
        """Return a cosine on the scale where unrelated texts have 0 and equal ones 1."""
        return (cosine - self.unrelated) / (1.0 - self.unrelated)

    def fused(self, signals: Signals, mode: Mode, *, context: bool = True) -> float:
        """Return the weighted sum of the signals that a mode uses, about -2 to 3.5.

        A judgement only ever adds: what was not good enough to be reranked stays behind.
        """
        ahead = -BEHIND[signals.role] + RERANK * (signals.rerank or 0.0)
        dense = (signals.dense, signals.dense_paragraph)
        lexical = (signals.lexical, signals.lexical_paragraph)
        return self._sum(ahead, dense, lexical, mode, context=context)

    def fused_all(
        self, candidates: Candidates, mode: Mode, *, context: bool = True
    ) -> NDArray[np.float64]:
        """Return what `fused` gives for each of some candidates, to the last bit."""
        dense = (candidates.dense, candidates.dense_paragraph)
        lexical = (candidates.lexical, candidates.lexical_paragraph)
        return self._sum(_AHEAD[candidates.roles], dense, lexical, mode, context=context)

    def _sum(
        self,
        ahead: _Number,
        dense: tuple[_Number, _Number],
        lexical: tuple[_Number, _Number],
        mode: Mode,
        *,
        context: bool,
    ) -> _Number:
        """Add to `ahead` what counts of each pair: what a passage has itself, and around it."""
        total, around = ahead, int(context)
        if mode != "lexical":
            total = total + DENSE * self.similarity(dense[0])
            total = total + DENSE_PARAGRAPH * self.similarity(dense[around])
        if mode != "dense":
            total = total + (LEXICAL * lexical[0] + LEXICAL_PARAGRAPH * lexical[around])
        return total

    def score(self, fused: float, mode: Mode, *, reranked: bool) -> float:
        """Return the score in [0, 1] that a weighted sum stands for; it grows with the sum."""
        slope, intercept = self.curves[mode, reranked]
        return 1.0 / (1.0 + math.exp(-(slope * fused + intercept)))


MINILM = Profile(
    encoders=("all-MiniLM-L6-v2@1110a243/256", "all-MiniLM-L6-v2-int8.2@1110a243/256"),
    unrelated=0.0,
    curves={
        ("hybrid", True): (1.8, -3.45),
        ("hybrid", False): (5.4, -4.35),
        ("dense", True): (2.1, -3.55),
        ("dense", False): (7.35, -4.3),
        ("lexical", True): (2.15, -3.1),
        ("lexical", False): (9.35, -3.1),
    },
)
BGE_SMALL = Profile(
    encoders=("bge-small-en-v1.5-int8@68807e3f/512",),
    unrelated=0.66,
    curves={
        ("hybrid", True): (1.75, -2.6),
        ("hybrid", False): (4.2, -1.75),
        ("dense", True): (2.05, -2.6),
        ("dense", False): (4.85, -1.0),
        ("lexical", True): (2.2, -3.1),
        ("lexical", False): (9.8, -3.15),
    },
)
PROFILES = {name: one for one in (MINILM, BGE_SMALL) for name in one.encoders}


def profile_of(encoder: str) -> Profile:
    """Return the profile of an encoder by its full name; one that was not measured has MiniLM's."""
    return PROFILES.get(encoder, MINILM)
