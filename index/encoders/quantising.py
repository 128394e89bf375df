"""A graph in fp32 to one that multiplies in eight bits, row by row.

Weights get a scale for each output channel, activations one for each token, found as it passes
(LLM.int8's vector-wise quantisation, Dettmers et al. 2022, without outliers). The runtime's own
dynamic quantisation has one scale for a whole batch: then a text's vector depends on its company,
and the worst token in it costs all others their precision. The projections to attention's values
stay as they are: a twelfth of the work, and more than half of the error.

On a processor that multiplies matrices of eight bits the products are the smaller part of the time,
and every pass over their results counts: a product and the scales of its columns are one operator
of onnxruntime's own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

SCHEME = "int8.2"
"""Part of an encoder's name: what changes here changes vectors, and then this as well."""

_RUNTIMES_OWN = "com.microsoft"
_LARGEST = 127


@dataclass(frozen=True, slots=True)
class _Codes:
    """How a row is written in unsigned bytes: which stands for 0, and how many steps are above it.

    Unsigned, because the processor multiplies u8 by s8. A step is never less than `least`.
    """

    name: str
    zero: int
    above: int
    least: float

    def constants(self) -> dict[str, NDArray[np.generic]]:
        """Return what the operators are given, by name."""
        return {
            f"{self.name}/step": np.array(1 / self.above, np.float32),
            f"{self.name}/least": np.array(self.least, np.float32),
            f"{self.name}/zero": np.array(self.zero, np.uint8),
            f"{self.name}/zeros": np.array([self.zero], np.uint8),
        }


_EVEN = _Codes("even", zero=128, above=_LARGEST, least=1e-12)
_GELU = _Codes("gelu", zero=20, above=235, least=0.17 / 20)
"""What comes from a GELU is never below -0.17: nearly twice as many steps are left above zero."""

_CONSTANTS: dict[str, NDArray[np.generic]] = {
    **_EVEN.constants(),
    **_GELU.constants(),
    "int8/one": np.array(1, np.float32),
    "int8/first": np.array([0], np.int64),
    "int8/columns": np.array([1], np.int64),
    "int8/last": np.array([-1], np.int64),
}


_PASSING = {"Add", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Where", "Cast", "Identity"}
"""What lies between a projection or a softmax and the product of attention."""


def quantise(path: Path) -> None:
    """Rewrite the graph at `path`: products with constant matrices, but for those to values."""
    model = onnx.load(path)
    graph = model.graph
    constants = {one.name: one for one in graph.initializer}
    from_gelu = {node.output[0] for node in graph.node if node.op_type == "Gelu"}
    new = dict(_CONSTANTS)
    nodes: list[NodeProto] = []
    rows_of: dict[str, str] = {}
    gone = set()
    values = _values(list(graph.node), {*constants})
    for node in graph.node:
        matrix = constants.get(node.input[1]) if node.op_type == "MatMul" else None
        if matrix is None or len(matrix.dims) != 2 or node.output[0] in values:  # noqa: PLR2004 - rows and columns
            nodes.append(node)
            continue
        weights = numpy_helper.to_array(matrix)
        steps = np.maximum(np.abs(weights).max(axis=0) / _LARGEST, 1e-12).astype(np.float32)
        new[f"{matrix.name}/int8"] = np.rint(weights / steps).astype(np.int8)
        new[f"{matrix.name}/steps"] = steps
        gone.add(matrix.name)
        given = node.input[0]
        codes = _GELU if given in from_gelu else _EVEN
        if given not in rows_of:
            rows_of[given] = f"{given}/rows"
            new[f"{given}/rows/shape"] = np.array([-1, len(weights)], np.int64)
            nodes += _quantised(given, rows_of[given], codes)
        new[f"{node.output[0]}/width"] = np.array([weights.shape[1]], np.int64)
        nodes += _product(rows_of[given], codes, matrix.name, node.output[0])
    kept = [one for one in graph.initializer if one.name not in gone]
    for field in (graph.node, graph.initializer, graph.value_info):
        del field[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in new.items())
    model.opset_import.append(helper.make_opsetid(_RUNTIMES_OWN, 1))
    onnx.save(model, path)


def _values(nodes: Sequence[NodeProto], constants: Collection[str]) -> set[str]:
    """Return the outputs of products that go into attention as its values.

    Attention is a product of two that were both computed, the first of them by a softmax.
    """
    makers = {output: node for node in nodes for output in node.output}

    def back(name: str, kind: str) -> NodeProto | None:
        node = makers.get(name)
        while node is not None and node.op_type != kind and node.op_type in _PASSING:
            # Where's last is what it passes on; else shapes stand behind what is shaped.
            given = node.input[::-1] if node.op_type == "Where" else node.input
            node = next((makers[one] for one in given if one in makers), None)
        return node if node is not None and node.op_type == kind else None

    found = set()
    for node in nodes:
        if node.op_type != "MatMul" or {*node.input} & {*constants}:
            continue
        value = back(node.input[1], "MatMul")
        if value is not None and back(node.input[0], "Softmax") is not None:
            found.add(value.output[0])
    return found


def _quantised(given: str, rows: str, codes: _Codes) -> list[NodeProto]:
    """Return what makes of `given` (…, K) the matrix `rows`/int8 and `rows`/steps, one a row."""
    sizes = rows if codes is _GELU else f"{rows}/sizes"
    return [
        helper.make_node("Reshape", [given, f"{rows}/shape"], [rows]),
        *([] if sizes == rows else [helper.make_node("Abs", [rows], [sizes])]),
        helper.make_node("ReduceMax", [sizes, "int8/columns"], [f"{rows}/largest"], keepdims=1),
        helper.make_node("Mul", [f"{rows}/largest", f"{codes.name}/step"], [f"{rows}/quotient"]),
        helper.make_node("Max", [f"{rows}/quotient", f"{codes.name}/least"], [f"{rows}/steps"]),
        helper.make_node("Squeeze", [f"{rows}/steps", "int8/columns"], [f"{rows}/step"]),
        helper.make_node("Shape", [f"{rows}/step"], [f"{rows}/count"]),
        helper.make_node("Expand", [f"{codes.name}/zeros", f"{rows}/count"], [f"{rows}/zeros"]),
        helper.make_node(
            "QuantizeLinear", [rows, f"{rows}/step", f"{rows}/zeros"], [f"{rows}/int8"], axis=0
        ),
        helper.make_node("Shape", [given], [f"{rows}/of"]),
        helper.make_node("Slice", [f"{rows}/of", "int8/first", "int8/last"], [f"{rows}/leading"]),
    ]


def _product(rows: str, codes: _Codes, matrix: str, output: str) -> list[NodeProto]:
    return [
        helper.make_node(
            "MatMulIntegerToFloat",
            [
                f"{rows}/int8",
                f"{matrix}/int8",
                "int8/one",
                f"{matrix}/steps",
                f"{codes.name}/zero",
            ],
            [f"{output}/scaled"],
            domain=_RUNTIMES_OWN,
        ),
        helper.make_node("Mul", [f"{output}/scaled", f"{rows}/steps"], [f"{output}/flat"]),
        helper.make_node(
            "Concat", [f"{rows}/leading", f"{output}/width"], [f"{output}/to"], axis=0
        ),
        helper.make_node("Reshape", [f"{output}/flat", f"{output}/to"], [output]),
    ]
