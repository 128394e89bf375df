import math
from pathlib import Path

import numpy as np

from index.contextual import Contextual
from index.members import Members
from index.ondisk import StoredVectors
from index.ranking import DENSE, DENSE_PARAGRAPH


def test_a_contextual_vector_is_the_passage_and_the_mean_of_its_paragraphs(tmp_path: Path) -> None:
    """Against a plain loop: weighed as the score weighs them, of unit length, inputs untouched.

    Whether rows are asked for one by one or as a block, from memory or from disk.
    """
    random = np.random.default_rng(7)
    vectors = random.standard_normal((4, 8)).astype(np.float32)
    paragraphs = random.standard_normal((3, 8)).astype(np.float32)
    before = vectors.copy()
    own = [[0], [0, 2, 0], [1], [2, 1, 0]]
    of = Members.of(own, 3, own, ["statement"] * 4)
    np.save(tmp_path / "vectors.npy", vectors)
    stored = StoredVectors(tmp_path / "vectors.npy", 4, 8)
    for passages in (vectors, stored):
        mixed = Contextual(passages, paragraphs, of)
        assert mixed.shape == (4, 8)
        for row, each in enumerate(own):
            distinct = list(dict.fromkeys(each))
            mean = sum(paragraphs[one] for one in distinct) / len(distinct)
            expected = DENSE * vectors[row] + DENSE_PARAGRAPH * mean
            expected /= math.sqrt(sum(float(number) ** 2 for number in expected))
            np.testing.assert_allclose(mixed[0:4][row], expected, atol=1e-6)
            np.testing.assert_allclose(mixed[np.array([row, 0])][0], expected, atol=1e-6)
    np.testing.assert_array_equal(vectors, before)
