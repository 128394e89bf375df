"""The language that a text is written in, where that is plain.

Not asked in the processes that read files: the model is unpacked through a file, which they may
not write, and would stand in the memory of each.
"""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 6_000
"""Code points; more of a text does not change what it is written in."""

_LEAST_LETTERS = 100
_SURE = 0.99


def detected(text: str) -> str | None:
    """Return the language that `text` is written in; None where it is short or could be another.

    The same text always has the same answer; nothing outside this module changes by asking.
    """
    sample = text[:_SAMPLE]
    if sum(character.isalpha() for character in sample) < _LEAST_LETTERS:
        return None
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= _SURE else None


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
