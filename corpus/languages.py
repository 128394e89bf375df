"""The language of a text: as it is declared, or as it reads, and only where that is plain."""

import threading

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from corpus.attributes import FILLED_IN
from corpus.errors import IsolationError

_SAMPLE = 6_000
"""Code points; more of a text does not change what it is written in."""

_LEAST_LETTERS = 100
_SURE = 0.99
_ALIKE = (
    frozenset({"no", "nb", "nn", "da"}),
    frozenset({"sr", "hr", "bs", "sh"}),
    frozenset({"id", "ms"}),
    frozenset({"tl", "fil"}),
    frozenset({"he", "iw"}),
)
"""Languages that a few sentences do not part, and names of one: between them a file is believed."""

_loading = threading.Lock()
_loaded: list[LanguageIdentifier] = []


def language_of(text: str, declared: str | None, media_type: str) -> str | None:
    """Return what `text` is written in, as a BCP 47 tag; None where nothing says.

    What is declared wins, but not in a format in which programs declare their own language unless
    the author thinks of it: there a text that is plainly in another language is in that.
    """
    if declared is not None and media_type not in FILLED_IN:
        return declared
    found = detected(text)
    if declared is None or found is None:
        return declared or found
    spoken = declared.split("-")[0]
    alike = spoken == found or any({spoken, found} <= group for group in _ALIKE)
    return declared if alike else found


def detected(text: str) -> str | None:
    """Return the language that `text` is written in; None where it is short or could be another.

    The same text always has the same answer; nothing outside this module changes by asking.
    Raises IsolationError where the model cannot be unpacked.
    """
    sample = text[:_SAMPLE]
    if sum(character.isalpha() for character in sample) < _LEAST_LETTERS:
        return None
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= _SURE else None


def _identifier() -> LanguageIdentifier:
    """Return the model, loaded once a process, in half a second.

    It is unpacked through a temporary file: a reading process, which may write none, cannot.
    """
    with _loading:
        if not _loaded:
            try:
                _loaded.append(LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True))
            except OSError as error:
                raise IsolationError(
                    f"the language model cannot be unpacked ({error.strerror or error}); "
                    "let this user write 70 MB of temporary files, or name a folder in TMPDIR"
                ) from error
        return _loaded[0]
