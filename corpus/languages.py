"""The language of a text: as it is declared, else as it reads, and only where that is plain."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_TAG = re.compile(r"([a-zA-Z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_].*)?")
_SAMPLE = 6_000
"""Code points; more of a text does not change what it is written in."""

_LEAST_LETTERS = 100
_SURE = 0.99


def tag(declared: str) -> str | None:
    """Return a declared language as a BCP 47 tag in its usual case; None for what is no tag.

    >>> tag("en_gb"), tag("ZH-hant"), tag("English"), tag("")
    ('en-GB', 'zh-Hant', None, None)
    """
    match = _TAG.fullmatch(declared.strip())
    if not match or match[1].lower() in {"und", "mul", "zxx"}:
        return None
    language, script, region = match.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)


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
