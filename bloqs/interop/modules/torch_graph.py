"""A PyTorch module as a `Graph`: its operations as `torch.fx` traces them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from bloqs.interop.modules.graph import Graph, Operation, batch_norm
from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.messages import shown

_ACTIVATIONS = {
    # by the name of the class of the module, of the function and of the method
    "ReLU": "relu", "GELU": "gelu", "SiLU": "silu", "Tanh": "tanh", "Sigmoid": "sigmoid",
    "relu": "relu", "relu_": "relu", "gelu": "gelu", "silu": "silu", "tanh": "tanh", "sigmoid": "sigmoid",
    "erf": "erf",
}  # fmt: skip
_NOTHING = ("Identity", "Dropout", "Dropout1d", "Dropout2d")
_NOTHING_FUNCTIONS = ("contiguous", "clone", "detach", "float", "double")
_NO_TENSORS = ("size", "dim", "getitem", "getattr")
"""Calls whose results are numbers, of a shape."""


def _array(tensor: Any) -> Any:
    return None if tensor is None else tensor.detach().cpu().double().numpy()


def _pair(value: Any) -> tuple[int, int]:
    return (int(value), int(value)) if isinstance(value, int) else tuple(map(int, value))  # type: ignore[return-value]


def torch_graph(module: Any) -> Graph:
    """Trace a module as it is in evaluation mode.

    Args:
        module: a `torch.nn.Module` of one input.

    Returns:
        Its operations.

    Raises:
        ImportRefusedError: an operation that is not known, or a module that cannot be traced; names it.
        ValueError: no module.
        ModuleNotFoundError: torch is not installed.

    Example:
        >>> torch_graph([1, 2])
        Traceback (most recent call last):
        ...
        ValueError: module must be a torch.nn.Module, found [1, 2]; a file is not opened, since a pickle ...
    """
    with traced(module) as operations:
        return _Reader(operations).graph()


@contextmanager
def traced(module: Any) -> Iterator[Any]:
    """A module in evaluation mode as `torch.fx` traces it; afterwards it is as it was.

    Args:
        module: a `torch.nn.Module`.

    Yields:
        A `torch.fx.GraphModule` of the same layers.

    Raises:
        ImportRefusedError: it cannot be traced.
        ValueError: no module.

    Example:
        >>> with traced("model.pt"):
        ...     pass
        Traceback (most recent call last):
        ...
        ValueError: module must be a torch.nn.Module, found 'model.pt'; a file is not opened, since ...
    """
    if not hasattr(module, "state_dict"):
        raise ValueError(
            f"module must be a torch.nn.Module, found {shown(module)}; a file is not opened, since a pickle "
            "would be run: build the module and load its weights, or export it to ONNX"
        )
    import torch.fx

    modes = [(one, one.training) for one in module.modules()]
    module.eval()
    try:
        try:
            found = torch.fx.symbolic_trace(module)
        except Exception as error:
            raise ImportRefusedError(
                type(module).__name__,
                f"torch.fx cannot trace it ({error})",
                "write it without branches on data",
            ) from error
        yield found
    finally:
        for one, training in modes:
            one.training = training


class _Reader:
    """Goes through the nodes of a traced module."""

    def __init__(self, traced: Any) -> None:
        self.nodes = list(traced.graph.nodes)
        self.modules = dict(traced.named_modules())
        self.operations: list[Operation] = []
        self.norms: dict[str, str] = {}  # value that is a 2-norm -> of which value

    def graph(self) -> Graph:
        images, output = "", ""
        for node in self.nodes:
            if node.op == "placeholder":
                if images:
                    raise ImportRefusedError(node.name, "a second input", "a network of one image")
                images = node.name
            elif node.op == "output":
                if not hasattr(node.args[0], "name"):
                    raise ImportRefusedError("output", "several results", "return one tensor")
                output = node.args[0].name
            elif node.op == "call_module":
                self._module(node)
            elif node.op in ("call_function", "call_method"):
                self._call(node)
            else:
                raise ImportRefusedError(
                    node.name, f"a constant tensor, {node.target}", "a layer with weights"
                )
        known = {images}
        for step in self.operations:
            for name in set(step.inputs) - known:
                raise ImportRefusedError(
                    name, f"a part of a tensor, which {step.name!r} takes", _NEAREST
                )
            known.add(step.output)
        if output not in known:
            raise ImportRefusedError(output, "a result that is no layer's", "return one tensor")
        return Graph(operations=tuple(self.operations), input=images, output=output)

    def _name(self, node: Any) -> str:
        return str(node.target) if node.op == "call_module" else str(node.name)

    def _add(self, node: Any, kind: str, inputs: tuple[Any, ...], **parameters: Any) -> None:
        self.operations.append(
            Operation(
                kind=kind,
                name=self._name(node),
                inputs=tuple(one.name for one in inputs),
                output=node.name,
                parameters=parameters,
            )
        )

    def _module(self, node: Any) -> None:
        module, name = self.modules[node.target], type(self.modules[node.target]).__name__
        inputs = node.args[:1]
        reader: Callable[..., None] | None = getattr(self, f"_of_{name}", None)
        if name in _ACTIVATIONS:
            self._activation(node, inputs, name, getattr(module, "approximate", "none"))
        elif name in _NOTHING:
            self._add(node, "identity", inputs)
        elif reader is not None:
            reader(node, module, inputs)
        else:
            raise ImportRefusedError(str(node.target), f"{name} is not known", _NEAREST)

    def _activation(self, node: Any, inputs: tuple[Any, ...], name: str, approximate: str) -> None:
        if approximate not in ("none", None):
            raise ImportRefusedError(
                self._name(node), f"GELU approximated by {approximate}", "GELU(approximate='none')"
            )
        self._add(node, "activation", inputs, function=_ACTIVATIONS[name])

    def _softmax(self, node: Any, inputs: tuple[Any, ...], axis: Any, *, is_log: bool) -> None:
        # Without an axis torch takes that of the channels; the last is it where there are scores alone.
        axis = 1 if axis is None else axis
        if axis not in (1, -1):
            raise ImportRefusedError(self._name(node), f"a softmax over axis {axis}", "dim=1")
        self._add(node, "softmax", inputs, is_log=is_log, axis=axis)

    def _of_Softmax(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        self._softmax(node, inputs, m.dim, is_log=False)

    def _of_LogSoftmax(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        self._softmax(node, inputs, m.dim, is_log=True)

    def _of_Conv2d(
        self, node: Any, m: Any, inputs: tuple[Any, ...]
    ) -> None:  # named like the class
        if m.padding_mode != "zeros":
            raise ImportRefusedError(
                str(node.target), f"padding_mode={m.padding_mode!r}", "padding_mode='zeros'"
            )
        kernel, dilation = m.kernel_size, m.dilation
        if m.padding == "same":
            totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
            padding = (*(t // 2 for t in totals), *(t - t // 2 for t in totals))
        else:
            rows, columns = (0, 0) if m.padding == "valid" else m.padding
            padding = (rows, columns, rows, columns)
        self._add(
            node, "conv", inputs, weight=_array(m.weight), bias=_array(m.bias), stride=_pair(m.stride),
            padding=tuple(int(p) for p in padding), dilation=_pair(dilation), groups=int(m.groups),
        )  # fmt: skip

    def _of_BatchNorm2d(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        if m.running_var is None:
            raise ImportRefusedError(
                str(node.target), "a batch norm without running statistics", "track_running_stats"
            )
        weight, bias = (_array(m.weight), _array(m.bias)) if m.affine else (None, None)
        mean, variance = _array(m.running_mean), _array(m.running_var)
        folded = batch_norm(str(node.target), weight, bias, mean, variance, float(m.eps))
        self._add(node, "affine", inputs, **folded)

    def _of_LayerNorm(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        self._add(
            node, "layer_norm", inputs, axes=len(m.normalized_shape), eps=float(m.eps),
            weight=_array(m.weight), bias=_array(m.bias),
        )  # fmt: skip

    def _of_GroupNorm(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        if m.num_groups != 1:
            raise ImportRefusedError(
                str(node.target), f"GroupNorm of {m.num_groups} groups", "GroupNorm(1, channels)"
            )
        self._add(
            node, "layer_norm", inputs, axes=None, eps=float(m.eps), is_by_channel=True,
            weight=_array(m.weight), bias=_array(m.bias),
        )  # fmt: skip

    def _of_RMSNorm(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        eps = float(np.finfo(np.float32).eps) if m.eps is None else float(m.eps)
        axes = len(m.normalized_shape)
        self._add(node, "rms_norm", inputs, axes=axes, eps=eps, weight=_array(m.weight), bias=None)

    def _pool(self, node: Any, kind: str, m: Any, inputs: tuple[Any, ...]) -> None:
        if _pair(m.padding) != (0, 0) or getattr(m, "ceil_mode", False):
            raise ImportRefusedError(str(node.target), "pooling with padding", "padding=0")
        if getattr(m, "divisor_override", None) is not None:
            raise ImportRefusedError(
                str(node.target), f"a mean over {m.divisor_override}", "divisor_override=None"
            )
        stride = m.kernel_size if m.stride is None else m.stride
        self._add(node, kind, inputs, kernel=_pair(m.kernel_size), stride=_pair(stride))

    def _of_AvgPool2d(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        self._pool(node, "avg_pool", m, inputs)

    def _of_MaxPool2d(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        self._pool(node, "max_pool", m, inputs)

    def _of_AdaptiveAvgPool2d(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        if m.output_size not in (1, (1, 1), [1, 1]):
            raise ImportRefusedError(
                str(node.target), f"adaptive pooling to {m.output_size}", "AvgPool2d(2)"
            )
        self._add(node, "global_avg_pool", inputs)

    def _of_Flatten(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        if m.start_dim != 1 or m.end_dim != -1:
            raise ImportRefusedError(str(node.target), "flattening of some axes", "Flatten()")
        self._add(node, "flatten", inputs)

    def _of_Linear(self, node: Any, m: Any, inputs: tuple[Any, ...]) -> None:
        self._add(node, "linear", inputs, weight=_array(m.weight), bias=_array(m.bias))

    def _call(self, node: Any) -> None:
        target = node.target
        name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
        args = node.args
        tensors = tuple(one for one in args if hasattr(one, "op"))
        numbers = [one for one in args if isinstance(one, int | float)]
        is_pair = len(args) == 2
        if target in (operator.add, operator.iadd) or name in ("add", "add_"):
            if len(tensors) == 2 and not node.kwargs:
                self._add(node, "add", tensors)
                return
        elif target in (operator.mul, operator.imul) or name in ("mul", "mul_"):
            if len(tensors) == 1 and is_pair and numbers:
                self._add(node, "scale", tensors, factor=float(numbers[0]))
                return
        elif target in (operator.truediv, operator.itruediv) or name in ("div", "divide"):
            if len(tensors) == 2 and self.norms.get(tensors[1].name) == tensors[0].name:
                self._add(node, "l2_norm", tensors[:1], axes=None, eps=0.0)
                return
            if len(tensors) == 1 and is_pair and args[0] is tensors[0] and numbers and numbers[0]:
                self._add(node, "scale", tensors, factor=1 / float(numbers[0]))
                return
        elif name in ("norm", "vector_norm", "linalg_vector_norm"):
            self._norm(node, tensors[0])
            return
        elif name == "normalize":
            self._normalize(node, tensors[0])
            return
        elif name in ("flatten", "view", "reshape"):
            rest = list(args[1:]) + list(node.kwargs.values())
            if len(rest) == 1 and isinstance(rest[0], tuple | list):
                rest = list(rest[0])
            if name == "flatten" and rest in ([1], [1, -1]):
                self._add(node, "flatten", tensors[:1])
                return
            is_flat = name != "flatten" and len(rest) == 2 and isinstance(rest[1], int)
            if is_flat and (rest[0] == -1 or not isinstance(rest[0], int)):
                self._add(node, "flatten", tensors[:1], size=None if rest[1] == -1 else rest[1])
                return
        elif name == "mean":
            axes = args[1] if len(args) > 1 else node.kwargs.get("dim")
            if axes is not None and sorted(a % 4 for a in axes) == [2, 3]:
                keeps = node.kwargs.get("keepdim", args[2] if len(args) > 2 else False)
                self._mean(node, tensors[0], keeps=bool(keeps))
                return
        elif name == "avg_pool2d" and len(args) == 2 and not node.kwargs:
            self._add(node, "avg_pool", tensors[:1], kernel=_pair(args[1]), stride=_pair(args[1]))
            return
        elif name == "pad" and len(args) == 2 and len(args[1]) == 6 and not any(args[1][:5]):
            self._add(node, "pad_channels", tensors[:1], channels=int(args[1][5]))
            return
        elif name in _NO_TENSORS or target is getattr:
            return  # of a view: the batch's size
        elif name == "dropout":
            # Of a function it is on unless told, also in evaluation.
            if node.kwargs.get("training", args[2] if len(args) > 2 else True):
                raise ImportRefusedError(
                    node.name, "a dropout that is on in evaluation", "training=self.training"
                )
            self._add(node, "identity", tensors[:1])
            return
        elif name in ("softmax", "log_softmax"):
            axis = node.kwargs.get("dim", args[1] if len(args) > 1 else None)
            self._softmax(node, tensors[:1], axis, is_log=name == "log_softmax")
            return
        elif name in _ACTIVATIONS:
            self._activation(node, tensors[:1], name, node.kwargs.get("approximate", "none"))
            return
        elif name in _NOTHING_FUNCTIONS:
            self._add(node, "identity", tensors[:1])
            return
        raise ImportRefusedError(node.name, f"{name} is not known in this form", _NEAREST)

    def _mean(self, node: Any, tensor: Any, keeps: bool) -> None:
        if keeps:
            self._add(node, "global_avg_pool", (tensor,))
            return
        pooled = Operation(
            kind="global_avg_pool",
            name=node.name,
            inputs=(tensor.name,),
            output=f"{node.name}_pooled",
        )
        self.operations.append(pooled)
        self.operations.append(
            Operation(kind="flatten", name=node.name, inputs=(pooled.output,), output=node.name)
        )

    def _norm(self, node: Any, tensor: Any) -> None:
        order = node.kwargs.get("p", node.kwargs.get("ord", 2))
        axes = node.kwargs.get("dim")
        if (
            order in (2, "fro", None)
            and axes is not None
            and sorted(a % 4 for a in axes) == [1, 2, 3]
        ):
            self.norms[node.name] = tensor.name
            return
        raise ImportRefusedError(
            node.name,
            "a norm of another kind",
            "linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True)",
        )

    def _normalize(self, node: Any, tensor: Any) -> None:
        axes, order = node.kwargs.get("dim", 1), node.kwargs.get("p", 2.0)
        axes = (axes,) if isinstance(axes, int) else tuple(axes)
        if order != 2 or tuple(sorted(a % 4 for a in axes)) != (1, 2, 3):
            raise ImportRefusedError(
                node.name, "a vector that is normalised along some axes", "dim=(1, 2, 3)"
            )
        self._add(node, "l2_norm", (tensor,), axes=None, eps=float(node.kwargs.get("eps", 1e-12)))


_NEAREST = (
    "Conv2d, ReLU, GELU, SiLU, Tanh, skips by +, BatchNorm2d, LayerNorm, RMSNorm, AvgPool2d(2), Flatten, "
    "Linear"
)
