from collections.abc import Sequence
from pathlib import Path

import pytest

from index.encoders.hashing import HashingEncoder
from index.ranking import DEFAULT, MINILM, Mode, Options
from index.retriever import Retriever
from tests.building import LEAFLETS, indexed, opened

QUESTION = "How often do I take baclofen?"
MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")


class Likes:
    """A reranker that likes the passages that hold a word, and remembers what it read."""

    name = "likes"

    def __init__(self, word: str) -> None:
        self.word = word
        self.read: list[str] = []

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        """Judge 1 where the word stands, 0 elsewhere."""
        assert question
        self.read += passages
        return [float(self.word in passage) for passage in passages]


def reranked(home: Path, word: str) -> tuple[Retriever, Likes]:
    """Return the leaflets' retriever with a reranker that likes a word."""
    likes = Likes(word)
    return Retriever(indexed(home).published(), HashingEncoder(), likes), likes


@pytest.mark.parametrize("mode", MODES)
def test_hits_are_ordered_and_scored_by_their_signals(tmp_path: Path, mode: Mode) -> None:
    """Score and sum are those of the signals; best first; equal ones in passage order."""
    hits = opened(indexed(tmp_path)).search(QUESTION, 50, mode)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    for hit in hits:
        assert hit.fused == MINILM.fused(hit.signals, mode)
        assert hit.score == MINILM.score(hit.fused, mode, reranked=False)
    assert [hit.fused for hit in hits] == sorted((hit.fused for hit in hits), reverse=True)


def test_every_signal_is_what_a_plain_computation_gives(tmp_path: Path) -> None:
    """Cosines are the encoder's own; words are worth what they share with the question's.

    "How", "do" and "I" only ask; "often", "take" and "baclofen" are the terms.
    """
    retriever = opened(indexed(tmp_path))
    encoder = HashingEncoder()
    query = encoder.encode_questions([QUESTION])[0]
    hits = retriever.search(QUESTION, 50)
    for hit in hits:
        vector = encoder.encode_passages([hit.passage.text])[0]
        assert hit.signals.dense == pytest.approx(float(vector @ query), abs=1e-5)
    five, ten = (
        "Take 5 mg of baclofen three times a day.",
        "Take 10 mg of baclofen three times a day.",
    )
    by_text = {hit.passage.text: hit.signals for hit in hits}
    assert by_text[five].lexical == by_text[ten].lexical
    assert 0.0 < by_text[five].lexical < 1.0
    assert by_text["Drink enough water during the day."].lexical == 0.0
    assert by_text["Tablets"].role == "heading"


def test_many_hits_are_a_prefix_of_more(tmp_path: Path) -> None:
    """The best three are the first three of the best ten."""
    retriever = opened(indexed(tmp_path))
    for mode in MODES:
        more = retriever.search(QUESTION, 10, mode)
        assert retriever.search(QUESTION, 3, mode) == more[:3]


def test_the_reranker_reads_the_best_few_after_title_and_headings(tmp_path: Path) -> None:
    """It is asked of as many as it is worth, in the order found, each where it stands."""
    retriever, likes = reranked(tmp_path, "nothing")
    plain = opened(indexed(tmp_path)).search(QUESTION, DEFAULT.reranked)
    retriever.search(QUESTION, 1)
    assert len(likes.read) == DEFAULT.reranked
    for read, hit in zip(likes.read, plain, strict=True):
        assert read.endswith(hit.passage.text)
    assert "tablets. Tablets. Take 5 mg of baclofen three times a day." in likes.read


def test_what_the_reranker_likes_comes_first(tmp_path: Path) -> None:
    """A judgement of 1 lifts a passage above those judged 0; scores stay in order."""
    retriever, _ = reranked(tmp_path, "suddenly")
    hits = retriever.search("baclofen tablets three times", 5)
    assert hits[0].passage.text == "Do not stop the tablets suddenly."
    assert hits[0].signals.rerank == 1.0
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].score == MINILM.score(hits[0].fused, "hybrid", reranked=True)
    assert retriever.reranks


def test_what_was_not_reranked_stays_behind(tmp_path: Path) -> None:
    """Beyond the best few there is no judgement, and none of them overtakes."""
    texts = {"many.txt": "\n\n".join(f"Spasms may last {n} seconds." for n in range(2, 12))}
    likes = Likes("7")
    retriever = Retriever(indexed(tmp_path, texts).published(), HashingEncoder(), likes)
    hits = retriever.search("How long do spasms last?", 10)
    rest = len(hits) - DEFAULT.reranked
    expected = [True] * DEFAULT.reranked + [False] * rest
    assert [hit.signals.rerank is not None for hit in hits] == expected


def test_asking_for_nothing_or_of_nothing_finds_nothing(tmp_path: Path) -> None:
    """No hits wanted, no hits; no terms, none by words alone."""
    retriever = opened(indexed(tmp_path))
    assert retriever.search(QUESTION, 0) == []
    assert retriever.search("?!", 5, "lexical") == []


def test_a_passage_in_two_places_counts_its_best_paragraph(tmp_path: Path) -> None:
    """The sentence on falls stands in both leaflets and is one hit, at its better place."""
    retriever = opened(indexed(tmp_path, LEAFLETS))
    hits = retriever.search("Tell your nurse about every fall", 20)
    same = [hit for hit in hits if hit.passage.text == "Tell your nurse about every fall."]
    assert len(same) == 1
    row = next(row.row for row in retriever.catalog.all_rows() if row.passage == same[0].passage)
    paragraphs = retriever.kept.paragraphs()
    query = HashingEncoder().encode_questions(["Tell your nurse about every fall"])[0]
    best = max(
        float(paragraphs[one] @ query) for one in retriever.catalog.paragraph_rows([row])[row]
    )
    assert len(retriever.catalog.paragraph_rows([row])[row]) == 2
    assert same[0].signals.dense_paragraph == pytest.approx(best, abs=1e-6)


def test_an_operator_chooses_how_many_are_reranked(tmp_path: Path) -> None:
    """Two are read where two are allowed; with none the reranker is not asked, as without one."""
    kept = indexed(tmp_path).published()
    likes = Likes("nothing")
    Retriever(kept, HashingEncoder(), likes, Options(reranked=2)).search(QUESTION, 5)
    assert len(likes.read) == 2
    silent = Likes("nothing")
    retriever = Retriever(kept, HashingEncoder(), silent, Options(reranked=0))
    assert retriever.search(QUESTION, 5) == Retriever(kept, HashingEncoder()).search(QUESTION, 5)
    assert silent.read == []


def test_without_context_a_sentence_counts_as_itself_alone(tmp_path: Path) -> None:
    """Its paragraph changes nothing, and the reranker reads it without its headings."""
    kept = indexed(tmp_path).published()
    likes = Likes("nothing")
    retriever = Retriever(kept, HashingEncoder(), likes, Options(context=False))
    hits = retriever.search(QUESTION, 5)
    assert {hit.passage.text for hit in hits} <= {*likes.read}
    for hit in hits:
        one = hit.signals
        assert hit.fused == pytest.approx(
            one.dense
            + 0.5 * one.lexical
            + 2.0 * (one.rerank or 0.0)
            - {"statement": 0.0, "heading": 0.35, "question": 1.0}[one.role]
        )
