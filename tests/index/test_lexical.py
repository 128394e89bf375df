"""Lexical search against plain counting."""

import math
import re
from collections import Counter
from pathlib import Path

import pytest

from index import lexical
from index.lexical import PARAGRAPH, SENTENCE, LexicalIndex

TEXTS = (
    "Baclofen relaxes stiff muscles",
    "Tizanidine works for three hours and baclofen for longer",
    "Stretch the calf before bed",
    "The clinic opens before nine and the gym opens after nine",
    "Naïve muscles ache",
)
K1, B = 1.2, 0.75


def words(text: str) -> list[str]:
    """Lower-case words; these texts have no word that a stemmer changes in both directions."""
    return re.findall(r"\w+", text.lower())


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    """Index the texts, each with itself and the next as its paragraph."""
    rows = [
        (text, f"{text} {TEXTS[(at + 1) % len(TEXTS)]}", (f"odd-{at % 2}", f"of-{at}"))
        for at, text in enumerate(TEXTS)
    ]
    lexical.create(tmp_path, rows)
    return LexicalIndex(tmp_path)


def idf(count: int) -> float:
    """Inverse document frequency of a word that `count` of the texts hold, as BM25 has it."""
    return math.log(1 + (len(TEXTS) - count + 0.5) / (count + 0.5))


def test_scores_are_those_of_bm25(index: LexicalIndex) -> None:
    """Each score is that of BM25 written out; texts this short have exact lengths."""
    asked = ("baclofen", "bed", "nine")
    mean = sum(len(words(text)) for text in TEXTS) / len(TEXTS)
    expected = {}
    for row, text in enumerate(TEXTS):
        counts = Counter(words(text))
        score = sum(
            idf(sum(word in words(other) for other in TEXTS))
            * counts[word]
            * (K1 + 1)
            / (counts[word] + K1 * (1 - B + B * len(words(text)) / mean))
            for word in asked
        )
        if score:
            expected[row] = score
    found = dict(index.search(index.terms("baclofen bed nine"), 10, 0.0))
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_best_come_first_and_ties_by_row(index: LexicalIndex) -> None:
    """Scores fall; equal scores come in the order of the rows."""
    found = index.search(index.terms("baclofen muscles"), 10, 0.5)
    assert found == sorted(found, key=lambda entry: (-entry[1], entry[0]))
    assert len(index.search(index.terms("baclofen muscles"), 2, 0.5)) == 2


def test_coverage_is_the_weighted_share_of_terms(index: LexicalIndex) -> None:
    """A text holds the share of the question's weight that its words have, however often."""
    terms = index.terms("Do muscles ache after nine?")
    weight = {"muscl": idf(2), "ach": idf(1), "after": idf(1), "nine": idf(1)}
    assert terms.idf[SENTENCE] == pytest.approx({**weight})
    total = sum(weight.values())
    assert index.coverage(terms, SENTENCE, range(5)) == pytest.approx(
        {
            0: weight["muscl"] / total,
            3: (weight["after"] + weight["nine"]) / total,
            4: (weight["muscl"] + weight["ach"]) / total,
        }
    )


def test_coverage_is_only_of_the_rows_asked_for(index: LexicalIndex) -> None:
    """Other rows are not returned, nor rows without any of the terms."""
    terms = index.terms("muscles")
    assert set(index.coverage(terms, SENTENCE, [0, 2])) == {0}
    assert set(index.coverage(terms, PARAGRAPH, [0, 2, 3])) == {0, 3}
    assert index.coverage(terms, SENTENCE, []) == {}


def test_within_documents_the_best_of_their_rows_are_found(index: LexicalIndex) -> None:
    """The same rows with the same scores as among all, but for those that stand elsewhere."""
    terms = index.terms("baclofen muscles and the gym")
    every = index.search(terms, 10, 0.5)
    for documents in ({"odd-1"}, {"of-0", "of-4"}, {"odd-0", "of-1"}, {"none"}, set()):
        wanted = [
            (row, score) for row, score in every if {f"odd-{row % 2}", f"of-{row}"} & documents
        ]
        for k in (1, 10):
            found = index.search(terms, k, 0.5, documents)
            assert [row for row, _ in found] == [row for row, _ in wanted[:k]]
            assert [score for _, score in found] == pytest.approx([s for _, s in wanted[:k]])
    assert index.search(index.terms("?!"), 5, 0.5, {"odd-1"}) == []


def test_the_share_of_a_text_is_what_coverage_says_of_it(index: LexicalIndex) -> None:
    """A text by itself is worth what it is as a row of the index, synonyms and all."""
    terms = index.terms("physio for muscles after the gym", [("physio", "stiff muscles")])
    covered = index.coverage(terms, SENTENCE, range(len(TEXTS)))
    for row, text in enumerate(TEXTS):
        assert index.share(terms, SENTENCE, text) == pytest.approx(covered.get(row, 0.0))
    assert index.share(index.terms("?!"), SENTENCE, "Words") == 0.0


def test_a_term_of_no_text_counts_as_if_of_one(index: LexicalIndex) -> None:
    """An unknown word lowers the share; it does not drown the known ones."""
    terms = index.terms("baclofen xylophone")
    assert terms.idf[SENTENCE]["xylophon"] == pytest.approx(idf(1))
    share = idf(2) / (idf(2) + idf(1))
    assert index.coverage(terms, SENTENCE, [0]) == pytest.approx({0: share})


def test_stop_words_count_only_when_there_is_nothing_else(index: LexicalIndex) -> None:
    """What a question is put with is left out, unless it is all there is."""
    assert set(index.terms("When does the gym open?").idf[SENTENCE]) == {"gym", "open"}
    assert set(index.terms("the and").idf[SENTENCE]) == {"the", "and"}


def test_accents_and_case_do_not_matter(index: LexicalIndex) -> None:
    """A question typed without accents finds the text that has them."""
    assert index.search(index.terms("NAIVE"), 5, 0.0)[0][0] == 4


def test_a_question_of_signs_finds_nothing(index: LexicalIndex) -> None:
    """Signs of a query language are no commands, and no terms."""
    assert index.search(index.terms('+-:"*~^()[]'), 5, 0.5) == []


def test_an_empty_index_answers_nothing(tmp_path: Path) -> None:
    """No texts, no hits."""
    lexical.create(tmp_path, [])
    index = LexicalIndex(tmp_path)
    assert len(index) == 0
    assert index.search(index.terms("spasm"), 5, 0.5) == []
