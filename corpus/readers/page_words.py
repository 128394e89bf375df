"""What stands on a printed page: words with their places, and the lines drawn between them.

Coordinates are points, x to the right and y upwards, turned so that the words read left to right.
"""

from dataclasses import dataclass, field

_ASCENT, _DESCENT = 0.7, 0.2
"""Ems above and below the baseline that letters fill; less than any font's line height."""


@dataclass(slots=True)
class Word:
    """Letters without a gap between them, from `x0` to `x1` on the baseline `y`.

    `spaced`: a space stood before it in the file; `tied`: one that keeps lines together. `order`
    counts words as the file draws them.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    italic: bool = False
    spaced: bool = False
    tied: bool = False
    order: int = 0

    @property
    def top(self) -> float:
        """Where its tall letters end."""
        return self.y + _ASCENT * self.size

    @property
    def bottom(self) -> float:
        """Where its low letters end."""
        return self.y - _DESCENT * self.size


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line that is drawn along one of the page's sides."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def level(self) -> bool:
        """True for a horizontal one."""
        return self.x1 - self.x0 >= self.y1 - self.y0


@dataclass(slots=True)
class Sheet:
    """One page: its words by quarter turn (0: upright), its rules, and whether it is a picture."""

    words: dict[int, list[Word]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    pictured: bool = False


def upright(quarter: int, x: float, y: float) -> tuple[float, float]:
    """Return a point of the page as it lies after text turned by `quarter` is turned back."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[quarter]


def upright_box(
    quarter: int, x0: float, y0: float, x1: float, y1: float
) -> tuple[float, float, float, float]:
    """Return a box (x0, y0, x1, y1) turned back like its text, its corners in order again."""
    ax, ay = upright(quarter, x0, y0)
    bx, by = upright(quarter, x1, y1)
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
