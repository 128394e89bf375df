"""What stands in the tables and texts of a build, from its parts and how they were merged."""

from collections.abc import Iterable, Iterator, Sequence

from corpus.documents import BlockKind
from index.members import Members
from index.merging import Merged
from index.parts import Part
from index.ranking import Role
from index.records import Contents

_KIND = 3
"""Where the kind of its block stands among a sentence's fields."""
_HEADING = BlockKind.HEADING.value


def contents(parts: Sequence[Part], merged: Merged) -> Contents:
    """Return what the catalog of a build holds."""
    return Contents(
        [(part.document, part.acronyms) for part in parts],
        merged.passages,
        merged.paragraphs,
        _sentence_rows(parts, merged),
    )


def _sentence_rows(parts: Sequence[Part], merged: Merged) -> Iterator[tuple[object, ...]]:
    for number, (part, placed) in enumerate(zip(parts, merged.sentences, strict=True)):
        for fields, (row, standing, paragraph) in zip(part.fields, placed, strict=True):
            yield (number, *fields, row, *standing, paragraph)


def sentence_texts(parts: Sequence[Part], merged: Merged) -> Iterator[tuple[str, Iterable[str]]]:
    """Give, for each passage, its text and its documents' ids."""
    for (_, text), places in zip(merged.passages, merged.places, strict=True):
        yield text, dict.fromkeys(parts[number].document.document_id for number, _ in places)


def paragraph_texts(parts: Sequence[Part], merged: Merged) -> Iterator[tuple[str, Iterable[str]]]:
    """Give, for each paragraph, its text and its documents' ids."""
    documents: list[dict[int, None]] = [{} for _ in merged.paragraphs]
    for members, places in zip(merged.paragraphs_of, merged.places, strict=True):
        for paragraph, (number, _) in zip(members, places, strict=True):
            documents[paragraph][number] = None
    for text, numbers in zip(merged.paragraphs, documents, strict=True):
        yield text, [parts[number].document.document_id for number in numbers]


def _documents_of(merged: Merged) -> Iterator[list[int]]:
    """Give, for each passage, the number of the document of each place."""
    for places in merged.places:
        yield [number for number, _ in places]


def members_of(parts: Sequence[Part], merged: Merged) -> Members:
    """Return where each passage stands, and what it is."""
    count = len(merged.paragraphs)
    return Members.of(merged.paragraphs_of, count, _documents_of(merged), _roles(parts, merged))


def _roles(parts: Sequence[Part], merged: Merged) -> Iterator[Role]:
    """Give, for each passage, whether it asks, is a heading where it first stands, or states."""
    for (_, text), ((number, at), *_) in zip(merged.passages, merged.places, strict=True):
        if text.endswith("?"):
            yield "question"
        else:
            yield "heading" if parts[number].fields[at][_KIND] == _HEADING else "statement"
