"""A tiny system of the tests: the sentences that share most words, with the one before as context.

Run as the peers' adapters are; a question that holds "fail" fails.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.protocol import Found, Sentence, main, read

SLOW_SECONDS = 0.03


class WordOverlap:
    """Answers at once."""

    packages = ("numpy",)
    seconds = 0.0

    def __init__(self, model: str, store: Path) -> None:
        self._model, self._file = model, store / "sentences.jsonl"
        self._sentences: list[Sentence] = []

    def load(self) -> None:
        """Print what must not reach the runner: a library would."""
        print(f"loading {self._model}")  # noqa: T201

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Write the sentences down; with vectors, count them."""
        if vectors is not None:
            assert vectors.read_text(encoding="utf-8") == "vectors"
        lines = "".join(json.dumps(asdict(one)) + "\n" for one in sentences)
        self._file.write_text(lines, encoding="utf-8")

    def open(self, server: str | None) -> None:
        """Read them."""
        assert server is None
        self._sentences = read(self._file)

    def query(self, question: str, top: int) -> list[Found]:
        """Rank by words in common."""
        if "fail" in question:
            raise ValueError("told to")
        time.sleep(self.seconds)
        words = set(question.lower().strip("?").split())

        def common(one: Sentence) -> int:
            return -len(words & set(one.text.lower().strip(".").split()))

        best = sorted(self._sentences, key=common)[:top]
        return [
            Found(one.number, one.text, f"{self._sentences[one.number - 1].text} {one.text}")
            for one in best
        ]

    def encode(self, question: str) -> None:  # noqa: ARG002 - there is no model
        """Take as long as a question."""
        time.sleep(self.seconds)


if __name__ == "__main__":
    main(WordOverlap)
