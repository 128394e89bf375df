"""What share of a question's terms stands where a filter allows it.

A search by words has the paragraphs of all places of a passage as one text; where some of these
places are not allowed, what stands in the others is read from the documents.
"""

from collections.abc import Callable, Sequence

from corpus.paragraphs import under
from index.catalog import Catalog
from index.selection import Selection

_PARAGRAPHS = 20
"""Paragraphs of a passage that are read where not all of its places are allowed."""


def shares(
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
