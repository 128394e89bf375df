"""What is kept of the postings that were read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.postgres import remembered
from index.postgres.maxscore import Posting
from index.postgres.remembered import Remembered

_EACH = 4 + 4
"""Bytes of a posting."""
_ROOM = 100


def postings(count: int) -> list[Posting]:
    """Return so many, in two blocks."""
    rows, impacts = np.arange(count, dtype=np.int32), np.ones(count, dtype=np.float32)
    half = count // 2
    return [Posting(1, rows[:half], impacts[:half]), Posting(1, rows[half:], impacts[half:])]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans())), st.lists(st.integers(1, 120)))
def test_the_words_asked_for_last_are_kept_within_bounds(
    events: list[tuple[int, bool]], sizes: list[int]
) -> None:
    """Against a list of keys: whichever is asked for moves to its end, and its front goes first."""
    size_of = {key: sizes[key] if key < len(sizes) else 30 for key in range(6)}
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(remembered, "_MOST_BYTES", _ROOM * _EACH)
        changed.setattr(remembered, "_FEW", 10)
        kept, expected = Remembered(), list[int]()
        for key, is_read in events:
            if is_read:
                kept.keep((0, key), postings(size_of[key]))
                if key not in expected and 10 <= size_of[key] <= _ROOM:
                    expected.append(key)
                while sum(size_of[one] for one in expected) > _ROOM:
                    del expected[0]
            elif key in expected:
                expected.remove(key)
                expected.append(key)
                found = kept.find((0, key))
                assert found is not None
                assert sum(len(one.rows) for one in found) == size_of[key]
            else:
                assert kept.find((0, key)) is None
        assert {key for _, key in kept._kept} == {*expected}


def test_a_field_does_not_answer_for_another() -> None:
    """A term has one number in both fields."""
    kept = Remembered()
    kept.keep((0, 1), postings(5_000))
    assert kept.find((1, 1)) is None
    assert kept.find((0, 1)) is not None
