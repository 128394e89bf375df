"""The words of the language at large, as far as something installed already knows them.

The packaged model's tokenizer keeps whole the English words that are frequent enough; about 21,000
of its pieces are such words. Where it is not installed there are none, and spelling is corrected by
the collection's own words alone.
"""

import importlib.util
from pathlib import Path

from index.encoders.sentence_transformer import PACKAGE

_SHORTEST = 3


def words() -> frozenset[str]:
    """Return common words of English in lower case; empty where nothing installed has any."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return frozenset()
    file = Path(spec.origin).parent / "model" / "vocab.txt"
    if not file.is_file():
        return frozenset()
    pieces = file.read_text(encoding="utf-8").splitlines()
    return frozenset(one for one in pieces if one.isalpha() and len(one) >= _SHORTEST)
