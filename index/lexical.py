"""Lexical search: BM25 over sentences and over the paragraphs they stand in.

The engine is tantivy (Lucene's design): postings on disk, mapped, with the best-first pruning that
keeps a search in milliseconds as a collection grows. BM25 has k1 = 1.2 and b = 0.75; words are
lower-cased, stripped of accents and stemmed (English Snowball).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy

from index.errors import DamagedError

_ANALYZER = "pincite"
_K1 = 1.2
_HEAP_BYTES = 64_000_000
SENTENCE, PARAGRAPH = "sentence", "paragraph"


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's distinct terms, each with its inverse document frequency per field."""

    idf: Mapping[str, Mapping[str, float]]  # field -> term -> idf

    def most(self, field: str) -> float:
        """Return the highest BM25 score that any text can have for these terms in `field`."""
        return (_K1 + 1.0) * sum(self.idf[field].values())


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    for field in (SENTENCE, PARAGRAPH):
        builder.add_text_field(field, stored=False, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def create(folder: Path, texts: Iterable[tuple[str, str]]) -> None:
    """Write the index of (sentence, paragraph) texts into the empty `folder`, in row order."""
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer(_ANALYZER, _analyzer())
    writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
    for row, (sentence, paragraph) in enumerate(texts):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text(SENTENCE, sentence)
        document.add_text(PARAGRAPH, paragraph)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


class LexicalIndex:
    """An opened lexical index; it can be searched and in no way changed."""

    def __init__(self, folder: Path) -> None:
        try:
            index = tantivy.Index.open(str(folder))
            index.register_tokenizer(_ANALYZER, _analyzer())
            self._searcher = index.searcher()
        except (ValueError, OSError) as error:
            raise DamagedError(f"{folder}: the lexical index cannot be opened: {error}") from error
        self._schema = _schema()
        self._analyzer = _analyzer()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def terms(self, question: str) -> Terms:
        """Analyse a question into terms; those no text contains keep their high weight."""
        words = dict.fromkeys(self._analyzer.analyze(question))
        count = len(self)
        idf = {
            field: {
                word: math.log(1.0 + (count - found + 0.5) / (found + 0.5))
                for word in words
                for found in (self._searcher.doc_freq(field, word),)
            }
            for field in (SENTENCE, PARAGRAPH)
        }
        return Terms(idf)

    def search(self, terms: Terms, k: int, paragraph_weight: float) -> list[tuple[int, float]]:
        """Return (row, score) of the best rows: BM25 of the sentence + weight × the paragraph."""
        clauses = self._clauses(terms, SENTENCE)
        if paragraph_weight > 0:
            clauses += [
                (occur, tantivy.Query.boost_query(query, paragraph_weight))
                for occur, query in self._clauses(terms, PARAGRAPH)
            ]
        return self._run(clauses, k)

    def scores(self, terms: Terms, field: str, rows: Sequence[int]) -> dict[int, float]:
        """Return the BM25 score in `field` of each of `rows` that has any of the terms."""
        clauses = self._clauses(terms, field)
        if not clauses or not rows:
            return {}
        wanted = tantivy.Query.term_set_query(self._schema, "row", list(rows))
        among = [
            (tantivy.Occur.Must, tantivy.Query.boolean_query(clauses)),
            (tantivy.Occur.Must, tantivy.Query.const_score_query(wanted, 0.0)),
        ]
        return dict(self._run(among, len(rows)))

    def _clauses(self, terms: Terms, field: str) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        return [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, word, "freq"))
            for word in terms.idf[field]
        ]

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
