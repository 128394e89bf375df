"""A document as the blocks and sentences that its page shows, nothing of its text left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from corpus.documents import BlockKind, Document
from index.catalog import Located


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `ordinal` is its sentence's, None for text between sentences."""

    text: str
    ordinal: int | None


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block with its pieces in order."""

    kind: str
    level: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Neighbouring blocks that make one element: the items of a list, the rows of a table."""

    kind: str
    blocks: tuple[ShownBlock, ...]


def blocks(document: Document, sentences: Sequence[Located]) -> list[ShownGroup]:
    """Part a document into groups of blocks of pieces."""
    shown = list(_blocks(document, sentences))
    groups = []
    for kind, members in groupby(shown, key=lambda block: block.kind):
        if kind in {BlockKind.ITEM, BlockKind.ROW}:
            groups.append(ShownGroup(kind, tuple(members)))
        else:
            groups.extend(ShownGroup(kind, (block,)) for block in members)
    return groups


def _blocks(document: Document, sentences: Sequence[Located]) -> Iterator[ShownBlock]:
    at = 0
    for block in document.structure.blocks:
        pieces = []
        reached = block.start
        while at < len(sentences) and sentences[at].sentence.start < block.end:
            one = sentences[at].sentence
            if one.start > reached:
                pieces.append(Piece(document.text[reached : one.start], None))
            pieces.append(Piece(document.text[one.start : one.end], one.ordinal))
            reached = one.end
            at += 1
        if reached < block.end:
            pieces.append(Piece(document.text[reached : block.end], None))
        yield ShownBlock(block.kind.value, block.level, tuple(pieces))
