from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from index.encoders.trimming import trim

_SCORES = np.array([[1.0, 2.0, -3.0], [0.5, 0.25, 4.0]], np.float32)


def _attention(path: Path, masked: float) -> Path:
    """Write a softmax of masked scores with the guard that torch's exporter puts behind it."""
    nodes = [
        helper.make_node("Where", ["seen", "zero", "masked"], ["mask"]),
        helper.make_node("Add", ["scores", "mask"], ["sum"]),
        helper.make_node("Softmax", ["sum"], ["weights"], axis=-1),
        helper.make_node("IsNaN", ["weights"], ["none"]),
        helper.make_node("Where", ["none", "zero", "weights"], ["guarded"]),
        helper.make_node("Identity", ["guarded"], ["found"]),
    ]
    graph = helper.make_graph(
        nodes,
        "attention",
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [2, 3]),
            helper.make_tensor_value_info("seen", TensorProto.BOOL, [2, 3]),
        ],
        [helper.make_tensor_value_info("found", TensorProto.FLOAT, [2, 3])],
        [
            numpy_helper.from_array(np.array(0.0, np.float32), "zero"),
            numpy_helper.from_array(np.array(masked, np.float32), "masked"),
        ],
    )
    opsets = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return path


def _run(path: Path, seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found: NDArray[np.float32] = session.run(None, {"scores": _SCORES, "seen": seen})[0]
    return found


def test_a_token_that_sees_any_keeps_every_bit(tmp_path: Path) -> None:
    """The guard is gone, and the weights are those that it would have let through."""
    path = _attention(tmp_path / "graph.onnx", -np.inf)
    seen = np.array([[True, False, True], [False, True, False]])
    before = _run(path, seen)
    assert trim(path) == 1
    assert "IsNaN" not in {node.op_type for node in onnx.load(path).graph.node}
    np.testing.assert_array_equal(_run(path, seen), before)


def test_a_token_that_sees_none_is_still_a_number(tmp_path: Path) -> None:
    """Padding far from all tokens, under a window: not 0 as before, but nothing that spreads."""
    path = _attention(tmp_path / "graph.onnx", -np.inf)
    seen = np.array([[True, True, True], [False, False, False]])
    before = _run(path, seen)
    trim(path)
    after = _run(path, seen)
    np.testing.assert_array_equal(after[0], before[0])
    assert np.isfinite(after[1]).all()


@pytest.mark.parametrize("masked", [-1e4, np.nan])
def test_another_mask_keeps_its_guard(tmp_path: Path, masked: float) -> None:
    """What is masked by another number than minus infinity is not known, and left alone."""
    path = _attention(tmp_path / "graph.onnx", masked)
    assert trim(path) == 0
    assert "IsNaN" in {node.op_type for node in onnx.load(path).graph.node}
