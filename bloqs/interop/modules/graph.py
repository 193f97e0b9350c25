"""A network of another library as a list of operations on arrays, and what it does to a batch of images.

`from_torch` and `from_onnx` read into it; the mapping onto layers of ours reads from it, and knows neither of
the other libraries. It is evaluated in numpy alone, in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.reference.activations import erf, gelu, relu, silu

FloatArray = npt.NDArray[np.float64]


@attrs.frozen(kw_only=True)
class Operation:
    """One step of a network.

    Parameters:
        kind: a key of `KINDS`.
        name: what its author calls it, for messages and tables.
        inputs: names of the values that it takes.
        output: name of the value that it makes.
        parameters: weights as float64 arrays, and numbers; see `KINDS`.

    Raises:
        ImportRefusedError: weights that are empty or not finite.

    Example:
        >>> step = Operation(kind="activation", name="act", inputs=("x",), output="y",
        ...                  parameters={"function": "relu"})
        >>> KINDS[step.kind]([np.array([-1.0, 2.0])], step.parameters).tolist()
        [0.0, 2.0]
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    output: str
    parameters: Mapping[str, Any] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for what, value in self.parameters.items():
            if not isinstance(value, np.ndarray | float):
                continue
            array = np.asarray(value)
            if not array.size:
                raise ImportRefusedError(
                    self.name,
                    f"its {what} has shape {array.shape}",
                    "at least one channel and one tap",
                )
            if not np.isfinite(array).all():
                wrong = array[~np.isfinite(array)].ravel()[0]
                raise ImportRefusedError(self.name, f"its {what} holds {wrong}", "finite numbers")


@attrs.frozen(kw_only=True)
class Graph:
    """A network: operations in the order in which they run.

    Parameters:
        operations: each after those that make its inputs.
        input: name of the images.
        output: name of the result.

    Example:
        >>> step = Operation(kind="flatten", name="flat", inputs=("x",), output="y")
        >>> graph = Graph(operations=(step,), input="x", output="y")
        >>> graph.values(np.ones((2, 1, 3, 3)))["y"].shape
        (2, 9)
    """

    operations: tuple[Operation, ...]
    input: str
    output: str

    def values(self, images: FloatArray) -> dict[str, FloatArray]:
        """Every value of the network.

        Args:
            images: float64 `(B, C, M, M)`.

        Returns:
            The values by name.

        Raises:
            ValueError: an operation that does not fit the shape of what it is given; names it.
        """
        found = {self.input: np.asarray(images, dtype=np.float64)}
        for step in self.operations:
            given = [found[name] for name in step.inputs]
            try:
                # What is not finite is told by those who asked, with the layer and the image.
                with np.errstate(all="ignore"):
                    found[step.output] = KINDS[step.kind](given, step.parameters)
            except (ValueError, IndexError) as error:
                shapes = ", ".join(str(array.shape[1:]) for array in given)
                raise ValueError(
                    f"layer {step.name!r} ({step.kind}) does not fit an input of shape {shapes}: {error}"
                ) from error
        return found

    def users(self, value: str) -> list[Operation]:
        """The operations that take a value, in order."""
        return [step for step in self.operations if value in step.inputs]


ACTIVATIONS: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "erf": erf,
    "gelu": gelu,
    "relu": relu,
    "sigmoid": lambda u: np.asarray(0.5 * (1 + np.tanh(0.5 * u))),
    "silu": silu,
    "tanh": np.tanh,
}
"""Functions of an `activation`, by name; GELU is the exact one."""


def batch_norm(
    name: str, weight: Any, bias: Any, mean: FloatArray, variance: FloatArray, eps: float
) -> dict[str, FloatArray]:
    """Parameters of the `affine` that a batch norm is in evaluation.

    Args:
        name: of its layer.
        weight: float64 `(C,)`; None for ones.
        bias: float64 `(C,)`; None for zeros.
        mean: its running mean.
        variance: its running variance.
        eps: added to the variance.

    Returns:
        `scale` and `shift`.

    Raises:
        ImportRefusedError: a variance that is not positive.

    Example:
        >>> batch_norm("bn", None, None, np.ones(1), np.full(1, 4.0), 0.0)
        {'scale': array([0.5]), 'shift': array([-0.5])}
    """
    least = float(np.min(variance + eps, initial=np.inf))
    if not least > 0:
        raise ImportRefusedError(name, f"its variance with eps is {least:.3g}", "one above zero")
    scale = 1 / np.sqrt(variance + eps)
    shift = -mean * scale
    if weight is not None:
        scale, shift = scale * weight, shift * weight
    return {"scale": scale, "shift": shift if bias is None else shift + bias}


def _per_channel(values: FloatArray, array: FloatArray) -> FloatArray:
    return np.asarray(values).reshape(-1, *(1,) * (array.ndim - 2))


def _windows(x: FloatArray, kernel: tuple[int, int], stride: tuple[int, int]) -> FloatArray:
    """Views `(B, C, H', W', kh, kw)`."""
    views = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return views[:, :, :: stride[0], :: stride[1]]


