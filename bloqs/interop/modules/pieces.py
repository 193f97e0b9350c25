"""Segments of a graph as maps of ours, still in the units of the other network and with its own function."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from scipy.optimize import brentq

from bloqs.interop.modules.graph import ACTIVATIONS, FloatArray, Graph, Operation
from bloqs.interop.modules.head import dense_kernels, raised_by
from bloqs.interop.modules.norms import (
    as_tensors,
    deviations,
    is_whole,
    norm_piece,
    rescaled,
    weights_of_norm,
)
from bloqs.interop.modules.piece import BIAS_SCALE, EXACT, Map, Piece
from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.interop.modules.scale import directions
from bloqs.interop.modules.segments import Convolution, Segment, padding_words
from bloqs.interop.modules.stream import (
    Stream,
    root_mean_square,
    with_constant,
    with_constant_kept,
)

_LARGEST = 0.7
"""What a bounded function is to make of the constant, at most."""


def pieces(
    graph: Graph,
    values: dict[str, FloatArray],
    cut: Sequence[Segment],
    *,
    has_biases: bool = True,
    is_exact: bool = True,
) -> tuple[Piece, ...]:
    """What becomes of the segments of a graph.

    Args:
        graph: the network.
        values: its values on some images, by name.
        cut: its segments.
        has_biases: whether a constant channel may carry biases; else they are left out.
        is_exact: whether a dense layer on an image is mapped; else it is left to a fit, without a map.

    Returns:
        A piece for each segment, and one more where a constant channel is left out at the end.

    Raises:
        ImportRefusedError: a segment that no layer of ours computes.

    Example:
        >>> from bloqs.interop.modules.segments import segments
        >>> step = Operation(kind="conv", name="first", inputs=("x",), output="y", parameters={
        ...     "weight": np.ones((1, 1, 1, 1)), "bias": np.ones(1), "stride": (1, 1),
        ...     "padding": (0, 0, 0, 0), "dilation": (1, 1), "groups": 1})
        >>> graph = Graph(operations=(step,), input="x", output="y")
        >>> values = graph.values(np.ones((2, 1, 2, 2)))
        >>> pieces(graph, values, list(segments(graph)))[0].maps[0].weight[0, :, 0, 0].tolist()
        [1.0, 1.0]
    """
    images = values[graph.input]
    wide = None if is_exact else next((s for s in cut if is_wide(s, graph, values)), None)
    needing = [i for i in range(len(cut)) if cut[i] is not wide and _needs_constant(cut, i, values)]
    last = max(needing, default=-1) if has_biases else -1
    constant = BIAS_SCALE * root_mean_square(images) if last >= 0 else None
    stream = Stream(images, constant, images.shape[1])
    found: list[Piece] = []
    folded: Segment | None = None
    for i, segment in enumerate(cut):
        keeps = i < last
        if (
            segment.kind == "norm"
            and _is_before_dense(cut, i)
            and is_whole(segment, values[segment.after].ndim)
        ):
            name = next(s.name for s in cut[i:] if s.kind == "linear")
            if wide is not None:
                after = attrs.evolve(stream, tensors=as_tensors(values[segment.after], stream))
                found.append(Piece(segment, (), stream, after, (f"{name} is fitted behind it",)))
            else:
                # Its mean and its weights are exactly those of the dense layer behind it.
                folded = segment
                found.append(Piece(segment, (), stream, stream, folded=name))
            continue
        values_after = values[segment.after]
        if segment is wide:
            piece = Piece(segment, (), stream, Stream(values_after[:, :, None, None]))
        elif segment.kind == "linear":
            piece = _dense(segment, folded, stream, values_after)
        elif segment.kind == "norm":
            piece = norm_piece(segment, stream, values_after, keeps=keeps)
        elif segment.operations[0].kind == "softmax" and any(s.kind == "linear" for s in cut):
            said = ("left out, for the largest score stays the largest",)
            piece = Piece(segment, (), stream, stream, said)
        elif segment.operations[0].kind in ("flatten", "identity"):
            piece = Piece(segment, (), stream, stream)
        elif segment.kind == "nothing":
            tensors = as_tensors(values_after, stream)
            after = rescaled(stream, stream.tensors, stream.constant, tensors)
            is_softmax = segment.operations[0].kind == "softmax"
            piece = Piece(segment, (), stream, after, ("left out",) if is_softmax else ())
        elif segment.kind in ("pool", "global pool"):
            piece = _pool(segment, stream, values_after)
        else:
            piece = _convolution(segment, stream, values_after, keeps=keeps)
        found.append(piece)
        stream = piece.after
    if stream.constant is not None:
        found.append(_dropped(stream))
    return tuple(found)


def is_wide(segment: Segment, graph: Graph, values: dict[str, FloatArray]) -> bool:
    """Whether a segment is a dense layer on more than one pixel.

    Args:
        segment: any.
        graph: that it is of.
        values: of the graph.

    Returns:
        Whether it is.

    Example:
        >>> step = Operation(kind="flatten", name="flat", inputs=("x",), output="y")
        >>> segment = Segment(kind="flatten", operations=(step,), before="x", after="y")
        >>> is_wide(segment, Graph(operations=(step,), input="x", output="y"), {})
        False
    """
    if segment.kind != "linear":
        return False
    value = segment.before
    for step in reversed(graph.operations):
        if step.output == value and values[value].ndim == 2:
            value = step.inputs[0]
    return values[value].shape[2:] != (1, 1)


def _needs_constant(cut: Sequence[Segment], i: int, values: dict[str, FloatArray]) -> bool:
    """Whether a segment has a bias, or scores that are to be raised, or a norm that takes off a mean."""
    segment = cut[i]
    if segment.convolution is not None:
        return bool(np.any(segment.convolution.bias))
    if segment.kind == "linear":
        bias = segment.operations[0].parameters["bias"]
        return (bias is not None and bool(np.any(bias))) or raised_by(values[segment.after]) > 0
    if segment.kind == "norm" and _is_before_dense(cut, i):
        bias = segment.operations[0].parameters.get("bias")
        return bias is not None and bool(np.any(bias))
    if segment.kind == "norm":
        before, after = directions(values[segment.before]), directions(values[segment.after])
        return float(np.linalg.norm(before - after, axis=1).max()) > EXACT
    return False


def _is_before_dense(cut: Sequence[Segment], i: int) -> bool:
    rest = (s.kind for s in cut[i + 1 :] if s.kind not in ("flatten", "nothing"))
    return next(rest, None) == "linear" and not any(
        s.operations[0].kind == "scale" for s in cut[i + 1 :] if s.kind == "nothing"
    )


def _convolution(
    segment: Segment, stream: Stream, values_after: FloatArray, *, keeps: bool
) -> Piece:
    convolution = segment.convolution
    assert convolution is not None
    side, function = stream.side, convolution.function
    rows, columns = values_after.shape[2:]
    if {rows, columns} != {-(-side // convolution.stride)}:
        p = next(s for s in segment.operations if s.name == convolution.names[0]).parameters
        reason, mend = padding_words(p)
        made = f"{rows} rows" if rows == columns else f"{rows} rows and {columns} columns"
        raise ImportRefusedError(
            convolution.names[0], f"{reason}, which makes {made} of {side}", mend
        )
    if segment.kind == "residual" and convolution.stride != 1:
        raise ImportRefusedError(
            segment.name, "a skip around a stride of 2", "AvgPool2d(2) in the skip"
        )
    if segment.kind == "downsample" and function is None:
        raise ImportRefusedError(segment.name, "a block without a function", "a function in it")
    notes = (*convolution.notes, *_bias_notes(convolution.bias, stream))
    if segment.kind == "stem":
        return _stem(segment, convolution, stream, values_after, notes, keeps=keeps)
    weight = with_constant_kept(convolution.weight, convolution.bias, stream)
    kind = segment.kind
    if function is None:
        # x + W x is a linear stem whose middle tap has 1 more on its diagonal.
        kind, middle = "stem", weight.shape[2] // 2
        weight = weight.copy()
        weight[range(len(weight)), range(len(weight)), middle, middle] += 1.0
    row = None if stream.constant is None else stream.place
    one = Map(kind, stream, weight, 1, function, row)
    after = attrs.evolve(stream, tensors=values_after, is_normal=False)
    return Piece(segment, (one,), stream, after, notes)


def _bias_notes(bias: FloatArray, stream: Stream) -> tuple[str, ...]:
    if not np.any(bias):
        return ()
    if stream.constant is None:
        return ("its bias is left out",)
    words, spread = "its bias by the constant channel", stream.constant_spread
    if spread < 1e-9:
        return (words,)
    value = f"{stream.constant_value:.4g}"
    return (f"{words}, whose value varies by {100 * spread:.3g} % and is taken as {value}",)


def _stem(
    segment: Segment,
    convolution: Convolution,
    stream: Stream,
    values_after: FloatArray,
    notes: tuple[str, ...],
    *,
    keeps: bool,
) -> Piece:
    function, row, constant = convolution.function, None, None
    if stream.constant is not None and keeps:
        wanted = BIAS_SCALE * float(np.exp(np.mean(np.log(root_mean_square(values_after)))))
        row = _inverse(function, wanted) / stream.constant_value
        constant = row * stream.constant
        if function is not None:
            constant = ACTIVATIONS[function](constant)
    weight = with_constant(convolution.weight, convolution.bias, stream, row)
    place = len(convolution.weight)
    one = Map(
        "stem",
        stream,
        weight,
        convolution.stride,
        function,
        place if constant is not None else None,
    )
    return Piece(segment, (one,), stream, Stream(values_after, constant, place), notes)


def _inverse(function: str | None, value: float) -> float:
    """The argument at which a function has a positive value; of a bounded one, `_LARGEST` at most."""
    if function in (None, "relu"):
        return value
    apply = ACTIVATIONS[function]
    if function in ("erf", "tanh"):
        value = min(value, _LARGEST)
    high = 1.0
    while apply(np.array(high)) < value:
        high *= 2
    return float(brentq(lambda u: float(apply(np.array(u))) - value, 0.0, high, xtol=1e-14))


def _pool(segment: Segment, stream: Stream, values_after: FloatArray) -> Piece:
    side = stream.side
    count = 1
    if segment.kind == "pool":
        (step,) = segment.operations
        if (step.parameters["kernel"], step.parameters["stride"]) != ((2, 2), (2, 2)):
            raise ImportRefusedError(
                step.name, f"pooling over {step.parameters['kernel']}", "AvgPool2d(2)"
            )
        if side % 2:
            raise ImportRefusedError(
                segment.name, f"pooling of an odd side, {side}, which drops a row", "an even side"
            )
    else:
        if side & (side - 1):
            raise ImportRefusedError(
                segment.name, f"a mean over {side} x {side} pixels", "a side that is a power of two"
            )
        count = side.bit_length() - 1
    after = attrs.evolve(stream, tensors=values_after, is_normal=False)
    return Piece(segment, (Map("pool", stream),) * count, stream, after)


def _dense(segment: Segment, folded: Segment | None, stream: Stream, scores: FloatArray) -> Piece:
    """Linear stems for a dense layer, the norm in front of it folded in; the constant ends here."""
    (step,) = segment.operations
    weight, bias = step.parameters["weight"], step.parameters["bias"]
    bias = np.zeros(len(weight)) if bias is None else bias
    notes = list(_bias_notes(bias, stream))
    if len(weight) < 2:
        raise ImportRefusedError(
            segment.name, "one score alone, whose square is no class", "a score for each class"
        )
    if folded is not None:
        (norm,) = folded.operations
        own, shift = (values.ravel() for values in weights_of_norm(norm, stream))
        weight, bias = weight * own, bias + weight @ shift
        if norm.kind == "layer_norm":
            weight = weight - weight.mean(axis=1, keepdims=True)
        by = deviations(norm, stream)
        # What is in front of the norm, in units of what is behind it.
        constant = None if stream.constant is None else stream.constant / by
        tensors = stream.tensors / by[:, None, None, None]
        stream = attrs.evolve(stream, tensors=tensors, constant=constant)
    raised = raised_by(scores)
    if raised and stream.constant is not None:
        bias = bias + raised
        notes.append(
            f"every score is raised by {raised:.3g}, so that the largest has the largest square"
        )
    elif raised:
        notes.append("a class is read out with the square of its score")
    shape = (len(weight), *stream.tensors.shape[1:])
    made = dense_kernels(weight.reshape(shape), bias, stream)
    maps = [Map("stem", stream, made[0][0], made[0][1])]
    maps += [Map("stem", stream, kernel, stride) for kernel, stride in made[1:]]
    after = Stream(scores[:, :, None, None], None, len(weight))
    return Piece(segment, tuple(maps), stream, after, tuple(notes))


def _dropped(stream: Stream) -> Piece:
    """The stem that leaves out the constant channel behind the last layer."""
    channels = stream.tensors.shape[1]
    kernel = np.delete(np.eye(channels + 1), stream.place, axis=0)[:, :, None, None]
    step = Operation(kind="identity", name="constant channel", inputs=("",), output="")
    segment = Segment(kind="stem", operations=(step,), before="", after="")
    after = Stream(stream.tensors, None, channels)
    return Piece(segment, (Map("stem", stream, kernel),), stream, after, ("left out at the end",))
