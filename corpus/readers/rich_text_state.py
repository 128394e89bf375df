"""What holds at one point of an RTF file, and the control words that change it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

_BODY_LEVEL = 9
_DEEPEST_TABLE = 50


class Room(Enum):
    """Where text goes that is read within a group."""

    PAGE = "page"
    NOWHERE = "nowhere"
    FONTS = "fonts"
    STYLES = "styles"
    ABOUT = "about"
    TITLE = "title"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class State:
    """Properties of text and paragraph; a group of the file gives them back at its end.

    `fallback` is how many characters after each Unicode one stand for readers that know none;
    `level` is None where no outline level was said, 0 for body text; `depth` counts tables.
    """

    room: Room = Room.PAGE
    bold: bool = False
    hidden: bool = False
    deleted: bool = False
    high: bool = False
    font: int = 0
    fallback: int = 1
    language: int = 0
    style: int = 0
    based_on: int | None = None
    level: int | None = None
    listed: bool = False
    depth: int = 0

    @property
    def shown(self) -> bool:
        """Whether the page shows the text."""
        return self.room is Room.PAGE and not (self.hidden or self.deleted)


Change = Callable[[State, int | None], State]

CHANGES: Mapping[str, Change] = {
    "b": lambda state, number: replace(state, bold=number != 0),
    "v": lambda state, number: replace(state, hidden=number != 0),
    "deleted": lambda state, number: replace(state, deleted=number != 0),
    "super": lambda state, number: replace(state, high=number != 0),
    "sub": lambda state, _: replace(state, high=False),
    "nosupersub": lambda state, _: replace(state, high=False),
    "f": lambda state, number: replace(state, font=number or 0),
    "uc": lambda state, number: replace(state, fallback=max(number or 0, 0)),
    "lang": lambda state, number: replace(state, language=number or 0),
    "s": lambda state, number: replace(state, style=number or 0),
    "sbasedon": lambda state, number: replace(state, based_on=number),
    "outlinelevel": lambda state, number: replace(
        state, level=0 if number is None or not 0 <= number < _BODY_LEVEL else number + 1
    ),
    "ls": lambda state, number: replace(state, listed=bool(number)),
    "intbl": lambda state, _: replace(state, depth=max(state.depth, 1)),
    "itap": lambda state, number: replace(state, depth=min(max(number or 0, 0), _DEEPEST_TABLE)),
    "pard": lambda state, _: replace(state, style=0, level=None, listed=False, depth=0),
}
