"""Acronyms that the documents define: "multiple sclerosis (MS)", "MS (multiple sclerosis)".

The method is that of Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation
definitions in biomedical text", with two steps before it that raise its precision: the letters are
first sought as the beginnings of whole words ("multiple myeloma (MM)", where the method by itself
stops at "myeloma"), and a plural "s" belongs to no word ("activities of daily living (ADLs)").

A short form that the documents define in two ways is ambiguous: nobody but the reader of a sentence
can say which is meant there, so nothing is made of it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corpus.documents import Document

_BRACKETS = re.compile(r"\(([^()\n]{2,120})\)")
_SHORT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9&/.-]{0,8}[A-Za-z0-9.])?")
_WORD_BEFORE = re.compile(r"(?<![\w&/.-])([A-Za-z0-9][\w&/.-]*)\s*$")
_SENTENCE_END = re.compile(r"[.!?:;](?:\s|$)|[()\[\]\u2022]")
_WORDS = re.compile(r"[^\s\u2010-\u2015/-]+")
_QUOTES = "\"'\u2018\u2019\u201c\u201d"
_BETWEEN = "a an and as at by for from in of on or per the to with"
_ALIKE = 0.6
"""Share of a word that two forms of it begin with alike: "therapist" and "therapy"."""


@dataclass(frozen=True, slots=True)
class Acronym:
    """A short form and what it stands for, both as a document writes them."""

    short: str
    long: str


@dataclass(frozen=True, slots=True)
class Glossary:
    """The acronyms of a collection, by what may be done with them.

    `agreed` always mean the same; `ambiguous` short forms are defined in more than one way, and
    each is listed with all that it stands for.
    """

    agreed: tuple[Acronym, ...]
    ambiguous: Mapping[str, tuple[str, ...]]


def acronyms(document: Document) -> tuple[Acronym, ...]:
    """Return the acronyms that a document defines, in the order of their definitions."""
    found: dict[Acronym, None] = {}
    for block in document.structure.blocks:
        text = document.text[block.start : block.end].replace("\n", " ")
        for match in _BRACKETS.finditer(text):
            inside = re.split(r"[,;]|\s(?:or|and|also)\s", match[1])[0].strip().strip(_QUOTES)
            acronym = _short_in_brackets(text[: match.start()], inside) or _long_in_brackets(
                text[: match.start()], match[1]
            )
            if acronym is not None:
                found[acronym] = None
    return tuple(found)


def glossary(found: Iterable[Acronym]) -> Glossary:
    """Sort out which acronyms of all the documents mean one thing.

    Forms of the same words ("occupational therapist", "occupational therapy") are one meaning.
    """
    by_short: dict[str, list[Acronym]] = {}
    for acronym in dict.fromkeys(found):
        by_short.setdefault(singular(acronym.short), []).append(acronym)
    agreed: list[Acronym] = []
    ambiguous: dict[str, tuple[str, ...]] = {}
    for short, readings in by_short.items():
        first = readings[0]
        if all(_same_words(first.long, other.long) for other in readings[1:]):
            agreed += readings
        else:
            ambiguous[short] = tuple(dict.fromkeys(reading.long for reading in readings))
    return Glossary(tuple(agreed), ambiguous)


def singular(short: str) -> str:
    """Return a short form without the "s" of its plural.

    >>> singular("ADLs"), singular("MS")
    ('ADL', 'MS')
    """
    return short[:-1] if short.endswith("s") and short[:-1].isupper() and len(short) > 2 else short  # noqa: PLR2004 - a letter and its "s" is no plural


def _short_in_brackets(before: str, short: str) -> Acronym | None:
    """Read "multiple sclerosis (MS)"."""
    if not _is_short(short):
        return None
    start = max((match.end() for match in _SENTENCE_END.finditer(before)), default=0)
    words = list(re.finditer(r"\S+", before[start:]))
    letters = _letters(singular(short))
    most = min(len(letters) + 5, len(letters) * 2)
    if not words:
        return None
    first = start + words[-min(most, len(words))].start()
    for letters_sought in dict.fromkeys((letters, _letters(short))):
        long = _long_form(letters_sought, before[first:].rstrip())
        if long is not None and _is_long(short, long):
            return Acronym(short, _spaced(long))
    return None


def _long_in_brackets(before: str, inside: str) -> Acronym | None:
    """Read "MS (multiple sclerosis)": all that stands in the brackets is what it means."""
    word = _WORD_BEFORE.search(before)
    if word is None or not _is_short(word[1]):
        return None
    long = re.split(r"[;:]|,\s", inside)[0].strip().strip(_QUOTES)
    long = re.sub(r"^(?:an?|the|short for|stands for|that is|i\.e\.)\s+", "", long)
    for letters in dict.fromkeys((_letters(singular(word[1])), _letters(word[1]))):
        if _long_form(letters, long) == long and _is_long(word[1], long):
            return Acronym(word[1], _spaced(long))
    return None


def _is_short(text: str) -> bool:
    """Tell whether a word is written as acronyms are: no "(Monday)", no "(see)", no "(10)"."""
    capitals = sum(character.isupper() for character in text)
    return _SHORT.fullmatch(text) is not None and (
        capitals >= 2 or (capitals == 1 and (not text[0].isupper() or text[1:2].isdigit()))  # noqa: PLR2004 - one capital begins a name
    )


def _is_long(short: str, long: str) -> bool:
    words = _WORDS.findall(long)
    return (
        len(long) > len(short) + 2
        and short not in words
        and not any(character.isdigit() for character in long)
        and any(len(word) > 3 and not word.isupper() for word in words)  # noqa: PLR2004
    )


def _letters(short: str) -> str:
    return "".join(character for character in short.lower() if character.isalpha())


def _long_form(letters: str, text: str) -> str | None:
    """Return the end of `text` that `letters` stand for: by whole words, else the 2003 method."""
    return _by_beginnings(letters, text) or _by_letters(letters, text)


def _by_beginnings(letters: str, text: str) -> str | None:
    """Match every letter with the beginning of a word, passing over words like "of"."""
    words = list(_WORDS.finditer(text))
    start, left = len(text), len(letters)
    while words and left:
        word = words.pop()
        between = word[0].lower() in _FUNCTION_WORDS
        if word[0].lstrip(_QUOTES)[:1].lower() == letters[left - 1] and not (between and left == 1):
            left -= 1
            start = word.start()
        elif not between or start == len(text):
            return None
    return text[start:] if letters and not left else None


def _by_letters(letters: str, text: str) -> str | None:
    """Match the letters from right to left, the first at the beginning of a word.

    One word that only ends in the last letter proves nothing: "muscles (MS)".
    """
    at = last = len(text)
    for position in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and (
            text[at].lower() != letters[position]
            or (position == 0 and at > 0 and text[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
        last = min(last, at) if position == len(letters) - 1 else last
    words = _WORDS.findall(text[at:]) if letters else []
    if not words or words[0].lower() in _FUNCTION_WORDS:
        return None
    return None if len(words) == 1 and last == len(text) - 1 else text[at:]


def _same_words(one: str, other: str) -> bool:
    """Tell whether two long forms are the same words, but for their endings and their case."""
    ours, theirs = _WORDS.findall(one.lower()), _WORDS.findall(other.lower())
    return len(ours) == len(theirs) and all(
        _alike(mine, yours) for mine, yours in zip(ours, theirs, strict=True)
    )


def _alike(one: str, other: str) -> bool:
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    return shared >= _ALIKE * max(len(one), len(other))


def _spaced(text: str) -> str:
    return " ".join(text.split())


_FUNCTION_WORDS = frozenset(_BETWEEN.split())
