from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import ondisk, ragged
from index.errors import DamagedError
from index.members import Members
from index.ragged import Ragged
from index.ranking import ROLES, Role

LISTS = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), max_size=12)


@given(LISTS, st.booleans(), st.data())
def test_lists_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    lists: list[list[int]],
    small: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """Any rows, in any order, more than once; read or mapped."""
    folder = tmp_path_factory.mktemp("lists")
    ragged.write(folder, "any", lists, np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ondisk, "_MAPPED_UP_TO", 10**6 if small else 0)
        opened = Ragged.read(folder, "any")
    assert len(opened) == len(lists)
    assert opened.all().tolist() == [one for each in lists for one in each]
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1))) if lists else []
    values, lengths = opened.of(np.array(rows, dtype=np.int64))
    assert values.tolist() == [one for row in rows for one in lists[row]]
    assert lengths.tolist() == [len(lists[row]) for row in rows]


def test_members_are_known_both_ways(tmp_path: Path) -> None:
    """A passage's distinct paragraphs in the order of its places; a paragraph's passages."""
    written = Members.of(
        [[1, 0, 1], [1], [2]], 4, [[5, 5, 6], [7], [7]], ["question", "heading", "statement"]
    )
    written.write(tmp_path)
    for known in (written, Members.read(tmp_path)):
        paragraphs, lengths = known.paragraphs.of([0, 1, 2])
        assert (paragraphs.tolist(), lengths.tolist()) == ([1, 0, 1, 2], [2, 1, 1])
        passages, lengths = known.passages.of([0, 1, 2, 3])
        assert (passages.tolist(), lengths.tolist()) == ([0, 0, 1, 2], [1, 2, 1, 0])
        documents, lengths = known.documents.of([0, 2])
        assert (documents.tolist(), lengths.tolist()) == ([5, 5, 6, 7], [3, 1])
        assert [ROLES[role] for role in known.roles] == ["question", "heading", "statement"]


def test_no_passages_at_all(tmp_path: Path) -> None:
    """Files of nothing open."""
    Members.of([], 0, [], []).write(tmp_path)
    assert len(Members.read(tmp_path).paragraphs) == 0


def test_files_that_do_not_fit_together_are_a_known_fault(tmp_path: Path) -> None:
    """Lists cut short, and roles of other passages, are DamagedErrors."""
    Members.of([[0], [0]], 1, [[0], [0]], ["statement"] * 2).write(tmp_path)
    np.save(tmp_path / "roles.npy", np.zeros(3, np.uint8))
    with pytest.raises(DamagedError, match="not of the same passages"):
        Members.read(tmp_path)
    np.save(tmp_path / "paragraphs-of.npy", np.zeros(1, np.int32))
    with pytest.raises(DamagedError, match="holds other lists"):
        Members.read(tmp_path)


def test_rows_of_a_role_come_with_most_places_first() -> None:
    """Those with as many come in the order of their rows."""
    places = [[0], [1, 2], [3], [4, 5], [6, 7, 8]]
    roles: list[Role] = ["heading", "heading", "heading", "question", "heading"]
    members = Members.of(places, 9, places, roles)
    assert members.of_role("heading").tolist() == [4, 1, 0, 2]
    assert members.of_role("question").tolist() == [3]
    assert members.of_role("statement").tolist() == []
