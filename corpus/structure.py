"""Where an offset stands: its line, section and page, all derived from the same offsets."""

from bisect import bisect_right

from corpus.documents import BlockKind, Document, Page, Span


class Outline:
    """A document's lines, sections and pages, ready to be asked about many offsets."""

    def __init__(self, document: Document) -> None:
        self._line_starts = [0]
        self._line_starts.extend(
            at + 1 for at, character in enumerate(document.text) if character == "\n"
        )
        self._section_starts: list[int] = []
        self._sections: list[tuple[str, ...]] = []
        path: list[tuple[int, str]] = []
        brief = False
        for block in document.structure.blocks:
            if block.kind is BlockKind.HEADING:
                heading = " ".join(document.text[block.start : block.end].split())
                brief = block.level == 0
                if brief:
                    self._begin(block.start, [*path, (0, heading)])
                    continue
                path = [entry for entry in path if entry[0] < block.level]
                path.append((block.level, heading))
                self._begin(block.start, path)
            elif brief:
                self._begin(block.end, path)
                brief = False
        self._pages = document.structure.pages
        self._page_starts = [page.start for page in self._pages]

    def _begin(self, start: int, path: list[tuple[int, str]]) -> None:
        self._section_starts.append(start)
        self._sections.append(tuple(text for _, text in path))

    def line(self, offset: int) -> int:
        """Return the number of the line `offset` stands on, from 1."""
        return bisect_right(self._line_starts, offset)

    def section(self, offset: int) -> tuple[str, ...]:
        """Return the headings above `offset`, outermost first; a heading is in its own section."""
        at = bisect_right(self._section_starts, offset)
        return self._sections[at - 1] if at else ()

    def sections(self, length: int) -> list[tuple[tuple[str, ...], Span]]:
        """Return every section's path over its text, up to the next heading or to `length`."""
        ends = [*self._section_starts[1:], length]
        return [
            (path, Span(start, end))
            for path, start, end in zip(self._sections, self._section_starts, ends, strict=False)
        ]

    def page(self, offset: int) -> Page | None:
        """Return the page `offset` stands on, or None where the document has no pages."""
        at = bisect_right(self._page_starts, offset)
        return self._pages[at - 1] if at else None
