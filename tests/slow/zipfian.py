"""Sentences by number, of made words that are as unequally common as a language's (Zipf)."""

import random
from collections.abc import Iterator
from itertools import accumulate

from corpus.documents import Document
from corpus.reading import document_from_bytes

_WORDS = 60_000
_PER_PARAGRAPH = 5
_PER_DOCUMENT = 50
_SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in "aeiou"]


class Zipfian:
    """The same number, the same sentence."""

    def __init__(self) -> None:
        chance = random.Random(1)  # noqa: S311 - the same every time, on purpose
        words: dict[str, None] = {}
        while len(words) < _WORDS:
            words["".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 3, 3, 4))))] = None
        self._words = list(words)
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(_WORDS)))

    def sentence(self, number: int) -> str:
        """Return a sentence of 10 to 25 words that no other number has."""
        chance = random.Random(number)  # noqa: S311 - see above
        words = chance.choices(self._words, cum_weights=self._weights, k=chance.randint(9, 24))
        return f"{' '.join(words).capitalize()} visit{number}."

    def question(self, number: int) -> str:
        """Return a question that has all the words of a sentence but its number."""
        return self.sentence(number).rpartition(" ")[0] + "?"

    def documents(self, sentences: int) -> Iterator[Document]:
        """Give documents of 50 sentences each, in paragraphs of five."""
        for first in range(0, sentences, _PER_DOCUMENT):
            paragraphs = [
                " ".join(self.sentence(at + one) for one in range(_PER_PARAGRAPH))
                for at in range(first, first + _PER_DOCUMENT, _PER_PARAGRAPH)
            ]
            text = "\n\n".join([f"Leaflet {first}", *paragraphs]) + "\n"
            yield document_from_bytes(text.encode(), f"{first:08}.txt", "text/plain")
