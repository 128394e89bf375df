"""What an exporter leaves in a graph for cases that no text is, taken out; no number changes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, numpy_helper

_LOWEST = "trimmed/lowest"


def trim(path: Path) -> int:
    """Take the guards of attention out of the graph at `path`; return how many there were.

    Where a token may look at none, its scores are all minus infinity, softmax gives no number, and
    a guard, a pass over all weights of attention, puts 0 there. Only padding may be such a token,
    and nobody looks at it. The lowest number that there is instead of infinity keeps it a number;
    for every other token the weight of what is masked is 0 as before.
    """
    model = onnx.load(path)
    graph = model.graph
    makers = {output: node for node in graph.node for output in node.output}
    infinite = {
        one.name for one in graph.initializer if np.all(np.isneginf(numpy_helper.to_array(one)))
    }
    unguarded: dict[str, str] = {}
    for guard in [node for node in graph.node if _is_guard(node, makers)]:
        scores = makers[guard.input[2]].input[0]
        mask = next(
            (
                makers[given]
                for given in makers[scores].input
                if given in makers and makers[given].op_type == "Where"
            ),
            None,
        )
        if mask is None or mask.input[2] not in {*infinite, _LOWEST}:
            continue
        mask.input[2] = _LOWEST
        unguarded[guard.output[0]] = guard.input[2]
        graph.node.remove(makers[guard.input[0]])
        graph.node.remove(guard)
    for node in graph.node:
        for at, given in enumerate(node.input):
            node.input[at] = unguarded.get(given, given)
    lowest = np.array(np.finfo(np.float32).min)
    graph.initializer.append(numpy_helper.from_array(lowest, _LOWEST))
    onnx.save(model, path)
    return len(unguarded)


def _is_guard(node: NodeProto, makers: Mapping[str, NodeProto]) -> bool:
    """Tell whether a node is Where(IsNaN(x), 0, x) over a softmax x of a sum."""
    if node.op_type != "Where":
        return False
    asks, softmax = (makers.get(node.input[at]) for at in (0, 2))
    if asks is None or softmax is None or softmax.op_type != "Softmax":
        return False
    summed = makers.get(softmax.input[0])
    return (
        asks.op_type == "IsNaN"
        and asks.input[0] == node.input[2]
        and summed is not None
        and summed.op_type == "Add"
    )
