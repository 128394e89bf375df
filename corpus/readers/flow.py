"""Paragraphs, rows and notes of a word processor's document, in the order its reader meets them.

Word, OpenDocument and RTF differ in how they write a document and agree in what it is made of.
"""

import re
from dataclasses import dataclass, field

from corpus.documents import UNSAID, Attributes, BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.readers.content import Content, Draft
from corpus.readers.raised_digits import raised

_BULLET = re.compile(r"\s*(?:[•‣▪●○◦■]\s*|[·➢✓*–-]\t\s*)(?=\S)")  # noqa: RUF001
_CELL_END = " | "
_HEADING_CHARACTERS = 80
_HEADING_WORDS = 12
_LONGEST_HEADING = 300
"""Characters; prose in a heading's style is prose."""


class Line:
    """The text of one paragraph as it is gathered, and the notes that it refers to."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._words = False
        self._all_bold = True
        self.notes: list[str] = []

    def write(self, text: str, *, bold: bool = False, high: bool = False) -> None:
        """Append text; `high` text of digits and signs is written with raised ones."""
        if high and text.strip():
            text = raised(text.strip()) or text
        self._pieces.append(text)
        if text.strip():
            self._words = True
            self._all_bold = self._all_bold and bold

    @property
    def text(self) -> str:
        """What was written."""
        return "".join(self._pieces)

    @property
    def bold(self) -> bool:
        """Whether there are words and all of them are bold."""
        return self._words and self._all_bold


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: BlockKind
    text: str
    level: int = 0
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Row:
    cells: list[list[_Entry]] = field(default_factory=list)


class Flow:
    """Assembles a Content from paragraphs, tables and notes.

    A footnote follows the paragraph, list or table that refers to it, so that its section is the
    right one and no sentence is broken; endnotes follow all text.
    """

    def __init__(self) -> None:
        self._draft = Draft()
        self._rows: list[_Row] = []
        self._last: BlockKind | None = None
        self._notes: list[str] = []
        self._endnotes: list[str] = []

    @property
    def inside_rows(self) -> int:
        """How many rows are open: tables stand in the cells of others."""
        return len(self._rows)

    def paragraph(
        self, line: Line, kind: BlockKind = BlockKind.PARAGRAPH, level: int = 0, label: str = ""
    ) -> None:
        """Add a paragraph; `label` is the number a heading shows before its text."""
        text = _tidied(line.text, kind)
        if kind is BlockKind.HEADING and len(text) > _LONGEST_HEADING:
            kind, level = BlockKind.PARAGRAPH, 0
        if kind is BlockKind.PARAGRAPH and (bullet := _BULLET.match(line.text)):
            kind, text = BlockKind.ITEM, _tidied(line.text[bullet.end() :], kind)
        elif kind is BlockKind.PARAGRAPH and line.bold and _is_short(text):
            kind = BlockKind.HEADING
        if label and text:
            text = f"{label} {text}"
        self._put(_Entry(kind, text, level, tuple(line.notes)))

    def endnote(self, text: str) -> None:
        """Add a note that stands after all text."""
        self._endnotes.append(text)

    def begin_row(self) -> None:
        """Begin a row of a table, maybe within a cell of another."""
        self._rows.append(_Row())

    def begin_cell(self) -> None:
        """Begin a cell; one that stays empty keeps its place."""
        self._rows[-1].cells.append([])

    def end_row(self) -> None:
        """End the row: one line of text, or the blocks of its cells where it is only a frame."""
        cells = self._rows.pop().cells
        single = len(cells) == 1 and len(cells[0]) > 1
        if single or any(_is_frame(entry) for cell in cells for entry in cell):
            for cell in cells:
                for entry in cell:
                    self._put(entry)
            return
        texts = [" ".join(" ".join(entry.text for entry in cell).split()) for cell in cells]
        notes = tuple(note for cell in cells for entry in cell for note in entry.notes)
        filled = [text for text in texts if text]
        if len(filled) == 1:
            self._put(_Entry(BlockKind.ITEM, filled[0], notes=notes))
        elif filled:
            text = " ".join(_CELL_END.join(texts).split())
            self._put(_Entry(BlockKind.ROW, text, notes=notes))

    def content(self, title: str | None, attributes: Attributes = UNSAID) -> Content:
        """Return what was assembled; UnreadableError `no_text` where it has no words."""
        while self._rows:
            self.end_row()
        self._write_notes(self._notes)
        self._write_notes(self._endnotes)
        content = self._draft.content(title, attributes)
        if not any(character.isalnum() for character in content.text):
            raise UnreadableError(Reason.NO_TEXT, "the document has no words in it")
        return content

    def note(self) -> str:
        """Return what was assembled as the text of a note."""
        while self._rows:
            self.end_row()
        return self._draft.content(None).text.replace("\n\n", "\n")

    def _put(self, entry: _Entry) -> None:
        if self._rows:
            if not self._rows[-1].cells:
                self.begin_cell()
            self._rows[-1].cells[-1].append(entry)
            return
        if entry.text:
            goes_on = self._last is entry.kind and entry.kind in {BlockKind.ITEM, BlockKind.ROW}
            if not goes_on:
                self._write_notes(self._notes)
            self._draft.add(entry.kind, entry.text, entry.level)
            self._last = entry.kind
        self._notes.extend(entry.notes)

    def _write_notes(self, notes: list[str]) -> None:
        for note in notes:
            self._draft.add(BlockKind.PARAGRAPH, note)
        notes.clear()


def _is_frame(entry: _Entry) -> bool:
    """Tell whether what stands in a cell shows that the table only arranges a page."""
    return entry.kind is BlockKind.ROW or entry.level > 0


def _tidied(text: str, kind: BlockKind) -> str:
    if kind is BlockKind.VERBATIM:
        return text
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _is_short(text: str) -> bool:
    """Tell whether a bold paragraph is a heading and not a sentence for emphasis."""
    return (
        0 < len(text) <= _HEADING_CHARACTERS
        and len(text.split()) <= _HEADING_WORDS
        and text[-1] not in ".!?:;,"
        and any(character.isalpha() for character in text)
    )
