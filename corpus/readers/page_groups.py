"""Strips of a page that the same gaps run through, from top to bottom.

What stands left and right of such a gap is two columns, the cells of a table, or nothing at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from corpus.readers.page_grids import Grid
from corpus.readers.page_tables import GUTTER, is_mark
from corpus.readers.page_words import Rule, Word

Gap = tuple[float, float]
EDGE = 1e6


@dataclass(slots=True)
class Piece:
    """A word, or a table with grid lines, which nothing parts."""

    x0: float
    x1: float
    top: float
    bottom: float
    word: Word | None
    grid: Grid | None = None


@dataclass(slots=True)
class Group:
    """Strips with gaps that run through all of them."""

    pieces: list[Piece] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=lambda: [(-EDGE, EDGE)])
    gutters: list[Gap] = field(default_factory=list)  # gaps with words on both sides
    ruled: bool = False  # between lines drawn across the gaps


def strips_of(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Part pieces wherever a level line can be drawn that touches none of them."""
    strip: list[Piece] = []
    bottom = EDGE
    for piece in sorted(pieces, key=lambda one: -one.top):
        if strip and piece.top <= bottom:
            yield strip
            strip, bottom = [], EDGE
        strip.append(piece)
        bottom = min(bottom, piece.bottom)
    if strip:
        yield strip


def groups_of(pieces: Sequence[Piece]) -> list[Group]:
    """Take strips together for as long as a gap runs through all of them."""
    groups: list[Group] = []
    least = GUTTER * median([piece.word.size for piece in pieces if piece.word] or [10.0])
    for strip in strips_of(pieces):
        gaps, inner = _gaps(strip, least)
        group = groups[-1] if groups else None
        if group is not None:
            common = _common(group.gaps, gaps, least)
            gutters = [gap for gap in common if _meets(gap, [*group.gutters, *inner])]
            if (
                gutters
                and (not group.gutters or any(_meets(gap, group.gutters) for gap in gutters))
            ) or not (group.gutters or inner):
                group.pieces.extend(strip)
                group.gaps, group.gutters = common, gutters
                continue
        groups.append(Group(list(strip), gaps, inner))
    return groups


def ruled_off(groups: Sequence[Group], rules: Sequence[Rule]) -> Iterator[Group]:
    """Part groups above the first line and below the last one drawn across their gaps.

    What stands between such lines is a table, though its gaps may meet those of columns below.
    """
    for group in groups:
        top, bottom = max(one.top for one in group.pieces), min(one.bottom for one in group.pieces)
        across = [
            rule.y0
            for rule in rules
            if rule.level
            and bottom < rule.y0 < top
            and any(rule.x0 < low and rule.x1 > high for low, high in group.gutters)
        ]
        if not across:
            yield group
            continue
        zones: tuple[list[Piece], ...] = ([], [], [])
        for piece in group.pieces:
            middle = (piece.top + piece.bottom) / 2
            zones[(middle < max(across)) + (middle < min(across))].append(piece)
        for at, zone in enumerate(zones):
            for part in groups_of(zone) if zone else ():
                part.ruled = at == 1
                yield part


def _gaps(strip: Sequence[Piece], least: float) -> tuple[list[Gap], list[Gap]]:
    """Return the gaps of a strip with the margins, and those that have words on both sides.

    The gap between a bullet and its text is none: it would part every list from its marks.
    """
    inner: list[Gap] = []
    ordered = sorted(strip, key=lambda one: one.x0)
    first = end = ordered[0].x0
    segment: list[str] = []
    for piece in ordered:
        if piece.x0 - end >= least:
            if not is_mark("".join(segment), first=not inner):
                inner.append((end, piece.x0))
            segment = []
        segment.append(piece.word.text if piece.word else "")
        end = max(end, piece.x1)
    return [(-EDGE, first), *inner, (end, EDGE)], inner


def _common(some: Sequence[Gap], others: Sequence[Gap], least: float) -> list[Gap]:
    found = []
    at = other = 0
    while at < len(some) and other < len(others):
        low, high = max(some[at][0], others[other][0]), min(some[at][1], others[other][1])
        if high - low >= least:
            found.append((low, high))
        if some[at][1] < others[other][1]:
            at += 1
        else:
            other += 1
    return found


def _meets(gap: Gap, others: Sequence[Gap]) -> bool:
    return any(gap[0] < high and low < gap[1] for low, high in others)
