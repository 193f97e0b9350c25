"""An ONNX model as a `Graph`. Its file is read by the `onnx` package; nothing in it is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bloqs.files import as_path
from bloqs.interop.modules.graph import Graph, Operation, batch_norm
from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.messages import shown

MAX_BYTES = 2**31
"""Of a model file, at most: the limit of the format without external data."""

_ACTIVATIONS = {
    "Relu": "relu", "Gelu": "gelu", "Tanh": "tanh", "Erf": "erf", "Sigmoid": "sigmoid", "Swish": "silu",
}  # fmt: skip
_DOMAINS = ("", "ai.onnx", "com.microsoft")
"""Of operations whose names are those of the standard; the last has Gelu."""
_NEAREST = "Conv, Relu, Gelu, Tanh, Add, BatchNormalization, LayerNormalization, AveragePool, Flatten, Gemm"


def onnx_graph(path: str | os.PathLike[str]) -> Graph:
    """Read a model file.

    Args:
        path: of the `.onnx` file.

    Returns:
        Its operations.

    Raises:
        ImportRefusedError: an operation that is not known; names it.
        ValueError: no file, one that is too large, or no ONNX model.
        ModuleNotFoundError: the package `onnx` is not installed (extra `interop`).

    Example:
        >>> onnx_graph("nowhere.onnx")
        Traceback (most recent call last):
        ...
        ValueError: path 'nowhere.onnx' cannot be read: No such file or directory
    """
    import onnx

    file = as_path(path)
    try:
        size = file.stat().st_size
    except OSError as error:
        raise ValueError(f"path {shown(str(path))} cannot be read: {error.strerror}") from error
    if not file.is_file() or size > MAX_BYTES:
        raise ValueError(f"path {shown(str(path))} must be a file of at most {MAX_BYTES} bytes")
    try:
        model = onnx.load(str(file), load_external_data=False)
        onnx.checker.check_model(model)
    except Exception as error:
        raise ValueError(
            f"path {shown(str(path))} holds no ONNX model: {str(error)[:200]}"
        ) from error
    return _Reader(model).graph()


class _Reader:
    """Goes through the nodes of a model."""

    def __init__(self, model: Any) -> None:
        from onnx import numpy_helper

        self.nodes = list(model.graph.node)
        self.constants: dict[str, Any] = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer
        }
        given = [one for one in model.graph.input if one.name not in self.constants]
        inputs = [one.name for one in given]
        if len(inputs) != 1 or len(model.graph.output) != 1:
            raise ImportRefusedError(
                model.graph.name,
                f"{len(inputs)} inputs, {len(model.graph.output)} outputs",
                "one of each",
            )
        self.input, self.output = inputs[0], model.graph.output[0].name
        self.batch = [d.dim_value for d in given[0].type.tensor_type.shape.dim][:1]
        self.operations: list[Operation] = []
        self.norms: dict[str, str] = {}
        self.sigmoids: dict[str, str] = {}
        self.gelus: dict[
            str, tuple[str, str]
        ] = {}  # value of a part of GELU -> which part, of what
        self.version = max(
            (o.version for o in model.opset_import if o.domain in _DOMAINS), default=13
        )

    def graph(self) -> Graph:
        """All operations, in the order of the file, which is that of their running."""
        for node in self.nodes:
            self._node(node)
        # A sigmoid that only made a SiLU is none, nor are the parts of a GELU.
        used, steps = {self.output}, []
        for step in reversed(self.operations):
            if step.output in used:
                used |= set(step.inputs)
                steps.append(step)
        known = {self.input, *(step.output for step in steps)}
        for step in reversed(steps):
            for name in set(step.inputs) - known:
                raise ImportRefusedError(step.name, f"it takes {name!r}, no layer's", _NEAREST)
        return Graph(operations=tuple(reversed(steps)), input=self.input, output=self.output)

    def _name(self, node: Any) -> str:
        return str(node.name or node.output[0])

    def _refuse(self, node: Any, reason: str, nearest: str = _NEAREST) -> ImportRefusedError:
        return ImportRefusedError(self._name(node), reason, nearest)

    def _attributes(self, node: Any) -> dict[str, Any]:
        from onnx import helper

        return {one.name: helper.get_attribute_value(one) for one in node.attribute}

    def _constant(self, node: Any, place: int) -> Any:
        """A weight as float64; None where it is left out."""
        if place >= len(node.input) or not node.input[place]:
            return None
        name = node.input[place]
        if name not in self.constants:
            raise self._refuse(
                node, f"{name!r} is computed and no weight", "weights stored in the file"
            )
        return np.asarray(self.constants[name], dtype=np.float64)

    def _add(self, node: Any, kind: str, source: str | tuple[str, ...], **parameters: Any) -> None:
        inputs = (source,) if isinstance(source, str) else source
        self.operations.append(
            Operation(
                kind=kind,
                name=self._name(node),
                inputs=inputs,
                output=node.output[0],
                parameters=parameters,
            )
        )

    def _node(self, node: Any) -> None:
        kind, given = node.op_type, self._attributes(node)
        if node.domain not in _DOMAINS:
            raise self._refuse(node, f"{kind} of the domain {node.domain!r} is not known")
        reader: Callable[[Any, Mapping[str, Any]], None] | None = getattr(self, f"_of_{kind}", None)
        if kind == "Constant" and "value" in given:
            from onnx import numpy_helper

            self.constants[node.output[0]] = numpy_helper.to_array(given["value"])
        elif kind in _ACTIVATIONS:
            if given.get("approximate", b"none") != b"none" or given.get("alpha", 1.0) != 1.0:
                raise self._refuse(node, f"{kind} in another form", "the exact function")
            self._add(node, "activation", node.input[0], function=_ACTIVATIONS[kind])
            if kind == "Sigmoid":
                self.sigmoids[node.output[0]] = node.input[0]
            if kind == "Erf" and self.gelus.get(node.input[0], ("",))[0] == "over root 2":
                self.gelus[node.output[0]] = "erf", self.gelus[node.input[0]][1]
        elif kind == "Identity":
            self._add(node, "identity", node.input[0])
        elif reader is not None:
            reader(node, given)
        else:
            raise self._refuse(node, f"{kind} is not known")

    def _of_Dropout(self, node: Any, given: Mapping[str, Any]) -> None:
        training = self._constant(node, 2)
        if training is not None and np.any(training):
            raise self._refuse(node, "a dropout that is on", "training_mode=0")
        self._add(node, "identity", node.input[0])

    def _of_Cast(self, node: Any, given: Mapping[str, Any]) -> None:
        from onnx import TensorProto

        if given["to"] not in (TensorProto.FLOAT, TensorProto.DOUBLE):
            name = TensorProto.DataType.Name(given["to"])
            raise self._refuse(node, f"a cast to {name}, which rounds", "FLOAT or DOUBLE")
        self._add(node, "identity", node.input[0])

    def _of_Softmax(self, node: Any, given: Mapping[str, Any], is_log: bool = False) -> None:
        axis = int(given.get("axis", -1 if self.version >= 13 else 1))
        if axis not in (1, -1):
            raise self._refuse(node, f"a softmax over axis {axis}", "axis=1")
        self._add(node, "softmax", node.input[0], axis=axis, is_log=is_log)

    def _of_LogSoftmax(self, node: Any, given: Mapping[str, Any]) -> None:
        self._of_Softmax(node, given, is_log=True)

    def _of_Conv(self, node: Any, given: Mapping[str, Any]) -> None:  # named like the operation
        weight = self._constant(node, 1)
        if weight.ndim != 4:
            raise self._refuse(
                node, f"a convolution over {weight.ndim - 2} axes", "2-D convolutions"
            )
        dilation = tuple(given.get("dilations", (1, 1)))
        padding = tuple(given.get("pads", (0, 0, 0, 0)))
        auto = given.get("auto_pad", b"NOTSET")
        if auto in (b"SAME_UPPER", b"SAME_LOWER"):
            totals = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
            low = [t // 2 if auto == b"SAME_UPPER" else t - t // 2 for t in totals]
            padding = (*low, *(t - a for t, a in zip(totals, low, strict=True)))
            if tuple(given.get("strides", (1, 1))) != (1, 1):
                raise self._refuse(node, "auto_pad with a stride", "pads as numbers")
        self._add(
            node, "conv", node.input[0], weight=weight, bias=self._constant(node, 2),
            stride=tuple(given.get("strides", (1, 1))), padding=padding, dilation=dilation,
            groups=int(given.get("group", 1)),
        )  # fmt: skip

    def _of_BatchNormalization(self, node: Any, given: Mapping[str, Any]) -> None:
        weight, bias, mean, variance = (self._constant(node, place) for place in range(1, 5))
        eps = float(given.get("epsilon", 1e-5))
        folded = batch_norm(self._name(node), weight, bias, mean, variance, eps)
        self._add(node, "affine", node.input[0], **folded)

    def _of_LayerNormalization(self, node: Any, given: Mapping[str, Any]) -> None:
        axis = int(given.get("axis", -1))
        axes = None if axis == 1 else -axis if axis < 0 else 4 - axis
        self._add(
            node, "layer_norm", node.input[0], axes=axes, eps=float(given.get("epsilon", 1e-5)),
            weight=_unless(self._constant(node, 1), 1), bias=_unless(self._constant(node, 2), 0),
        )  # fmt: skip

    def _of_RMSNormalization(self, node: Any, given: Mapping[str, Any]) -> None:
        axis = int(given.get("axis", -1))
        axes = None if axis == 1 else -axis if axis < 0 else 4 - axis
        weight = _unless(self._constant(node, 1), 1)
        self._add(
            node, "rms_norm", node.input[0], axes=axes, eps=float(given.get("epsilon", 1e-5)),
            weight=weight, bias=None,
        )  # fmt: skip

    def _of_ReduceL2(self, node: Any, given: Mapping[str, Any]) -> None:
        axes = self.constants.get(node.input[1]) if len(node.input) > 1 else given.get("axes")
        if axes is None or sorted(int(a) % 4 for a in axes) != [1, 2, 3]:
            raise self._refuse(node, "a norm over some axes", "ReduceL2 over the axes 1, 2 and 3")
        self.norms[node.output[0]] = node.input[0]

    def _of_Div(self, node: Any, given: Mapping[str, Any]) -> None:
        first, second = node.input
        if self.norms.get(second) == first:
            self._add(node, "l2_norm", first, axes=None, eps=0.0)
        elif second in self.constants and self.constants[second].size == 1:
            divisor = float(self.constants[second].ravel()[0])
            if not divisor:
                raise self._refuse(node, "a division by zero", "a divisor that is not zero")
            self._scale(node, first, 1 / divisor)
        else:
            raise self._refuse(node, "a quotient of two tensors", "division by the 2-norm")

    def _of_Mul(self, node: Any, given: Mapping[str, Any]) -> None:
        first, second = node.input
        for one, other in ((first, second), (second, first)):
            if self.sigmoids.get(other) == one:
                self._add(node, "activation", one, function="silu")
                return
            if other in self.constants and self.constants[other].size == 1:
                self._scale(node, one, float(self.constants[other].ravel()[0]))
                return
            # x (1 + erf(x/root 2)), or x/2 in place of x: a GELU that is written out.
            what, of = self.gelus.get(other, ("", ""))
            if what == "1 + erf" and one == of:
                self.gelus[node.output[0]] = "twice", of
                return
            if what == "1 + erf" and self.gelus.get(one) == ("half", of):
                self._add(node, "activation", of, function="gelu")
                return
        raise self._refuse(node, "a product of two tensors", "a number times a tensor")

    def _scale(self, node: Any, value: str, factor: float) -> None:
        """A factor; the one of a GELU that is written out, `x (1 + erf(x/root 2))/2`, makes it."""
        if np.isclose(factor, 0.5) and self.gelus.get(value, ("",))[0] == "twice":
            self._add(node, "activation", self.gelus[value][1], function="gelu")
            return
        for what, of_gelu in (("over root 2", np.sqrt(0.5)), ("half", 0.5)):
            if np.isclose(factor, of_gelu, rtol=1e-4):
                self.gelus[node.output[0]] = what, value
        self._add(node, "scale", value, factor=factor)

    def _of_Add(self, node: Any, given: Mapping[str, Any]) -> None:
        constant = [name for name in node.input if name in self.constants]
        others = [name for name in node.input if name not in self.constants]
        what, of = self.gelus.get(others[0], ("", "")) if others else ("", "")
        if (
            constant
            and what == "erf"
            and np.array_equal(self.constants[constant[0]].ravel(), [1.0])
        ):
            self.gelus[node.output[0]] = "1 + erf", of
            return
        if constant:
            raise self._refuse(
                node, "a constant tensor that is added", "a bias in the layer before"
            )
        self._add(node, "add", tuple(node.input))

    def _pool(self, node: Any, kind: str, given: Mapping[str, Any]) -> None:
        padding = given.get("pads", (0, 0, 0, 0))
        if (
            any(padding)
            or given.get("ceil_mode")
            or given.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID")
        ):
            raise self._refuse(node, "pooling with padding", "pads of 0")
        kernel = tuple(given["kernel_shape"])
        self._add(
            node, kind, node.input[0], kernel=kernel, stride=tuple(given.get("strides", (1, 1)))
        )

    def _of_AveragePool(self, node: Any, given: Mapping[str, Any]) -> None:
        self._pool(node, "avg_pool", given)

    def _of_MaxPool(self, node: Any, given: Mapping[str, Any]) -> None:
        self._pool(node, "max_pool", given)

    def _of_GlobalAveragePool(self, node: Any, given: Mapping[str, Any]) -> None:
        self._add(node, "global_avg_pool", node.input[0])

    def _of_Flatten(self, node: Any, given: Mapping[str, Any]) -> None:
        if int(given.get("axis", 1)) != 1:
            raise self._refuse(node, "flattening of the batch", "axis=1")
        self._add(node, "flatten", node.input[0])

    def _of_Reshape(self, node: Any, given: Mapping[str, Any]) -> None:
        shape = self._constant(node, 1)
        if len(shape) != 2:
            raise self._refuse(node, f"a reshape to {len(shape)} axes", "Flatten")
        if shape[0] not in (-1, 0, 1, *self.batch):
            raise self._refuse(node, f"a reshape to {shape[0]:g} rows", "Flatten, a row an image")
        self._add(node, "flatten", node.input[0], size=None if shape[1] == -1 else int(shape[1]))

    def _of_Gemm(self, node: Any, given: Mapping[str, Any]) -> None:
        if given.get("transA", 0):
            raise self._refuse(node, "a transposed batch", "transA=0")
        weight, bias = self._constant(node, 1), self._constant(node, 2)
        weight = given.get("alpha", 1.0) * (weight if given.get("transB", 0) else weight.T)
        bias = (
            None
            if bias is None
            else given.get("beta", 1.0) * np.broadcast_to(bias.ravel(), len(weight))
        )
        self._add(node, "linear", node.input[0], weight=weight, bias=bias)

    def _of_MatMul(self, node: Any, given: Mapping[str, Any]) -> None:
        self._add(node, "linear", node.input[0], weight=self._constant(node, 1).T, bias=None)


def _unless(values: Any, neutral: float) -> Any:
    """Weights of a norm; None where they do nothing."""
    return None if values is None or np.all(values == neutral) else values
