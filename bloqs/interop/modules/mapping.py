"""From segments of a graph to a `NetworkSpec`, with a table that says what became of each layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from bloqs.activation import Activation
from bloqs.interop.modules.functions import SHARPNESS, activation_of, relu_sharpness
from bloqs.interop.modules.graph import FloatArray, Graph
from bloqs.interop.modules.head import fitted_rows
from bloqs.interop.modules.piece import BIAS_SCALE, EXACT, Map, Piece
from bloqs.interop.modules.pieces import pieces
from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.interop.modules.scale import directions
from bloqs.interop.modules.segments import segments
from bloqs.layers import AveragePool, Downsample, Geometry, Layer, Residual, Stem, geometries
from bloqs.networks import NetworkSpec
from bloqs.reference.convolution import convolution_norm
from bloqs.reference.network import forward_vectors

MAPPED, FOLDED, CHANGED = "mapped", "folded", "changed"

HEADS = ("fitted", "exact")
"""What becomes of a dense layer on an image: output weights fitted to squared entries, or linear stems."""

HELD_OUT = slice(None, None, 5)
"""Images that output weights are not fitted to: these tell how good the fit is."""


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
        is_fitted: whether output weights were fitted to the images outside `HELD_OUT`.
        num_classes: of its read-out; None where the other network does not end with a score for each class.

    Example:
        >>> spec = NetworkSpec(input_shape=(2, 2, 2), layers=[AveragePool()], num_groups=1)
        >>> Mapped(spec=spec, rows=(), num_classes=None).rows
        ()
    """

    spec: NetworkSpec
    rows: tuple[Row, ...]
    num_classes: int | None
    is_fitted: bool = False


