"""Other words for a question's words: the documents' own acronyms and a site's equal terms.

Every term belongs to one group of equal terms, so what is added to a question never leads to more,
and the order of the groups decides nothing. A short form that the documents define in two ways is
in no group (hazard H5: MS is multiple sclerosis in one leaflet, mitral stenosis in another); it is
kept apart, to be reported, unless the site's own list says what it means here.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from corpus.acronyms import Acronym, glossary, singular
from index.errors import BuildError, DamagedError

_FORMAT = 1
_MOST_LETTERS = 100
"""Of one term in a site's list; more is a line that lacks its commas."""
_FEWEST_TERMS = 2
_PLURAL_FROM = 4

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
# Written against a number a word is part of it; a space after one, a short word may be a unit.
_NUMBER_BEFORE = re.compile(r"\d[/.,\u2010-\u2015-]?$")
_NUMBER_APART = re.compile(r"\d\s+$")
_LONGEST_UNIT = 4
_NUMBER_AFTER = re.compile(r"[/.,\u2010-\u2015-]?\d")

# Words that stand in any question; a short form is never sought in them in lower case.
_EVERYDAY = """
    a act aid aids all am an and ant any are arm as ask at bad be bed bid big bit bus but by can cap
    car cat cut did do ear eat end era eye far fat few fit flu for get go had has he her him his hit
    hot how i if ill in is it its let lot low map may me men met mid mine my new no nor not now odd
    of off old on one or our out own pad pain part pass pat pen pet pin pit put ran rat red rest
    risk run sad said sat saw say see set she sit so some star step stop sum tap ten that the them
    then they this tip to too top try two up us use vet via war was way we wet what when who why win
    with you
"""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Expansions:
    """Groups of equal terms; `ambiguous` short forms, each with its meanings, are in none of them.

    `ordinary` are short forms in lower case that the documents use as words ("it", "aids"): these
    are short forms only in capitals.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ordinary: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        acronyms: Iterable[Acronym],
        texts: Iterable[str] = (),
        synonyms: Sequence[Sequence[str]] = (),
    ) -> "Expansions":
        """Join the documents' acronyms with a site's groups; where the two differ, the site's hold.

        `texts` are the documents' sentences: they say which short forms are also words.
        """
        found = glossary(acronyms)
        settled = {_key(term) for group in synonyms for term in group}
        groups = _joined(synonyms, found.agreed, settled)
        shorts = {
            form
            for group in groups
            for term in group
            if _is_short(term)
            for form in _lower_forms(term)
        }
        return cls(
            tuple(tuple(group) for group in groups),
            {
                short: longs
                for short, longs in found.ambiguous.items()
                if _key(short) not in settled
            },
            frozenset(shorts & {*(_words_of(texts) if shorts else ()), *_EVERYDAY.split()}),
        )

    def expand(self, question: str) -> tuple[str, ...]:
        """Return the terms to add to a question, in the order of the words that they stand for.

        None of them stands in the question already.
        """
        return tuple(dict.fromkeys(added for _, added in self.equal(question)))

    def equal(self, question: str) -> tuple[tuple[str, str], ...]:
        """Return pairs of a term that the question holds and one to add that means the same."""
        tokens = _tokens(question)
        shouted = question.upper() == question
        found: dict[tuple[str, ...], list[str]] = {}
        for at, token in enumerate(tokens):
            for group, term, sought in self._by_first_word.get(_first_word(token), ()):
                here = tokens[at : at + len(sought)]
                if self._same(term, sought, here, shouted=shouted) and not _at_a_number(
                    question, here
                ):
                    found.setdefault(group, []).append(term)
        return tuple(
            (typed, term)
            for group, terms in found.items()
            for term in group
            if term not in terms and not _holds(tokens, term)
            for typed in dict.fromkeys(terms)
        )

    def to_json(self) -> str:
        """Return the expansions as text."""
        body = {
            "format": _FORMAT,
            "groups": self.groups,
            "ambiguous": dict(sorted(self.ambiguous.items())),
            "ordinary": sorted(self.ordinary),
        }
        return json.dumps(body, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Expansions":
        """Read what `to_json` wrote; DamagedError where it is anything else."""
        try:
            body = json.loads(text)
            if body["format"] != _FORMAT:
                raise ValueError("not of this version")  # noqa: TRY301 - one way out for all faults
            return cls(
                tuple(_strings(group) for group in body["groups"]),
                {short: _strings(longs) for short, longs in body["ambiguous"].items()},
                frozenset(_strings(body["ordinary"])),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedError(
                f"the expansions cannot be read ({error}); index the documents again"
            ) from error

    @cached_property
    def _by_first_word(self) -> Mapping[str, list[tuple[tuple[str, ...], str, list[_Token]]]]:
        """Every term with its group and its words, by the first of them."""
        terms: dict[str, list[tuple[tuple[str, ...], str, list[_Token]]]] = {}
        for group in self.groups:
            for term in group:
                sought = _tokens(term)
                if sought:
                    terms.setdefault(_first_word(sought[0]), []).append((group, term, sought))
        return terms

    def _same(
        self, term: str, sought: Sequence[_Token], here: Sequence[_Token], *, shouted: bool
    ) -> bool:
        if len(here) != len(sought):
            return False
        if not _is_short(term):
            return _plain(sought) == _plain(here)
        known = not self.ordinary.isdisjoint(_lower_forms(term))
        for mine, yours in zip(sought, here, strict=True):
            defined = singular(mine.text)
            typed = _POSSESSIVE.sub("", yours.text)
            as_defined = not shouted and singular(typed) in {defined, defined.upper()}
            in_lower_case = (typed == typed.lower() or shouted) and (
                typed.lower() in _lower_forms(defined)
            )
            if not as_defined and (known or not in_lower_case):
                return False
        return True


def read_synonyms(path: Path) -> tuple[tuple[str, ...], ...]:
    """Read a site's equal terms: a group a line, commas between; `#` begins a comment.

    BuildError names the line that cannot be used, and says how to mend it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BuildError(
            f"{path}: cannot be read ({error.strerror}); give the right to read it, or remove it"
        ) from error
    except UnicodeDecodeError as error:
        raise BuildError(f"{path}: not UTF-8 text; save it as plain text in UTF-8") from error
    return parse_synonyms(text, str(path))


