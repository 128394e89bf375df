"""Spelling, corrected with care: against the collection's own words, and never a drug's name.

How many edits a word may be away is the typing rule of Algolia's and Typesense's search boxes: none
up to three letters, one from four, two from eight, and an edit of the first letter counts twice.
An edit is one letter more, less or other, or two neighbours exchanged (optimal string alignment).

A wrong correction does harm that a missing one does not: the search by meaning bears a misspelt
word, but not another medicine's name (hazard H6). So a word is left as it is where anything speaks
for it, and a correction that has to do with a drug is shown, and never searched with unasked.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.errors import DamagedError

_FORMAT = 1
_SHORTEST = 3
"""Letters of the shortest word that a vocabulary holds."""
_ONE_EDIT_FROM, _TWO_EDITS_FROM = 4, 8
_LONGEST = 40
"""Letters of the longest word that is looked up; the lexical index holds none longer."""
_SHORT_CAPITALS = 5
"""Letters up to which a word in capitals is taken for an acronym wherever it stands."""

# All that is written together: "covid-19", "5mg/ml", "can't", "t.d.s".
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019.,/-][^\W_]+)*")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_APOSTROPHE = re.compile(r"['\u2019]")
_ENDINGS = ("s", "es", "d", "ed", "ing", "ly")

# Units, and what people type for contractions, of four letters or more.
_UNTOUCHED = """
    arent cant couldnt didnt doesnt dont gram gramme grammes grams hadnt hasnt havent hour hourly
    hours hrly isnt kcal kcals kilo kilos liter liters litre litres mcgs mcmol meq meter meters
    metre metres microgram micrograms milligram milligrams milliliter milliliters millilitre
    millilitres mins mmhg mmol mmols mustnt neednt nmol ounce ounces pint pints pmol pound pounds
    secs shouldnt stone tbsp tbsps thats theyre theyve tsps umol unit units wasnt week weekly weeks
    werent weve whats whos wont wouldnt year yearly years youll youre youve
"""

# Endings that drugs' names share: most are stems of the WHO's international non-proprietary names,
# the rest whole names that have none.
_DRUG_ENDINGS = """
    afil afinil amate arin aspirin atacept azosin balin begron bital botulinum capone cetam ciclib
    cillin cort coxib curonium cycline dipine dopa dronate dronic ercept fen fenac fene feron
    fibrate formin fumarate gatran giline glatiramer gliflozin gliptin ide imod ine inib insulin
    lamide lexin limus lisib lithium lukast mab macin micin mide mycin nacin nixin ol olene olone
    one onium osin oxacin oxicam oxin pam parib parin pentin phen platin poetin pram prazole pressin
    previr pril prilat prim proate proxen racil relin rubicin sartan semide setron sporin statin
    steride tanil tanyl taxel tecan tide tocin toin toxin trexate triptan tropium ulose vaptan vir
    xaban ynin zide zolam zole zomib
"""
# Everyday words that end so as well.
_EVERYDAY = """
    airline alcohol alone anyone april aside backbone baseline beside bone borderline bromide
    caffeine cellulose chloride chlorine cholesterol clone coin coincide collide combine confine
    control cool countryside deadline decide decline define determine dine dioxide discipline divide
    divine doctrine done downside enclose engine enrol everyone examine famine feminine fine
    fluoride fluorine fool genuine glide gone groin guide guideline headline headphone hide hormone
    hotline imagine inside intestine iodine join landline latrine lifeline line machine magazine
    margarine marine masculine medicine microphone milestone mine monoxide nationwide nine none
    offline one online outline outside override oxide patrol peroxide pesticide petrol phone pine
    pipeline pistol postpone preside pride prone protocol provide quarantine refine reside ride
    routine saline school shine side silicone slide smartphone someone spam spine stone stool stride
    submarine suicide sunshine symbol telephone throne tide timeline tone tool trampoline turbine
    underline undermine upside urine vaccine valentine whirlpool wide wine wool worldwide zone
