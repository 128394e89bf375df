"""What came of a change, kept for the page that a browser is sent to next."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

_MOST = 64


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `reason` and `detail` where it was refused."""

    name: str
    kind: str  # added, replaced, unchanged, refused
    document_id: str | None = None
    title: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said once a change is made, and of which collection."""

    title: str
    text: str
    collection: str
    outcomes: tuple[Outcome, ...] = ()


class Notices:
    """The last notices by a token that cannot be guessed; in memory, gone with the process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Notice] = OrderedDict()
        self._lock = Lock()

    def keep(self, notice: Notice) -> str:
        """Keep a notice, forget the oldest, and return its token."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[token] = notice
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return token

    def find(self, token: str) -> Notice | None:
        """Return a notice, or None where it is forgotten."""
        return self._kept.get(token)