def dilated(weight: FloatArray, dilation: tuple[int, int]) -> FloatArray:
    """A kernel with zeros between its taps.

    Args:
        weight: float64 `(C_out, C_in, H, W)`.
        dilation: of rows and of columns: a tap every so many pixels.

    Returns:
        float64 `(C_out, C_in, (H - 1) d + 1, (W - 1) d' + 1)`.

    Example:
        >>> dilated(np.array([[[[1.0, 2.0]]]]), (1, 3))[0, 0].tolist()
        [[1.0, 0.0, 0.0, 2.0]]
    """
    rows, columns = dilation
    sizes = ((d - 1) * s + 1 for d, s in zip(weight.shape[2:], dilation, strict=True))
    wide = np.zeros((*weight.shape[:2], *sizes))
    wide[:, :, ::rows, ::columns] = weight
    return wide


def _conv(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    (x,), weight, groups = given, p["weight"], p["groups"]
    if x.ndim != 4 or x.shape[1] != weight.shape[1] * groups:
        raise ValueError(f"its kernels take {weight.shape[1] * groups} channels")
    top, left, bottom, right = p["padding"]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    weight = dilated(weight, p["dilation"])
    views = _windows(x, weight.shape[2:], p["stride"])
    parts = [
        np.einsum("bihwkl,oikl->bohw", view, part, optimize=True)
        for view, part in zip(
            np.split(views, groups, axis=1), np.split(weight, groups, axis=0), strict=True
        )
    ]
    y = np.concatenate(parts, axis=1)
    return y if p["bias"] is None else y + _per_channel(p["bias"], y)


def _linear(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    if given[0].shape[-1] != p["weight"].shape[1]:
        raise ValueError(f"its weights take {p['weight'].shape[1]} entries")
    y = given[0] @ p["weight"].T
    return y if p["bias"] is None else y + p["bias"]


def _axes(x: FloatArray, p: Mapping[str, Any]) -> tuple[int, ...]:
    """The axes over which a norm goes: the last `p["axes"]`, all but the batch where that is None."""
    return tuple(range(1 if p["axes"] is None else x.ndim - p["axes"], x.ndim))


def _affine(x: FloatArray, p: Mapping[str, Any]) -> FloatArray:
    weight, bias = p.get("weight"), p.get("bias")
    if p.get("is_by_channel"):
        weight = None if weight is None else _per_channel(weight, x)
        bias = None if bias is None else _per_channel(bias, x)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _layer_norm(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    x, axes = given[0], _axes(given[0], p)
    centred = x - x.mean(axis=axes, keepdims=True)
    return _affine(centred / np.sqrt(x.var(axis=axes, keepdims=True) + p["eps"]), p)


def _rms_norm(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    x = given[0]
    mean = (x**2).mean(axis=_axes(x, p), keepdims=True)
    return _affine(x / np.sqrt(mean + p["eps"]), p)


def _l2_norm(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    x = given[0]
    length = np.sqrt((x**2).sum(axis=_axes(x, p), keepdims=True))
    return np.asarray(x / np.maximum(length, p["eps"]))


def _flatten(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    flat = given[0].reshape(len(given[0]), -1)
    if p.get("size") not in (None, flat.shape[1]):
        raise ValueError(f"{p['size']} entries of {flat.shape[1]} would mix images")
    return flat


def _softmax(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    if p["axis"] % given[0].ndim != 1:
        raise ValueError(f"a softmax over axis {p['axis']}, which is not that of the channels, 1")
    x = given[0] - given[0].max(axis=1, keepdims=True)
    logarithm = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    return np.asarray(logarithm if p["is_log"] else np.exp(logarithm))


def _pad_channels(given: list[FloatArray], p: Mapping[str, Any]) -> FloatArray:
    return np.pad(given[0], ((0, 0), (0, p["channels"]), (0, 0), (0, 0)))


KINDS: Mapping[str, Callable[[list[FloatArray], Mapping[str, Any]], FloatArray]] = {
    "activation": lambda given, p: ACTIVATIONS[p["function"]](given[0]),
    "add": lambda given, p: given[0] + given[1],
    "affine": lambda given, p: (
        given[0] * _per_channel(p["scale"], given[0]) + _per_channel(p["shift"], given[0])
    ),
    "avg_pool": lambda given, p: _windows(given[0], p["kernel"], p["stride"]).mean(axis=(4, 5)),
    "conv": _conv,
    "flatten": _flatten,
    "global_avg_pool": lambda given, p: given[0].mean(axis=(2, 3), keepdims=True),
    "identity": lambda given, p: given[0],
    "l2_norm": _l2_norm,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "max_pool": lambda given, p: _windows(given[0], p["kernel"], p["stride"]).max(axis=(4, 5)),
    "pad_channels": _pad_channels,
    "rms_norm": _rms_norm,
    "scale": lambda given, p: given[0] * p["factor"],
    "softmax": _softmax,
}
"""What each kind of operation does: inputs `(B, ...)` and parameters to an output.

`affine` is a batch norm, as `scale` and `shift` by channel. `padding` of a `conv` is on top, left, bottom and
right. `axes` of a norm are the last so many, None for all but the batch. A `softmax` goes over the channels
or the scores; its logarithm where `is_log`.
"""
