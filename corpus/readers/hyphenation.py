"""Words broken at a line's end, mended by what the document itself does elsewhere."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_TAIL = re.compile(r"([^\W\d_]+(?:[-\u2010][^\W\d_]+)*)[-\u2010]$")
_HEAD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_SOFT = "\u00ad"
_HYPHENS = ("-", "\u2010")
_SUSPENDED = frozenset("and or to und oder bis og eller et ou y o e och en of ja tai i lub".split())
# First halves that keep their hyphen where the document is too short to show it.
_KEEP = frozenset(
    "all co cross dose double ex follow full half high ill left life long low mid multi near non"
    " off old one over post pre quasi right second self short side single so sub third three two"
    " type well x".split()
)
_LONGEST = 40


class Hyphenation:
    """Joins lines; `texts` are all lines of a document, from which it learns the words."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: set[str] = set()
        broken = False
        for text in texts:
            words = _WORD.findall(text.casefold())
            words = words[1:] if broken else words  # half a word is no word
            broken = text.endswith((*_HYPHENS, _SOFT))
            words = words[:-1] if broken else words
            for word in words:
                self._words.add(word)
                self._words.update(word.split("-"))

    def joined(self, before: str, after: str) -> str:
        """Return two lines as one: a hyphen that only broke a word is left out."""
        if before.endswith(_SOFT):
            return before[:-1] + after
        if not before.endswith(_HYPHENS) or before.endswith((" -", "--")):
            return before + after if _unspaced(before, after) else f"{before} {after}"
        tail, head = _TAIL.search(before[-_LONGEST:]), _HEAD.match(after)
        if head is not None and head[0].casefold() in _SUSPENDED:
            return f"{before} {after}"
        if tail is None or head is None or not self._broken(tail[1], head[0]):
            return before + after
        return before[:-1] + after

    def _broken(self, tail: str, head: str) -> bool:
        """Tell whether `tail` and `head` are the halves of one word."""
        if not head.islower() or (tail[1:] != tail[1:].lower()):
            return False
        tail = tail.casefold()
        if tail + head in self._words:
            return True
        if f"{tail}-{head}" in self._words:
            return False
        last = tail.rsplit("-", 1)[-1]
        if last in _KEEP or len(last) == 1:
            return False
        first = head.split("-", maxsplit=1)[0]
        return not (last in self._words and first in self._words and min(len(last), len(first)) > 2)  # noqa: PLR2004


def _unspaced(before: str, after: str) -> bool:
    """Tell whether two lines are of a script that puts no spaces between words."""
    return bool(before and after) and all(
        "\u3000" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"
        for letter in (before[-1], after[0])
    )
