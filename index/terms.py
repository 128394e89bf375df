"""The terms of texts and questions: what a search by words compares, whichever engine runs it.

Words are lower-cased, stripped of accents and stemmed (English Snowball), by tantivy.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import tantivy

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

    @property
    def all_words(self) -> list[str]:
        """Return every term to search with, those of the question first."""
        words = (word for weights in self.idf.values() for word in weights)
        others = (word for ways in self.equal.values() for together in ways for word in together)
        return list(dict.fromkeys([*words, *others]))

    def share(self, field: str, held: Collection[str]) -> float:
        """Return the share in [0, 1] of the terms that a text holds, which has the terms `held`.

        Each term weighs its inverse document frequency, however often it occurs and however long
        the text is; the share means the same for every question.
        """
        total = self.total(field)
        found = sum(
            weight
            for word, weight in self.idf[field].items()
            if word in held
            or any(
                together and all(one in held for one in together)
                for together in self.equal.get(word, ())
            )
        )
        return min(found / total, 1.0) if total > 0.0 else 0.0


def analyzer(stop_words: Sequence[str] = ()) -> tantivy.TextAnalyzer:
    """Return what makes terms of a text; `analyze` gives them in order."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.custom_stopword(list(stop_words)))
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for: its distinct terms, and what means the same as some of them."""

    words: Sequence[str]
    equal: Mapping[str, Sequence[Sequence[str]]]

    @property
    def all_words(self) -> list[str]:
        """Return every term to search with, those of the question first."""
        others = (word for ways in self.equal.values() for together in ways for word in together)
        return list(dict.fromkeys([*self.words, *others]))

    def weighed(self, fields: Sequence[str], count: int, found: Callable[[str, str], int]) -> Terms:
        """Weigh the terms; `found` gives how many of `count` texts hold a term in a field.

        A term that no text holds counts as if one did: in a collection of fifty sentences it would
        else outweigh all others.
        """
        return Terms(
            {
                field: {word: idf(count, found(field, word)) for word in self.words}
                for field in fields
            },
            self.equal,
        )


def idf(count: int, found: int) -> float:
    """Return a term's inverse document frequency, where `found` of `count` texts hold it."""
    found = max(found, 1)
    return math.log(1.0 + (count - found + 0.5) / (found + 0.5))


class Asking:
    """Questions to terms."""

    def __init__(self) -> None:
        self._analyzer = analyzer()
        self._of_question = analyzer(_STOP_WORDS)

    def asked(self, question: str, equal: Sequence[tuple[str, str]] = ()) -> Asked:
        """Analyse a question, without stop words unless it has nothing else.

        `equal` pairs what the question says with what means the same: a text that has the other
        holds the term.
        """
        words = self._of_question.analyze(question) or self._analyzer.analyze(question)
        others: dict[str, list[list[str]]] = {}
        for typed, other in equal:
            for word in self._analyzer.analyze(typed):
                others.setdefault(word, []).append(self._analyzer.analyze(other))
        return Asked(list(dict.fromkeys(words)), others)

    def held(self, text: str) -> frozenset[str]:
        """Return the distinct terms of a text."""
        return frozenset(self._analyzer.analyze(text))
