"""What stands in the tables and texts of a build, from its parts and how they were merged."""

from collections.abc import Iterable, Iterator, Sequence

from index.merging import Merged
from index.parts import Part
from index.records import Contents


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


def in_paragraphs(
    parts: Sequence[Part], merged: Merged
) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Give, for each passage, its text, its paragraphs as one text, and its documents' ids."""
    for (_, text), members, places in zip(
        merged.passages, merged.paragraphs_of, merged.places, strict=True
    ):
        yield (
            text,
            "\n".join(merged.paragraphs[one] for one in dict.fromkeys(members)),
            dict.fromkeys(parts[number].document.document_id for number, _ in places),
        )
