"""Plain text: structure from blank lines, bullets, wrapped lines and short lines above others."""

import re
from dataclasses import dataclass

from corpus.documents import Block, BlockKind, Structure
from corpus.errors import Reason, UnreadableError
from corpus.normalize import canonical
from corpus.readers.content import Content
from corpus.readers.decoding import decode

_BULLET = re.compile(r"\s*(?:[•‣▪●○◦·*+\-–—]|\(?(?:\d{1,3}|[a-z])[.)])\s+(?=\S)")  # noqa: RUF001
_WORD = re.compile(r"[^\W_]")
_WIDEST_WRAP = 100
_HEADING_CHARACTERS = 80
_HEADING_WORDS = 12


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    text: str  # without leading and trailing white space; start is where it begins

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def read(data: bytes) -> Content:
    """Read plain text; its lines stay the lines of the source."""
    text = canonical(decode(data))
    if not _WORD.search(text):
        raise UnreadableError(Reason.NO_TEXT, "the file has no words in it")
    return Content(None, text, Structure(tuple(blocks(text))))


def blocks(text: str) -> list[Block]:
    """Return the blocks of canonical text, as spans of it."""
    found: list[Block] = []
    groups = _groups(text)
    for number, group in enumerate(groups):
        followed = number + 1 < len(groups)
        found.extend(_blocks_of(group, followed=followed))
    return found


def _groups(text: str) -> list[list[_Line]]:
    """Part the text at blank lines and at rules drawn with punctuation."""
    groups: list[list[_Line]] = [[]]
    start = 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        if _WORD.search(stripped):
            groups[-1].append(_Line(start + raw.index(stripped), stripped))
        elif groups[-1]:
            groups.append([])
        start += len(raw) + 1
    return [group for group in groups if group]


def _blocks_of(lines: list[_Line], *, followed: bool) -> list[Block]:
    """Join wrapped lines of one group and name what each joined stretch is."""
    width = max(len(line.text) for line in lines)
    joined: list[list[_Line]] = [[lines[0]]]
    for line in lines[1:]:
        if _continues(joined[-1][-1], line, width):
            joined[-1].append(line)
        else:
            joined.append([line])
    blocks = []
    for position, stretch in enumerate(joined):
        below = joined[position + 1] if position + 1 < len(joined) else None
        # A heading among many lines speaks for the next; one above a paragraph, for its section.
        governs = position + 2 >= len(joined)
        blocks.append(_block(stretch, below, followed=followed, governs=governs))
    return blocks


def _continues(line: _Line, following: _Line, width: int) -> bool:
    """Tell whether `following` is the rest of `line`, broken off where the page was full."""
    if _BULLET.match(following.text):
        return False
    ends = line.text[-1] in ".!?:;"
    if following.text[0].islower() and not ends:
        return True
    first_word = following.text.split(maxsplit=1)[0]
    full = len(line.text) + 1 + len(first_word) > width
    return width <= _WIDEST_WRAP and full and len(line.text) > width // 2 and width > 40  # noqa: PLR2004 - narrower is a list


def _block(
    stretch: list[_Line], below: list[_Line] | None, *, followed: bool, governs: bool
) -> Block:
    start, end = stretch[0].start, stretch[-1].end
    if bullet := _BULLET.match(stretch[0].text):
        return Block(BlockKind.ITEM, start + bullet.end(), end)
    if len(stretch) == 1 and _reads_as_heading(stretch[0].text):
        if below is None:
            heading = followed
        else:
            heading = len(below) > 1 or not _reads_as_heading(below[0].text)
        if heading:
            return Block(BlockKind.HEADING, start, end, level=2 if governs else 0)
    return Block(BlockKind.PARAGRAPH, start, end)


def _reads_as_heading(text: str) -> bool:
    return (
        len(text) <= _HEADING_CHARACTERS
        and len(text.split()) <= _HEADING_WORDS
        and (text[0].isupper() or text[0].isdigit())
        and text[-1] not in ".!;,:"
    )
