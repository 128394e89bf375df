"""Search by words against plain counting."""

import math
from pathlib import Path

import numpy as np
import pytest

from index import lexical
from index.lexical import PARAGRAPH, SENTENCE, LexicalIndex
from index.members import Members
from index.selection import RowSelection

TEXTS = (
    "Baclofen relaxes stiff muscles",
    "Tizanidine works for three hours and baclofen for longer",
    "Stretch the calf before bed",
    "The clinic opens before nine and the gym opens after nine",
    "Naïve muscles ache",
)
PARAGRAPHS = (
    f"{TEXTS[0]} {TEXTS[1]}",
    f"Heading of two {TEXTS[2]} {TEXTS[3]}",
    f"{TEXTS[4]} {TEXTS[0]}",
)
MEMBERS = ((0, 2), (0,), (1,), (1,), (2,))
DOCUMENTS = ("one", "two", "three")


def written(folder: Path, count: int = len(TEXTS)) -> LexicalIndex:
    """Index the first texts and their paragraphs, a document a paragraph."""
    paragraphs = len(PARAGRAPHS) if count else 0
    of = Members.of(MEMBERS[:count], paragraphs, MEMBERS[:count], ["statement"] * count)
    (folder / "lexical").mkdir()
    lexical.create(
        folder / "lexical",
        (
            (text, [DOCUMENTS[one] for one in own])
            for text, own in zip(TEXTS[:count], MEMBERS[:count], strict=True)
        ),
        zip(PARAGRAPHS[:paragraphs], ([one] for one in DOCUMENTS[:paragraphs]), strict=True),
        of,
    )
    return LexicalIndex(folder / "lexical", of)


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    """Index all texts."""
    return written(tmp_path)


def selection(*documents: str) -> RowSelection:
    """Return what is left by a filter that allows these documents."""
    numbers = np.array([one in documents for one in DOCUMENTS])
    rows = np.array([any(numbers[list(own)]) for own in MEMBERS])
    mixed = rows & np.array([not all(numbers[list(own)]) for own in MEMBERS])
    return RowSelection(frozenset(documents), numbers, rows, mixed, int(rows.sum()))


def idf(count: int, texts: int = len(TEXTS)) -> float:
    """Inverse document frequency of a word that `count` of the texts hold, as BM25 has it."""
    return math.log(1 + (texts - count + 0.5) / (count + 0.5))


def test_candidates_are_the_best_sentences_and_what_stands_in_the_best_paragraphs(
    index: LexicalIndex,
) -> None:
    """One sentence has the word; the others of its paragraph come with it, up to k of them."""
    assert index.search(index.terms("tizanidine"), 10) == [0, 1]
    assert index.search(index.terms("heading"), 10) == [2, 3]
    assert index.search(index.terms("heading"), 1) == [2]
    assert index.search(index.terms("bed baclofen nine"), 10) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("wide", [0.0, 2.0])
def test_within_a_selection_only_its_rows_are_found(
    index: LexicalIndex, monkeypatch: pytest.MonkeyPatch, wide: float
) -> None:
    """Whether the filter is applied to what is found among all, or the documents are asked for."""
    monkeypatch.setattr(lexical, "_WIDE", wide)
    terms = index.terms("muscles baclofen nine")
    assert index.search(terms, 10, selection("one")) == [0, 1]
    assert index.search(terms, 10, selection("two")) == [2, 3]
    assert index.search(terms, 10, selection("two", "three")) == [0, 2, 3, 4]
    assert index.search(terms, 1, selection("two")) in ([3], [2, 3])
    assert index.search(index.terms("tizanidine"), 5, selection("two")) == []
    assert index.search(index.terms("?!"), 5, selection("two")) == []


def test_coverage_is_the_weighted_share_of_terms(index: LexicalIndex) -> None:
    """A text holds the share of the question's weight that its words have, however often."""
    terms = index.terms("Do muscles ache after nine?")
    weight = {"muscl": idf(2), "ach": idf(1), "after": idf(1), "nine": idf(1)}
    assert terms.idf[SENTENCE] == pytest.approx({**weight})
    total = sum(weight.values())
    expected = [
        weight["muscl"] / total,
        0.0,
        0.0,
        (weight["after"] + weight["nine"]) / total,
        (weight["muscl"] + weight["ach"]) / total,
    ]
    assert index.coverage(terms, SENTENCE, range(5)) == pytest.approx(expected)
    assert index.coverage(terms, SENTENCE, [4, 0]) == pytest.approx([expected[4], expected[0]])
    assert len(index.coverage(terms, SENTENCE, [])) == 0


def test_coverage_by_paragraphs_is_of_all_of_them_together(index: LexicalIndex) -> None:
    """What stands in any paragraph of a passage counts; how rare it is counts passages."""
    terms = index.terms("tizanidine ache heading unheard")
    weight = {"tizanidin": idf(2), "ach": idf(2), "head": idf(2), "unheard": idf(1)}
    assert terms.idf[PARAGRAPH] == pytest.approx(weight)
    each, total = idf(2), sum(weight.values())
    expected = np.array([2 * each, each, each, each, each]) / total
    assert index.coverage(terms, PARAGRAPH, range(5)) == pytest.approx(expected)


def test_the_share_of_a_text_is_what_coverage_says_of_it(index: LexicalIndex) -> None:
    """A text by itself is worth what it is as a row of the index, synonyms and all."""
    terms = index.terms("physio for muscles after the gym", [("physio", "stiff muscles")])
    covered = index.coverage(terms, SENTENCE, range(len(TEXTS)))
    for row, text in enumerate(TEXTS):
        assert index.share(terms, SENTENCE, text) == pytest.approx(covered[row])
    assert index.share(index.terms("?!"), SENTENCE, "Words") == 0.0


def test_a_term_of_no_text_counts_as_if_of_one(index: LexicalIndex) -> None:
    """An unknown word lowers the share; it does not drown the known ones."""
    terms = index.terms("baclofen xylophone")
    assert terms.idf[SENTENCE]["xylophon"] == pytest.approx(idf(1))
    share = idf(2) / (idf(2) + idf(1))
    assert index.coverage(terms, SENTENCE, [0]) == pytest.approx([share])


def test_stop_words_count_only_when_there_is_nothing_else(index: LexicalIndex) -> None:
    """What a question is put with is left out, unless it is all there is."""
    assert set(index.terms("When does the gym open?").idf[SENTENCE]) == {"gym", "open"}
    assert set(index.terms("the and").idf[SENTENCE]) == {"the", "and"}


def test_accents_and_case_do_not_matter(index: LexicalIndex) -> None:
    """A question typed without accents finds the text that has them."""
    assert index.search(index.terms("NAIVE"), 5) == [0, 4]


def test_a_question_of_signs_finds_nothing(index: LexicalIndex) -> None:
    """Signs of a query language are no commands, and no terms."""
    assert index.search(index.terms('+-:"*~^()[]'), 5) == []


def test_an_empty_index_answers_nothing(tmp_path: Path) -> None:
    """No texts, no hits."""
    index = written(tmp_path, 0)
    assert len(index) == 0
    assert index.search(index.terms("spasm"), 5) == []
