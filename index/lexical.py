"""Lexical search: BM25 over sentences and over the paragraphs they stand in.

The engine is tantivy (Lucene's design): postings on disk, mapped, with the best-first pruning that
keeps a search in milliseconds as a collection grows. BM25 (Robertson and Zaragoza 2009) has
k1 = 1.2 and b = 0.75; its terms are those of index.terms.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import tantivy

from index.errors import DamagedError
from index.terms import Asking, Terms, analyzer

_ANALYZER = "pincite"
_HEAP_BYTES = 64_000_000
SENTENCE, PARAGRAPH = "sentence", "paragraph"
_DOCUMENT = "document"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    for field in (SENTENCE, PARAGRAPH):
        builder.add_text_field(field, stored=False, tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field(_DOCUMENT, stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


def create(folder: Path, texts: Iterable[tuple[str, str, Iterable[str]]]) -> None:
    """Write the index into the empty `folder`, in row order.

    Each row is (sentence, paragraph, the ids of the documents in which it stands).
    """
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer(_ANALYZER, analyzer())
    writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
    for row, (sentence, paragraph, documents) in enumerate(texts):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text(SENTENCE, sentence)
        document.add_text(PARAGRAPH, paragraph)
        for one in documents:
            document.add_text(_DOCUMENT, one)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


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


class LexicalIndex:
    """An opened lexical index; it can be searched and in no way changed."""

    def __init__(self, folder: Path) -> None:
        try:
            with _lockable(folder) as lockable:
                index = tantivy.Index.open(str(lockable))
                index.register_tokenizer(_ANALYZER, analyzer())
                self._searcher = index.searcher()
        except (ValueError, OSError) as error:
            raise DamagedError(f"{folder}: the lexical index cannot be opened: {error}") from error
        self._schema = _schema()
        self._asking = Asking()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def terms(self, question: str, equal: Sequence[tuple[str, str]] = ()) -> Terms:
        """Analyse a question into its terms, without stop words unless it has nothing else.

        `equal` pairs what the question says with what means the same: a text that has the other
        holds the term.
        """
        return self._asking.asked(question, equal).weighed(
            (SENTENCE, PARAGRAPH), len(self), self._searcher.doc_freq
        )

    def search(
        self,
        terms: Terms,
        k: int,
        paragraph_weight: float,
        documents: Collection[str] | None = None,
    ) -> list[tuple[int, float]]:
        """Return (row, score) of the best: BM25 of the sentence + weight * the paragraph.

        With `documents`, the best of the rows that stand in any of these; scores are the same.
        """
        clauses = self._clauses(terms, SENTENCE)
        if paragraph_weight > 0:
            clauses += [
                (occur, tantivy.Query.boost_query(query, paragraph_weight))
                for occur, query in self._clauses(terms, PARAGRAPH)
            ]
        if documents is not None and clauses:
            among = tantivy.Query.term_set_query(self._schema, _DOCUMENT, list(documents))
            clauses = [
                (tantivy.Occur.Must, tantivy.Query.boolean_query(clauses)),
                (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0)),
            ]
        return self._run(clauses, k)

    def coverage(self, terms: Terms, field: str, rows: Sequence[int]) -> dict[int, float]:
        """Return, for those of `rows` that hold any of the terms, the share of them they hold.

        Each term weighs its inverse document frequency, however often it occurs and however long
        the text is; the share is in [0, 1] and means the same for every question.
        """
        total = terms.total(field)
        if not rows or total <= 0.0:
            return {}
        held = [
            (
                tantivy.Occur.Should,
                tantivy.Query.const_score_query(self._meant(field, word, terms), weight),
            )
            for word, weight in terms.idf[field].items()
        ]
        wanted = tantivy.Query.term_set_query(self._schema, "row", list(rows))
        among = [
            (tantivy.Occur.Must, tantivy.Query.boolean_query(held)),
            (tantivy.Occur.Must, tantivy.Query.const_score_query(wanted, 0.0)),
        ]
        return {row: min(score / total, 1.0) for row, score in self._run(among, len(rows))}

    def share(self, terms: Terms, field: str, text: str) -> float:
        """Return the share of the terms that a text holds, as `coverage` does for indexed ones."""
        return terms.share(field, self._asking.held(text))

    def _meant(self, field: str, word: str, terms: Terms) -> tantivy.Query:
        """Match a term, or all the words of something that means the same."""
        ways = [self._term(field, word)]
        ways += [
            tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, self._term(field, other)) for other in together]
            )
            for together in terms.equal.get(word, ())
            if together
        ]
        return ways[0] if len(ways) == 1 else tantivy.Query.disjunction_max_query(ways)

    def _term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, word, "freq")

    def _clauses(self, terms: Terms, field: str) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        others = (word for ways in terms.equal.values() for together in ways for word in together)
        words = dict.fromkeys([*terms.idf[field], *others])
        return [(tantivy.Occur.Should, self._term(field, word)) for word in words]

    def _run(
        self, clauses: list[tuple[tantivy.Occur, tantivy.Query]], k: int
    ) -> list[tuple[int, float]]:
        if not clauses or k < 1:
            return []
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        found = [
            (int(row), float(score))
            for row, (score, _) in zip(rows, hits, strict=True)
            if row is not None
        ]
        return sorted(found, key=lambda entry: (-entry[1], entry[0]))
