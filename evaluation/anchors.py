"""Offsets into a source text, carried over to its canonical text."""

from corpus.documents import Span
from corpus.normalize import canonical


class Anchors:
    """Maps spans of `source` to spans of its canonical text, `text`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = canonical(source)
        self._same = self.text == source

    def span(self, start: int, end: int) -> Span:
        """Return where source[start:end] stands in the canonical text.

        A border inside what became one character moves outward, so that nothing of the span is
        lost. The span is empty where no character of it is left (a lone soft hyphen). Expects
        0 <= start <= end <= len(source).
        """
        if self._same:
            return Span(start, end)
        first, last = start, end
        while (before := self._length(first)) is None:
            first -= 1
        while (until := self._length(last)) is None:
            last += 1
        return Span(before, until)

    def _length(self, at: int) -> int | None:
        """Return how long source[:at] is when canonical; None where `at` is inside a character."""
        prefix = canonical(self.source[:at])
        return len(prefix) if self.text.startswith(prefix) else None
