"""Norms of the other network: nothing, where the direction stays; else a linear stem of window 1."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from bloqs.interop.modules.graph import FloatArray, Operation
from bloqs.interop.modules.piece import BIAS_SCALE, EXACT, Map, Piece
from bloqs.interop.modules.scale import directions
from bloqs.interop.modules.segments import Segment
from bloqs.interop.modules.stream import Stream, root_mean_square, with_constant
from bloqs.reference.maps import strided_convolve


def weights_of_norm(step: Operation, stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Weight and bias of a norm, for every entry.

    Args:
        step: the norm.
        stream: what it is applied to.

    Returns:
        Weight and bias, float64 `(C, M, M)` each.

    Example:
        >>> step = Operation(kind="l2_norm", name="norm", inputs=("x",), output="y",
        ...                  parameters={"axes": None, "eps": 0.0})
        >>> stream = Stream(np.full((1, 1, 2, 2), 3.0))
        >>> weights_of_norm(step, stream)[0].tolist()
        [[[1.0, 1.0], [1.0, 1.0]]]
    """
    shape = stream.tensors.shape[1:]
    found = []
    for name, neutral in (("weight", 1.0), ("bias", 0.0)):
        values: Any = step.parameters.get(name)
        values = np.asarray(neutral if values is None else values)
        if step.parameters.get("is_by_channel") and values.ndim == 1:
            values = values[:, None, None]
        if values.size == np.prod(shape):
            values = values.reshape(shape)
        found.append(np.broadcast_to(values, shape))
    return found[0], found[1]


def deviations(step: Operation, stream: Stream) -> FloatArray:
    """By what a norm divides each image.

    Args:
        step: the norm, over all entries.
        stream: what it is applied to.

    Returns:
        float64 `(B,)`.

    Example:
        >>> step = Operation(kind="l2_norm", name="norm", inputs=("x",), output="y",
        ...                  parameters={"axes": None, "eps": 0.0})
        >>> stream = Stream(np.full((1, 1, 2, 2), 3.0))
        >>> deviations(step, stream).tolist()
        [6.0]
    """
    flat = stream.tensors.reshape(len(stream.tensors), -1)
    if step.kind == "l2_norm":
        return np.asarray(np.maximum(np.linalg.norm(flat, axis=1), step.parameters["eps"]))
    square = flat.var(axis=1) if step.kind == "layer_norm" else np.mean(flat**2, axis=1)
    return np.asarray(np.sqrt(square + step.parameters["eps"]))


