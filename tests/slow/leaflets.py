"""Leaflets made by rule, the same every time: any number of distinct sentences of our own."""

import random
from collections.abc import Iterator
from pathlib import Path

PER_FILE = 50
_PER_PARAGRAPH = 5

_WHO = ("Patients", "Visitors", "Night nurses", "Carers", "People with stiff legs", "New starters")
_WHERE = ("the day unit", "the gym", "ward seven", "the pain clinic", "the pool", "room twelve")
_WHAT = ("stretching", "baclofen", "a splint", "a night brace", "massage", "the standing frame")
_EFFECT = ("slept better", "walked further", "felt dizzy", "had fewer cramps", "stopped early")
_WHEN = ("in the morning", "after lunch", "before bed", "at weekends", "during the winter")
_TOLD = ("the team", "a physiotherapist", "their doctor", "the spasticity nurse", "no one at all")


def sentence(number: int) -> str:
    """Return the sentence of this number; no two numbers have the same."""
    chance = random.Random(number)  # noqa: S311 - the same every time, on purpose
    who, where, what, effect, when, told = (
        chance.choice(words) for words in (_WHO, _WHERE, _WHAT, _EFFECT, _WHEN, _TOLD)
    )
    return (
        f"{who} at {where} who tried {what} {when} often {effect}, "
        f"and told {told} about visit {number}."
    )


def leaflet(numbers: range) -> str:
    """Return a leaflet of the sentences of these numbers, in paragraphs under a heading."""
    texts = [sentence(number) for number in numbers]
    paragraphs = [
        " ".join(texts[first : first + _PER_PARAGRAPH])
        for first in range(0, len(texts), _PER_PARAGRAPH)
    ]
    heading = f"Leaflet {numbers.start} on multiple sclerosis (MS)"
    return f"{heading}\n\n" + "\n\n".join(paragraphs) + "\n"


def write_leaflets(folder: Path, sentences: int) -> list[Path]:
    """Write so many sentences into files of `folder`, which is made; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _written(folder / f"leaflet-{first:09}.txt", range(first, first + count))
        for first, count in _parts(sentences)
    ]


def _parts(sentences: int) -> Iterator[tuple[int, int]]:
    for first in range(0, sentences, PER_FILE):
        yield first, min(PER_FILE, sentences - first)


def _written(path: Path, numbers: range) -> Path:
    path.write_text(leaflet(numbers), encoding="utf-8")
    return path
