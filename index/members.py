"""Of each passage, the paragraphs it stands in and what it is; of each paragraph, its passages.

The catalog knows the same; here it is looked up for hundreds of passages in microseconds.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, get_args

import numpy as np
from numpy.typing import NDArray

from index import ragged
from index.errors import DamagedError
from index.ragged import Ragged
from index.ranking import Role

_ROLES: tuple[Role, ...] = get_args(Role)
_PARAGRAPHS, _PASSAGES, _ROLES_FILE = "paragraphs-of", "passages-of", "roles.npy"


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """`paragraphs` has the distinct paragraph rows of a passage, in the order of its places.

    `passages` has the passage rows of a paragraph, ascending; `roles`, of shape (passages,), what
    each passage is, as its position in `Role`.
    """

    paragraphs: Ragged
    passages: Ragged
    roles: NDArray[np.uint8]

    @classmethod
    def of(cls, paragraphs: Iterable[Sequence[int]], count: int, roles: Iterable[Role]) -> Self:
        """Gather, a passage, the paragraph of each place, and its role.

        There are `count` paragraphs.
        """
        members, starts = array("i"), array("q", [0])
        for own in paragraphs:
            members.extend(dict.fromkeys(own))
            starts.append(len(members))
        values = np.array(members, dtype=np.int32)
        forward = Ragged(np.array(starts, dtype=np.int64), values)
        owners = np.repeat(np.arange(len(forward), dtype=np.int32), np.diff(forward.starts))
        ends = np.cumsum(np.bincount(values, minlength=count))
        backward = Ragged(
            np.concatenate([np.zeros(1, np.int64), ends]),
            owners[np.argsort(values, kind="stable")],
        )
        number = {role: at for at, role in enumerate(_ROLES)}
        return cls(forward, backward, np.fromiter((number[one] for one in roles), np.uint8))

    def write(self, folder: Path) -> None:
        """Write the files of a build."""
        ragged.save(folder, _PARAGRAPHS, self.paragraphs)
        ragged.save(folder, _PASSAGES, self.passages)
        np.save(folder / _ROLES_FILE, self.roles)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open what `write` wrote, mapped."""
        try:
            roles = np.load(folder / _ROLES_FILE)
        except (OSError, ValueError) as error:
            raise DamagedError(f"{folder / _ROLES_FILE}: cannot be read: {error}") from error
        members = cls(
            Ragged.read(folder, _PARAGRAPHS, mapped=True),
            Ragged.read(folder, _PASSAGES, mapped=True),
            roles,
        )
        if len(members.paragraphs) != len(roles):
            raise DamagedError(f"{folder}: members and roles are not of the same passages")
        return members

    def roles_of(self, rows: Sequence[int]) -> list[Role]:
        """Return whether each of some passages asks, is a heading, or states something."""
        return [_ROLES[role] for role in self.roles[rows].tolist()]
