"""Lexical search: BM25 over sentences and over the paragraphs they stand in.

The engine is tantivy (Lucene's design): postings on disk, mapped, with the best-first pruning that
keeps a search in milliseconds as a collection grows. BM25 (Robertson and Zaragoza 2009) has
k1 = 1.2 and b = 0.75; words are lower-cased, stripped of accents and stemmed (English Snowball).
"""

import math
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import tantivy

from index.errors import DamagedError

_ANALYZER = "pincite"
_HEAP_BYTES = 64_000_000
SENTENCE, PARAGRAPH = "sentence", "paragraph"
_DOCUMENT = "document"


# Lucene's English stop words, words that only ask, and what tokenising leaves of contractions. They
# say how a question is put, not what it is about; texts are indexed with them all the same.
_STOP_WORDS = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then "
    "there these they this to was will with what which who whom whose when where why how do does "
    "did can could should would has have had were been being am i me my we our us you your he she "
    "his her its from about so than too very many much s t d m ll re ve"
).split()


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's distinct terms, each with its inverse document frequency per field."""

    idf: Mapping[str, Mapping[str, float]]  # field -> term -> idf
    equal: Mapping[str, Sequence[Sequence[str]]]  # term -> other terms that together mean the same

    def total(self, field: str) -> float:
        """Return the sum of the terms' weights in `field`; terms found nowhere count as well."""
        return sum(self.idf[field].values())


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    for field in (SENTENCE, PARAGRAPH):
        builder.add_text_field(field, stored=False, tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field(_DOCUMENT, stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _analyzer(stop_words: Sequence[str] = ()) -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.custom_stopword(list(stop_words)))
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def create(folder: Path, texts: Iterable[tuple[str, str, Iterable[str]]]) -> None:
    """Write the index into the empty `folder`, in row order.

    Each row is (sentence, paragraph, the ids of the documents in which it stands).
    """
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer(_ANALYZER, _analyzer())
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
                index.register_tokenizer(_ANALYZER, _analyzer())
                self._searcher = index.searcher()
        except (ValueError, OSError) as error:
            raise DamagedError(f"{folder}: the lexical index cannot be opened: {error}") from error
        self._schema = _schema()
        self._analyzer = _analyzer()
        self._question_analyzer = _analyzer(_STOP_WORDS)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def terms(self, question: str, equal: Sequence[tuple[str, str]] = ()) -> Terms:
        """Analyse a question into its terms, without stop words unless it has nothing else.

        A term that no text holds counts as if one did: in a collection of fifty sentences it would
        else outweigh all others. `equal` pairs what the question says with what means the same:
        a text that has the other holds the term.
        """
        words = self._question_analyzer.analyze(question) or self._analyzer.analyze(question)
        count = len(self)
        idf = {
            field: {
                word: math.log(1.0 + (count - found + 0.5) / (found + 0.5))
                for word in dict.fromkeys(words)
                for found in (max(self._searcher.doc_freq(field, word), 1),)
            }
            for field in (SENTENCE, PARAGRAPH)
        }
        others: dict[str, list[list[str]]] = {}
        for typed, other in equal:
            for word in self._analyzer.analyze(typed):
                others.setdefault(word, []).append(self._analyzer.analyze(other))
        return Terms(idf, others)

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
        total = terms.total(field)
        held = set(self._analyzer.analyze(text))
        found = sum(
            weight
            for word, weight in terms.idf[field].items()
            if word in held
            or any(together and held.issuperset(together) for together in terms.equal.get(word, ()))
        )
        return min(found / total, 1.0) if total > 0.0 else 0.0

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
