"""Vectors of any number, simulated from real ones: those of recombined text, read by the encoder.

A paragraph is the mean of one of 64 clusters of real paragraphs (k-means, in their shares) and a
distance from it; a sentence is what linear regression expects under its paragraph, and a distance
from that. A distance is in part a mixture of two real ones (weights by a Dirichlet distribution of
0.2, so that mostly one of them counts), in part a normal number with the covariance of all of them:
real ones alone have fewer dimensions than real vectors, the normal ones alone have more. The parts
were chosen so that, among as many vectors, the intrinsic dimension (TwoNN, Facco et al. 2017) and
the cosine to the nearest are about those of the real ones; docs/scale.md has both side by side.
"""

from dataclasses import dataclass
from typing import Self

import faiss
import numpy as np
from numpy.typing import NDArray

from index.encoders.protocol import Vectors
from tests.slow.recombined import SENTENCES_A_PARAGRAPH

_CENTRES = 64
_RIDGE = 1e-3
_DIRICHLET = (0.2, 0.2)
_NORMAL_PARAGRAPH, _NORMAL_SENTENCE = 0.8, 0.6
"""Which part of a distance is normal, as a share of its length; both together have length 1."""


@dataclass(frozen=True, slots=True, eq=False)
class _Distances:
    """Real distances, and a root of their covariance."""

    real: Vectors
    root: Vectors

    @classmethod
    def of(cls, real: NDArray[np.floating]) -> Self:
        values, axes = np.linalg.eigh(real.T @ real / len(real))
        root = (axes * np.sqrt(values.clip(0.0))) @ axes.T
        return cls(real.astype(np.float32), root.astype(np.float32))

    def drawn(
        self, random: np.random.Generator, pairs: NDArray[np.int64], normal: float
    ) -> Vectors:
        """Return a distance for each pair of real ones."""
        weights = np.sqrt(random.dirichlet(_DIRICHLET, size=len(pairs))).astype(np.float32)
        weights *= np.float32(np.sqrt(1.0 - normal**2))
        noise = random.standard_normal((len(pairs), self.real.shape[1]), dtype=np.float32)
        drawn: Vectors = noise @ (np.float32(normal) * self.root)
        for at in range(2):
            drawn += weights[:, at, None] * self.real[pairs[:, at]]
        return drawn


class Simulated:
    """Blocks of paragraphs by number: the same number, the same vectors."""

    def __init__(self, sentences: Vectors, paragraphs: Vectors) -> None:
        """Measure paragraphs, of shape (n, dim), and some sentences of each, (n, m, dim)."""
        kmeans = faiss.Kmeans(paragraphs.shape[1], _CENTRES, niter=20, seed=1)
        kmeans.train(paragraphs)
        of = kmeans.index.search(paragraphs, 1)[1][:, 0]
        self._shares = np.bincount(of, minlength=_CENTRES) / len(of)
        self._members = [np.flatnonzero(of == centre) for centre in range(_CENTRES)]
        self._means = np.array([paragraphs[members].mean(axis=0) for members in self._members])
        self._around = _Distances.of(paragraphs - self._means[of])
        above = np.repeat(paragraphs, sentences.shape[1], axis=0)
        below = sentences.reshape(len(above), -1)
        dx, dy = above - above.mean(axis=0), below - below.mean(axis=0)
        ridge = _RIDGE * np.eye(above.shape[1])
        slope = np.linalg.solve(dx.T @ dx / len(dx) + ridge, dx.T @ dy / len(dx))
        self._slope = slope.astype(np.float32)
        self._shift = (below.mean(axis=0) - above.mean(axis=0) @ slope).astype(np.float32)
        self._left = _Distances.of(dy - dx @ slope)

    def block(self, number: int, paragraphs: int) -> tuple[Vectors, Vectors]:
        """Return the vectors of so many paragraphs and of all their sentences, in order."""
        random = np.random.default_rng((7, number))
        centres = random.choice(_CENTRES, size=paragraphs, p=self._shares)
        where = random.random((paragraphs, 2))
        pairs = np.array(
            [
                self._members[centre][(at * len(self._members[centre])).astype(np.int64)]
                for centre, at in zip(centres, where, strict=True)
            ]
        )
        drawn = self._around.drawn(random, pairs, _NORMAL_PARAGRAPH)
        above = _unit(self._means[centres] + drawn)
        expected = np.repeat(above @ self._slope + self._shift, SENTENCES_A_PARAGRAPH, axis=0)
        pairs = random.integers(len(self._left.real), size=(len(expected), 2))
        return above, _unit(expected + self._left.drawn(random, pairs, _NORMAL_SENTENCE))


def _unit(rows: Vectors) -> Vectors:
    scaled: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled
