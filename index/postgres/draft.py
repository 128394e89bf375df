"""A build under way in a schema of its own: its tables filled, indexed and summed up."""

from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files

import numpy as np
import psycopg

from index import dropped
from index.contents import contents, members_of
from index.contextual import Contextual
from index.errors import BuildError
from index.manifest import Manifest
from index.members import Members
from index.merging import Merged
from index.postgres import graph
from index.postgres.checksums import TABLES, sums
from index.postgres.copying import Precision, copy_bytes, copy_rows, copy_vectors
from index.postgres.postings import PARAGRAPH_FIELD, ROW_NUMBER, SENTENCE_FIELD, Postings
from index.postgres.precision import Kind, kind_of
from index.records import table_rows
from index.store import Content, Written
from index.vectors.protocol import Structure

_LONGEST_INLINE = 1_900
"""Dimensions up to which a vector fits into a page of its table."""
_HIGHEST_DIM = 4_000
_FORMS: dict[Kind, Precision] = {"vector": ">f4", "halfvec": ">f2"}


class TableDraft:
    """The tables of a build under way, over the connection of the one writer."""

    def __init__(
        self,
        connection: psycopg.Connection,
        schema: str,
        engine: str,
        publish: Callable[[Manifest], None],
    ) -> None:
        self.engine = engine
        self._connection = connection
        self._schema = schema
        self._publish = publish

    def write(self, content: Content) -> Written:
        """Fill every table, and sum each up."""
        connection, schema, merged = self._connection, self._schema, content.merged
        self._run("build.sql")
        for table, rows in table_rows(contents(content.parts, merged)):
            copy_rows(connection, f"{schema}.{table}", rows)
        members = members_of(content.parts, merged)
        copy_rows(connection, f"{schema}.members", _member_rows(merged))
        placed = (
            (document, *_packed((row, paragraph) for row, _, paragraph in sentences))
            for document, sentences in enumerate(merged.sentences)
        )
        copy_bytes(connection, f"{schema}.placed", ("int4", "bytea", "bytea"), placed)
        self._write_postings(merged, members)
        records = dropped.records(content.parts, merged, content.skipped)
        copy_rows(connection, f"{schema}.dropped", enumerate(records))
        words = {
            "expansions": content.expansions.to_json(),
            "vocabulary": content.vocabulary.to_json(),
        }
        copy_rows(connection, f"{schema}.wording", words.items())
        # From here on the encoder has to be done.
        mixed = Contextual(content.vectors, content.paragraphs, members)
        kind = self._write_vectors(content, mixed)
        self._run("indexes.sql")
        structure = Structure("every row")
        if kind == "halfvec":
            structure = graph.create(connection, schema, mixed)
        # What is counted, or joined, is then answered from the indexes alone.
        tables = ", ".join(f"{schema}.{table}" for table in TABLES)
        connection.execute(f"VACUUM (ANALYZE) {tables}".encode())
        return Written(sums(connection, schema, len(content.vectors)), structure)

    def publish(self, manifest: Manifest) -> None:
        """Make it the current build, in one transaction."""
        self._publish(manifest)

    def _write_postings(self, merged: Merged, members: Members) -> None:
        connection, schema, postings = self._connection, self._schema, Postings(merged)
        copy_rows(connection, f"{schema}.terms", postings.terms())
        types = ("int4", "int2", "int4", "bytea", "bytea")
        copy_bytes(connection, f"{schema}.postings", types, postings.blocks())
        passages = (
            (row, role, numbers, impacts)
            for role, (row, numbers, impacts) in zip(
                members.roles.tolist(), postings.texts(SENTENCE_FIELD), strict=True
            )
        )
        copy_bytes(
            connection, f"{schema}.passage_terms", ("int4", "int2", "bytea", "bytea"), passages
        )
        paragraphs = postings.texts(PARAGRAPH_FIELD)
        copy_bytes(connection, f"{schema}.paragraph_terms", ("int4", "bytea", "bytea"), paragraphs)

    def _write_vectors(self, content: Content, mixed: Contextual) -> Kind:
        """Fill the tables of vectors; return the type of those that are searched."""
        connection, schema = self._connection, self._schema
        rows, dim = content.vectors.shape
        if dim > _HIGHEST_DIM:
            raise BuildError(
                f"vectors of {dim} dimensions are more than pgvector's {_HIGHEST_DIM}; use another "
                "encoder"
            )
        kind = kind_of(rows)
        storage = "PLAIN" if dim <= _LONGEST_INLINE else "EXTERNAL"
        self._run("vectors.sql", dim=dim, kind=kind, storage=storage)
        copy_vectors(connection, f"{schema}.vectors", content.vectors)
        copy_vectors(connection, f"{schema}.paragraph_vectors", content.paragraphs)
        copy_vectors(connection, f"{schema}.contextual", mixed, _FORMS[kind])
        return kind

    def _run(self, name: str, **names: object) -> None:
        sql = (files("index.postgres") / name).read_text(encoding="utf-8")
        for key, value in {"build": self._schema, **names}.items():
            sql = sql.replace(f"{{{key}}}", str(value))
        self._connection.execute(sql.encode())


def _member_rows(merged: Merged) -> Iterator[tuple[int, int]]:
    for passage, paragraphs in enumerate(merged.paragraphs_of):
        for paragraph in dict.fromkeys(paragraphs):
            yield passage, paragraph


def _packed(pairs: Iterable[tuple[int, int]]) -> tuple[bytes, bytes]:
    columns = np.array([*pairs], dtype=ROW_NUMBER).reshape(-1, 2)
    return columns[:, 0].tobytes(), columns[:, 1].tobytes()
