"""A search that leaves postings unread, against one that adds up all of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.postgres import maxscore
from index.postgres.maxscore import Best, Held, Posting, Word

TEXTS = 150
BLOCK = 50


class Collection:
    """Postings of words over texts, drawn by a seed: the first word is in few, the last in most."""

    def __init__(self, seed: int, words: int) -> None:
        chance = np.random.default_rng(seed)
        self.of: dict[int, dict[int, np.float32]] = {}
        for number in range(words):
            share = (number + 1) / words * chance.random()
            rows = np.flatnonzero(chance.random(TEXTS) < share)
            # Few distinct impacts, so that sums are often equal.
            impacts = chance.choice(np.array([0.25, 0.5, 0.7], dtype=np.float32), len(rows))
            self.of[number] = dict(zip(rows.tolist(), impacts, strict=True))
        self.weights = chance.choice([0.1, 1.0, 2.5, 6.0], words)
        self.read: list[int] = []
        self.looked_up = 0

    def words(self) -> list[Word]:
        """Return the words that any text has."""
        return [
            Word(number, len(rows), float(self.weights[number]), float(max(rows.values())))
            for number, rows in self.of.items()
            if rows
        ]

    def postings(self, wanted: Sequence[int]) -> list[Posting]:
        """Return the postings of words, in blocks."""
        self.read += wanted
        every = []
        for number in wanted:
            for first in range(0, TEXTS, BLOCK):
                rows = [row for row in self.of[number] if first <= row < first + BLOCK]
                impacts = np.array([self.of[number][row] for row in rows], dtype=np.float32)
                every.append(Posting(number, np.array(rows, dtype=np.int64), impacts))
        return every

    def held(self, rows: NDArray[np.int64]) -> Held:
        """Return what some texts hold."""
        self.looked_up += len(rows)
        held = [[(word, of[row]) for word, of in self.of.items() if row in of] for row in rows]
        return Held(
            rows,
            np.array([len(one) for one in held], dtype=np.int64),
            np.array([word for one in held for word, _ in one], dtype=np.int32),
            np.array([impact for one in held for _, impact in one], dtype=np.float32),
        )

    def scores(self) -> Mapping[int, float]:
        """Add everything up, the rarest word first."""
        scores: dict[int, float] = {}
        for word in sorted(self.words(), key=lambda one: (one.texts, one.number)):
            for row, impact in self.of[word.number].items():
                scores[row] = scores.get(row, 0.0) + word.weight * float(impact)
        return scores


def searched(of: Collection, k: int, allowed: NDArray[np.bool_] | None) -> list[tuple[int, float]]:
    """Return the best rows with their scores."""
    best = Best(of.words(), TEXTS, k, allowed)
    while wanted := best.wanted():
        best.read(wanted, of.postings(wanted))
    best.look_up(of.held(best.open()))
    return [(row, best.score(row)) for row in best.best()]


@pytest.mark.parametrize("look_up", [0, 1, 1000])
@given(
    seed=st.integers(0, 2**32),
    words=st.integers(0, 12),
    k=st.sampled_from([1, 3, 20, 400]),
    share=st.sampled_from([None, 0.0, 0.05, 0.5, 1.0]),
)
@settings(deadline=None)
def test_the_best_and_their_scores_are_those_of_all_postings(
    look_up: int, seed: int, words: int, k: int, share: float | None
) -> None:
    """To the last bit, in order, of those that are allowed; however early texts are looked up."""
    of = Collection(seed, words)
    allowed = None if share is None else np.random.default_rng(seed + 1).random(TEXTS) < share
    ranked = sorted(of.scores().items(), key=lambda one: (-one[1], one[0]))
    wanted = [one for one in ranked if allowed is None or allowed[one[0]]][:k]
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(maxscore, "_AT_FIRST", 10)
        changed.setattr(maxscore, "_LOOK_UP", look_up)
        assert searched(of, k, allowed) == wanted


def test_common_words_are_looked_up_where_rare_ones_decide() -> None:
    """The postings of a word that can lift nobody among the best stay unread."""
    of = Collection(0, 0)
    of.of = {
        0: {row: np.float32(0.5) for row in range(0, TEXTS, 30)},
        1: {row: np.float32(0.4 + row / 1000) for row in range(TEXTS)},
    }
    of.weights = np.array([6.0, 0.5])
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(maxscore, "_AT_FIRST", 10)
        changed.setattr(maxscore, "_LOOK_UP", 10)
        found = searched(of, 3, None)
    assert [row for row, _ in found] == [120, 90, 60]
    assert of.read == [0]
    assert of.looked_up == 5
