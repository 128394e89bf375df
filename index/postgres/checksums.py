"""The SHA-256 of each table of a build: of its rows' SHA-256s, in order, reckoned by the database.

Vectors and bytes count as they are sent, all else as it reads.
"""

from collections.abc import Iterable, Mapping
from functools import partial

import psycopg

from index.errors import DamagedError
from index.manifest import Manifest
from index.postgres.database import Database
from index.postgres.precision import kind_of

_REMAKE = "index the documents again, or pincite builds activate an older build"
_AS_IT_READS = "convert_to(t::text, 'UTF8')"
TABLES = {
    "documents": ("number", _AS_IT_READS),
    "passages": ("row", _AS_IT_READS),
    "paragraphs": ("row", _AS_IT_READS),
    "sentences": ("document, ordinal", _AS_IT_READS),
    "vectors": ("row", "vector_send(vector)"),
    "paragraph_vectors": ("row", "vector_send(vector)"),
    "contextual": ("row", "{kind}_send(vector)"),
    "graph": ("in_sight", _AS_IT_READS),
    "members": ("passage, paragraph", _AS_IT_READS),
    "terms": ("term, field", _AS_IT_READS),
    "postings": (
        "number, field, block",
        "int4send(number) || int2send(field) || int4send(block) || rows || impacts",
    ),
    "passage_terms": ("row", "int4send(row) || int2send(role) || numbers || impacts"),
    "paragraph_terms": ("row", "int4send(row) || numbers || impacts"),
    "placed": ("document", "int4send(document) || passages || paragraphs"),
    "dropped": ("number", _AS_IT_READS),
    "wording": ("name", _AS_IT_READS),
}


def sums(connection: psycopg.Connection, schema: str, passages: int) -> Mapping[str, str]:
    """Return the SHA-256 of every table of a build, by the table's name."""
    return {table: _sum(connection, schema, table, passages) for table in TABLES}


def check_sums(
    database: Database, schema: str, manifest: Manifest, tables: Iterable[str], where: str
) -> None:
    """Compare tables with what the manifest says; DamagedError where one differs."""
    for table in tables:
        if table not in TABLES:
            raise DamagedError(f"{where}: the manifest names a table {table!r}; {_REMAKE}")
        found = database.reading(
            partial(_sum, schema=schema, table=table, passages=manifest.counts.passages),
            patiently=True,
        )
        if found != manifest.files.get(table):
            raise DamagedError(
                f"{where}: the table {schema}.{table} is damaged (its SHA-256 is not the "
                f"manifest's); {_REMAKE}"
            )


def check_counts(database: Database, schema: str, manifest: Manifest, where: str) -> None:
    """Compare how many rows there are with the manifest; DamagedError where one differs."""
    counts = manifest.counts
    expected = {
        "documents": counts.documents,
        "sentences": counts.sentences,
        "passages": counts.passages,
        "passage_terms": counts.passages,
        "vectors": counts.passages,
        "contextual": counts.passages,
        "paragraphs": counts.paragraphs,
        "paragraph_vectors": counts.paragraphs,
    }
    selects = ", ".join(f"(SELECT count(*) FROM {schema}.{table})" for table in expected)
    (found,) = database.ask(f"SELECT {selects}")
    for (table, count), there in zip(expected.items(), found, strict=True):
        if there != count:
            raise DamagedError(
                f"{where}: {schema}.{table} holds {there} rows, the manifest says {count}; "
                f"{_REMAKE}"
            )


def _sum(connection: psycopg.Connection, schema: str, table: str, passages: int) -> str:
    order, content = TABLES[table]
    content = content.replace("{kind}", kind_of(passages))
    row = connection.execute(
        f"SELECT encode(sha256(coalesce(string_agg(sha256({content}), '' ORDER BY {order}), '')), "
        f"'hex') FROM {schema}.{table} t".encode()
    ).fetchone()
    assert row is not None
    return str(row[0])
