"""A graph in fp32 to one that multiplies in eight bits, row by row.

Weights get a scale for each output channel, activations one for each token, found as it passes
(LLM.int8's vector-wise quantisation, Dettmers et al. 2022, without outliers). The runtime's own
dynamic quantisation has one scale for a whole batch: then a text's vector depends on its company,
and the worst token in it costs all others their precision. The projections to attention's values
stay as they are: a twelfth of the work, and more than half of the error.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

SCHEME = "int8.1"
"""Part of an encoder's name: what changes here changes vectors, and then this as well."""

_LARGEST = 127
_ZERO = 128
"""What stands for 0 in activations: unsigned, because the processor multiplies u8 by s8."""

_CONSTANTS: dict[str, NDArray[np.generic]] = {
    "int8/step": np.array(1 / _LARGEST, np.float32),
    "int8/least": np.array(1e-12, np.float32),
    "int8/zero": np.array(_ZERO, np.uint8),
    "int8/zeros": np.array([_ZERO], np.uint8),
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
        if given not in rows_of:
            rows_of[given] = f"{given}/rows"
            new[f"{given}/rows/shape"] = np.array([-1, len(weights)], np.int64)
            nodes += _quantised(given, rows_of[given])
        new[f"{node.output[0]}/width"] = np.array([weights.shape[1]], np.int64)
        nodes += _product(rows_of[given], matrix.name, node.output[0])
    kept = [one for one in graph.initializer if one.name not in gone]
    for field in (graph.node, graph.initializer, graph.value_info):
        del field[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in new.items())
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


def _quantised(given: str, rows: str) -> list[NodeProto]:
    """Return what makes of `given` (…, K) the matrix `rows`/int8 and `rows`/steps, one a row."""
    return [
        helper.make_node("Reshape", [given, f"{rows}/shape"], [rows]),
        helper.make_node("Abs", [rows], [f"{rows}/sizes"]),
        helper.make_node(
            "ReduceMax", [f"{rows}/sizes", "int8/columns"], [f"{rows}/largest"], keepdims=0
        ),
        helper.make_node("Mul", [f"{rows}/largest", "int8/step"], [f"{rows}/quotient"]),
        helper.make_node("Max", [f"{rows}/quotient", "int8/least"], [f"{rows}/step"]),
        helper.make_node("Shape", [f"{rows}/step"], [f"{rows}/count"]),
        helper.make_node("Expand", ["int8/zeros", f"{rows}/count"], [f"{rows}/zeros"]),
        helper.make_node(
            "QuantizeLinear", [rows, f"{rows}/step", f"{rows}/zeros"], [f"{rows}/int8"], axis=0
        ),
        helper.make_node("Unsqueeze", [f"{rows}/step", "int8/columns"], [f"{rows}/steps"]),
        helper.make_node("Shape", [given], [f"{rows}/of"]),
        helper.make_node("Slice", [f"{rows}/of", "int8/first", "int8/last"], [f"{rows}/leading"]),
    ]


def _product(rows: str, matrix: str, output: str) -> list[NodeProto]:
    return [
        helper.make_node(
            "MatMulInteger", [f"{rows}/int8", f"{matrix}/int8", "int8/zero"], [f"{output}/sums"]
        ),
        helper.make_node("Cast", [f"{output}/sums"], [f"{output}/float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{output}/float", f"{rows}/steps"], [f"{output}/scaled"]),
        helper.make_node("Mul", [f"{output}/scaled", f"{matrix}/steps"], [f"{output}/flat"]),
        helper.make_node(
            "Concat", [f"{rows}/leading", f"{output}/width"], [f"{output}/to"], axis=0
        ),
        helper.make_node("Reshape", [f"{output}/flat", f"{output}/to"], [output]),
    ]
