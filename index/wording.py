"""What a collection knows of words: which mean the same, and how they are spelt.

Made with each build from its documents and the site's `synonyms.txt`, kept beside the index, and
read again when the build is opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.encoders.weights import sha256_of
from index.expansion import Expansions, read_synonyms
from index.language import words
from index.layout import Layout
from index.spelling import Speller, Vocabulary


@dataclass(frozen=True, slots=True)
class Synonyms:
    """A site's own groups of equal terms, with the SHA-256 of their file; "" where it has none."""

    groups: Sequence[Sequence[str]] = ()
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one opened build."""

    expansions: Expansions
    speller: Speller
    vocabulary: Vocabulary


def wording_of(expansions: Expansions, vocabulary: Vocabulary) -> Wording:
    """Return what a build knows of words."""
    shorts = {term for group in expansions.groups for term in group} | {*expansions.ambiguous}
    speller = Speller(vocabulary, acronyms=shorts, language=words())
    return Wording(expansions, speller, vocabulary)


def write(layout: Layout, expansions: Expansions, vocabulary: Vocabulary) -> None:
    """Write the expansions and the vocabulary of a build."""
    layout.expansions.write_text(expansions.to_json(), encoding="utf-8")
    layout.vocabulary.write_text(vocabulary.to_json(), encoding="utf-8")


def read_vocabulary(layout: Layout) -> Vocabulary:
    """Read the vocabulary that `write` wrote."""
    return Vocabulary.from_json(layout.vocabulary.read_text(encoding="utf-8"))


def read(layout: Layout) -> Wording:
    """Read what `write` wrote."""
    expansions = Expansions.from_json(layout.expansions.read_text(encoding="utf-8"))
    return wording_of(expansions, read_vocabulary(layout))


def synonyms_at(path: Path) -> Synonyms:
    """Return a site's list as it is now; BuildError names the line that cannot be used."""
    return Synonyms(read_synonyms(path), sha256_of(path)) if path.is_file() else Synonyms()