def parse_synonyms(text: str, where: str) -> tuple[tuple[str, ...], ...]:
    """Return the groups of a site's list, which is at `where`."""
    groups: list[tuple[str, ...]] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        content = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if content:
            groups.append(_group(content, f"{where}, line {number}", number, lines))
    return tuple(groups)


def _group(content: str, where: str, number: int, lines: dict[str, int]) -> tuple[str, ...]:
    terms = tuple(" ".join(term.split()) for term in content.split(","))
    if len(terms) < _FEWEST_TERMS:
        raise BuildError(
            f'{where}: only one term, "{_cut(content)}"; put commas between the terms that mean '
            "the same, as in: physio, physiotherapy"
        )
    for term in terms:
        if not term:
            raise BuildError(f"{where}: nothing between two commas; take one comma away")
        if len(term) > _MOST_LETTERS:
            raise BuildError(
                f'{where}: "{_cut(term)}" is longer than {_MOST_LETTERS} characters; put commas '
                "between the terms, or shorten it"
            )
        if not any(character.isalpha() for character in term):
            raise BuildError(f'{where}: "{term}" holds no letter; only words can be equal terms')
        earlier = lines.setdefault(_key(term), number)
        if earlier != number:
            raise BuildError(
                f'{where}: "{term}" stands in line {earlier} already; put all that means the same '
                "on one line, or take it out of one of the two"
            )
    first: dict[str, str] = {}
    for term in terms:
        first.setdefault(_key(term), term)
    return tuple(first.values())


def _joined(
    synonyms: Iterable[Sequence[str]], acronyms: Iterable[Acronym], settled: Collection[str]
) -> list[list[str]]:
    """Add each acronym to the group that holds one of its forms, else as a group of its own.

    Where a site's group holds the short form without the long one, it means something else here.
    """
    groups = [list(group) for group in synonyms]
    home = {_key(term): at for at, group in enumerate(groups) for term in group}
    for acronym in acronyms:
        short, long = _key(acronym.short), _key(acronym.long)
        of_short, of_long = home.get(short), home.get(long)
        if of_short is None and of_long is None:
            home[short] = home[long] = len(groups)
            groups.append([acronym.short, acronym.long])
        elif of_short is None and of_long is not None:
            home[short] = of_long
            groups[of_long].append(acronym.short)
        elif of_long is None and of_short is not None and short not in settled:
            home[long] = of_short
            groups[of_short].append(acronym.long)
    return groups


def _is_short(term: str) -> bool:
    """Tell whether a term is written as short forms are: with a capital beyond its first letter."""
    return " " not in term and term[1:] != term[1:].lower()


def _lower_forms(short: str) -> tuple[str, str]:
    """Return a short form and its plural in lower case."""
    one = singular(short).lower()
    return one, one + "s"


def _key(term: str) -> str:
    """Return what is the same for two ways of writing one term."""
    return singular(term) if _is_short(term) else " ".join(_plain(_tokens(term)))


def _tokens(text: str) -> list[_Token]:
    return [_Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]


def _first_word(token: _Token) -> str:
    """Return what is the same for a word however it is written, to look terms up by."""
    return _plain([token])[0]


def _plain(tokens: Sequence[_Token]) -> tuple[str, ...]:
    """Return words in lower case, the last one in the singular."""
    words = [_POSSESSIVE.sub("", token.text.lower().replace("\u2019", "'")) for token in tokens]
    return (*words[:-1], _one(words[-1])) if words else ()


def _one(word: str) -> str:
    if len(word) < _PLURAL_FROM or word.endswith(("ss", "is", "us")):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def _holds(tokens: Sequence[_Token], term: str) -> bool:
    """Tell whether a question has the term's words, whatever their case."""
    sought = _plain(_tokens(term))
    return any(
        _plain(tokens[first : first + len(sought)]) == sought
        for first in range(len(tokens) - len(sought) + 1)
    )


def _at_a_number(question: str, here: Sequence[_Token]) -> bool:
    before = question[: here[0].start]
    may_be_a_unit = len(here) == 1 and len(here[0].text) <= _LONGEST_UNIT
    return (
        _NUMBER_BEFORE.search(before) is not None
        or (may_be_a_unit and _NUMBER_APART.search(before) is not None)
        or _NUMBER_AFTER.match(question, here[-1].end) is not None
    )


def _words_of(texts: Iterable[str]) -> set[str]:
    """Return the words that texts write in lower case."""
    return {word for text in texts for word in re.findall(r"[^\W\d_]+", text) if word.islower()}


def _strings(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(_string(value) for value in values)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS // 2 else text[: _MOST_LETTERS // 2] + "\u2026"
