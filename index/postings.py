"""Texts by number, found by their words: one inverted index, by tantivy (Lucene's design).

BM25 (Robertson and Zaragoza 2009) with k1 = 1.2 and b = 0.75 over one field. A question is a plain
disjunction of terms, because that is what tantivy prunes by blocks (block-max WAND, Ding and Suel
2011): the best hundred of ten million texts without scoring the rest.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import tantivy

from index.errors import DamagedError
from index.terms import analyzer

_ANALYZER = "pincite"
_HEAP_BYTES = 64_000_000
_TEXT, _NUMBER, _DOCUMENT = "text", "number", "document"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(_NUMBER, stored=False, indexed=False, fast=True)
    builder.add_text_field(_TEXT, stored=False, tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field(_DOCUMENT, stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


class PostingsWriter:
    """Writes into an empty folder, which is made; whole when the context ends without an error."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        index = tantivy.Index(_schema(), path=str(folder))
        index.register_tokenizer(_ANALYZER, analyzer())
        self._writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        if kind is None:
            self._writer.commit()
        self._writer.wait_merging_threads()

    def add(self, number: int, text: str, documents: Iterable[str]) -> None:
        """Add a text and the ids of the documents in which it stands."""
        document = tantivy.Document()
        document.add_unsigned(_NUMBER, number)
        document.add_text(_TEXT, text)
        for one in documents:
            document.add_text(_DOCUMENT, one)
        self._writer.add_document(document)


@contextmanager
def _lockable(folder: Path) -> Iterator[Path]:
    """Give a folder in which tantivy can lock while it opens; links, where `folder` is read-only.

    The files stay mapped after the links are gone.
    """
    if os.access(folder, os.W_OK):
        yield folder
        return
    with TemporaryDirectory(prefix="pincite-") as links:
        for path in folder.iterdir():
            if path.suffix != ".lock":
                (Path(links) / path.name).symlink_to(path.resolve())
        yield Path(links)


class Postings:
    """An opened index of texts; it can be searched and in no way changed."""

    def __init__(self, folder: Path) -> None:
        try:
            with _lockable(folder) as lockable:
                index = tantivy.Index.open(str(lockable))
                index.register_tokenizer(_ANALYZER, analyzer())
                self._searcher = index.searcher()
        except (ValueError, OSError) as error:
            raise DamagedError(f"{folder}: the lexical index cannot be opened: {error}") from error
        self._schema = _schema()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def holding(self, word: str) -> int:
        """Return how many texts hold a term."""
        return int(self._searcher.doc_freq(_TEXT, word))

    def search(
        self, words: Sequence[str], k: int, documents: Collection[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return (number, score) of the best texts, best first, ties by number.

        With `documents`, the best of those that stand in any of these.
        """
        if not words or k < 1:
            return []
        query = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.term_query(self._schema, _TEXT, word, "freq"),
                )
                for word in words
            ]
        )
        if documents is not None:
            among = tantivy.Query.term_set_query(self._schema, _DOCUMENT, list(documents))
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, query),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0)),
                ]
            )
        hits = self._searcher.search(query, k, count=False).hits
        numbers = self._searcher.fast_field_values(_NUMBER, [address for _, address in hits])
        found = [
            (int(number), float(score))
            for number, (score, _) in zip(numbers, hits, strict=True)
            if number is not None
        ]
        return sorted(found, key=lambda entry: (-entry[1], entry[0]))
