"""From a specification to a bloq: load the pieces, solve the degrees, assemble, state the assumptions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS, check_loading
from bloqs.networks.bounds import Bounds, LayerBounds, layer_bounds
from bloqs.networks.errors import NormBoundsError
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.plan import (
    Degrees,
    Parts,
    assemble,
    rounding_error,
    solve_degrees,
    stated_epsilon,
)
from bloqs.networks.shapes import KernelShape, OutputShape
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import forward_vectors
from bloqs.vector_encoding import VectorEncoding

ROUNDING_SHARE = 0.1
"""Part of epsilon that the rounding of tabulated angles may use while degrees are solved."""

SYNTHESIS_SHARE = 0.1
"""Part of epsilon kept for the synthesis of rotations, which no tensor shows: the rest is the bloq's."""

FloatArray = npt.NDArray[np.float64]


def network_bloq(
    spec: NetworkSpec,
    image: npt.ArrayLike,
    *,
    regime: int = 1,
    epsilon: float = 1e-2,
    norm_bounds: str | Sequence[Bounds] = "calibrated",
    loading: str = "rotations",
) -> ResidualNetwork:
    """The coherent network on one image; see `NetworkSpec.to_bloq`."""
    _check(spec, regime, epsilon, loading)
    if not spec.has_weights:
        raise ValueError("this network has shapes only; to_bloq needs weights, use cost_bloq")
    tensor = spec.check_image(image)
    bounds = layer_bounds(spec, norm_bounds)
    _check_norms(spec, tensor, bounds)
    one_channel = spec.input_shape[0] > 1 and not np.any(tensor[1:])
    degrees, bits = _solve(spec, bounds, (1 - SYNTHESIS_SHARE) * epsilon, loading, one_channel)
    parts = _by_data(spec, tensor, loading, bits, one_channel)
    return _network(
        spec, assemble(parts, bounds, degrees), parts, bounds, degrees, epsilon, loading, bits
    )


def network_cost_bloq(
    spec: NetworkSpec,
    *,
    regime: int = 1,
    epsilon: float = 1e-2,
    norm_bounds: str | Sequence[Bounds] = "calibrated",
    loading: str = "select-swap",
) -> ResidualNetwork:
    """The same network by shape; see `NetworkSpec.cost_bloq`."""
    _check(spec, regime, epsilon, loading)
    bounds = layer_bounds(spec, norm_bounds)
    degrees, bits = _solve(
        spec, bounds, (1 - SYNTHESIS_SHARE) * epsilon, loading, one_channel=False
    )
    parts = _by_shape(spec, _kernel_shapes(spec), loading, bits, one_channel=False)
    return _network(
        spec, assemble(parts, bounds, degrees), parts, bounds, degrees, epsilon, loading, bits
    )


def _check(spec: NetworkSpec, regime: int, epsilon: float, loading: str) -> None:
    if regime != 1:
        raise ValueError(
            f"regime {regime!r} is not available; only regime 1 is (input and weights loaded coherently)"
        )
    if spec.paths != 1:
        raise ValueError(f"regime 1 has one input path, this network has {spec.paths}")
    if not 0 < epsilon < 1:
        raise ValueError(f"epsilon is a 2-norm error in (0, 1), got {epsilon}")
    check_loading(loading)


def _check_norms(spec: NetworkSpec, tensor: FloatArray, bounds: LayerBounds) -> None:
    vectors = forward_vectors(spec, tensor)
    norms = [float(norm) for norm in np.ravel(vectors.block_norms)]
    if spec.has_output_layer:
        norms.append(float(vectors.output_norm))
    for name, norm, (lo, hi) in zip(spec.layer_names, norms, bounds.norms, strict=True):
        if not lo <= norm <= hi:
            raise NormBoundsError(name, float(norm), (lo, hi))
    for name, amplitude, bound in zip(
        spec.layer_names[: spec.num_blocks],
        np.ravel(vectors.amplitudes),
        bounds.amplitudes,
        strict=True,
    ):
        if bound is not None and amplitude > bound:
            raise NormBoundsError(f"the amplitudes of {name}", float(amplitude), (0.0, bound))


def _solve(
    spec: NetworkSpec, bounds: LayerBounds, epsilon: float, loading: str, one_channel: bool
) -> tuple[Degrees, int | None]:
    """Degrees and angle bits for the epsilon asked; from shapes and bounds alone, never from the image.

    First bits that leave most of epsilon to the polynomials, then degrees, then as few bits as the stated
    epsilon still allows: degrees are odd or even, so some of epsilon is always left over.
    """
    kernels = _kernel_shapes(spec)

    def parts(bits: int | None) -> Parts:
        return _by_shape(spec, kernels, loading, bits, one_channel)

    if loading == "rotations":
        return solve_degrees(parts(None), bounds, epsilon), None
    for bits in range(MIN_ANGLE_BITS, MAX_ANGLE_BITS + 1):
        if rounding_error(parts(bits), bounds) <= ROUNDING_SHARE * epsilon:
            break
    else:
        raise ValueError(f"epsilon = {epsilon:g} needs more than {MAX_ANGLE_BITS} bits an angle")
    degrees = solve_degrees(parts(bits), bounds, epsilon)
    while bits > MIN_ANGLE_BITS and stated_epsilon(parts(bits - 1), bounds, degrees) <= epsilon:
        bits -= 1
    return degrees, bits


