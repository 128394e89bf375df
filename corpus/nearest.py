"""Which sentence is most like another, by the words that they share in order.

The one module that compares words with rapidfuzz.
"""

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import Indel

from corpus.dedup import exact_key

LEAST = 0.5
"""Below this, two sentences are two sentences: more of their words differ than are shared."""


class Nearest:
    """Sentences, ready to be asked which of them is most like another."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._words = [exact_key(text).split() for text in texts]

    def to(self, text: str) -> tuple[int, float] | None:
        """Return which sentence is most like `text`, and how like, in [LEAST, 1]; None if none is.

        The first of equals. 1.0 is for one that differs in nothing but white space and the shape
        of quotation marks and dashes.
        """
        words = exact_key(text).split()
        if not words:
            return None
        found = process.extractOne(
            words,
            self._words,
            scorer=Indel.normalized_similarity,
            processor=None,
            score_cutoff=LEAST,
        )
        return None if found is None else (int(found[2]), round(float(found[1]), 4))
