"""What a collection knows of words: which mean the same, and how they are spelt.

Made with each build from its documents and the site's `synonyms.txt`, kept beside the index, and
read again when the build is opened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.acronyms import Acronym
from index.encoders.weights import sha256_of
from index.expansion import Expansions, read_synonyms
from index.language import words
from index.layout import Layout
from index.spelling import Speller, Vocabulary


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one opened build."""

    expansions: Expansions
    speller: Speller
    vocabulary: Vocabulary


def write(
    layout: Layout, acronyms: Iterable[Acronym], sentences: Sequence[str], vocabulary: Vocabulary
) -> None:
    """Write the expansions and the vocabulary of a build."""
    synonyms = read_synonyms(layout.synonyms) if layout.synonyms.is_file() else ()
    expansions = Expansions.of(acronyms, sentences, synonyms)
    layout.expansions.write_text(expansions.to_json(), encoding="utf-8")
    layout.vocabulary.write_text(vocabulary.to_json(), encoding="utf-8")


def read_vocabulary(layout: Layout) -> Vocabulary:
    """Read the vocabulary that `write` wrote."""
    return Vocabulary.from_json(layout.vocabulary.read_text(encoding="utf-8"))


def read(layout: Layout) -> Wording:
    """Read what `write` wrote."""
    expansions = Expansions.from_json(layout.expansions.read_text(encoding="utf-8"))
    vocabulary = read_vocabulary(layout)
    shorts = {term for group in expansions.groups for term in group} | {*expansions.ambiguous}
    speller = Speller(vocabulary, acronyms=shorts, language=words())
    return Wording(expansions, speller, vocabulary)


def synonyms_sha256(layout: Layout) -> str:
    """Return the SHA-256 of the site's list as it is now, "" where there is none."""
    return sha256_of(layout.synonyms) if layout.synonyms.is_file() else ""