def _image_bits(spec: NetworkSpec, one_channel: bool) -> tuple[int, int]:
    """Qubits of the image's data, and of the channel register when it only holds channel 0."""
    image, channels = 2 * spec.axis_bits, spec.channel_bits
    return (image, channels) if one_channel else (image + channels, 0)


def _kernel_shapes(spec: NetworkSpec) -> list[KernelShape]:
    """Every kernel by shape; the subnormalisation is measured where there are weights."""
    side = spec.input_shape[1]
    return [
        kernel
        if isinstance(kernel, KernelShape)
        else KernelShape(
            kernel.shape[0], kernel.shape[2], float(Conv2DBlockEncoding(kernel, side).alpha)
        )
        for kernel in spec.kernels
    ]


def _by_shape(
    spec: NetworkSpec,
    kernels: Sequence[KernelShape],
    loading: str,
    bits: int | None,
    one_channel: bool,
) -> Parts:
    size, padding = _image_bits(spec, one_channel)
    vector = LoadedVector(
        None, loading, bits, bitsize=size, padding_bitsize=padding, is_network_input=True
    )
    n = spec.channel_bits + 2 * spec.axis_bits
    columns = None
    if spec.has_output_layer:
        columns = ColumnOracle(None, loading, bits, bitsize=n, scale=spec.column_norm_bound)
    convolutions = tuple(
        Conv2DBlockEncoding.from_shape(
            kernel.channels,
            kernel.size,
            image_size=spec.input_shape[1],
            loading=loading,
            angle_bits=bits,
            alpha=kernel.alpha,
        )
        for kernel in kernels
    )
    return Parts(vector, convolutions, columns, spec.skip_weight, spec.activation)


def _by_data(
    spec: NetworkSpec, tensor: FloatArray, loading: str, bits: int | None, one_channel: bool
) -> Parts:
    m, axis = spec.input_shape[1], 1 << spec.axis_bits
    padded = np.zeros((1 << spec.channel_bits, axis, axis))
    padded[: len(tensor), :m, :m] = tensor
    data = padded[0] if one_channel else padded
    vector = LoadedVector(
        data,
        loading,
        bits,
        padding_bitsize=_image_bits(spec, one_channel)[1],
        is_network_input=True,
    )
    convolutions = tuple(
        Conv2DBlockEncoding(kernel, m, loading=loading, angle_bits=bits) for kernel in spec.kernels
    )
    columns = None
    if spec.output_weights is not None:
        assert not isinstance(spec.output_weights, OutputShape)
        columns = ColumnOracle(spec.output_weights, loading, bits)
    return Parts(vector, convolutions, columns, spec.skip_weight, spec.activation)


def _network(
    spec: NetworkSpec,
    encoding: VectorEncoding,
    parts: Parts,
    bounds: LayerBounds,
    degrees: Degrees,
    epsilon: float,
    loading: str,
    bits: int | None,
) -> ResidualNetwork:

    def source(part: object) -> str:
        return "from shapes" if isinstance(part, (KernelShape, OutputShape)) else "measured"

    notes: dict[str, Any] = {
        "regime": "1: input and weights loaded coherently",
        "loading": loading,
        "angle bits": bits,
        "data": "by data" if parts.vector.has_data else "by shape (upper bound)",
        "epsilon asked": epsilon,
        "epsilon stated": float(encoding.epsilon),
        "epsilon for rotation synthesis": SYNTHESIS_SHARE * epsilon,
        "norm bounds": {
            "origin": bounds.origin,
            **{name: list(pair) for name, pair in zip(spec.layer_names, bounds.norms, strict=True)},
        },
        "amplitude bounds": [1.0 if bound is None else bound for bound in bounds.amplitudes],
        "convolution alpha": [
            {"value": float(be.alpha), "origin": source(kernel)}
            for be, kernel in zip(parts.convolutions, spec.kernels, strict=True)
        ],
        "activation": f"{spec.activation.name}, gain {spec.activation.gain}",
        "activation degrees": [int(d) for d in degrees.activation],
        "amplification degrees": [int(q) for q in degrees.amplification],
    }
    if parts.columns is not None:
        notes["skip weight tau"] = spec.skip_weight
        notes["column norm bound beta"] = {
            "value": float(parts.columns.beta),
            "origin": source(spec.output_weights),
        }
    return ResidualNetwork(encoding, json.dumps(notes))
