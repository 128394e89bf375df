"""A document as the blocks and sentences that its page shows.

Shown are all words of its text, letter by letter. What stands between blocks is white space,
bullets and rules: a page draws those itself, but a list's own numbers and letters are kept.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from corpus.documents import Block, BlockKind, Document
from corpus.structure import Outline
from index.located import Located

_SMALLEST_HEADING = 6
# Between two cells; a cell without text leaves " |" and no second space, or "| " at the start.
_BETWEEN_CELLS = re.compile(r"(?:^| )\|(?: (?!\|)|(?= \|)|$)")


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a page begins."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `ordinal` is its sentence's, None for text between sentences.

    `turns` are pages that begin inside it, each with how many characters stand before.
    """

    text: str
    ordinal: int | None
    turns: tuple[tuple[int, Turn], ...] = ()

    @property
    def parts(self) -> Iterator[tuple[Turn | None, str]]:
        """The text parted where pages begin, each part with the page that begins it."""
        ends = [at for at, _ in self.turns] + [len(self.text)]
        yield None, self.text[: ends[0]]
        for (at, turn), end in zip(self.turns, ends[1:], strict=True):
            yield turn, self.text[at:end]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table's row, and the mark that parts it from the next in the text."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block with its pieces in order.

    `level` is that of the page's heading (2..6), 0 for every other kind; `line` that of the block's
    first character; `label` a list item's own number or letter, "" where it has none. `turns` are
    the pages that begin before it.
    """

    kind: str
    level: int
    line: int
    label: str
    pieces: tuple[Piece, ...]
    turns: tuple[Turn, ...] = ()

    @property
    def row_turns(self) -> tuple[Turn, ...]:
        """The pages that begin before or inside a row: they are shown before its first cell."""
        return (*self.turns, *(turn for piece in self.pieces for _, turn in piece.turns))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of a row that is one sentence; none for any other block."""
        if self.kind != BlockKind.ROW or len(self.pieces) != 1:
            return ()
        text = self.pieces[0].text
        cells = []
        start = 0
        for mark in _BETWEEN_CELLS.finditer(text):
            cells.append(Cell(text[start : mark.start()], mark.group()))
            start = mark.end()
        return (*cells, Cell(text[start:], ""))


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Neighbouring blocks that make one element: the items of a list, the rows of a table."""

    kind: str
    blocks: tuple[ShownBlock, ...]

    @property
    def aligned(self) -> bool:
        """Whether these are rows of as many cells each, so that columns say what the text says.

        Rows whose every cell brings its own label ("Drug: Baclofen") are lines, not columns.
        """
        widths = {len(block.cells) for block in self.blocks}
        if self.kind != BlockKind.ROW or len(widths) != 1 or not widths.isdisjoint({0, 1}):
            return False
        return not all(": " in cell.text for block in self.blocks for cell in block.cells)


@dataclass(frozen=True, slots=True)
class Shown:
    """A document parted for its page; `title` is its first heading where that is its title."""

    title: ShownBlock | None
    groups: tuple[ShownGroup, ...]


def shown(document: Document, sentences: Sequence[Located]) -> Shown:
    """Part a document into its title and groups of blocks of pieces."""
    blocks = list(_blocks(document, sentences))
    title = None
    if blocks and blocks[0].kind == BlockKind.HEADING and _reads(blocks[0]) == document.title:
        title = blocks.pop(0)
    return Shown(title, tuple(_groups(list(_nested(blocks)))))


def _blocks(document: Document, sentences: Sequence[Located]) -> Iterator[ShownBlock]:
    outline = Outline(document)
    pages = deque(document.structure.pages)

    def turns(start: int, end: int) -> Iterator[tuple[int, Turn]]:
        while pages and pages[0].start < end:
            page = pages.popleft()
            yield max(page.start - start, 0), Turn(page.number, page.label)

    def piece(start: int, end: int, ordinal: int | None) -> Piece:
        return Piece(document.text[start:end], ordinal, tuple(turns(start, end)))

    at = ended = 0
    for block in document.structure.blocks:
        before = tuple(turn for _, turn in turns(block.start, block.start + 1))
        pieces = []
        reached = block.start
        while at < len(sentences) and sentences[at].sentence.start < block.end:
            one = sentences[at].sentence
            if one.start > reached:
                pieces.append(piece(reached, one.start, None))
            pieces.append(piece(one.start, one.end, one.ordinal))
            reached = one.end
            at += 1
        if reached < block.end:
            pieces.append(piece(reached, block.end, None))
        yield ShownBlock(
            block.kind.value,
            block.level,
            outline.line(block.start),
            _label(document.text[ended : block.start], block),
            tuple(pieces),
            before,
        )
        ended = block.end


def _label(before: str, block: Block) -> str:
    """Return what stands before a list's item on its line, where that is more than a bullet."""
    if block.kind is not BlockKind.ITEM:
        return ""
    label = before.rpartition("\n")[2].strip()
    return label if any(character.isalnum() for character in label) else ""


def _nested(blocks: Sequence[ShownBlock]) -> Iterator[ShownBlock]:
    """Give each heading the level of its depth below the page's own heading, leaving none out."""
    path: list[int] = []
    for block in blocks:
        if block.kind != BlockKind.HEADING:
            yield block
            continue
        if block.level:
            path = [level for level in path if level < block.level]
        yield replace(block, level=min(len(path) + 2, _SMALLEST_HEADING))
        if block.level:  # a heading of level 0 governs only the block below it
            path.append(block.level)


def _groups(blocks: Sequence[ShownBlock]) -> Iterator[ShownGroup]:
    for kind, members in groupby(blocks, key=lambda block: block.kind):
        if kind in {BlockKind.ITEM, BlockKind.ROW}:
            yield ShownGroup(kind, tuple(members))
        else:
            yield from (ShownGroup(kind, (block,)) for block in members)


def _reads(block: ShownBlock) -> str:
    return " ".join("".join(piece.text for piece in block.pieces).split())
