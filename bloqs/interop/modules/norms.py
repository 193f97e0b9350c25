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


def _weights_ofnorm_piece(step: Operation, stream: Stream) -> tuple[FloatArray, FloatArray]:
    """Weight and bias of a norm, for every entry: `(C, M, M)`."""
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
    """By what a norm divides each image, `(B,)`."""
    flat = stream.tensors.reshape(len(stream.tensors), -1)
    if step.kind == "l2_norm":
        return np.asarray(np.maximum(np.linalg.norm(flat, axis=1), step.parameters["eps"]))
    square = flat.var(axis=1) if step.kind == "layer_norm" else np.mean(flat**2, axis=1)
    return np.asarray(np.sqrt(square + step.parameters["eps"]))


def norm_piece(segment: Segment, stream: Stream, values_after: FloatArray, *, keeps: bool) -> Piece:
    """Nothing, where the direction stays; else a linear stem of window 1, with means over the images."""
    (step,) = segment.operations
    wanted = as_tensors(values_after, stream)
    change = np.linalg.norm(directions(stream.tensors) - directions(wanted), axis=1).max()
    weight, bias = _weights_ofnorm_piece(step, stream)
    own = weight.mean(axis=(1, 2))
    is_own = float(np.ptp(own)) > EXACT * float(np.abs(own).max())
    if change <= EXACT or not is_whole(segment, stream) or (stream.constant is None and not is_own):
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
    """The stream of which each image has the norm that it has in the other network."""
    if constant is not None:
        norms = [np.linalg.norm(x.reshape(len(x), -1), axis=1) for x in (made, wanted)]
        constant = constant * norms[1] / norms[0]
    return Stream(wanted, constant, stream.place)


def is_whole(segment: Segment, stream: Stream) -> bool:
    """Whether a norm goes over all entries of the vector."""
    axes = segment.operations[0].parameters["axes"]
    return axes is None or axes == 3 or (axes == 1 and stream.side == 1)


def as_tensors(values: FloatArray, like: Stream) -> FloatArray:
    """Values as tensors, where they may have been flattened."""
    return values if values.ndim == 4 else values.reshape(len(values), -1, like.side, like.side)
