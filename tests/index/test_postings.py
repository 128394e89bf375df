"""An inverted index against BM25 written out."""

import math
import re
from collections import Counter
from pathlib import Path

import pytest

from index.postings import Postings, PostingsWriter
from index.terms import Asking

TEXTS = (
    "Baclofen relaxes stiff muscles",
    "Tizanidine works for three hours and baclofen for longer",
    "Stretch the calf before bed",
    "The clinic opens before nine and the gym opens after nine",
    "Naïve muscles ache",
)
K1, B = 1.2, 0.75


def words(text: str) -> list[str]:
    """Lower-case words; those asked for have no other form here."""
    return re.findall(r"\w+", text.lower())


@pytest.fixture
def postings(tmp_path: Path) -> Postings:
    """Index the texts, each in two documents."""
    with PostingsWriter(tmp_path / "texts") as writer:
        for number, text in enumerate(TEXTS):
            writer.add(number, text, (f"odd-{number % 2}", f"of-{number}"))
    return Postings(tmp_path / "texts")


def asked(question: str) -> list[str]:
    """Return the terms of a question."""
    return list(Asking().asked(question).words)


def test_scores_are_those_of_bm25(postings: Postings) -> None:
    """Each score is that of BM25 written out; texts this short have exact lengths."""
    mean = sum(len(words(text)) for text in TEXTS) / len(TEXTS)
    expected = {}
    for number, text in enumerate(TEXTS):
        counts = Counter(words(text))
        score = 0.0
        for word in ("baclofen", "bed", "nine"):
            holding = sum(word in words(other) for other in TEXTS)
            idf = math.log(1 + (len(TEXTS) - holding + 0.5) / (holding + 0.5))
            length = K1 * (1 - B + B * len(words(text)) / mean)
            score += idf * counts[word] * (K1 + 1) / (counts[word] + length)
        if score:
            expected[number] = score
    assert dict(postings.search(asked("baclofen bed nine"), 10)) == pytest.approx(
        expected, rel=1e-4
    )


def test_the_best_come_first_and_ties_by_number(postings: Postings) -> None:
    """Scores fall; equal scores come in the order of the texts; no more than asked for."""
    found = postings.search(asked("baclofen muscles"), 10)
    assert found == sorted(found, key=lambda entry: (-entry[1], entry[0]))
    assert postings.search(asked("baclofen muscles"), 2) == found[:2]


def test_within_documents_the_best_of_their_texts_are_found(postings: Postings) -> None:
    """The same texts with the same scores as among all, but for those that stand elsewhere."""
    terms = asked("baclofen muscles and the gym")
    every = postings.search(terms, 10)
    for documents in ({"odd-1"}, {"of-0", "of-4"}, {"odd-0", "of-1"}, {"none"}, set()):
        wanted = [
            (number, score)
            for number, score in every
            if {f"odd-{number % 2}", f"of-{number}"} & documents
        ]
        for k in (1, 10):
            found = postings.search(terms, k, documents)
            assert [number for number, _ in found] == [number for number, _ in wanted[:k]]
            assert [score for _, score in found] == pytest.approx([s for _, s in wanted[:k]])


def test_how_many_texts_hold_a_term(postings: Postings) -> None:
    """A text counts once, however often it has the term."""
    assert [postings.holding(word) for word in ("baclofen", "nine", "xylophon")] == [2, 1, 0]
    assert len(postings) == len(TEXTS)


def test_nothing_asked_for_finds_nothing(postings: Postings) -> None:
    """No terms, or none wanted."""
    assert postings.search([], 5) == []
    assert postings.search(asked("baclofen"), 0) == []