"""


def looks_like_a_drug(word: str) -> bool:
    """Tell whether a word ends as the names of drugs do and is no everyday word that does too.

    >>> [looks_like_a_drug(word) for word in ("baclofen", "diazepam", "urine", "bladder")]
    [True, True, False, False]
    """
    word = word.lower()
    return (
        len(word) > _ONE_EDIT_FROM and word.endswith(_ENDINGS_OF_DRUGS) and not _is_everyday(word)
    )


def _is_everyday(word: str) -> bool:
    return _base(word) in _EVERYDAY_BASES


def edits_allowed(word: str) -> int:
    """Return how many edits away a word may be that this one is meant for: 0, 1 or 2.

    >>> [edits_allowed(word) for word in ("leg", "legs", "baclofen", "10mg")]
    [0, 1, 2, 0]
    """
    if len(word) < _ONE_EDIT_FROM or len(word) > _LONGEST or _numeric(word):
        return 0
    return 2 if len(word) >= _TWO_EDITS_FROM else 1


def near(word: str, choices: Sequence[str], most: int) -> list[tuple[int, str]]:
    """Return those of the choices that are at most so many edits away, each with its edits."""
    found = process.extract(word, choices, scorer=OSA.distance, score_cutoff=most, limit=None)
    return [(int(distance), one) for one, distance, _ in found]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a collection, in lower case, and how often each occurs."""

    counts: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """Count the words of `texts`; what holds a digit is no word."""
        return cls(dict(sorted(_counted(texts).items())))

    def changed(self, gone: Iterable[str], come: Iterable[str]) -> "Vocabulary":
        """Return the vocabulary of the same texts without those gone, with those come."""
        counts = Counter(self.counts)
        counts.subtract(_counted(gone))
        counts.update(_counted(come))
        return Vocabulary({word: counts[word] for word in sorted(counts) if counts[word]})

    def to_json(self) -> str:
        """Return the vocabulary as text."""
        return json.dumps({"format": _FORMAT, "counts": self.counts}, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Vocabulary":
        """Read what `to_json` wrote; DamagedError where it is anything else."""
        try:
            body = json.loads(text)
            counts = body["counts"]
            if body["format"] != _FORMAT or not all(
                isinstance(word, str) and isinstance(count, int) for word, count in counts.items()
            ):
                raise ValueError("not a vocabulary of this version")  # noqa: TRY301 - one way out
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedError(
                f"the vocabulary cannot be read ({error}); index the documents again"
            ) from error
        return cls(counts)


def _counted(texts: Iterable[str]) -> Counter[str]:
    # Each token is looked at once, however often it occurs.
    tokens = Counter(token for text in texts for token in _TOKEN.findall(text))
    counts: Counter[str] = Counter()
    for token, times in tokens.items():
        for word in _words_in(token):
            counts[word] += times
    return counts


def _words_in(token: str) -> Iterator[str]:
    if _numeric(token):
        return
    for whole in _WORD.findall(token):
        word = re.sub(r"['\u2019]s$", "", whole)
        if _SHORTEST <= len(word) <= _LONGEST and not _APOSTROPHE.search(word):
            yield word.lower()


@dataclass(frozen=True, slots=True)
class Correction:
    """A question with its misspelt words mended.

    `searchable` is False where a drug's name is among the words that one could be, or where one is
    two edits away: then it may be shown to the person who asked, and never be searched with instead
    of what was asked.
    """

    question: str
    searchable: bool


class Speller:
    """Corrects questions against one vocabulary; it never changes, and many threads may ask it.

    `acronyms` are words to leave as they are, `drugs` names that a site knows beside those that
    look like one. `language` are words of the language at large: what is among them is right
    although no document holds it, and a misspelling nearer to one of them means that one.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        acronyms: Iterable[str] = (),
        drugs: Iterable[str] = (),
        language: Collection[str] = frozenset(),
    ) -> None:
        self._counts = vocabulary.counts
        self._drugs = frozenset(word.lower() for word in drugs)
        self._acronyms = frozenset(word.lower() for word in acronyms)
        self._right = {*self._counts, *language, *self._drugs, *self._acronyms, *_ALWAYS_RIGHT}
        words = sorted({*self._counts, *language} - self._acronyms - _ALWAYS_RIGHT)
        self._words: NDArray[np.object_] = np.array(words, dtype=np.object_)
        self._lengths = np.array([len(word) for word in words], dtype=np.int16)
        self._letters = np.array([_letters(word) for word in words], dtype=np.uint64)

    def suggest(self, question: str) -> str | None:
        """Return the question to show as "did you mean", or None where nothing is to be mended."""
        correction = self.correct(question)
        return correction.question if correction else None

    def correct(self, question: str) -> Correction | None:
        """Return the corrected question, or None where nothing is to be mended."""
        parts: list[str] = []
        end = 0
        searchable = True
        for start, word in _words(question):
            found = self._correct(word.lower())
            if found is not None:
                parts += [question[end:start], _in_case_of(word, found[0])]
                end = start + len(word)
                searchable = searchable and found[1]
        return Correction("".join([*parts, question[end:]]), searchable) if parts else None

    def _correct(self, word: str) -> tuple[str, bool] | None:
        """Return the word meant and whether it may be searched with; None leaves it as it is."""
        if not _ONE_EDIT_FROM <= len(word) <= _LONGEST or self._is_right(word):
            return None
        reach = self._within_reach(word)
        least = min((edits for edits, _ in reach), default=0)
        best = [one for edits, one in reach if edits == least and one in self._counts]
        if len({_base(one) for one in best}) != 1:
            return None
        # Forms of one word: the commonest, then the first by the alphabet.
        chosen = min(best, key=lambda one: (-self._counts[one], one))
        if self._is_drug(word) and not _is_everyday(chosen):
            return None
        if self._is_drug(chosen) and len({_base(one) for _, one in reach}) > 1:
            return None
        return chosen, least == 1 and not any(self._is_drug(one) for _, one in reach)

    def _is_right(self, word: str) -> bool:
        return word in self._right or any(form in self._right for form in _forms(word))

    def _is_drug(self, word: str) -> bool:
        return word in self._drugs or looks_like_a_drug(word)

    def _within_reach(self, word: str) -> list[tuple[int, str]]:
        """Return the words that `word` may stand for, each with its edits."""
        most = 2 if len(word) >= _TWO_EDITS_FROM else 1
        # An edit changes the length by one at most, and the set of letters by two.
        letters = np.bitwise_count(self._letters ^ np.uint64(_letters(word)))
        found = np.flatnonzero((letters <= 2 * most) & (abs(self._lengths - len(word)) <= most))
        edits = (
            (distance + (word[0] != one[0]), one)
            for distance, one in near(word, self._words[found].tolist(), most)
        )
        return [(distance, one) for distance, one in edits if distance <= most]


def _words(question: str) -> Iterator[tuple[int, str]]:
    """Give, with its place, each word that may be corrected: no number, unit, acronym, contraction.

    What stands behind a number may be a unit, however it is spelt.
    """
    shouted = question.upper() == question
    number_ends = -1
    for token in _TOKEN.finditer(question):
        behind_number = number_ends >= 0 and not question[number_ends : token.start()].strip()
        number_ends = token.end() if _numeric(token[0]) else -1
        if behind_number or _numeric(token[0]):
            continue
        for match in _WORD.finditer(token[0]):
            word = match[0]
            in_capitals = word[1:].lower() != word[1:]
            acronym = in_capitals and not (shouted and len(word) > _SHORT_CAPITALS)
            if not acronym and not _APOSTROPHE.search(word):
                yield token.start() + match.start(), word


def _numeric(token: str) -> bool:
    return any(character.isnumeric() for character in token)


def _in_case_of(word: str, correction: str) -> str:
    """Return a correction in the capitals of the word that it stands for."""
    if word.upper() == word:
        written = correction.upper()
    elif word[0].isupper():
        written = correction[0].upper() + correction[1:]
    else:
        written = correction
    return written if written.lower() == correction else correction


def _letters(word: str) -> int:
    """Return a bit for each letter that occurs; letters may share one."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) % 64)
    return bits


def _forms(word: str) -> Iterator[str]:
    """Give other forms that `word` may have: "tablets" of "tablet", "dosing" of "doses"."""
    for ending in _ENDINGS:
        yield word + ending
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < _SHORTEST:
            continue
        if ending not in {"ed", "ing"}:
            yield stem
        elif not stem.endswith("e"):
            yield stem
            yield stem + "e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]
    if word.endswith("e"):
        yield word[:-1] + "ing"
    if word.endswith("y"):
        yield from (word[:-1] + ending for ending in ("ies", "ied", "ily"))
    for ending in ("ies", "ied", "ily"):
        if word.endswith(ending):
            yield word.removesuffix(ending) + "y"


def _base(word: str) -> str:
    """Return what forms of one word have in common: "dose", "doses", "dosing" give "dos"."""
    base = re.sub(r"(?:ies|ied|y)$", "i", word)
    return re.sub(r"(?<=...)(?:ings?|ed|es|ly|e|s|d)$", "", base)


_ALWAYS_RIGHT = frozenset(_UNTOUCHED.split())
_ENDINGS_OF_DRUGS = tuple(_DRUG_ENDINGS.split())
_EVERYDAY_BASES = frozenset(_base(word) for word in _EVERYDAY.split())
