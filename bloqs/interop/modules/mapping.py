"""From segments of a graph to a `NetworkSpec`, with a table that says what became of each layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from bloqs.activation import Activation
from bloqs.interop.modules.functions import activation_of, relu_sharpness
from bloqs.interop.modules.graph import FloatArray, Graph
from bloqs.interop.modules.head import fitted_rows
from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.interop.modules.scale import Scale, directions
from bloqs.interop.modules.segments import Convolution, Segment, segments
from bloqs.layers import AveragePool, Downsample, Geometry, Layer, Residual, Stem, geometries
from bloqs.networks import NetworkSpec
from bloqs.reference.convolution import convolution_norm
from bloqs.reference.network import forward_vectors

MAPPED, FOLDED, CHANGED = "mapped", "folded", "changed"

EXACT = 1e-6
"""A layer is mapped where its unit vector is that of the other network to this: the rounding of float32."""


@attrs.frozen(kw_only=True)
class Row:
    """What became of a layer.

    Parameters:
        layer: its name in the other network.
        became: "mapped", "folded" or "changed".
        how: in words.
        change: largest 2-norm by which the layer alone moves a unit vector of the images; NaN where it is
            part of another row.

    Example:
        >>> Row(layer="pool", became=MAPPED, how="average pooling", change=0.0).became
        'mapped'
    """

    layer: str
    became: str
    how: str
    change: float


@attrs.frozen(kw_only=True)
class Mapped:
    """A network of ours, and what became of each layer of the other.

    Parameters:
        spec: the network, not calibrated.
        rows: of the table.
        num_classes: of its read-out; None where the other network has no dense layer at its end.
        is_fitted: whether the output weights were fitted on images.

    Example:
        >>> spec = NetworkSpec(input_shape=(2, 2, 2), layers=[AveragePool()], num_groups=1)
        >>> Mapped(spec=spec, rows=(), num_classes=None, is_fitted=False).rows
        ()
    """

    spec: NetworkSpec
    rows: tuple[Row, ...]
    num_classes: int | None
    is_fitted: bool


@attrs.define
class _Layers:
    """What is found on the way through the segments."""

    graph: Graph
    values: dict[str, FloatArray]
    shape: tuple[int, int, int]
    pieces: list[tuple[Segment, Scale]] = attrs.field(factory=list)
    segments: list[Segment] = attrs.field(factory=list)
    dense: Segment | None = None


def mapped_network(graph: Graph, images: FloatArray, *, relu_gap: float | None = None) -> Mapped:
    """Map a network of another library onto layers of ours.

    Args:
        graph: the network.
        images: float64 `(B, C, M, M)`: norms, changes and the fit of a head are measured on them.
        relu_gap: for ReLU: take the ReLU itself, certified for arguments of at least this modulus; None for
            a smooth one.

    Returns:
        The network and the rows of the table.

    Raises:
        ImportRefusedError: a layer that no layer of ours computes.

    Example:
        >>> from bloqs.interop.modules.graph import Operation
        >>> step = Operation(kind="conv", name="first", inputs=("x",), output="y", parameters={
        ...     "weight": np.full((1, 1, 1, 1), 2.0), "bias": None, "stride": (1, 1), "padding": (0, 0, 0, 0),
        ...     "dilation": (1, 1), "groups": 1})
        >>> graph = Graph(operations=(step,), input="x", output="y")
        >>> images = np.array([[[[0.6, 0.8], [0.0, 0.0]]], [[[1.0, 0.0], [0.0, 0.0]]]])
        >>> mapped_network(graph, images).rows[0].became
        'mapped'
    """
    found = _Layers(graph, graph.values(images), tuple(images.shape[1:]))  # type: ignore[arg-type]
    scale = Scale.of(images, is_constant=False)
    for segment in segments(graph):
        if found.dense is not None:
            raise ImportRefusedError(
                segment.name, "a layer after the dense one", "one Linear, at the end"
            )
        scale = _take(found, segment, scale)
    activation, factors, notes = _activation(found, relu_gap)
    groups = [
        _layers(segment, factors.get(i), found.values[segment.before].shape[-1])
        for i, (segment, _) in enumerate(found.pieces)
    ]
    layers = [layer for group in groups for layer in group]
    rows = _rows(found, groups, activation, notes)
    fields: dict[str, Any] = {
        "input_shape": found.shape,
        "layers": layers,
        "activation": activation,
    }
    if found.dense is not None:
        return _with_head(found, fields, rows, images)
    if not layers:
        raise ImportRefusedError(
            graph.output, "a network without a layer", "a convolution or a Linear"
        )
    spec = NetworkSpec(**fields, num_groups=_groups(layers, found.shape))
    last = found.pieces[-1][0].operations[-1]
    classes = len(last.parameters["weight"]) if last.kind == "linear" else None
    return Mapped(spec=spec, rows=tuple(rows), num_classes=classes, is_fitted=False)


def _take(found: _Layers, segment: Segment, scale: Scale) -> Scale:
    """Note a segment down; the scale of the value behind it."""
    after = found.values[segment.after]
    if segment.kind == "linear":
        before = found.values[segment.before]
        shape = _tensor_before(found, segment.before)
        if shape[1:] == (1, 1):
            segment = _as_stem(segment, before.shape[1])
            found.pieces.append((segment, scale))
        else:
            found.dense = segment
        found.segments.append(segment)
        return scale
    if segment.kind in ("stem", "residual", "downsample", "pool", "global pool"):
        found.pieces.append((segment, scale))
    found.segments.append(segment)
    if segment.kind == "norm":
        (step,) = segment.operations
        is_constant = step.parameters.get("weight") is None and step.parameters.get("bias") is None
        return Scale.of(after, is_constant=is_constant)
    if segment.kind in ("flatten", "nothing") and segment.operations[0].kind != "scale":
        return scale
    return Scale.of(after, is_constant=False)


def _tensor_before(found: _Layers, value: str) -> tuple[int, ...]:
    """Shape `(C, H, W)` of the tensor that was flattened to a value."""
    shape = found.values[value].shape[1:]
    for step in reversed(found.graph.operations):
        if step.output == value and step.kind in ("flatten", "identity"):
            value = step.inputs[0]
            shape = found.values[value].shape[1:]
    return shape if len(shape) == 3 else (*shape, 0, 0)


def _as_stem(segment: Segment, channels: int) -> Segment:
    """A dense layer on a tensor of one pixel: a convolution of window 1 without a function."""
    p = segment.operations[0].parameters
    bias = np.zeros(len(p["weight"])) if p["bias"] is None else p["bias"]
    convolution = Convolution(
        names=(segment.name,), weight=p["weight"].reshape(-1, channels, 1, 1), bias=bias, stride=1,
        function=None, folded=(),
    )  # fmt: skip
    return attrs.evolve(segment, kind="stem", convolution=convolution)


def _activation(
    found: _Layers, relu_gap: float | None
) -> tuple[Activation, dict[int, float], dict[int, list[str]]]:
    """The function of the network, the factor of each kernel, and what is said of each layer."""
    active = {
        i: (segment.convolution, scale)
        for i, (segment, scale) in enumerate(found.pieces)
        if segment.convolution is not None and segment.convolution.function is not None
    }
    notes: dict[int, list[str]] = {i: [] for i in range(len(found.pieces))}
    names = {convolution.function: convolution.names[-1] for convolution, _ in active.values()}
    if len(names) > 1:
        words = ", ".join(f"{function} at {name!r}" for function, name in names.items())
        raise ImportRefusedError(
            list(names.values())[1],
            f"a network of ours has one function, found {words}",
            "the same one",
        )
    if not active:
        return Activation("erf"), {}, notes
    ((function, name),) = names.items()
    assert function is not None
    residual = [scale for i, (_, scale) in active.items() if found.pieces[i][0].kind != "stem"]
    if function == "relu":
        factors = dict.fromkeys(active, 1.0)
        inner = _relu_scale(found, active)
    else:
        inner = math.exp(np.mean([math.log(s.factor) for s in residual])) if residual else 1.0
        factors = {i: scale.factor / inner for i, (_, scale) in active.items()}
        _note_scales(found, active, inner, notes)
    gain = max(_norm(found, i, factor) for i, factor in factors.items()) * (1 + 1e-9)
    gain = gain if gain > 0 else 1.0
    factors = {i: factor / gain for i, factor in factors.items()}
    if function == "relu" and relu_gap is not None:
        return Activation("relu", gain=gain, gap=relu_gap), factors, notes
    if function == "relu":
        for i in active:
            notes[i].append(f"ReLU made smooth: gelu(s u)/s with s = {inner:.4g}")
        function = "gelu"
    return activation_of(function, name, scale=inner, gain=gain), factors, notes


def _relu_scale(found: _Layers, active: dict[int, Any]) -> float:
    arguments = []
    for i, (convolution, scale) in active.items():
        segment = found.pieces[i][0]
        first = next(step for step in segment.operations if step.name == convolution.names[0])
        before = found.values[segment.before] / scale.factor
        bare = attrs.evolve(
            first, parameters={**first.parameters, "weight": convolution.weight, "bias": None}
        )
        graph = Graph(operations=(bare,), input=bare.inputs[0], output=bare.output)
        arguments.append(graph.values(before)[bare.output].ravel())
    return relu_sharpness(np.concatenate(arguments))


def _note_scales(
    found: _Layers, active: dict[int, Any], inner: float, notes: dict[int, list[str]]
) -> None:
    """What is said of layers whose input has a norm that is no constant, or not that of the others."""
    for i, (_, scale) in active.items():
        if not scale.is_constant and scale.spread > 1e-9:
            notes[i].append(
                f"norms of its input vary by {100 * scale.spread:.3g} % and are taken as {scale.factor:.4g}"
            )
        is_stem = found.pieces[i][0].kind == "stem"
        if not is_stem and not math.isclose(scale.factor, inner, rel_tol=1e-9):
            notes[i].append(f"the skip has norm {scale.factor:.4g} there and {inner:.4g} here")


def _norm(found: _Layers, i: int, factor: float) -> float:
    """The norm of the zero-padded convolution of a layer, times a factor."""
    segment = found.pieces[i][0]
    assert segment.convolution is not None
    side = found.values[segment.before].shape[-1]
    return factor * convolution_norm(segment.convolution.weight, side)


def _layers(segment: Segment, factor: float | None, side: int) -> list[Layer]:
    """The layers of ours that compute a segment; `factor` of its kernel is None where it has no function."""
    if segment.kind == "pool":
        (step,) = segment.operations
        if (step.parameters["kernel"], step.parameters["stride"]) != ((2, 2), (2, 2)):
            raise ImportRefusedError(
                step.name, f"pooling over {step.parameters['kernel']}", "AvgPool2d(2)"
            )
        return [_pool(segment, side)]
    if segment.kind == "global pool":
        if side & (side - 1):
            raise ImportRefusedError(
                segment.name, f"a mean over {side} x {side} pixels", "a side that is a power of two"
            )
        return [AveragePool()] * (side.bit_length() - 1)
    convolution = segment.convolution
    assert convolution is not None
    if segment.kind == "residual" and convolution.stride != 1:
        raise ImportRefusedError(
            segment.name, "a skip around a stride of 2", "AvgPool2d(2) in the skip"
        )
    if factor is None:
        if segment.kind == "downsample":
            raise ImportRefusedError(segment.name, "a block without a function", "a function in it")
        kernel = convolution.weight
        if segment.kind == "residual":
            kernel = _with_skip(kernel)
        norm = convolution_norm(kernel, side) * (1 + 1e-9)
        return [Stem(kernel / norm, stride=convolution.stride, activation=False)]
    kernel = factor * convolution.weight
    if segment.kind == "residual":
        return [Residual(kernel)]
    if segment.kind == "downsample":
        return [Downsample(kernel)]
    return [Stem(kernel, stride=convolution.stride)]


def _pool(segment: Segment, side: int) -> Layer:
    if side % 2:
        raise ImportRefusedError(
            segment.name, f"pooling of an odd side, {side}, which drops a row", "an even side"
        )
    return AveragePool()


def _with_skip(kernel: FloatArray) -> FloatArray:
    """The kernel of `x + W x`: the middle tap has 1 more on its diagonal."""
    wide, middle = kernel.copy(), kernel.shape[2] // 2
    wide[range(len(kernel)), range(len(kernel)), middle, middle] += 1.0
    return wide


def _groups(layers: Sequence[Layer], shape: tuple[int, int, int]) -> int:
    """The channels of the last tensor, padded: what is read out where there is no output block."""
    return 1 << geometries(layers, Geometry(shape))[-1].channel_bits


def _rows(
    found: _Layers,
    groups: Sequence[Sequence[Layer]],
    activation: Activation,
    notes: dict[int, list[str]],
) -> list[Row]:
    """The table, in the order of the other network."""
    rows: list[Row] = []
    place = {id(segment): i for i, (segment, _) in enumerate(found.pieces)}
    for segment in found.segments:
        i = place.get(id(segment))
        if i is not None:
            rows += _rows_of_piece(found, segment, groups[i], activation, notes[i])
        elif segment.kind == "norm":
            rows.append(_row_of_norm(found, segment))
        elif segment.kind in ("nothing", "flatten"):
            rows.append(Row(layer=segment.name, became=MAPPED, how="does nothing here", change=0.0))
    return rows


def _rows_of_piece(
    found: _Layers,
    segment: Segment,
    layers: Sequence[Layer],
    activation: Activation,
    notes: list[str],
) -> list[Row]:
    geometry = Geometry(found.values[segment.before].shape[1:])  # type: ignore[arg-type]
    if len(found.values[segment.before].shape) != 4:
        geometry = Geometry((found.values[segment.before].shape[1], 1, 1))
    shapes = geometries(layers, geometry)
    vectors = directions(geometry.to_vectors(_tensor(found.values[segment.before])))
    for layer, shape in zip(layers, shapes, strict=False):
        vectors = directions(layer.apply(vectors, shape, activation))
    wanted = directions(shapes[-1].to_vectors(_tensor(found.values[segment.after])))
    change = float(np.linalg.norm(vectors - wanted, axis=1).max())
    said = list(notes)
    convolution = segment.convolution
    if convolution is not None and np.any(convolution.bias):
        said.append("its bias is left out")
    if change > EXACT and not said:
        said.append("the last digits of its numbers" if change < 1e-4 else "not mapped exactly")
    names = ", ".join(layer.noun for layer in layers) or "nothing: one pixel already"
    row = Row(
        layer=segment.name,
        became=CHANGED if change > EXACT else MAPPED,
        how=f"{names}; {'; '.join(said)}" if said else names,
        change=change,
    )
    folded = () if convolution is None else convolution.folded
    return [
        row,
        *(
            Row(
                layer=name, became=FOLDED, how=f"into the kernel of {segment.name}", change=math.nan
            )
            for name in folded
        ),
    ]


def _tensor(values: FloatArray) -> FloatArray:
    return values if values.ndim == 4 else values[:, :, None, None]


def _row_of_norm(found: _Layers, segment: Segment) -> Row:
    (step,) = segment.operations
    before, after = (
        directions(found.values[segment.before]),
        directions(found.values[segment.after]),
    )
    change = float(np.linalg.norm(before - after, axis=1).max())
    how = "the layer before ends with a unit vector"
    if step.kind == "layer_norm":
        how += "; the mean is not taken off"
    if step.parameters.get("weight") is not None or step.parameters.get("bias") is not None:
        how += "; its own weights are left out"
    return Row(
        layer=segment.name, became=CHANGED if change > EXACT else MAPPED, how=how, change=change
    )


def _with_head(
    found: _Layers, fields: dict[str, Any], rows: list[Row], images: FloatArray
) -> Mapped:
    """The network with output weights that are fitted to the classes which the other one says."""
    assert found.dense is not None
    (step,) = found.dense.operations
    scores = found.values[found.dense.after]
    num_classes = scores.shape[1]
    num_rows = 1 << (num_classes - 1).bit_length()
    every = slice(None, None, 2)  # the others tell how good the fit is
    if fields["layers"]:
        bare = NetworkSpec(**fields, num_groups=1)
        vectors = forward_vectors(bare, images[every]).blocks[-1]
    else:
        vectors = directions(Geometry(found.shape).to_vectors(images[every]))
    if num_rows > vectors.shape[1]:
        raise ImportRefusedError(
            step.name,
            f"{num_classes} classes of a vector of {vectors.shape[1]} entries",
            "a longer vector",
        )
    weights = fitted_rows(vectors, scores[every].argmax(axis=1), num_rows)
    spec = NetworkSpec(**fields, output_weights=weights, skip_weight=0.0, num_groups=num_rows)
    how = (
        "output: a read-out of squared entries, fitted by ridge regression to what the network says of every "
        "second image; class c is group c of the vector"
    )
    rows.append(Row(layer=step.name, became=CHANGED, how=how, change=math.nan))
    return Mapped(spec=spec, rows=tuple(rows), num_classes=num_classes, is_fitted=True)
