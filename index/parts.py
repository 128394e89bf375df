"""The parts of a build: a document with its sentences, split anew or as an earlier build has it.

All that depends on one document alone is here. What depends on the others (which sentences say the
same, and so the numbers of passages and paragraphs) is index.merging's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from corpus import sentences as splitting
from corpus.acronyms import Acronym, acronyms
from corpus.dedup import passage_id
from corpus.documents import BlockKind, Document
from corpus.paragraphs import Paragraphs
from index.records import sentence_fields

Standing = tuple[int, str, float]
"""Which place of its passage a sentence is, from 0, its kind, and how like the first it is."""

_PASSAGE = 15  # the fields of a sentence in the catalog: of itself before this one, then of others
_STANDING = slice(16, 19)
_PARAGRAPH = 19


@dataclass(frozen=True, slots=True)
class Part:
    """A document and, an entry a sentence, its fields, the passage's id and the paragraph's text.

    `standings` are those of the earlier build; empty for a document that was split anew.
    """

    document: Document
    acronyms: tuple[Acronym, ...]
    fields: Sequence[tuple[Any, ...]]
    passages: Sequence[str]
    paragraphs: Sequence[str]
    standings: Sequence[Standing] = ()

    def text(self, at: int) -> str:
        """Return the text of the sentence at this position."""
        _, start, end, *_ = self.fields[at]
        return self.document.text[start:end]


def split(document: Document) -> Part:
    """Split a document into its sentences."""
    found = splitting.sentences(document)
    paragraphs = Paragraphs({document.document_id: document})
    return Part(
        document,
        acronyms(document),
        sentence_fields(document, found),
        [
            passage_id(document.text[one.start : one.end], heading=one.kind is BlockKind.HEADING)
            for one in found
        ],
        [paragraphs.text(one) for one in found],
    )


def stored(
    documents: Sequence[tuple[Document, tuple[Acronym, ...]]],
    sentences: Sequence[tuple[Any, ...]],
    passages: Sequence[tuple[str, str]],
    paragraphs: Sequence[str],
) -> Mapping[str, Part]:
    """Return the parts that a catalog was written from, by document id."""
    rows = {number: list(group) for number, group in groupby(sentences, key=itemgetter(0))}
    return {
        document.document_id: Part(
            document,
            defined,
            [row[1:_PASSAGE] for row in rows.get(number, ())],
            [passages[row[_PASSAGE]][0] for row in rows.get(number, ())],
            [paragraphs[row[_PARAGRAPH]] for row in rows.get(number, ())],
            [row[_STANDING] for row in rows.get(number, ())],
        )
        for number, (document, defined) in enumerate(documents)
    }
