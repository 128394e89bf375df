"""The text around a sentence that says what it is about: its paragraph under its headings."""

from collections.abc import Iterable, Mapping

from corpus.documents import Document, Sentence, Span
from corpus.structure import Outline

_ENDS = (".", "?", "!", ":")


class Paragraphs:
    """The paragraphs of documents as texts of their own, for encoding and for lexical search."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._outlines: dict[str, Outline] = {}
        self._texts: dict[tuple[str, Span], str] = {}

    def text(self, sentence: Sentence) -> str:
        """Return the sentence's paragraph after the title and the headings above it."""
        key = (sentence.document_id, sentence.paragraph)
        if key not in self._texts:
            self._texts[key] = self._assemble(sentence)
        return self._texts[key]

    def _assemble(self, sentence: Sentence) -> str:
        document = self._documents[sentence.document_id]
        outline = self._outlines.get(sentence.document_id)
        if outline is None:
            outline = self._outlines[sentence.document_id] = Outline(document)
        own = document.text[sentence.paragraph.start : sentence.paragraph.end]
        return under((document.title, *outline.section(sentence.paragraph.start)), own)


def under(headings: Iterable[str], text: str) -> str:
    """Return a text after its headings, each once and ended like a sentence.

    >>> under(("Baclofen", "Is it safe?", "Baclofen"), "Take it with food.")
    'Baclofen. Is it safe? Take it with food.'
    """
    above = dict.fromkeys(heading for heading in headings if heading)
    ended = [one if one.endswith(_ENDS) else f"{one}." for one in above]
    return " ".join([*ended, text])
