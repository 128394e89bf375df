"""The catalog of a build: documents, sentences, passages and places, in one SQLite file.

Written once, then opened read-only and immutable, so that it takes no lock and writes nothing.
Everything a citation shows is read from here by a handful of look-ups.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from corpus.documents import (
    Attributes,
    Block,
    BlockKind,
    Document,
    Page,
    Passage,
    Place,
    Sentence,
    Span,
    Structure,
)
from corpus.structure import Outline
from index.errors import BuildError, DamagedError

_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE, uri TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, media_type TEXT NOT NULL, sha256 TEXT NOT NULL,
    source TEXT NOT NULL, language TEXT, audience TEXT, last_reviewed TEXT, next_review_due TEXT,
    read_by TEXT NOT NULL, structure TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, passage_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE paragraphs (row INTEGER PRIMARY KEY, text_sha256 TEXT NOT NULL UNIQUE);
CREATE TABLE sentences (
    document INTEGER NOT NULL, ordinal INTEGER NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, kind TEXT NOT NULL, paragraph_start INTEGER NOT NULL,
    paragraph_end INTEGER NOT NULL, line INTEGER NOT NULL, section TEXT NOT NULL,
    page_number INTEGER, page_label TEXT, utf16_start INTEGER NOT NULL, utf16_end INTEGER NOT NULL,
    byte_start INTEGER NOT NULL, byte_end INTEGER NOT NULL, passage INTEGER NOT NULL,
    place INTEGER NOT NULL, place_kind TEXT NOT NULL, similarity REAL NOT NULL,
    paragraph INTEGER NOT NULL, PRIMARY KEY (document, ordinal)) WITHOUT ROWID;
CREATE INDEX places ON sentences (passage, place);
"""

_DOCUMENTS_AT_ONCE = 256

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


@dataclass(frozen=True, slots=True)
class Located:
    """A sentence with all that is derived from its offsets."""

    sentence: Sentence
    line: int
    section: tuple[str, ...]
    page: tuple[int, str] | None  # number, label
    utf16: Span
    utf8: Span


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