def norm_piece(segment: Segment, stream: Stream, values_after: FloatArray, *, keeps: bool) -> Piece:
    """What becomes of a norm: nothing, where the direction stays; else a linear stem of window 1.

    The stem takes means over the images for the mean and the deviation of each, and over a channel for the
    norm's own weights.

    Args:
        segment: the norm.
        stream: what it is applied to.
        values_after: what the other network makes of it.
        keeps: whether the constant is needed behind it.

    Returns:
        The piece.

    Example:
        >>> step = Operation(kind="l2_norm", name="norm", inputs=("x",), output="y",
        ...                  parameters={"axes": None, "eps": 0.0})
        >>> stream = Stream(np.full((1, 1, 2, 2), 3.0))
        >>> segment = Segment(kind="norm", operations=(step,), before="x", after="y")
        >>> norm_piece(segment, stream, np.full((1, 1, 2, 2), 0.5), keeps=False).maps
        ()
    """
    (step,) = segment.operations
    wanted = as_tensors(values_after, stream)
    change = np.linalg.norm(directions(stream.tensors) - directions(wanted), axis=1).max()
    weight, bias = weights_of_norm(step, stream)
    own = weight.mean(axis=(1, 2))
    is_own = float(np.ptp(own)) > EXACT * float(np.abs(own).max())
    if (
        change <= EXACT
        or not is_whole(segment, values_after.ndim)
        or (stream.constant is None and not is_own)
    ):
        notes = () if change <= EXACT else _left_out(step)
        after = rescaled(stream, stream.tensors, stream.constant, wanted)
        is_normal = all(step.parameters.get(name) is None for name in ("weight", "bias"))
        return Piece(segment, (), stream, attrs.evolve(after, is_normal=is_normal), notes)
    deviation = float(np.exp(np.mean(np.log(deviations(step, stream)))))
    kernel = np.diag(own / deviation)[:, :, None, None]
    mean = float(stream.tensors.mean()) if step.kind == "layer_norm" else 0.0
    shift = bias.mean(axis=(1, 2)) - own * mean / deviation
    row, constant = None, None
    if stream.constant is not None and keeps:
        size = BIAS_SCALE * float(np.exp(np.mean(np.log(root_mean_square(wanted)))))
        row = size / stream.constant_value
        constant = row * stream.constant
    wide = with_constant(kernel, shift, stream, row)
    one = Map("stem", stream, wide, constant_row=None if row is None else len(own))
    made = strided_convolve(wide, stream.joint)[:, : len(own)]
    after = rescaled(Stream(made, constant, len(own)), made, constant, wanted)
    said = ["a linear stem"]
    if step.kind == "layer_norm" and stream.constant is not None:
        said.append(f"its mean is taken as {mean:.3g} for all images")
    elif step.kind == "layer_norm":
        said.append("the mean is not taken off")
    if np.ptp(weight - own[:, None, None]) > 0 or np.ptp(bias - bias.mean((1, 2))[:, None, None]):
        said.append("its weights are averaged over the pixels of a channel")
    return Piece(segment, (one,), stream, after, tuple(said))


def _left_out(step: Operation) -> tuple[str, ...]:
    words = []
    if step.kind == "layer_norm":
        words.append("the mean is not taken off")
    if step.parameters.get("weight") is not None or step.parameters.get("bias") is not None:
        words.append("its own weights are left out")
    return tuple(words) or ("it goes over some axes only",)


def rescaled(
    stream: Stream, made: FloatArray, constant: FloatArray | None, wanted: FloatArray
) -> Stream:
    """A stream whose images have the norms that they have in the other network.

    Args:
        stream: for the place of the constant.
        made: tensors of ours.
        constant: beside them; None without.
        wanted: tensors of the other network.

    Returns:
        The stream of `wanted`, the constant in its units.

    Example:
        >>> stream = Stream(np.ones((1, 1, 2, 2)), np.array([0.5]), 1)
        >>> rescaled(stream, stream.tensors, stream.constant, 3 * stream.tensors).constant.tolist()
        [1.5]
    """
    if constant is not None:
        norms = [np.linalg.norm(x.reshape(len(x), -1), axis=1) for x in (made, wanted)]
        constant = constant * norms[1] / norms[0]
    return Stream(wanted, constant, stream.place)


def is_whole(segment: Segment, ndim: int) -> bool:
    """Whether a norm goes over all entries of the vector.

    Args:
        segment: the norm.
        ndim: axes of the values that it is applied to, the batch's with them.

    Returns:
        Whether it does.

    Example:
        >>> step = Operation(kind="l2_norm", name="norm", inputs=("x",), output="y",
        ...                  parameters={"axes": None, "eps": 0.0})
        >>> is_whole(Segment(kind="norm", operations=(step,), before="x", after="y"), 4)
        True
    """
    axes = segment.operations[0].parameters["axes"]
    return axes is None or bool(axes == ndim - 1)


def as_tensors(values: FloatArray, like: Stream) -> FloatArray:
    """Values as tensors, where they may have been flattened.

    Args:
        values: float64 `(B, C, M, M)` or `(B, C M^2)`.
        like: a stream of the same image size.

    Returns:
        float64 `(B, C, M, M)`.

    Example:
        >>> as_tensors(np.ones((1, 8)), Stream(np.ones((1, 1, 2, 2)))).shape
        (1, 2, 2, 2)
    """
    return values if values.ndim == 4 else values.reshape(len(values), -1, like.side, like.side)
