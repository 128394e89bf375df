"""Text of any length, recombined from the project's own: its parts, its words, and Zipf's law.

A paragraph keeps to one subject: one document of the clinic's benchmark, from whose sentences two
pieces in three are taken. Between pieces stand words drawn by Zipf's law (rank r with a chance of
1 / (r + 2.7), as Mandelbrot has it) from a vocabulary whose head is the benchmark's own words, the
commonest first, and whose tail is made up of syllables. What comes out means nothing, but has the
lengths, the common words and the rare ones of text that does.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SENTENCES_A_PARAGRAPH = 8
PARAGRAPHS_A_DOCUMENT = 8
_VOCABULARY = 60_000
_BENCHMARK = Path(__file__).parents[2] / "evaluation" / "clinic"
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n+")
_PIECE = re.compile(r"(?:, | and | or | when | if | because | which | that |\.|: )")
_WORD = re.compile(r"[a-z]+")
_ONSETS = "b br c cl d dr f fl g gl k l m n p pr r s st t tr v x z".split()
_VOWELS = "a e i o u ia io".split()
_CODAS = " n l r m x s".split(" ")


class Recombined:
    """Paragraphs by number: the same number, the same text."""

    def __init__(self) -> None:
        documents = [
            json.loads(line)["text"]
            for line in (_BENCHMARK / "documents.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        self._pieces = [_pieces(text) for text in documents]
        counts = Counter(word for text in documents for word in _WORD.findall(text.lower()))
        words = [word for word, _ in counts.most_common()]
        self._vocabulary = np.array([*words, *_made_up(_VOCABULARY - len(words), {*words})])
        chance = 1.0 / (np.arange(len(self._vocabulary)) + 2.7)
        self._cumulated = np.cumsum(chance / chance.sum())

    def paragraph(self, number: int) -> list[str]:
        """Return the sentences of one paragraph."""
        random = np.random.default_rng((9, number))
        count = SENTENCES_A_PARAGRAPH
        subject = int(random.integers(len(self._pieces)))
        others = random.integers(len(self._pieces), size=3 * count)
        chosen = np.where(random.random(3 * count) < 2 / 3, subject, others).tolist()
        subjects = [self._pieces[one] for one in chosen]
        where = random.random(3 * count).tolist()
        drawn = self._drawn(random, 6 * count)
        sentences = []
        for at in range(0, 3 * count, 3):
            one, other, last = (
                pieces[int(share * len(pieces))]
                for pieces, share in zip(subjects[at : at + 3], where[at : at + 3], strict=True)
            )
            a, b, c, d, e, f = drawn[2 * at : 2 * at + 6]
            long = f"{a} {b} {one} {c} {last} {d} {e} {f}"
            text = f"{one} {a} {b} {other} {c} {d}" if at % 2 else long
            sentences.append(f"{text[0].upper()}{text[1:]}.")
        return sentences

    def question(self, number: int) -> str:
        """Return a question of a few words of a sentence, and common words around them."""
        random = np.random.default_rng((10, number))
        pieces = self._pieces[int(random.integers(len(self._pieces)))]
        piece = pieces[int(random.integers(len(pieces)))]
        a, b = self._drawn(random, 2)
        start = ("What should I know about", "Why does it help if", "How long until")[number % 3]
        return f"{start} {piece} with the {a} and {b}?"

    def _drawn(self, random: np.random.Generator, count: int) -> list[str]:
        at = np.searchsorted(self._cumulated, random.random(count))
        chosen: NDArray[np.str_] = self._vocabulary[np.minimum(at, len(self._vocabulary) - 1)]
        return [str(word) for word in chosen]


def _pieces(text: str) -> list[str]:
    sentences = (one.strip() for one in _SENTENCE.split(text))
    pieces = (piece.strip() for one in sentences for piece in _PIECE.split(one))
    return [piece for piece in dict.fromkeys(pieces) if 2 <= len(piece.split()) <= 7]


def _made_up(count: int, taken: set[str]) -> Sequence[str]:
    random = np.random.default_rng(8)
    made: dict[str, None] = {}
    while len(made) < count:
        syllables = [
            _ONSETS[a] + _VOWELS[b] + _CODAS[c]
            for a, b, c in zip(
                random.integers(len(_ONSETS), size=3),
                random.integers(len(_VOWELS), size=3),
                random.integers(len(_CODAS), size=3),
                strict=True,
            )
        ]
        word = "".join(syllables[: int(random.integers(2, 4))])
        if word not in taken:
            made[word] = None
    return list(made)
