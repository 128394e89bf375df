"""What share of a question's terms stands where a filter allows it.

A search by words has the paragraphs of all places of a passage as one text; where some of these
places are not allowed, what stands in the others is read from the documents.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.paragraphs import under
from index.catalog import Catalog
from index.selection import Selection
from index.vectors.protocol import Rows

_PARAGRAPHS = 20
"""Paragraphs of a passage that are read where not all of its places are allowed."""


def of_allowed(
    catalog: Catalog,
    share: Callable[[str], float],
    held: NDArray[np.float64],
    rows: Rows,
    mixed: NDArray[np.bool_],
    *,
    within: Selection,
) -> NDArray[np.float64]:
    """Return `held`, the shares in all paragraphs of `rows`, without those that are not allowed.

    `mixed` says which rows have places elsewhere too; all three are of one shape.
    """
    if not mixed.any():
        return held
    found = _shares(catalog, share, rows[mixed].tolist(), within)
    allowed = held.copy()
    allowed[mixed] = [found[row] for row in rows[mixed].tolist()]
    return allowed


def _shares(
    catalog: Catalog, share: Callable[[str], float], mixed: Sequence[int], within: Selection
) -> dict[int, float]:
    """Return for rows with places elsewhere too what `share` says of their allowed paragraphs."""
    keys = {
        row: [
            (place.sentence.document_id, place.sentence.ordinal)
            for place in within.places(one.passage)[:_PARAGRAPHS]
        ]
        for row, one in catalog.rows(mixed).items()
    }
    excerpts = catalog.excerpts(key for row in mixed for key in keys[row])
    texts = {key: under((one.title, *one.section), one.paragraph) for key, one in excerpts.items()}
    return {row: share("\n".join(texts[key] for key in keys[row] if key in texts)) for row in mixed}
