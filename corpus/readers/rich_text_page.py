"""Paragraphs, cells and notes of RTF, which says where each ends and not where it begins."""

import re
from dataclasses import dataclass, replace

from corpus.documents import BlockKind
from corpus.readers.flow import Flow, Line
from corpus.readers.own_title import is_title
from corpus.readers.rich_text_state import State

_CONTENTS = ("toc ", "table of figures", "index ")
_HEADING = re.compile(r"heading ([1-9])")
_DEEPEST_HEADING = 6


@dataclass(slots=True)
class Style:
    """A style of paragraphs: its name in lower case, and what it says itself."""

    name: str = ""
    based_on: int | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class _Outer:
    """What was being written when a note or a box began."""

    flow: Flow
    line: Line
    closed: list[bool]
    label: str | None
    is_note: bool


class Page:
    """Gathers text into paragraphs, rows and notes, as the file ends them."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.line = Line()
        self.styles: dict[int, Style] = {}
        self.title = ""
        """The text of the first paragraph in the style of titles."""

        self.label: str | None = None
        """The bullet or number before the paragraph; None where the file does not write one."""

        self._closed: list[bool] = []  # of each open row, whether its last cell has ended
        self._outer: list[_Outer] = []

    def end_paragraph(self, state: State) -> None:
        """End the paragraph; where its end is hidden or deleted, it goes on."""
        if not state.shown:
            return
        line, self.line = self.line, Line()
        label, self.label = self.label, None
        if not line.text.strip() and not line.notes:
            return
        self._enter(state.depth)
        if self._closed and self._closed[-1]:
            self.flow.begin_cell()
            self._closed[-1] = False
        names, style_level = self._style(state.style)
        level = style_level if state.level is None else state.level
        if any(name.startswith(_CONTENTS) for name in names):
            return
        if is_title(names):
            self.title = self.title or line.text
            self.flow.paragraph(line, BlockKind.HEADING, 1)
        elif level:
            level = min(level, _DEEPEST_HEADING)
            self.flow.paragraph(line, BlockKind.HEADING, level, label or "")
        else:
            item = state.listed if label is None else bool(label)
            self.flow.paragraph(line, BlockKind.ITEM if item else BlockKind.PARAGRAPH)

    def _style(self, number: int) -> tuple[list[str], int]:
        """Return the names of a style and of those it is based on, and its level as a heading."""
        names: list[str] = []
        level: int | None = None
        at: int | None = number
        seen: set[int] = set()
        while at in self.styles and at not in seen:
            seen.add(at)
            style = self.styles[at]
            names.append(style.name)
            heading = _HEADING.fullmatch(style.name)
            if level is None:
                level = int(heading[1]) if heading and style.level is None else style.level
            at = style.based_on
        return names, level or 0

    def end_cell(self, state: State, least: int) -> None:
        """End a cell of a table that is at least `least` tables deep."""
        depth = max(state.depth, least)
        self._end_within(state, depth)
        self._enter(depth)
        if self._closed[-1]:
            self.flow.begin_cell()
        self._closed[-1] = True

    def end_row(self, state: State, least: int) -> None:
        """End a row of a table that is at least `least` tables deep."""
        depth = max(min(state.depth, self.flow.inside_rows), least)
        self._end_within(state, depth)
        if self.flow.inside_rows >= depth:
            self._enter(depth - 1)

    def _end_within(self, state: State, depth: int) -> None:
        if self.line.text.strip() or self.line.notes:
            self._enter(depth)
            self.end_paragraph(replace(state, depth=depth))

    def _enter(self, depth: int) -> None:
        """Open or end rows until `depth` of them are open."""
        while self.flow.inside_rows > depth:
            self.flow.end_row()
            self._closed.pop()
        while self.flow.inside_rows < depth:
            if self._closed and self._closed[-1]:
                self.flow.begin_cell()
                self._closed[-1] = False
            self.flow.begin_row()
            self.flow.begin_cell()
            self._closed.append(False)

    def begin_aside(self, *, is_note: bool) -> int:
        """Begin a note, or a box of text; return how many tables deep its text stands."""
        self._outer.append(_Outer(self.flow, self.line, self._closed, self.label, is_note))
        self.line, self.label = Line(), None
        if is_note:
            self.flow, self._closed = Flow(), []
        return self.flow.inside_rows

    def end_aside(self, state: State, *, ends_text: bool) -> None:
        """End the note or box begun last; a note stands after all text if `ends_text`."""
        self.end_paragraph(state)
        outer = self._outer.pop()
        if outer.is_note:
            text = self.flow.note()
            self.flow, self._closed = outer.flow, outer.closed
            if ends_text:
                self.flow.endnote(text)
            else:
                outer.line.notes.append(text)
        self.line, self.label = outer.line, outer.label
