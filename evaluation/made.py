"""Sentences and questions that are made here, the same every time, as many as are wanted."""

import itertools
from collections.abc import Iterator

_WHO = ("patients", "visitors", "nurses", "carers", "people with stiff legs", "new starters")
_WHERE = ("the day unit", "the gym", "ward seven", "the pain clinic", "the pool", "room twelve")
_WHAT = ("stretching", "baclofen", "a splint", "a night brace", "massage", "the standing frame")
_EFFECT = ("slept better", "walked further", "felt dizzy", "had fewer cramps", "stopped early")
_WHEN = ("in the morning", "after lunch", "before bed", "at weekends", "during the winter")


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


def questions(count: int, first: int = 0) -> list[str]:
    """Return so many questions from the first on, no two of them the same."""
    kinds = itertools.cycle(itertools.product(_WHAT, _EFFECT, _WHERE))
    return [
        f"Who {effect} with {what} at {where} in week {number}?"
        for number, (what, effect, where) in itertools.islice(
            enumerate(kinds, 1), first, first + count
        )
    ]
