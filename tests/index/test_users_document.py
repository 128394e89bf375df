"""The document the project was asked for with, answered by the default models."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.collection import Collection
from index.encoders.protocol import Encoder
from index.reranker import open_reranker
from index.update import update
from service.answering import Answer, Question, answer
from service.library import Library
from service.settings import Settings
from tests.building import makers

DOCUMENT = Path(__file__).parents[2].parent / "shared/data/document/ms-spasticity.txt"
HELD = Path(__file__).parents[1] / "users_document" / "questions.jsonl"

pytestmark = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason="the document is not the project's to give away"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; the lines of the first quotes that are right; none where there is no answer."""

    question: str
    lines: Sequence[int]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, packaged: Encoder) -> Library:
    """Index and open the document as `pincite serve` does by default."""
    home = tmp_path_factory.mktemp("users-document")
    update(Collection(home, "default"), [DOCUMENT], makers(packaged, Settings().engine))
    return Library(home, packaged, open_reranker(Settings().reranker))


def questions(*, answerable: bool) -> list[Asked]:
    """Return the questions that the document answers, or those that it does not."""
    found = []
    for line in HELD.read_text(encoding="utf-8").splitlines():
        body = json.loads(line)
        lines = body.get("line") or []
        found.append(Asked(body["question"], [lines] if isinstance(lines, int) else lines))
    return [one for one in found if bool(one.lines) == answerable]


def ask(library: Library, question: str) -> Answer:
    """Ask as the API does when nothing but the question is given."""
    return answer(library, Question(question))


def test_the_first_quote_is_the_sentence_that_answers(library: Library) -> None:
    """How long do the spasms last: its own sentence, on line 27."""
    first = ask(library, "How long do the spasms usually last?").citations[0]
    assert first.quote == "These spasms usually last 60 to 90 seconds."
    assert first.place.line == 27


def test_a_sentence_of_the_repeated_paragraph_cites_both_places(library: Library) -> None:
    """The paragraph stands on lines 1 and 6; every sentence of it is cited with both."""
    catalog = library.retriever("default").catalog
    (card,) = catalog.documents()
    repeated = [one.sentence for one in catalog.sentences(card.document_id) if one.line == 1]
    assert len(repeated) >= 2
    for sentence in repeated:
        quote = catalog.excerpt(card.document_id, sentence.start, sentence.end)
        first = ask(library, quote[:1000]).citations[0]
        assert first.quote == quote
        assert {first.place.line, *(other.line for other in first.also_in)} == {1, 6}


def test_what_it_does_not_answer_is_refused(library: Library) -> None:
    """The capital of France is no_answer, with nothing cited."""
    found = ask(library, "What is the capital of France?")
    assert (found.status, found.reason) == ("no_answer", "nothing_relevant")
    assert found.citations == ()


def test_six_of_seven_first_quotes_are_right(library: Library) -> None:
    """Of the answerable questions, misspelt ones among them, 85 in 100 have a right line first."""
    asked = questions(answerable=True)
    wrong = []
    for one in asked:
        found = ask(library, one.question)
        lines = (
            {found.citations[0].place.line, *(other.line for other in found.citations[0].also_in)}
            if found.citations
            else set()
        )
        if lines.isdisjoint(one.lines):
            wrong.append(one.question)
    assert len(wrong) <= 0.15 * len(asked), wrong


def test_eight_of_ten_unanswerable_questions_are_refused(library: Library) -> None:
    """Of the questions that the document does not answer at least 80 in 100 get no_answer."""
    asked = questions(answerable=False)
    answered = [one.question for one in asked if ask(library, one.question).status != "no_answer"]
    assert len(asked) >= 10
    assert len(answered) <= 0.2 * len(asked), answered
