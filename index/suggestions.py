"""Completions of what someone types: the documents' own titles, headings, questions and words.

Made from an opened build and nothing else: never from what anybody asked. With the next build come
its own, so that no word of a document that is gone is left.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest

from index.spelling import edits_allowed, near

SHORTEST = 2
"""Letters or digits after which there is something to suggest."""
_LONGEST = 110
"""Characters of the longest text that is offered; it has to be read at a glance."""
_SHORTEST_WORD = 4
_OFTEN = 2
"""Times a single word stands in the documents before it is offered by itself."""
_WORDS_BESIDE_TEXTS = 3
_WORDS_READ = 20

_TOKEN = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['\u2019]")
_LAST = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*\W*$")


class Suggestions:
    """What one build has to offer; it never changes, and many threads may ask it.

    A word that is typed whole must stand in a text that is offered, the last one may be its
    beginning. Where nothing fits so, words may be misspelt as far as `index.spelling` allows, but
    for their first letter.
    """

    def __init__(self, texts: Iterable[str], words: Mapping[str, int]) -> None:
        """Offer `texts`, the best first, and those of `words` that stand there often enough."""
        offered: dict[tuple[str, ...], str] = {}
        for text in texts:
            shown = " ".join(text.split())
            tokens = _tokens(shown)
            if tokens and len(shown) <= _LONGEST:
                offered.setdefault(tokens, shown)
        self._texts = list(offered.values())
        self._keys = [" ".join(tokens) for tokens in offered]
        self._holding: dict[str, list[int]] = {}
        for number, tokens in enumerate(offered):
            for token in dict.fromkeys(tokens):
                self._holding.setdefault(token, []).append(number)
        self._tokens = sorted(self._holding)
        self._counts = {
            word: count
            for word, count in words.items()
            if len(word) >= _SHORTEST_WORD and count >= _OFTEN
        }
        self._words = sorted(self._counts)

    def complete(self, typed: str, limit: int) -> list[str]:
        """Return up to `limit` completions of what is typed, best first; none for too little."""
        tokens = _tokens(typed)
        if sum(map(len, tokens)) < SHORTEST:
            return []
        texts = self._offered(tokens, limit, misspelt=False)
        words = self._endings(tokens, typed, misspelt=False)
        if not texts and (not words or len(tokens) > 1):
            texts = self._offered(tokens, limit, misspelt=True)
        if not texts and not words:
            words = self._endings(tokens, typed, misspelt=True)
        seen = {text.casefold() for text in texts}
        room = min(limit - len(texts), _WORDS_BESIDE_TEXTS) if texts else limit
        return texts + [word for word in words if word.casefold() not in seen][:room]

    def _offered(self, tokens: Sequence[str], limit: int, *, misspelt: bool) -> list[str]:
        """Return the best texts that fit and say more than is typed."""
        key = " ".join(tokens)
        fitting = (one for one in self._fitting(tokens, misspelt) if self._keys[one] != key)
        best = nsmallest(limit, fitting, key=lambda one: (not self._keys[one].startswith(key), one))
        return [self._texts[number] for number in best]

    def _fitting(self, tokens: Sequence[str], misspelt: bool) -> set[int]:  # noqa: FBT001 - one of two ways
        """Return the texts that hold every token, and a word that begins with the last."""
        *whole, last = tokens
        fitting: set[int] | None = None
        for token in dict.fromkeys(whole):
            known = {token} if token in self._holding else set()
            if misspelt and not known:
                known = {word for _, word in _alike(token, self._tokens)}
            here = {number for word in known for number in self._holding[word]}
            fitting = here if fitting is None else fitting & here
            if not fitting:
                return set()
        begun = {
            number
            for word in _beginning(last, self._tokens, misspelt)
            for number in self._holding[word]
        }
        return begun if fitting is None else fitting & begun

    def _endings(self, tokens: Sequence[str], typed: str, *, misspelt: bool) -> list[str]:
        """Return what is typed with its last word completed, the documents' commonest word first.

        The words before it are the caller's own.
        """
        match = _LAST.search(typed)
        before = typed[: match.start()] if match else ""
        words = nsmallest(
            _WORDS_READ,
            (one for one in _beginning(tokens[-1], self._words, misspelt) if one != tokens[-1]),
            key=lambda one: (-self._counts[one], one),
        )
        return [" ".join(f"{before}{word}".split()) for word in words]


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(_APOSTROPHE.sub("", text.casefold())))


def _beginning(start: str, words: Sequence[str], misspelt: bool) -> Iterator[str]:  # noqa: FBT001
    """Give the words, sorted, that begin with `start`, or with something that it is meant for."""
    starts = {start}
    if misspelt:
        most = edits_allowed(start)
        if most:
            lengths = range(len(start) - most, len(start) + most + 1)
            same = _from(start[0], words)
            heads = sorted({word[:length] for word in same for length in lengths})
            starts |= {head for _, head in near(start, heads, most)}
    yield from dict.fromkeys(one for head in sorted(starts) for one in _from(head, words))


def _alike(word: str, words: Sequence[str]) -> list[tuple[int, str]]:
    most = edits_allowed(word)
    return near(word, _from(word[0], words), most) if most else []


def _from(start: str, words: Sequence[str]) -> Sequence[str]:
    """Return the words of a sorted list that begin with `start`."""
    return words[bisect_left(words, start) : bisect_left(words, start + "\U0010ffff")]
