"""Headings of a printed document: by how they look beside the body text, and by their numbers."""

import re
from collections import Counter
from collections.abc import Sequence

from corpus.documents import BlockKind
from corpus.readers.page_blocks import Passage
from corpus.readers.page_lines import Line

_LONGEST, _MOST_LINES, _MOST_WORDS = 200, 4, 30
_LONGEST_MINOR = 90
_LARGER = 1.12
_NOT_ENDS = (".", ",", ";")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)[.)]?\s+\S")
_LETTERED = re.compile(r"[A-Z][.)]\s+\S")
_OUTERMOST = re.compile(r"(?:ANNEX|APPENDIX|PART|CHAPTER|BILAG|ANEXO|ANHANG|ANNEXE)\b")
_CAPTION = re.compile(r"(?:Table|Figure|Fig\.|Box|Tabel|Tabla|Tabelle|Tableau|Figur|Figura)\s*\d")
_WORD = re.compile(r"[^\W\d_]{2}")
_DEEPEST = 6

_Rank = tuple[float, ...]
_BRIEF: _Rank = (1.0,)


class Headings:
    """Tells which passages of a document are headings, and their levels."""

    def __init__(self, passages: Sequence[Passage], lines: Sequence[Line]) -> None:
        sizes: Counter[float] = Counter()
        bold = total = 0
        for line in lines:
            if not (line.row or line.turned):
                sizes[round(line.size * 2) / 2] += len(line.text)
                total += len(line.text)
                bold += len(line.text) if line.bold else 0
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        self._bold_tells = bold * 2 < total
        self._capitals_number = any(
            _NUMBERED.match(passage.plain) and passage.plain.isupper() and passage.lines[0].bold
            for passage in passages
        )
        self._ranks = {
            id(passage): rank
            for at, passage in enumerate(passages)
            if (rank := self._rank(passages, at)) is not None
        }
        self._levels: dict[int, int] = {}
        above: list[_Rank] = []
        for passage in passages:
            rank = self._ranks.get(id(passage))
            if rank == _BRIEF:
                self._levels[id(passage)] = 0
            elif rank is not None:
                above = [*(other for other in above if other < rank), rank][:_DEEPEST]
                self._levels[id(passage)] = len(above)

    def level(self, passage: Passage) -> int | None:
        """Return 1 to 6, 0 for one that governs only what stands below it, None for no heading."""
        return self._levels.get(id(passage))

    def _rank(self, passages: Sequence[Passage], at: int) -> _Rank | None:
        """Return where a heading stands among others: the least governs all."""
        passage = passages[at]
        text = passage.plain
        first = passage.lines[0]
        larger = first.size >= _LARGER * self.body
        if at + 1 == len(passages) or not _may_be(passage, larger=larger):
            return None
        bold = self._bold_tells and all(line.bold for line in passage.lines)
        numbered = _NUMBERED.match(text)
        capitals = text.upper() == text and len(text) > 3  # noqa: PLR2004
        minor = (
            len(passage.lines) == 1
            and len(text) <= _LONGEST_MINOR
            and (first.italic or first.underlined)
            and passage.kind is BlockKind.PARAGRAPH
            and (first.underlined or not passages[at + 1].lines[0].italic)
        )
        plain_section = capitals and numbered is not None and len(text) < _LONGEST_MINOR
        if not (larger or bold or minor or plain_section):
            return None
        if _CAPTION.match(text):
            return _BRIEF
        size = -round(first.size * 2) / 2 if larger else -self.body
        if _OUTERMOST.match(text):
            order = 0.0
        elif numbered and (bold or larger or capitals):
            order = 2.0 + numbered[1].count(".")
        elif larger:
            order = 1.5 if bold else 1.6
        elif _LETTERED.match(text) and capitals:
            order = 1.0
        elif bold:
            order = 6.0 if not capitals else 1.8 if self._capitals_number else 2.4
        else:
            order = 7.0 if first.underlined else 8.0
        return 0.0, size, order


def _may_be(passage: Passage, *, larger: bool) -> bool:
    """Tell whether the words of a passage can be a heading, however they look."""
    text, first = passage.plain, passage.lines[0]
    return not (
        passage.kind is BlockKind.ROW
        or passage.mark
        or first.turned
        or len(text) > _LONGEST
        or len(passage.lines) > _MOST_LINES
        or len(text.split()) > _MOST_WORDS
        or text.endswith(_NOT_ENDS)
        or not _WORD.search(text)
        or (text[0].islower() and not larger)
    )
