"""The words of English at large, so that a right word which no document holds is not "mended".

The list is the frequency dictionary that symspellpy carries, about 83,000 words; the package is
used as a folder that holds it, and none of its code runs.
"""

import importlib.util
from functools import cache
from pathlib import Path

from index.errors import RetrievalError

PACKAGE = "symspellpy"
_FILE = "frequency_dictionary_en_82_765.txt"


@cache
def words() -> frozenset[str]:
    """Return English words in lower case; RetrievalError where the package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RetrievalError("the list of English words is not installed; pip install symspellpy")
    file = Path(spec.submodule_search_locations[0]) / _FILE
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    return frozenset(line.split()[0] for line in lines if line)
