"""Sentences, files and questions that are made here, the same every time, as many as are wanted."""

import itertools
from collections.abc import Iterator, Sequence

_WHO = ("patients", "visitors", "nurses", "carers", "people with stiff legs", "new starters")
_WHERE = ("the day unit", "the gym", "ward seven", "the pain clinic", "the pool", "room twelve")
_WHAT = ("stretching", "baclofen", "a splint", "a night brace", "massage", "the standing frame")
_EFFECT = ("slept better", "walked further", "felt dizzy", "had fewer cramps", "stopped early")
_WHEN = ("in the morning", "after lunch", "before bed", "at weekends", "during the winter")

_PER_FILE = 200
_PARTS = 20
LAYOUTS = ("alone", "pages")
"""How sentences stand in files: each a paragraph of its own, or five in each under headings."""


def sentences() -> Iterator[str]:
    """Yield distinct plain sentences without end."""
    for number in itertools.count(1):
        for who, where, what, effect, when in itertools.product(
            _WHO, _WHERE, _WHAT, _EFFECT, _WHEN
        ):
            yield (
                f"In week {number}, {who} at {where} who used {what} {when} often {effect} "
                "and told the team about it."
            )


def files(texts: Sequence[str], layout: str) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of files that hold all sentences in one of the layouts."""
    for first in range(0, len(texts), _PER_FILE):
        held = texts[first : first + _PER_FILE]
        if layout == "alone":
            yield f"{first:09}.txt", "\n\n".join(held)
        else:
            yield f"{first:09}.md", "\n\n".join(_page(held, first // _PER_FILE + 1))


def _page(texts: Sequence[str], number: int) -> Iterator[str]:
    yield f"# Leaflet {number}"
    for at in range(0, len(texts), 5):
        if at % _PARTS == 0:
            yield f"## Part {at // _PARTS + 1} of what the team was told"
        yield " ".join(texts[at : at + 5])


def questions(count: int, first: int = 0) -> list[str]:
    """Return so many questions from the first on, no two of them the same."""
    kinds = itertools.cycle(itertools.product(_WHAT, _EFFECT, _WHERE))
    return [
        f"Who {effect} with {what} at {where} in week {number}?"
        for number, (what, effect, where) in itertools.islice(
            enumerate(kinds, 1), first, first + count
        )
    ]
