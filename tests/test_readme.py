"""What the README shows is what is printed."""

import re
from pathlib import Path

import pytest

from index.collection import Collection
from index.encoders.protocol import Encoder
from index.reranker import open_reranker
from service.answering import Question, answer
from service.commands import serve
from service.commands.ask import as_text
from service.library import Library
from tests.building import makers

_README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
_SHOWN = re.findall(
    r'\$ \.venv/bin/pincite ask "([^"]+)"(?: -k (\d+))?\n(.*?)```', _README, re.DOTALL
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, packaged: Encoder) -> Library:
    """Serve the sample as `make serve` does where nothing is indexed."""
    home = tmp_path_factory.mktemp("home")
    serve.index_sample(Collection(home, "default"), makers(packaged, "faiss:auto"))
    return Library(home, packaged, open_reranker("packaged"))


def test_the_readme_shows_an_answer_and_a_refusal() -> None:
    """Two questions with what is printed."""
    assert [question for question, _, _ in _SHOWN] == [
        "Can I stop taking baclofen suddenly?",
        "What is the capital of France?",
    ]


@pytest.mark.parametrize(("question", "count", "printed"), _SHOWN, ids=["answered", "refused"])
def test_the_printed_answer_is_real(
    sample: Library, question: str, count: str, printed: str
) -> None:
    """Word for word, score and measured meaning included."""
    found = answer(sample, Question(question, top_k=int(count or 5)))
    assert as_text(found) + "\n" == printed
