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
    r"[<>≤≥~±+-]?\.?\d(?:[\d.,:/^×x%°-]*[\d%°])?"  # noqa: RUF001
    r"|[^\W\d_]+(?:['-][^\W\d_]+)*"
    r"|\S"
)
_LIGHT = frozenset("\"'.,;:!()[]")
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
    """Return what two exact duplicates share.

    >>> exact_key("Don\\u2019t  stop") == exact_key("Don't stop")
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
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else ""
        if token in _LIGHT:
            # "No, tablets are safe" is not "No tablets are safe".
            if before.lower() in _NEGATIONS and at + 1 < len(tokens):
                key.append(token)
        elif not token[0].isalpha() or before[-1:].isdigit() or before[-1:] in {"%", "°"}:
            key.append(token)  # numbers, symbols, and units in their own case
        else:
            key.extend(_plain_words(token))
    return " ".join(key)


@lru_cache(maxsize=65_536)
def _plain_words(token: str) -> tuple[str, ...]:
    if token != token.lower() and token != token.capitalize():
        return (token,)  # MS, FDA, mL: capitals inside a word may be its meaning
    word = token.lower()
    if word == "the":
        return ()
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word]
    if word.endswith("n't"):
        return (word[:-3], "not")
    word = word.replace("-", "")
    for pattern, american in _SPELLINGS:
        word = pattern.sub(american, word)
    return (word,)


def passages(documents: Mapping[str, Document], found: Sequence[Sentence]) -> list[Passage]:
    """Merge sentences that say the same into passages, in the order of their first places.

    Every sentence becomes a place of exactly one passage. A heading is merged with headings only:
    it names what a sentence would state.
    """
    groups: dict[tuple[bool, str], list[Sentence]] = {}
    for sentence in found:
        text = documents[sentence.document_id].text[sentence.start : sentence.end]
        heading = sentence.kind is BlockKind.HEADING
        groups.setdefault((heading, near_key(text)), []).append(sentence)
    return [_passage(documents, heading, key, group) for (heading, key), group in groups.items()]


def _passage(
    documents: Mapping[str, Document], heading: bool, key: str, group: Sequence[Sentence]
) -> Passage:
    def text(sentence: Sentence) -> str:
        return documents[sentence.document_id].text[sentence.start : sentence.end]

    canonical = text(group[0])
    first = exact_key(canonical)
    places = [Place(group[0], "exact", 1.0)]
    for sentence in group[1:]:
        own = exact_key(text(sentence))
        if own == first:
            places.append(Place(sentence, "exact", 1.0))
        else:
            ratio = SequenceMatcher(None, first, own, autojunk=False)
            places.append(Place(sentence, "near", min(round(ratio.ratio(), 4), 0.9999)))
    identity = f"{'heading' if heading else 'sentence'}\n{key}"
    return Passage(sha256(identity.encode()).hexdigest()[:16], canonical, tuple(places))
