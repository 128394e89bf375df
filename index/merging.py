"""Parts to passages: sentences that say the same become places of one, and everything is numbered.

Numbers follow the order of the documents alone, so that they are the same whether a part was split
anew or taken from an earlier build. How like two wordings are is worked out again only where the
first place of a passage, or a sentence, is another than before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.dedup import Comparison
from index.parts import Part, Standing

At = tuple[int, int]
"""Where a sentence stands: the number of its document and its position there, from 0."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Passages (id, text) and paragraphs by row; of each passage, its places and their paragraphs.

    `sentences` has, for each document, an entry a sentence: its passage's row, its standing there,
    its paragraph's row.
    """

    passages: Sequence[tuple[str, str]]
    places: Sequence[Sequence[At]]
    paragraphs: Sequence[str]
    paragraphs_of: Sequence[Sequence[int]]
    sentences: Sequence[Sequence[tuple[int, Standing, int]]]

    def repeats(self) -> Iterator[tuple[int, At, At, Standing]]:
        """Give each place but the first of its passage: row, first place, place, standing."""
        for row, places in enumerate(self.places):
            for number, at in places[1:]:
                yield row, places[0], (number, at), self.sentences[number][at][1]


def merge(parts: Sequence[Part]) -> Merged:
    """Merge the sentences of `parts`, in their order."""
    groups: dict[str, list[At]] = {}
    for number, part in enumerate(parts):
        for at, passage in enumerate(part.passages):
            groups.setdefault(passage, []).append((number, at))
    paragraphs: dict[str, int] = {}
    paragraphs_of: list[tuple[int, ...]] = []
    placed: list[list[tuple[int, Standing, int]]] = [
        [(0, _ALONE, 0)] * len(part.passages) for part in parts
    ]
    for row, places in enumerate(groups.values()):
        mine = tuple(
            [
                paragraphs.setdefault(parts[number].paragraphs[at], len(paragraphs))
                for number, at in places
            ]
        )
        paragraphs_of.append(mine)
        standings = _standings(parts, places)
        for (number, at), standing, paragraph in zip(places, standings, mine, strict=True):
            placed[number][at] = (row, standing, paragraph)
    return Merged(
        passages=[
            (passage, parts[number].text(at)) for passage, ((number, at), *_) in groups.items()
        ],
        places=list(groups.values()),
        paragraphs=list(paragraphs),
        paragraphs_of=paragraphs_of,
        sentences=placed,
    )


_ALONE: Standing = (0, "exact", 1.0)


def _standings(parts: Sequence[Part], places: Sequence[At]) -> list[Standing]:
    if len(places) == 1:
        return [_ALONE]
    number, at = places[0]
    same_first = _earlier(parts, number, at) == _ALONE
    compare: Comparison | None = None
    standings = [_ALONE]
    for place, (other, there) in enumerate(places[1:], start=1):
        earlier = _earlier(parts, other, there) if same_first else None
        if earlier is not None:
            _, kind, similarity = earlier
        else:
            compare = compare or Comparison(parts[number].text(at))
            kind, similarity = compare.with_text(parts[other].text(there))
        standings.append((place, kind, similarity))
    return standings


def _earlier(parts: Sequence[Part], number: int, at: int) -> Standing | None:
    """Return a sentence's standing in the earlier build, None where it was not there."""
    return parts[number].standings[at] if parts[number].standings else None
