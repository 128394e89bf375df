"""Where a sentence stands, in every unit that a citation gives: all derived from its offsets."""

from collections.abc import Iterable
from dataclasses import dataclass

from corpus.documents import Document, Sentence, Span
from corpus.structure import Outline


@dataclass(frozen=True, slots=True)
class Located:
    """A sentence with all that is derived from its offsets."""

    sentence: Sentence
    line: int
    section: tuple[str, ...]
    page: tuple[int, str] | None  # number, label
    utf16: Span
    utf8: Span


def locate(document: Document, sentences: Iterable[Sentence]) -> list[Located]:
    """Derive line, section, page and offsets in other units for sentences in text order."""
    outline = Outline(document)
    located = []
    at = utf16 = utf8 = 0
    for sentence in sentences:
        gap = document.text[at : sentence.start]
        utf16, utf8 = utf16 + _utf16_length(gap), utf8 + len(gap.encode())
        quote = document.text[sentence.start : sentence.end]
        utf16_span = Span(utf16, utf16 + _utf16_length(quote))
        utf8_span = Span(utf8, utf8 + len(quote.encode()))
        at, utf16, utf8 = sentence.end, utf16_span.end, utf8_span.end
        page = outline.page(sentence.start)
        located.append(
            Located(
                sentence,
                outline.line(sentence.start),
                outline.section(sentence.start),
                (page.number, page.label) if page else None,
                utf16_span,
                utf8_span,
            )
        )
    return located


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
