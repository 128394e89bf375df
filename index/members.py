"""Of each passage, where it stands and what it is; of each paragraph, its passages.

The catalog knows the same; here it is looked up for hundreds of passages in microseconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index import ragged
from index.errors import DamagedError
from index.ondisk import mapped
from index.ragged import Ragged
from index.ranking import ROLES, Role

_PARAGRAPHS, _PASSAGES, _DOCUMENTS = "paragraphs-of", "passages-of", "documents-of"
_ROLES_FILE = "roles.npy"


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """`paragraphs` has the distinct paragraph rows of a passage, in the order of its places.

    `passages` has the passage rows of a paragraph, ascending; `documents` the number of the
    document of each place of a passage; `roles`, of shape (passages,), what each passage is, as its
    position in `ROLES`.
    """

    paragraphs: Ragged
    passages: Ragged
    documents: Ragged
    roles: NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        paragraphs: Iterable[Sequence[int]],
        count: int,
        documents: Iterable[Sequence[int]],
        roles: Iterable[Role],
    ) -> Self:
        """Gather, a passage, the paragraph and the document of each place, and its role.

        There are `count` paragraphs.
        """
        forward = ragged.gathered(tuple(dict.fromkeys(own)) for own in paragraphs)
        values = forward.all()
        owners = np.repeat(np.arange(len(forward), dtype=np.int32), np.diff(forward.starts))
        ends = np.cumsum(np.bincount(values, minlength=count))
        backward = Ragged(
            np.concatenate([np.zeros(1, np.int64), ends]),
            owners[np.argsort(values, kind="stable")],
        )
        number = {role: at for at, role in enumerate(ROLES)}
        numbers = np.fromiter((number[one] for one in roles), np.uint8)
        return cls(forward, backward, ragged.gathered(documents), numbers)

    def write(self, folder: Path) -> None:
        """Write the files of a build."""
        ragged.save(folder, _PARAGRAPHS, self.paragraphs)
        ragged.save(folder, _PASSAGES, self.passages)
        ragged.save(folder, _DOCUMENTS, self.documents)
        np.save(folder / _ROLES_FILE, self.roles)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open what `write` wrote."""
        roles = mapped(folder / _ROLES_FILE)
        paragraphs, passages, documents = (
            Ragged.read(folder, name) for name in (_PARAGRAPHS, _PASSAGES, _DOCUMENTS)
        )
        members = cls(paragraphs, passages, documents, roles)
        if len(members.paragraphs) != len(roles):
            raise DamagedError(f"{folder}: members and roles are not of the same passages")
        return members

    def of_role(self, role: Role) -> NDArray[np.int64]:
        """Return the passage rows of a role, those with most places first, then by row."""
        rows = np.flatnonzero(self.roles == ROLES.index(role))
        places = np.diff(self.documents.starts)[rows]
        return rows[np.argsort(-places, kind="stable")]
