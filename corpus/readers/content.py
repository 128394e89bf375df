"""What a reader makes of a file: its text and structure, assembled block by block."""

from dataclasses import dataclass

from corpus.documents import Block, BlockKind, Structure
from corpus.normalize import canonical

_CLOSE = frozenset({BlockKind.ITEM, BlockKind.ROW})


@dataclass(frozen=True, slots=True)
class Content:
    """Canonical text with its structure; `title` is None where the file does not give one."""

    title: str | None
    text: str
    structure: Structure


class Draft:
    """Assembles a Content whose every block is on lines of its own.

    Blocks are parted by a blank line; items of a list and rows of a table by a line end.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Append one block; text without any visible character adds nothing."""
        text = canonical(text).strip()
        if not text:
            return
        if self._blocks:
            close = kind in _CLOSE and self._blocks[-1].kind is kind
            gap = "\n" if close else "\n\n"
            self._pieces.append(gap)
            self._length += len(gap)
        self._pieces.append(text)
        self._blocks.append(Block(kind, self._length, self._length + len(text), level))
        self._length += len(text)

    def content(self, title: str | None) -> Content:
        """Return what was assembled."""
        title = " ".join(canonical(title).split()) if title else None
        return Content(title or None, "".join(self._pieces), Structure(tuple(self._blocks)))
