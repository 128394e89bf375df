"""What a reader makes of a file: its text and structure, assembled block by block."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.documents import UNSAID, Attributes, Block, BlockKind, Page, Structure
from corpus.normalize import canonical

_CLOSE = frozenset({BlockKind.ITEM, BlockKind.ROW})


@dataclass(frozen=True, slots=True)
class Content:
    """Canonical text with its structure; `title` is None where the file does not give one."""

    title: str | None
    text: str
    structure: Structure
    attributes: Attributes = UNSAID


@dataclass(frozen=True, slots=True)
class Turn:
    """The beginning of a page within a block: at which offset of its text, and which page."""

    offset: int
    number: int
    label: str


class Draft:
    """Assembles a Content whose every block is on lines of its own.

    Blocks are parted by a blank line; items of a list and rows of a table by a line end.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._waiting: list[tuple[int, str]] = []  # pages that begin with the next block
        self._begun: list[tuple[int, str, int]] = []  # number, label, start

    def turn_page(self, number: int, label: str) -> None:
        """Begin a page: what is added next stands on it; a page may stay empty."""
        self._waiting.append((number, label))

    def add(self, kind: BlockKind, text: str, level: int = 0, turns: Sequence[Turn] = ()) -> None:
        """Append one block; text without any visible character adds nothing.

        `turns` are the pages that begin inside `text`, in its own offsets, in order.
        """
        whole = canonical(text)
        clean = whole.strip()
        if not clean:
            self._waiting.extend((turn.number, turn.label) for turn in turns)
            return
        if self._blocks:
            close = kind in _CLOSE and self._blocks[-1].kind is kind
            gap = "\n" if close else "\n\n"
            self._pieces.append(gap)
            self._length += len(gap)
        start, end = self._length, self._length + len(clean)
        self._begun.extend((number, label, start) for number, label in self._waiting)
        self._waiting.clear()
        stripped = len(whole) - len(whole.lstrip())
        for turn in turns:
            at = start + len(canonical(text[: turn.offset])) - stripped
            self._begun.append((turn.number, turn.label, min(max(at, start), end)))
        self._pieces.append(clean)
        self._blocks.append(Block(kind, start, end, level))
        self._length = end

    def content(self, title: str | None, attributes: Attributes = UNSAID) -> Content:
        """Return what was assembled."""
        title = " ".join(canonical(title).split()) if title else None
        begun = [*self._begun, *((number, label, self._length) for number, label in self._waiting)]
        ends = [start for _, _, start in begun[1:]] + [self._length]
        pages = (
            tuple(
                Page(number, label, start, end)
                for (number, label, start), end in zip(begun, ends, strict=True)
            )
            if begun
            else ()
        )
        return Content(
            title or None,
            "".join(self._pieces),
            Structure(tuple(self._blocks), pages),
            attributes,
        )
