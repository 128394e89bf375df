"""Deduplication by key: which sentences say the same, decided so that it is never a guess.

Two sentences are *exact* duplicates when they differ in nothing but white space and the shape of
quotation marks and dashes. They are *near* duplicates when they differ, further, only in ways that
are known to change no meaning: the case of ordinary words, the article "the", light punctuation,
hyphens within a word, contractions, British or American spelling. Everything else, so every number,
unit, negation, drug name and laterality, is part of the key, and sentences whose keys differ
are never merged. A similarity threshold could not promise that: "5 mg" and "10 mg" are one edit
apart in a long sentence.

Equal keys are an equivalence: the result does not depend on the order of comparison, and a million
sentences cost a million look-ups, not a search for neighbours.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import sha256
from typing import Literal

from corpus.documents import BlockKind, Document, Passage, Place, Sentence

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
# A number keeps every character that belongs to it (signs, decimal marks, ranges, ratios, dates),
# a word its inner apostrophes and hyphens, and every other visible character stands for itself.
_TOKEN = re.compile(
    r"[^\W\d_]+(?:['-][^\W\d_]+)*"
    r"|[<>≤≥~±+-]?\.?\d(?:[\d.,:/^×x%°-]*[\d%°])?"  # noqa: RUF001
    r"|\S"
)
_WORDS_OF_ONE_LETTER = frozenset("AaIi")
_LIGHT = frozenset("\"'.,;:!()[]")
_ID_LENGTH = 16
_NEGATIONS = frozenset({"no", "not", "never", "none", "nor", "neither", "without", "cannot"})
_CONTRACTIONS = {
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "won't": ("will", "not"),
    "shan't": ("shall", "not"),
    "it's": ("it", "is"),
    "that's": ("that", "is"),
    "you're": ("you", "are"),
    "they're": ("they", "are"),
    "we're": ("we", "are"),
    "you'll": ("you", "will"),
    "you've": ("you", "have"),
    "we've": ("we", "have"),
    "i'm": ("i", "am"),
}
_SPELLINGS = (
    (re.compile(r"(?<=[a-z]{3})is(e|ed|es|ing|ation|ations)$"), r"iz\1"),
    (re.compile(r"(?<=[a-z]{3})ys(e|ed|es|ing)$"), r"yz\1"),
    (re.compile(r"^(behavi|col|fav|flav|lab|neighb|od|tum|vig|hum|rum|harb)our"), r"\1or"),
    (re.compile(r"^(cent|fib|lit|millilit|met|centimet|theat|calib)re(s?)$"), r"\1er\2"),
    (re.compile(r"^(an|leuk|isch|septic|bacter|ur|(?:hypo|hyper)?glyc)aem"), r"\1em"),
    (re.compile(r"^haem"), "hem"),
    (re.compile(r"^oesoph"), "esoph"),
    (re.compile(r"^oestr"), "estr"),
    (re.compile(r"^oedem"), "edem"),
    (re.compile(r"^diarrhoe"), "diarrhe"),
    (re.compile(r"^p(a?)ediatr"), "pediatr"),
    (re.compile(r"^gynae"), "gyne"),
    (re.compile(r"^orthopaed"), "orthoped"),
    (re.compile(r"^anaesth"), "anesth"),
)


def exact_key(text: str) -> str:
    r"""Return what two exact duplicates share.

    >>> exact_key("Don\u2019t  stop") == exact_key("Don't stop")
    True
    """
    return " ".join(text.translate(_QUOTES).split())


def near_key(text: str) -> str:
    """Return what two near duplicates share; keys of exact duplicates are always equal.

    >>> near_key("The night-time spasms don't last.") == near_key("Nighttime spasms do not last")
    True
    >>> near_key("Take 5 mg.") == near_key("Take 10 mg.")
    False
    """
    tokens = _TOKEN.findall(exact_key(text))
    key: list[str] = []
    before = ""
    after_number = False
    for at, token in enumerate(tokens, start=1):
        if token in _LIGHT:
            if at < len(tokens) and _weighs(token, before, tokens[at]):
                key.append(token)
        elif after_number or not token[0].isalpha():
            key.append(token)  # numbers, symbols, and units in their own case
        else:
            key += _plain_words(token)
        before = token
        after_number = token[-1].isdigit() or token[-1] in "%°"
    return " ".join(key)


def _weighs(mark: str, before: str, after: str) -> bool:
    """Tell whether a light mark changes the meaning between these two tokens."""
    if before[-1:].isdigit():
        return mark in "'\"" or after[:1].isdigit()  # 5' and 5" are lengths; "1, 10" is not "1 10"
    return before.lower() in _NEGATIONS  # "No, tablets are safe" is not "No tablets are safe"


@lru_cache(maxsize=65_536)
def _plain_words(token: str) -> tuple[str, ...]:
    if token != token.lower() and token != token.capitalize():
        return (token,)  # MS, FDA, mL: capitals inside a word may be its meaning
    if len(token) == 1 and token not in _WORDS_OF_ONE_LETTER:
        return (token,)  # K is potassium, and k is not
    word = token.lower()
    if word == "the":
        return ()
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word]
    if word.endswith("n't"):
        return (word[:-3], "not")
    if not word.startswith(("re-", "un-")):  # to re-cover is not to recover
        word = word.replace("-", "")
    for pattern, american in _SPELLINGS:
        word = pattern.sub(american, word)
    return (word,)


def likeness(first: str, other: str) -> tuple[Literal["exact", "near"], float]:
    """Return how like two sentences of one passage are: exact is 1.0, near below it."""
    key, other_key = exact_key(first), exact_key(other)
    if key == other_key:
        return "exact", 1.0
    ratio = SequenceMatcher(None, key, other_key, autojunk=False).ratio()
    return "near", min(round(ratio, 4), 0.9999)


def passage_id(text: str, *, heading: bool) -> str:
    """Return the id of the passage that a sentence belongs to: what says the same shares it.

    A heading shares its passage with headings only: it names what a sentence would state.
    """
    key = f"{'heading' if heading else 'sentence'}\n{near_key(text)}"
    # The digest stands for the key: a million long keys would fill the memory.
    return sha256(key.encode()).hexdigest()[:_ID_LENGTH]


def passages(documents: Mapping[str, Document], found: Sequence[Sentence]) -> list[Passage]:
    """Merge sentences that say the same into passages, in the order of their first places.

    Every sentence becomes a place of exactly one passage.
    """
    groups: dict[str, list[Sentence]] = {}
    for sentence in found:
        heading = sentence.kind is BlockKind.HEADING
        key = passage_id(_text(documents, sentence), heading=heading)
        groups.setdefault(key, []).append(sentence)
    return [_passage(documents, key, group) for key, group in groups.items()]


def _text(documents: Mapping[str, Document], sentence: Sentence) -> str:
    return documents[sentence.document_id].text[sentence.start : sentence.end]


def _passage(documents: Mapping[str, Document], key: str, group: Sequence[Sentence]) -> Passage:
    text = _text(documents, group[0])
    compare = Comparison(text)
    others = (Place(one, *compare.with_text(_text(documents, one))) for one in group[1:])
    return Passage(key, text, (Place(group[0], "exact", 1.0), *others))


class Comparison:
    """How like a passage's text the sentences at its other places are, each wording once."""

    def __init__(self, text: str) -> None:
        self._first = exact_key(text)
        self._similarities = {self._first: 1.0}

    def with_text(self, text: str) -> tuple[Literal["exact", "near"], float]:
        """Return the kind of the place that reads `text`, and its similarity."""
        own = exact_key(text)
        if own not in self._similarities:
            self._similarities[own] = _near_similarity(self._first, own)
        return ("exact" if own == self._first else "near"), self._similarities[own]


def _near_similarity(one: str, other: str) -> float:
    """Return the share of words, in order, that two sentences have in common; below 1.0."""
    ratio = SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()
    return min(round(ratio, 4), 0.9999)
