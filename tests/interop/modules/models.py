"""Small ONNX models, written node by node, and what they compute by the reference evaluator of `onnx`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator


class Builder:
    """Adds nodes one after another; each method returns the name of what it makes."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, array: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array, dtype=np.float32), name))
        return name

    def whole(self, values: Any) -> str:
        """A constant of integers, or of truth values."""
        array = np.asarray(values)
        name = f"w{len(self.weights)}"
        kept = array if array.dtype == bool else array.astype(np.int64)
        self.weights.append(numpy_helper.from_array(kept, name))
        return name

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        output = f"v{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(
                kind, list(inputs), [output], name=name or f"{kind}{len(self.nodes)}", **attributes
            )
        )
        return output

    def conv(
        self,
        x: str,
        c_in: int,
        c_out: int,
        size: int = 3,
        stride: int = 1,
        bias: bool = False,
        scale: float = 0.1,
    ) -> str:
        half = size // 2
        inputs = [x, self.weight(scale * self.rng.normal(size=(c_out, c_in, size, size)))]
        if bias:
            inputs.append(self.weight(0.1 * self.rng.normal(size=c_out)))
        return self.node(
            "Conv", *inputs, kernel_shape=[size, size], pads=[half] * 4, strides=[stride, stride]
        )

    def l2_norm(self, x: str) -> str:
        return self.node("Div", x, self.node("ReduceL2", x, self.whole([1, 2, 3]), keepdims=1))

    def batch_norm(self, x: str, channels: int) -> str:
        parts = [1 + 0.1 * self.rng.normal(size=channels), 0.1 * self.rng.normal(size=channels)]
        parts += [0.1 * self.rng.normal(size=channels), 1 + self.rng.random(channels)]
        return self.node("BatchNormalization", x, *map(self.weight, parts))

    def linear(self, x: str, size: int, classes: int, bias: bool = False) -> str:
        inputs = [x, self.weight(0.3 * self.rng.normal(size=(classes, size)))]
        if bias:
            inputs.append(self.weight(0.1 * self.rng.normal(size=classes)))
        return self.node("Gemm", *inputs, transB=1)

    def save(self, path: Path, output: str, shape: tuple[int, int, int]) -> Path:
        axes = ["B", "K"] if self.nodes[-1].op_type == "Gemm" else ["B", "K", "H", "W"]
        graph = helper.make_graph(
            self.nodes,
            "model",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", *shape])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, axes)],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        onnx.save(model, str(path))
        return path


def result(path: Path, images: Any) -> Any:
    """What the model makes of images, by the package `onnx` itself."""
    model = ReferenceEvaluator(str(path))
    return model.run(None, {"x": np.asarray(images, dtype=np.float32)})[0]


Variant = Callable[[Builder], str]
