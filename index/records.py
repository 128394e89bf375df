"""The tables of a catalog: their columns, and the values of a build to fields and back."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import starmap
from pathlib import Path

from corpus.acronyms import Acronym
from corpus.documents import (
    Attributes,
    Block,
    BlockKind,
    Document,
    Page,
    Place,
    Sentence,
    Span,
    Structure,
)
from index.errors import BuildError
from index.located import locate

_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE, uri TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, media_type TEXT NOT NULL, sha256 TEXT NOT NULL,
    source TEXT NOT NULL, language TEXT, audience TEXT, last_reviewed TEXT, next_review_due TEXT,
    read_by TEXT NOT NULL, structure TEXT NOT NULL, text TEXT NOT NULL, acronyms TEXT NOT NULL);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, passage_id TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE paragraphs (row INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE sentences (
    document INTEGER NOT NULL, ordinal INTEGER NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, kind TEXT NOT NULL, paragraph_start INTEGER NOT NULL,
    paragraph_end INTEGER NOT NULL, line INTEGER NOT NULL, section TEXT NOT NULL,
    page_number INTEGER, page_label TEXT, utf16_start INTEGER NOT NULL, utf16_end INTEGER NOT NULL,
    byte_start INTEGER NOT NULL, byte_end INTEGER NOT NULL, passage INTEGER NOT NULL,
    place INTEGER NOT NULL, place_kind TEXT NOT NULL, similarity REAL NOT NULL,
    paragraph INTEGER NOT NULL, PRIMARY KEY (document, ordinal)) WITHOUT ROWID;
"""
_CACHE_KIB = 131_072
"""Room to sort the index of places in: with the default of 2 MB millions of them take minutes."""
_INDEX = "CREATE INDEX places ON sentences (passage, place)"


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a catalog holds, in the order of its rows.

    `passages` are ids with texts, `paragraphs` texts; `sentences` are the fields of that table,
    the number of the document first, sorted by it and by ordinal.
    """

    documents: Iterable[tuple[Document, Sequence[Acronym]]]
    passages: Iterable[tuple[str, str]]
    paragraphs: Iterable[str]
    sentences: Iterable[tuple[object, ...]]


def write(path: Path, contents: Contents) -> None:
    """Write the catalog of a build; each sentence must be a place of exactly one passage."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")  # the build is synced as a whole
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN")
            for table, rows in table_rows(contents):
                width = len(connection.execute(f"PRAGMA table_info ({table})").fetchall())
                marks = ", ".join("?" * width)
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our names
            connection.execute(_INDEX)
            connection.execute("COMMIT")
            connection.execute("ANALYZE")
    except sqlite3.OperationalError as error:
        raise BuildError(
            f"{path}: the catalog cannot be written ({error}); free some space or give the right "
            "to write; what was published before is untouched"
        ) from error


def table_rows(contents: Contents) -> Iterator[tuple[str, Iterable[tuple[object, ...]]]]:
    """Give the name of each table and its rows."""
    yield "documents", starmap(_document_fields, enumerate(contents.documents))
    yield "passages", ((row, *one) for row, one in enumerate(contents.passages))
    yield "paragraphs", enumerate(contents.paragraphs)
    yield "sentences", contents.sentences


def _document_fields(
    number: int, entry: tuple[Document, Sequence[Acronym]]
) -> tuple[int | str | None, ...]:
    document, acronyms = entry
    return (
        *(number, document.document_id, document.uri, document.title, document.media_type),
        *(document.sha256, document.source, *_attributes_to_fields(document.attributes)),
        *(document.read_by, _structure_to_json(document.structure), document.text),
        json.dumps([[one.short, one.long] for one in acronyms], ensure_ascii=False),
    )


def sentence_fields(document: Document, sentences: Iterable[Sentence]) -> list[tuple[object, ...]]:
    """Return, for sentences in text order, what their rows hold that no other document decides.

    That is every field between the number of the document and the passage.
    """
    return [
        (
            *(one.ordinal, one.start, one.end, one.kind.value),
            *(one.paragraph.start, one.paragraph.end, at.line),
            *(json.dumps(at.section, ensure_ascii=False), *(at.page or (None, None))),
            *(at.utf16.start, at.utf16.end, at.utf8.start, at.utf8.end),
        )
        for at in locate(document, sentences)
        for one in (at.sentence,)
    ]


def document_of(fields: Sequence) -> Document:  # type: ignore[type-arg] # as a catalog asks for them
    """Return the document of these fields."""
    known, uri, title, media_type, text, structure, sha256, source, read_by = fields[:9]
    return Document(
        document_id=known,
        uri=uri,
        title=title,
        media_type=media_type,
        text=text,
        structure=_structure_from_json(structure),
        sha256=sha256,
        source=source,
        attributes=attributes_of(fields[9:]),
        read_by=read_by,
    )


def place_of(fields: Sequence) -> Place:  # type: ignore[type-arg] # a sentence's, its kind and likeness
    """Return the place of these fields."""
    return Place(sentence_of(fields[:7]), fields[7], fields[8])


def sentence_of(fields: Sequence) -> Sentence:  # type: ignore[type-arg] # as a Sentence's, flat
    """Return the sentence of these fields."""
    document_id, ordinal, start, end, kind, paragraph_start, paragraph_end = fields
    paragraph = Span(paragraph_start, paragraph_end)
    return Sentence(document_id, ordinal, start, end, BlockKind(kind), paragraph)


def _attributes_to_fields(attributes: Attributes) -> tuple[str | None, ...]:
    days = (attributes.last_reviewed, attributes.next_review_due)
    return (
        attributes.language,
        attributes.audience,
        *(day.isoformat() if day else None for day in days),
    )


def attributes_of(fields: Sequence[str | None]) -> Attributes:
    """Return the attributes of these fields."""
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
