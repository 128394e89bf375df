from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from index import ragged, rarity
from index.members import Members
from index.ragged import Ragged
from index.rarity import Rarity


def test_a_term_counts_once_a_passage_in_whose_paragraphs_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against plain counting, for passages of one paragraph and of several, a few at a time."""
    monkeypatch.setattr(rarity, "_AT_ONCE", 7)
    random = np.random.default_rng(2)
    terms = [random.choice(2**60, size=random.integers(6), replace=False) % 40 for _ in range(30)]
    held = [np.unique(one) for one in terms]
    own = [random.integers(30, size=random.integers(1, 4)).tolist() for _ in range(50)]
    expected = Counter(
        term for each in own for term in {int(one) for of in each for one in held[of]}
    )
    ragged.write(tmp_path, "terms", held, np.uint64)
    members = Members.of(own, 30, own, ["statement"] * 50)
    rarity.write(tmp_path, Ragged.read(tmp_path, "terms"), members)
    known = Rarity.read(tmp_path)
    assert {term: known.passages(term) for term in range(40)} == {
        term: expected[term] for term in range(40)
    }


def test_no_texts_hold_no_term(tmp_path: Path) -> None:
    """Of nothing, nothing is counted."""
    ragged.write(tmp_path, "terms", [], np.uint64)
    rarity.write(tmp_path, Ragged.read(tmp_path, "terms"), Members.of([], 0, [], []))
    assert Rarity.read(tmp_path).passages(7) == 0