def mapped_network(
    graph: Graph,
    images: FloatArray,
    *,
    relu_gap: float | None = None,
    biases: bool = True,
    head: str = "fitted",
    sharpness: float = SHARPNESS,
) -> Mapped:
    """Map a network of another library onto layers of ours.

    Args:
        graph: the network.
        images: float64 `(B, C, M, M)`: norms and changes are measured on them.
        relu_gap: for ReLU: take the ReLU itself, certified for arguments of at least this modulus; None for
            a smooth one.
        biases: whether biases are carried by a constant channel; else they are left out.
        head: one of `HEADS`, for a dense layer on more than one pixel.
        sharpness: of a smooth ReLU, see `relu_sharpness`.

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
    values = graph.values(images)
    cut = list(segments(graph))
    _check_values(graph, values)
    found = pieces(graph, values, cut, has_biases=biases, is_exact=head == "exact")
    activation, factors, notes = _activation(found, relu_gap, sharpness)
    groups = [[_layer(one, factors.get(id(one))) for one in piece.maps] for piece in found]
    layers = [layer for group in groups for layer in group]
    rows = [
        row
        for piece, group in zip(found, groups, strict=True)
        for row in _rows(piece, group, activation, notes)
    ]
    has_constant = found[0].before.constant is not None
    shape: tuple[int, int, int] = images.shape[1:]  # type: ignore[assignment]
    fields: dict[str, Any] = {
        "input_shape": shape,
        "layers": layers,
        "activation": activation,
        "bias_scale": BIAS_SCALE if has_constant else None,
    }
    dense = next((piece for piece in found if piece.segment.kind == "linear"), None)
    classes = None
    scores = values[graph.output]
    if dense is not None or (scores.ndim == 2 and found[-1].after.side == 1):
        classes = scores.shape[1] if scores.shape[1] > 1 else None
    if dense is not None and not dense.maps:
        weights, fitted = _fitted(fields, dense, images)
        spec = NetworkSpec(
            **fields, output_weights=weights, skip_weight=0.0, num_groups=len(weights)
        )
        rows = [fitted if row.layer == fitted.layer else row for row in rows]
        return Mapped(spec=spec, rows=tuple(rows), num_classes=classes, is_fitted=True)
    if not layers:
        raise ImportRefusedError(
            graph.output, "a network without a layer", "a convolution or a Linear"
        )
    start = Geometry((shape[0] + has_constant, *shape[1:]))
    groups_of_classes = 1 << geometries(layers, start)[-1].channel_bits
    spec = NetworkSpec(**fields, num_groups=groups_of_classes)
    return Mapped(spec=spec, rows=tuple(rows), num_classes=classes)


def _fitted(fields: dict[str, Any], piece: Piece, images: FloatArray) -> tuple[FloatArray, Row]:
    """Output weights that are fitted to the classes which a dense layer says, and what is said of them."""
    scores = piece.after.tensors[:, :, 0, 0]
    fits = np.ones(len(images), dtype=bool)
    fits[HELD_OUT] = False
    num_rows = 1 << (scores.shape[1] - 1).bit_length()
    if fields["layers"]:
        vectors = forward_vectors(NetworkSpec(**fields, num_groups=1), images[fits]).blocks[-1]
    else:
        vectors = directions(Geometry(fields["input_shape"]).to_vectors(images[fits]))
    if num_rows > vectors.shape[1]:
        raise ImportRefusedError(
            piece.segment.name,
            f"{scores.shape[1]} classes of a vector of {vectors.shape[1]} entries",
            "a longer vector",
        )
    weights = fitted_rows(vectors, scores[fits].argmax(axis=1), num_rows)
    how = (
        "output: a read-out of squared entries, fitted by ridge regression to what the network says of four "
        "images in five; class c is group c of the vector; head='exact' maps it, at many times the cost"
    )
    return weights, Row(layer=piece.segment.name, became=CHANGED, how=how, change=math.nan)


def _check_values(graph: Graph, values: dict[str, FloatArray]) -> None:
    """Refuse a network that makes no direction of an image: a zero vector, or numbers beyond float64."""
    for step in graph.operations:
        flat = values[step.output].reshape(len(values[step.output]), -1)
        wrong = np.flatnonzero(~np.isfinite(flat).all(axis=1))
        if len(wrong):
            raise ImportRefusedError(
                step.name,
                f"its result is not finite for image {wrong[0]}",
                "weights and images of ordinary size",
            )
    for segment in segments(graph):
        zero = np.flatnonzero(~values[segment.after].reshape(len(flat), -1).any(axis=1))
        if len(zero):
            raise ImportRefusedError(
                segment.name,
                f"its result is zero for image {zero[0]}, and a zero vector has no direction",
                "weights that are not all zero, and images that they do not map to zero",
            )


def _activation(
    found: Sequence[Piece], relu_gap: float | None, sharpness: float
) -> tuple[Activation, dict[int, float], dict[int, list[str]]]:
    """The function of the network, the factor of each kernel, and what is said of each map, by its id."""
    active = [(piece, one) for piece in found for one in piece.maps if one.function is not None]
    notes: dict[int, list[str]] = {id(one): [] for _, one in active}
    names = {one.function: _name_of_function(piece) for piece, one in active}
    if len(names) > 1:
        words = ", ".join(f"{function} at {name!r}" for function, name in names.items())
        raise ImportRefusedError(
            list(names.values())[1],
            f"a network of ours has one function, found {words}",
            "the same one",
        )
    if not active:
        return Activation("erf"), {}, notes
    maps = [one for _, one in active]
    ((function, name),) = names.items()
    assert function is not None
    if function == "relu":
        factors = dict.fromkeys(map(id, maps), 1.0)
        arguments = np.concatenate([one.arguments.ravel() for one in maps])
        inner = relu_sharpness(arguments, sharpness)
    else:
        scales = [one.before.scale for one in maps if one.kind != "stem"]
        inner = math.exp(np.mean([math.log(s.factor) for s in scales])) if scales else 1.0
        factors = {id(one): one.before.scale.factor / inner for one in maps}
        for one in maps:
            notes[id(one)] += _scale_notes(one, inner)
    gain = max(_norm(one) * factors[id(one)] for one in maps) * (1 + 1e-9)
    gain = gain if gain > 0 else 1.0
    factors = {key: factor / gain for key, factor in factors.items()}
    if function == "relu" and relu_gap is not None:
        return Activation("relu", gain=gain, gap=relu_gap), factors, notes
    if function == "relu":
        for one in maps:
            notes[id(one)].append(f"ReLU made smooth: gelu(s u)/s with s = {inner:.4g}")
        function = "gelu"
    return activation_of(function, name, scale=inner, gain=gain), factors, notes


def _name_of_function(piece: Piece) -> str:
    assert piece.segment.convolution is not None
    return piece.segment.convolution.names[-1]


def _scale_notes(one: Map, inner: float) -> list[str]:
    """What is said of a map whose input has a norm that is no constant, or not that of the others."""
    scale, notes = one.before.scale, []
    if not scale.is_constant and scale.spread > 1e-9:
        notes.append(
            f"norms of its input vary by {100 * scale.spread:.3g} % and are taken as {scale.factor:.4g}"
        )
    if one.kind != "stem" and not math.isclose(scale.factor, inner, rel_tol=1e-9):
        notes.append(f"the skip has norm {scale.factor:.4g} there and {inner:.4g} here")
    return notes


def _norm(one: Map) -> float:
    """The norm of the convolution of a map."""
    assert one.weight is not None
    stride = 2 if one.kind == "downsample" else one.stride
    return convolution_norm(one.weight, one.before.side, stride=stride)


def _layer(one: Map, factor: float | None) -> Layer:
    """The layer of ours; `factor` of its kernel is None where it has no function."""
    if one.weight is None:
        return AveragePool()
    if factor is None:
        return Stem(one.weight / (_norm(one) * (1 + 1e-9)), stride=one.stride, activation=False)
    kernel = factor * one.weight
    if one.kind == "stem":
        return Stem(kernel, stride=one.stride)
    return Residual(kernel) if one.kind == "residual" else Downsample(kernel)


def _rows(
    piece: Piece, layers: Sequence[Layer], activation: Activation, notes: dict[int, list[str]]
) -> list[Row]:
    """The lines of the table about a segment: how far its layers move, alone, a vector of the images."""
    name, said = piece.segment.name, list(piece.notes)
    if piece.folded is not None:
        how = f"into the weights of {piece.folded}"
        return [Row(layer=name, became=FOLDED, how=how, change=math.nan)]
    if piece.segment.kind == "linear" and not layers:
        return [Row(layer=name, became=CHANGED, how="fitted", change=math.nan)]
    joint = piece.before.joint
    geometry = Geometry(joint.shape[1:])  # type: ignore[arg-type]
    vectors = directions(geometry.to_vectors(joint))
    for layer in layers:
        vectors = directions(layer.apply(vectors, geometry, activation))
        geometry = layer.geometry_after(geometry)
    made = piece.after.without_constant(geometry.to_tensors(vectors))
    change = float(np.linalg.norm(directions(made) - directions(piece.after.tensors), axis=1).max())
    for one in piece.maps:
        said += notes.get(id(one), [])
    if change > EXACT and not said:
        said.append("the last digits of its numbers" if change < 1e-4 else "not mapped exactly")
    nothing = "the layer before ends with a unit vector" if piece.segment.kind == "norm" else ""
    names = ", ".join(layer.noun for layer in layers) or nothing or "does nothing here"
    became = CHANGED if change > EXACT else MAPPED
    rows = [Row(layer=name, became=became, how="; ".join([names, *said]), change=change)]
    convolution = piece.segment.convolution
    for part in () if convolution is None else convolution.folded:
        how = f"into the kernel of {name}"
        rows.append(Row(layer=part, became=FOLDED, how=how, change=math.nan))
    return rows
