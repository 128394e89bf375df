"""The catalog of a build: documents, sentences, passages and places, in four tables.

They are in one SQLite file, written once by index.records, or in a database: what is asked of them
is the same. Everything a citation shows is read from here by a handful of look-ups.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from corpus.acronyms import Acronym
from corpus.documents import (
    Attributes,
    Document,
    Passage,
    Place,
    Span,
)
from index.located import Located
from index.records import attributes_of, document_of, place_of, sentence_of
from index.tables import FileTables, Tables

_ROWS_AT_ONCE = 500

_PLACE = """
SELECT d.document_id, s.ordinal, s.start, s."end", s.kind, s.paragraph_start, s.paragraph_end,
       s.place_kind, s.similarity, s.passage, s.paragraph
FROM sentences s JOIN documents d ON d.number = s.document
"""

_CARD = """
SELECT document_id, uri, title, media_type, sha256,
       (SELECT count(*) FROM sentences WHERE document = number), source,
       language, audience, last_reviewed, next_review_due
FROM documents
"""


_DOCUMENT = """
document_id, uri, title, media_type, text, structure, sha256, source, read_by,
language, audience, last_reviewed, next_review_due
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a document without its text."""

    document_id: str
    uri: str
    title: str
    media_type: str
    sha256: str
    sentences: int
    source: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence as its document has it, with what is above and around it."""

    title: str
    section: tuple[str, ...]
    line: int
    quote: str
    paragraph: str


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as stored: its row in the vectors, and the paragraph rows of its places."""

    row: int
    passage: Passage
    paragraphs: tuple[int, ...]  # of its places, in their order


class Catalog:
    """A written catalog, opened for reading by any number of threads."""

    def __init__(self, tables: Tables | Path) -> None:
        """Read these tables, or those of the file at a path."""
        self._ask = (FileTables(tables) if isinstance(tables, Path) else tables).ask

    def documents(self) -> list[Card]:
        """Return every document without its text, in the order of the build."""
        return [_card(fields) for fields in self._ask(f"{_CARD} ORDER BY number")]

    def card(self, document_id: str) -> Card | None:
        """Return one document without its text, or None where there is none of that id."""
        return self.cards([document_id]).get(document_id)

    def cards(self, document_ids: Iterable[str]) -> dict[str, Card]:
        """Return documents without their texts by id, as far as there are any."""
        wanted = list(dict.fromkeys(document_ids))
        marks = ", ".join("?" * len(wanted))
        found = self._ask(f"{_CARD} WHERE document_id IN ({marks})", *wanted) if wanted else []
        return {card.document_id: card for card in map(_card, found)}

    def known_as(self, uri: str | None, sha256: str | None) -> list[str]:
        """Return the ids of the documents of this uri or these bytes, in the order of the build."""
        found = self._ask(
            "SELECT document_id FROM documents WHERE uri = ? OR sha256 = ? ORDER BY number",
            uri,
            sha256,
        )
        return [document_id for (document_id,) in found]

    def document(self, document_id: str) -> Document | None:
        """Return one document with its text and structure, or None."""
        found = self._ask(
            f"SELECT {_DOCUMENT} FROM documents WHERE document_id = ?",  # noqa: S608 - a constant
            document_id,
        )
        return document_of(found[0]) if found else None

    def excerpt(self, document_id: str, start: int, end: int) -> str:
        """Return `document.text[start:end]`, clipped to the text."""
        return self.cuts([(document_id, start, end)])[0]

    def cuts(self, wanted: Sequence[tuple[str, int, int]]) -> list[str]:
        """Return `document.text[start:end]`, clipped to the text, for each id, start and end."""
        bounds = [(document_id, max(start, 0), end) for document_id, start, end in wanted]
        fields = [
            (at, document_id, start + 1, max(end - start, 0))
            for at, (document_id, start, end) in enumerate(bounds)
        ]
        found = {
            at: str(text)
            for at, text in self._joined(
                "SELECT w.number, substr(d.text, w.low, w.high) "
                "FROM wanted w JOIN documents d ON d.document_id = w.document_id",
                fields,
            )
        }
        return [found.get(at, "") for at in range(len(wanted))]

    def sentences(self, document_id: str, first: int = 1, last: int = 2**31) -> list[Located]:
        """Return a document's sentences whose ordinals are from `first` to `last`, in order."""
        return self.stretches([(document_id, first, last)])[0]

    def stretches(self, wanted: Sequence[tuple[str, int, int]]) -> list[list[Located]]:
        """Return, for each id, first and last ordinal, the sentences from one to the other."""
        found: list[list[Located]] = [[] for _ in wanted]
        for at, document_id, *fields in self._joined(
            'SELECT w.number, d.document_id, s.ordinal, s.start, s."end", s.kind, '
            "s.paragraph_start, s.paragraph_end, s.line, s.section, s.page_number, s.page_label, "
            "s.utf16_start, s.utf16_end, s.byte_start, s.byte_end "
            "FROM wanted w JOIN documents d ON d.document_id = w.document_id "
            "JOIN sentences s ON s.document = d.number AND s.ordinal BETWEEN w.low AND w.high "
            "ORDER BY w.number, s.ordinal",
            [(at, *one) for at, one in enumerate(wanted)],
        ):
            found[at].append(
                Located(
                    sentence_of((document_id, *fields[:6])),
                    fields[6],
                    tuple(json.loads(fields[7])),
                    (fields[8], fields[9]) if fields[8] is not None else None,
                    Span(fields[10], fields[11]),
                    Span(fields[12], fields[13]),
                )
            )
        return found

    def _joined(
        self, select: str, wanted: Sequence[tuple[int, str, int, int]]
    ) -> list[tuple[Any, ...]]:
        """Ask with a table `wanted` of number, document id and two numbers; nothing of none."""
        if not wanted:
            return []
        rows = ", ".join(["(?, ?, ?, ?)"] * len(wanted))
        return self._ask(
            f"WITH wanted (number, document_id, low, high) AS (VALUES {rows}) {select}",
            *(field for one in wanted for field in one),
        )

    def excerpts(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Excerpt]:
        """Return the sentences of these document ids and ordinals, as far as there are any."""
        keys = list(dict.fromkeys(wanted))
        pairs = ", ".join(["(?, ?)"] * len(keys))
        return (
            {
                (document_id, ordinal): Excerpt(title, tuple(json.loads(section)), line, *texts)
                for document_id, ordinal, title, section, line, *texts in self._ask(
                    f"WITH wanted (document_id, ordinal) AS (VALUES {pairs}) "  # noqa: S608 - marks only
                    "SELECT d.document_id, s.ordinal, d.title, s.section, s.line, "
                    'substr(d.text, s.start + 1, s."end" - s.start), '
                    "substr(d.text, s.paragraph_start + 1, s.paragraph_end - s.paragraph_start) "
                    "FROM wanted w JOIN documents d ON d.document_id = w.document_id "
                    "JOIN sentences s ON s.document = d.number AND s.ordinal = w.ordinal",
                    *(field for key in keys for field in key),
                )
            }
            if keys
            else {}
        )

    def texts(self, wanted: Sequence[int]) -> list[str]:
        """Return the texts of passages by their rows, in this order."""
        found: dict[int, str] = {}
        for first in range(0, len(wanted), _ROWS_AT_ONCE):
            some = wanted[first : first + _ROWS_AT_ONCE]
            marks = ", ".join("?" * len(some))
            found.update(self._ask(f"SELECT row, text FROM passages WHERE row IN ({marks})", *some))  # noqa: S608 - marks only
        return [found[row] for row in wanted]

    def rows(self, wanted: Sequence[int]) -> dict[int, Row]:
        """Return the passages of the wanted rows, with all their places."""
        marks = ", ".join("?" * len(wanted))
        texts = self._ask(
            f"SELECT row, passage_id, text FROM passages WHERE row IN ({marks})",  # noqa: S608 - marks only
            *wanted,
        )
        places: dict[int, list[tuple[Place, int]]] = {row: [] for row in wanted}
        for fields in self._ask(
            f"{_PLACE} WHERE s.passage IN ({marks}) ORDER BY s.passage, s.place", *wanted
        ):
            places[fields[9]].append((place_of(fields), fields[10]))
        return {
            row: Row(
                row,
                Passage(passage_id, text, tuple(place for place, _ in places[row])),
                tuple(paragraph for _, paragraph in places[row]),
            )
            for row, passage_id, text in texts
        }

    def all_rows(self) -> list[Row]:
        """Return every passage in row order; reads the whole catalog."""
        count = self._ask("SELECT count(*) FROM passages")[0][0]
        step = _ROWS_AT_ONCE
        return [
            row
            for first in range(0, count, step)
            for _, row in sorted(self.rows(range(first, min(first + step, count))).items())
        ]

    def paragraph_rows(
        self, rows: Sequence[int], documents: NDArray[np.bool_] | None = None
    ) -> dict[int, tuple[int, ...]]:
        """Return, for each passage row, the distinct paragraph rows of its places.

        With `documents`, of shape (documents,), of its places in those that are true.
        """
        marks = ", ".join("?" * len(rows))
        found: dict[int, dict[int, None]] = {row: {} for row in rows}
        for passage, paragraph, document in self._ask(
            f"SELECT passage, paragraph, document FROM sentences WHERE passage IN ({marks}) "  # noqa: S608 - marks only
            "ORDER BY passage, place",
            *rows,
        ):
            if documents is None or documents[document]:
                found[passage][paragraph] = None
        return {row: tuple(paragraphs) for row, paragraphs in found.items()}

    def prompts(self) -> tuple[list[str], list[str]]:
        """Return the distinct questions and headings of the documents, the commonest first."""
        questions, headings = (
            [
                str(text)
                for (text,) in self._ask(
                    "SELECT p.text FROM passages p JOIN sentences s ON s.passage = p.row "  # noqa: S608 - one of two
                    f"WHERE {wanted} GROUP BY p.row ORDER BY count(*) DESC, p.row",
                    "%?",
                )
            ]
            for wanted in ("p.text LIKE ?", "s.kind = 'heading' AND p.text NOT LIKE ?")
        )
        return questions, headings

    def roles(self, rows: Sequence[int]) -> dict[int, Literal["statement", "heading", "question"]]:
        """Return for each passage row whether it asks, is a heading, or states something."""
        marks = ", ".join("?" * len(rows))
        return {
            row: "question"
            if text.endswith("?")
            else "heading"
            if kind == "heading"
            else "statement"
            for row, text, kind in self._ask(
                "SELECT p.row, p.text, s.kind FROM passages p JOIN sentences s ON "  # noqa: S608 - marks only
                f"s.passage = p.row AND s.place = 0 WHERE p.row IN ({marks})",
                *rows,
            )
        }

    def all_documents(self) -> list[tuple[Document, tuple[Acronym, ...]]]:
        """Return every document with the acronyms it defines, in the order of the build."""
        return [
            (document_of(fields[:-1]), tuple(Acronym(*one) for one in json.loads(fields[-1])))
            for fields in self._ask(f"SELECT {_DOCUMENT}, acronyms FROM documents ORDER BY number")  # noqa: S608 - a constant
        ]

    def all_passages(self) -> list[tuple[str, str]]:
        """Return each passage's id and text, in row order."""
        return self._ask("SELECT passage_id, text FROM passages ORDER BY row")

    def all_paragraphs(self) -> list[str]:
        """Return each paragraph's text, in row order."""
        return [text for (text,) in self._ask("SELECT text FROM paragraphs ORDER BY row")]

    def all_sentences(self) -> list[tuple[Any, ...]]:
        """Return the fields of every sentence as `write` took them, in the same order."""
        return self._ask("SELECT * FROM sentences ORDER BY document, ordinal")


def _card(fields: Sequence) -> Card:  # type: ignore[type-arg] # one row of _CARD
    document_id, uri, title, media_type, sha256, sentences, source, *attributes = fields
    said = attributes_of(attributes)
    return Card(document_id, uri, title, media_type, sha256, sentences, source, said)
