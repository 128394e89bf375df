"""Documents made by rule, the same every time: text with the shape of real text, of our own words.

Sentences of the project's own leaflets are cut in two and joined anew; what they speak of is drawn
from the leaflets' words and from made-up names, by Zipf's law: a few words stand everywhere, most
are rare (Zipf 1949). Lexical search has short and long lists of postings to read, dense search
neighbours that differ little. It is no text that anybody would read.
"""

import itertools
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.protocol import Sentence

_ROOT = Path(__file__).parents[1]
_PER_DOCUMENT = 200
_PER_PARAGRAPH = 5
_NAMES = 20_000
_SEED = 20261129
_SYLLABLES = (
    "ba bel cor da dren fa fen gal ha hol ka lin lor "
    "ma mer na nor pa pel ra ren sa sol ta tor va vin wen"
)
_WHO = "patients carers visitors nurses therapists doctors families volunteers".split()
_DOES = (
    "asked about",
    "wrote down",
    "spoke of",
    "was sure about",
    "was worried about",
    "read up on",
    "had questions on",
    "took notes on",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one sentence, which is known to answer it best."""

    text: str
    sentence: int


@dataclass(frozen=True, slots=True)
class _Words:
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    topics: tuple[str, ...]
    topic_weights: tuple[float, ...]
    names: tuple[str, ...]
    name_weights: tuple[float, ...]


def sentences(count: int) -> list[Sentence]:
    """Return so many distinct sentences, in documents of two hundred."""
    texts = itertools.islice(_distinct(), count)
    return [
        Sentence(number, f"{number // _PER_DOCUMENT:06}", text) for number, text in enumerate(texts)
    ]


def questions(of: Sequence[Sentence], count: int) -> list[Question]:
    """Return questions that name what one sentence speaks of, in other words than its own."""
    chance = random.Random(_SEED + 1)  # noqa: S311 - the same every time, on purpose
    return [
        Question(_question(of[number].text), number)
        for number in chance.sample(range(len(of)), count)
    ]


def write(folder: Path, of: Sequence[Sentence]) -> tuple[Path, Path]:
    """Write text files, one a document, and the same as JSON lines; return both paths.

    A sentence stands on a line of its own, so that nobody's splitter is measured.
    """
    corpus, lines = folder / "corpus", folder / "sentences.jsonl"
    corpus.mkdir(parents=True)
    for document, group in itertools.groupby(of, key=lambda sentence: sentence.document):
        texts = [sentence.text for sentence in group]
        paragraphs = [
            "\n".join(texts[first : first + _PER_PARAGRAPH])
            for first in range(0, len(texts), _PER_PARAGRAPH)
        ]
        (corpus / f"{document}.txt").write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
    with lines.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(sentence)) + "\n" for sentence in of)
    return corpus, lines


def _question(text: str) -> str:
    found = re.search(r"(\w+) at (\w+) (\w+ [\w ]+) (\w+) and (\w+)\.$", text)
    assert found is not None, text
    who, where, does, first, second = found.groups()
    return f"Which {who} at {where} {does} {second} and {first}?"


def _distinct() -> Iterator[str]:
    chance = random.Random(_SEED)  # noqa: S311 - the same every time, on purpose
    words = _words()
    seen: set[str] = set()
    while True:
        text = _sentence(words, chance)
        if text not in seen:
            seen.add(text)
            yield text


def _sentence(words: _Words, chance: random.Random) -> str:
    first, second = chance.choices(words.topics, cum_weights=words.topic_weights, k=2)
    (where,) = chance.choices(words.names, cum_weights=words.name_weights)
    head, tail = chance.choice(words.heads), chance.choice(words.tails)
    who, does = chance.choice(_WHO), chance.choice(_DOES)
    return f"{head} {tail}, and {who} at {where} {does} {first} and {second}."


def _words() -> _Words:
    leaflet = (_ROOT / "corpus" / "sample" / "managing-spasticity.md").read_text(encoding="utf-8")
    lines = (_ROOT / "evaluation" / "clinic" / "documents.jsonl").read_text(encoding="utf-8")
    text = " ".join([leaflet, *(json.loads(line)["text"] for line in lines.splitlines())])
    plain = [
        words
        for sentence in re.findall(r"[A-Z][a-z][^.!?\n:;()\d]{30,140}(?=\.\s)", text)
        if len(words := sentence.replace("*", "").split()) > 7  # noqa: PLR2004 - two halves
    ]
    counts = Counter(re.findall(r"\b[a-z]{5,}\b", text))
    topics = [word for word, _ in counts.most_common()]
    chance = random.Random(_SEED + 2)  # noqa: S311 - the same every time, on purpose
    names: dict[str, None] = {}
    while len(names) < _NAMES:
        names[
            "".join(chance.choices(_SYLLABLES.split(), k=chance.choice((2, 3, 3, 4)))).title()
        ] = None
    return _Words(
        heads=tuple(" ".join(one[: len(one) // 2]) for one in plain),
        tails=tuple(" ".join(one[len(one) // 2 :]) for one in plain),
        topics=tuple(topics),
        topic_weights=_zipf(len(topics)),
        names=tuple(names),
        name_weights=_zipf(len(names)),
    )


def _zipf(count: int) -> tuple[float, ...]:
    """Return the weights of words by rank, each with those before it."""
    return tuple(itertools.accumulate(1 / rank for rank in range(1, count + 1)))
