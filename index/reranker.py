"""A cross-encoder: reads a question and a passage together, for the few best candidates.

The packaged one is ms-marco-MiniLM-L-12-v2 (Reimers and Gurevych 2019; Nogueira and Cho 2019;
trained on MS MARCO, Bajaj et al. 2016) in int8.
"""

import math
from collections.abc import Sequence
from typing import Protocol

from index.encoders import weights
from index.encoders.onnx_graph import OnnxGraph
from index.encoders.packaged import packaged_folder
from index.errors import EncoderError

PACKAGED_SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"

_LONGEST = 256
_TEMPERATURE = 4.0
"""Logits run from about -11 to 11; a quarter of them does not press the best against 1."""


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
    """A sequence classifier with one logit; what it says of a passage depends on no other."""

    def __init__(self, graph: OnnxGraph, name: str) -> None:
        self._graph = graph
        self.name = name

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return for each passage in [0, 1] how well it answers; higher is better."""
        logits = self._graph.run([(question, passage) for passage in passages])
        return [1.0 / (1.0 + math.exp(-float(logit.item()) / _TEMPERATURE)) for logit in logits]


def packaged_reranker() -> CrossEncoder:
    """Open the packaged cross-encoder, after checking its weights."""
    folder = packaged_folder("reranker_en")
    sha256 = weights.check(folder / "model.onnx", PACKAGED_SHA256)
    return CrossEncoder(OnnxGraph(folder, _LONGEST), f"ms-marco-MiniLM-L-12-v2-int8@{sha256[:8]}")


RERANKERS = {"packaged": packaged_reranker}


def open_reranker(name: str) -> Reranker | None:
    """Open the reranker that a setting names: `packaged`, or None for `none`."""
    if name == "none":
        return None
    if name not in RERANKERS:
        raise EncoderError(f"no reranker is called {name!r}; known are packaged and none")
    return RERANKERS[name]()