def write(
    path: Path,
    documents: Sequence[Document],
    rows: Sequence[Row],
    paragraph_keys: Sequence[str],
) -> None:
    """Write the catalog of a build; each sentence must be a place of exactly one row."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")  # the build is synced as a whole
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO documents VALUES ({', '.join('?' * 14)})",  # noqa: S608 - a constant
                (
                    (
                        number,
                        d.document_id,
                        d.uri,
                        d.title,
                        d.media_type,
                        d.sha256,
                        d.source,
                        *_attributes_to_fields(d.attributes),
                        d.read_by,
                        _structure_to_json(d.structure),
                        d.text,
                    )
                    for number, d in enumerate(documents)
                ),
            )
            connection.executemany(
                "INSERT INTO passages VALUES (?, ?, ?)",
                ((row.row, row.passage.passage_id, row.passage.text) for row in rows),
            )
            connection.executemany(
                "INSERT INTO paragraphs VALUES (?, ?)", enumerate(paragraph_keys)
            )
            connection.executemany(
                f"INSERT INTO sentences VALUES ({', '.join('?' * 20)})",  # noqa: S608 - a constant
                _sentence_rows(documents, rows),
            )
            connection.execute("COMMIT")
            connection.execute("ANALYZE")
    except sqlite3.OperationalError as error:
        raise BuildError(
            f"{path}: the catalog cannot be written ({error}); free some space or give the right "
            "to write; what was published before is untouched"
        ) from error


def _sentence_rows(
    documents: Sequence[Document], rows: Sequence[Row]
) -> Iterable[tuple[object, ...]]:
    by_document: dict[str, list[tuple[Place, int, int, int]]] = {}
    for row in rows:
        for position, (place, paragraph) in enumerate(
            zip(row.passage.places, row.paragraphs, strict=True)
        ):
            entry = (place, row.row, position, paragraph)
            by_document.setdefault(place.sentence.document_id, []).append(entry)
    for number, document in enumerate(documents):
        entries = by_document.get(document.document_id, [])
        entries.sort(key=lambda entry: entry[0].sentence.ordinal)
        located = locate(document, [entry[0].sentence for entry in entries])
        for (place, passage, position, paragraph), at in zip(entries, located, strict=True):
            one = place.sentence
            section = json.dumps(at.section, ensure_ascii=False)
            yield (
                *(number, one.ordinal, one.start, one.end, one.kind.value),
                *(one.paragraph.start, one.paragraph.end, at.line),
                *(section, *(at.page or (None, None))),
                *(at.utf16.start, at.utf16.end, at.utf8.start, at.utf8.end),
                *(passage, position, place.kind, place.similarity, paragraph),
            )


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


class Catalog:
    """A written catalog, opened for reading by any number of threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._ask("SELECT 1 FROM documents LIMIT 1")

    def documents(self) -> list[Card]:
        """Return every document without its text, in the order of the build."""
        return [_card(fields) for fields in self._ask(f"{_CARD} ORDER BY number")]

    def card(self, document_id: str) -> Card | None:
        """Return one document without its text, or None where there is none of that id."""
        found = self._ask(f"{_CARD} WHERE document_id = ?", document_id)
        return _card(found[0]) if found else None

    def document(self, document_id: str) -> Document | None:
        """Return one document with its text and structure, or None."""
        found = self._ask(
            "SELECT document_id, uri, title, media_type, text, structure, sha256, source, read_by, "
            "language, audience, last_reviewed, next_review_due "
            "FROM documents WHERE document_id = ?",
            document_id,
        )
        if not found:
            return None
        known, uri, title, media_type, text, structure, sha256, source, read_by = found[0][:9]
        return Document(
            document_id=known,
            uri=uri,
            title=title,
            media_type=media_type,
            text=text,
            structure=_structure_from_json(structure),
            sha256=sha256,
            source=source,
            attributes=_attributes_from_fields(found[0][9:]),
            read_by=read_by,
        )

    def excerpt(self, document_id: str, start: int, end: int) -> str:
        """Return `document.text[start:end]`, clipped to the text."""
        start = max(start, 0)
        found = self._ask(
            "SELECT substr(text, ?, ?) FROM documents WHERE document_id = ?",
            start + 1,
            max(end - start, 0),
            document_id,
        )
        return str(found[0][0]) if found else ""

    def sentences(self, document_id: str, first: int = 1, last: int = 2**31) -> list[Located]:
        """Return a document's sentences whose ordinals are from `first` to `last`, in order."""
        return [
            Located(
                _sentence((document_id, *fields[:6])),
                fields[6],
                tuple(json.loads(fields[7])),
                (fields[8], fields[9]) if fields[8] is not None else None,
                Span(fields[10], fields[11]),
                Span(fields[12], fields[13]),
            )
            for fields in self._ask(
                'SELECT s.ordinal, s.start, s."end", s.kind, s.paragraph_start, s.paragraph_end, '
                "s.line, s.section, s.page_number, s.page_label, s.utf16_start, s.utf16_end, "
                "s.byte_start, s.byte_end FROM sentences s JOIN documents d ON d.number = "
                "s.document WHERE d.document_id = ? AND s.ordinal BETWEEN ? AND ? "
                "ORDER BY s.ordinal",
                document_id,
                first,
                last,
            )
        ]

    def excerpts(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Excerpt]:
        """Return the sentences of these document ids and ordinals, as far as there are any."""
        return {
            (document_id, ordinal): Excerpt(title, tuple(json.loads(section)), line, *texts)
            for document_id, ordinal, title, section, line, *texts in self._ask(
                "SELECT d.document_id, s.ordinal, d.title, s.section, s.line, "
                'substr(d.text, s.start + 1, s."end" - s.start), '
                "substr(d.text, s.paragraph_start + 1, s.paragraph_end - s.paragraph_start) "
                "FROM json_each(?) w CROSS JOIN documents d ON d.document_id = "
                "json_extract(w.value, '$[0]') CROSS JOIN sentences s ON s.document = d.number "
                "AND s.ordinal = json_extract(w.value, '$[1]')",
                json.dumps(list(wanted)),
            )
        }

    def occurrences(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return for every sentence its document's number and its passage's row.

        A document's number is its position in `documents()`.
        """
        count = self._ask("SELECT count(*) FROM documents")[0][0]
        # Some documents at a time: as tuples, a million pairs would fill 170 MB.
        parts = [
            np.array(
                self._ask(
                    "SELECT document, passage FROM sentences WHERE document BETWEEN ? AND ?",
                    first,
                    first + _DOCUMENTS_AT_ONCE - 1,
                ),
                dtype=np.int32,
            ).reshape(-1, 2)
            for first in range(0, count, _DOCUMENTS_AT_ONCE)
        ]
        pairs = np.concatenate([np.empty((0, 2), dtype=np.int32), *parts])
        return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])

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
            places[fields[9]].append((_place(fields), fields[10]))
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
        step = 500
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
                    f"WHERE {wanted} GROUP BY p.row ORDER BY count(*) DESC, p.row"
                )
            ]
            for wanted in ("p.text LIKE '%?'", "s.kind = 'heading' AND p.text NOT LIKE '%?'")
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

    def passage_rows_by_text(self) -> dict[str, int]:
        """Return each passage's text with its row."""
        return dict(self._ask("SELECT text, row FROM passages"))

    def paragraph_rows_by_key(self) -> dict[str, int]:
        """Return each paragraph's key with its row."""
        return dict(self._ask("SELECT text_sha256, row FROM paragraphs"))

    def _ask(self, sql: str, *arguments: object) -> list[tuple]:  # type: ignore[type-arg] # rows are as wide as the question
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                uri = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
                connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
                self._local.connection = connection
            return connection.execute(sql, arguments).fetchall()
        except sqlite3.DatabaseError as error:
            raise DamagedError(f"{self._path}: the catalog cannot be read: {error}") from error


def _place(fields: Sequence) -> Place:  # type: ignore[type-arg] # one row of _PLACE
    return Place(_sentence(fields[:7]), fields[7], fields[8])


def _sentence(fields: Sequence) -> Sentence:  # type: ignore[type-arg] # as a Sentence's, flat
    document_id, ordinal, start, end, kind, paragraph_start, paragraph_end = fields
    paragraph = Span(paragraph_start, paragraph_end)
    return Sentence(document_id, ordinal, start, end, BlockKind(kind), paragraph)


def _card(fields: Sequence) -> Card:  # type: ignore[type-arg] # one row of _CARD
    document_id, uri, title, media_type, sha256, sentences, source, *attributes = fields
    said = _attributes_from_fields(attributes)
    return Card(document_id, uri, title, media_type, sha256, sentences, source, said)


def _attributes_to_fields(attributes: Attributes) -> tuple[str | None, ...]:
    days = (attributes.last_reviewed, attributes.next_review_due)
    return (
        attributes.language,
        attributes.audience,
        *(day.isoformat() if day else None for day in days),
    )


def _attributes_from_fields(fields: Sequence[str | None]) -> Attributes:
    language, audience, *days = fields
    return Attributes(
        language, audience, *(date.fromisoformat(day) if day else None for day in days)
    )


def _structure_to_json(structure: Structure) -> str:
    return json.dumps(
        {
            "blocks": [[b.kind.value, b.start, b.end, b.level] for b in structure.blocks],
            "pages": [[p.number, p.label, p.start, p.end] for p in structure.pages],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _structure_from_json(text: str) -> Structure:
    body: Mapping[str, list[list]] = json.loads(text)  # type: ignore[type-arg] # as written above
    return Structure(
        tuple(Block(BlockKind(kind), *rest) for kind, *rest in body["blocks"]),
        tuple(Page(*page) for page in body["pages"]),
    )
