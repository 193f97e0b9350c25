"""From a specification to a bloq: load the pieces, solve the degrees, assemble, state the assumptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.costs.budget import DEFAULT_SPLIT, ErrorSplit
from bloqs.layers import HeraldedVector
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS
from bloqs.networks.bounds import Bounds, LayerBounds, layer_bounds
from bloqs.networks.budgeting import network_budget
from bloqs.networks.errors import NormBoundsError
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.paths import InputPaths
from bloqs.networks.plan import (
    Degrees,
    Parts,
    assemble,
    solve_degrees,
    stated_epsilon,
)
from bloqs.networks.regimes import DataAccess, data_access
from bloqs.networks.shapes import KernelShape, OutputShape
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import forward_vectors

OUTPUTS = ("coherent", "heralded")
"""The last normalisation: a polynomial, or amplitude amplification with a measured flag."""

FloatArray = npt.NDArray[np.float64]


def network_bloq(
    spec: NetworkSpec,
    image: npt.ArrayLike,
    *,
    regime: int = 1,
    epsilon: float = 1e-2,
    norm_bounds: str | Sequence[Bounds] = "calibrated",
    loading: str = "rotations",
    output: str = "coherent",
    split: ErrorSplit = DEFAULT_SPLIT,
) -> ResidualNetwork:
    """The coherent network on one image; see `NetworkSpec.to_bloq`."""
    access = data_access(spec, regime, loading)
    _check(epsilon, output)
    if not spec.has_weights:
        raise ValueError("this network has shapes only; to_bloq needs weights, use cost_bloq")
    _check_contiguous(spec)
    _check_not_zero(spec)
    tensor = spec.check_image(image)
    bounds = layer_bounds(spec, norm_bounds)
    _check_norms(spec, tensor, bounds)
    one_channel = spec.input_shape[0] > 1 and not np.any(tensor[1:])
    is_heralded = output == "heralded"

    def by_shape(loaders: DataAccess, bits: int | None) -> Parts:
        return _by_shape(spec, kernels, loaders, bits, one_channel, is_heralded)

    kernels = _kernel_shapes(spec)
    solution = _solve(by_shape, bounds, epsilon, split, access)
    parts = _by_data(spec, tensor, access, solution.bits, one_channel, is_heralded)
    return _network(spec, parts, bounds, solution, epsilon, split, access)


def network_cost_bloq(
    spec: NetworkSpec,
    *,
    regime: int = 1,
    epsilon: float = 1e-2,
    norm_bounds: str | Sequence[Bounds] = "calibrated",
    loading: str = "select-swap",
    output: str = "coherent",
    split: ErrorSplit = DEFAULT_SPLIT,
) -> ResidualNetwork:
    """The same network by shape; see `NetworkSpec.cost_bloq`."""
    access = data_access(spec, regime, loading)
    _check(epsilon, output)
    bounds = layer_bounds(spec, norm_bounds)
    kernels = _kernel_shapes(spec)

    def by_shape(loaders: DataAccess, bits: int | None) -> Parts:
        return _by_shape(spec, kernels, loaders, bits, False, output == "heralded")

    solution = _solve(by_shape, bounds, epsilon, split, access)
    parts = by_shape(access, solution.bits)
    return _network(spec, parts, bounds, solution, epsilon, split, access)


def _check(epsilon: float, output: str) -> None:
    if not 0 < epsilon < 1:
        raise ValueError(f"epsilon is a 2-norm error in (0, 1), got {epsilon}")
    if output not in OUTPUTS:
        raise ValueError(f"output is one of {', '.join(map(repr, OUTPUTS))}, got {output!r}")


def _is_contiguous(spec: NetworkSpec) -> bool:
    """Whether the rows of all paths, each padded, number the pixels of the combined image one by one."""
    m = spec.input_shape[1]
    return spec.paths == 1 or m & (m - 1) == 0


def _check_contiguous(spec: NetworkSpec) -> None:
    """Refuse several paths of M no power of two: a shift of the combined row is none of its register."""
    if _is_contiguous(spec):
        return
    m, padded = spec.input_shape[1], 1 << (spec.axis_bits // spec.paths)
    raise ValueError(
        f"with {spec.paths} paths the image size M must be a power of two, found {m}: the rows of the "
        f"combined image would not be contiguous in the padded registers; pad the images with zeros to "
        f"{padded}x{padded} and make the network for input_shape "
        f"({spec.input_shape[0]}, {padded}, {padded})"
    )


def _check_not_zero(spec: NetworkSpec) -> None:
    """Refuse output weights that are zero: the network is one without them. `_measured` does kernels."""
    if spec.output_weights is not None and not np.any(np.asarray(spec.output_weights)):
        raise ValueError(
            "output_weights are all zero: there is nothing to encode; pass output_weights=None, which gives "
            "the same class probabilities"
        )


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


@attrs.frozen
class _Solution:
    """Degrees, bits of tabulated angles (None for exact ones), and the epsilon stated with exact data."""

    degrees: Degrees
    bits: int | None
    exact_epsilon: float


def _solve(
    parts: Callable[[DataAccess, int | None], Parts],
    bounds: LayerBounds,
    epsilon: float,
    split: ErrorSplit,
    access: DataAccess,
) -> _Solution:
    """Degrees and angle bits for the epsilon asked; from shapes and bounds alone, never from the image.

    Degrees for exact data, so that they depend neither on the loader nor on the size of the image; then the
    fewest bits with which the stated epsilon is polynomials' and data's share together.
    """
    exact = parts(access.exact, None)
    degrees = solve_degrees(exact, bounds, split.polynomial * epsilon)
    solution = _Solution(degrees, None, stated_epsilon(exact, bounds, degrees))
    if not access.uses_tables:
        return solution
    for bits in range(MIN_ANGLE_BITS, MAX_ANGLE_BITS + 1):
        if stated_epsilon(parts(access, bits), bounds, degrees) <= split.vector * epsilon:
            return attrs.evolve(solution, bits=bits)
    raise ValueError(f"epsilon = {epsilon:g} needs more than {MAX_ANGLE_BITS} bits an angle")


def _image_bits(spec: NetworkSpec, one_channel: bool) -> tuple[int, int]:
    """Qubits of one path's data, and of its channel register when that only holds channel 0."""
    image, channels = 2 * spec.axis_bits // spec.paths, spec.channel_bits // spec.paths
    return (image, channels) if one_channel else (image + channels, 0)


def _combined_size(spec: NetworkSpec) -> int:
    """Pixels of a row of the combined image: `M**d`, or the padded ones where they are not contiguous."""
    side: int = spec.input_shape[1] ** spec.paths
    return side if _is_contiguous(spec) else 1 << spec.axis_bits


def _padded_kernel(spec: NetworkSpec, kernel: FloatArray) -> FloatArray:
    """A kernel with every path's channels padded to a power of two: the channel index of the registers.

    One path needs no padding here; then the channels are the leading ones.
    """
    if spec.paths == 1:
        return kernel
    channels, padded = spec.input_shape[0], 1 << (spec.channel_bits // spec.paths)
    grid = np.zeros(spec.paths * (padded,), dtype=bool)
    grid[spec.paths * (slice(channels),)] = True
    places = np.flatnonzero(grid)
    wide = np.zeros((grid.size, grid.size, *kernel.shape[2:]))
    wide[np.ix_(places, places)] = kernel
    return wide


def _kernel_shapes(spec: NetworkSpec) -> list[KernelShape]:
    """Every kernel by shape; the subnormalisation is measured where there are weights."""
    return [
        kernel if isinstance(kernel, KernelShape) else _measured(spec, i, kernel)
        for i, kernel in enumerate(spec.kernels, 1)
    ]


def _measured(spec: NetworkSpec, number: int, kernel: FloatArray) -> KernelShape:
    """The shape of a kernel with weights; refuses, by its number, one whose convolution is zero."""
    try:
        alpha = float(Conv2DBlockEncoding(kernel, _combined_size(spec)).alpha)
    except ValueError as error:
        # A tensor of one entry has no register; any other kernel that has no encoding does nothing.
        mend = "; leave out the block" if spec.length > 1 else ""
        raise ValueError(f"kernel {number} of kernels: {error}{mend}") from error
    return KernelShape(kernel.shape[0], kernel.shape[2], alpha)


def _on_paths(spec: NetworkSpec, vector: LoadedVector) -> VectorEncoding:
    """The input of all paths, from the encoding of one."""
    if spec.paths == 1:
        return vector
    return InputPaths(vector, num_paths=spec.paths, axis_bitsize=spec.axis_bits // spec.paths)


def _by_shape(
    spec: NetworkSpec,
    kernels: Sequence[KernelShape],
    access: DataAccess,
    bits: int | None,
    one_channel: bool,
    is_heralded: bool,
) -> Parts:
    size, padding = _image_bits(spec, one_channel)
    vector = LoadedVector(
        None, access.input, bits, bitsize=size, padding_bitsize=padding, is_network_input=True
    )
    n = spec.channel_bits + 2 * spec.axis_bits
    columns = None
    if access.columns is not None:
        columns = ColumnOracle(None, access.columns, bits, bitsize=n, scale=spec.column_norm_bound)
    convolutions = tuple(
        Conv2DBlockEncoding.from_shape(
            kernel.channels if spec.paths == 1 else 1 << spec.channel_bits,
            kernel.size,
            image_size=_combined_size(spec),
            loading=access.kernels,
            angle_bits=bits,
            alpha=kernel.alpha,
        )
        for kernel in kernels
    )
    return Parts(
        _on_paths(spec, vector),
        convolutions,
        columns,
        spec.skip_weight,
        spec.activation,
        is_heralded,
    )


def _by_data(
    spec: NetworkSpec,
    tensor: FloatArray,
    access: DataAccess,
    bits: int | None,
    one_channel: bool,
    is_heralded: bool,
) -> Parts:
    m, paths = spec.input_shape[1], spec.paths
    axis = 1 << (spec.axis_bits // paths)
    padded = np.zeros((1 << (spec.channel_bits // paths), axis, axis))
    padded[: len(tensor), :m, :m] = tensor
    data = padded[0] if one_channel else padded
    vector = LoadedVector(
        data,
        access.input,
        bits,
        padding_bitsize=_image_bits(spec, one_channel)[1],
        is_network_input=True,
    )
    convolutions = tuple(
        Conv2DBlockEncoding(
            _padded_kernel(spec, np.asarray(kernel)),
            _combined_size(spec),
            loading=access.kernels,
            angle_bits=bits,
        )
        for kernel in spec.kernels
    )
    columns = None
    if access.columns is not None:
        columns = ColumnOracle(spec.output_weights, access.columns, bits)
    return Parts(
        _on_paths(spec, vector),
        convolutions,
        columns,
        spec.skip_weight,
        spec.activation,
        is_heralded,
    )


def _network(
    spec: NetworkSpec,
    parts: Parts,
    bounds: LayerBounds,
    solution: _Solution,
    epsilon: float,
    split: ErrorSplit,
    access: DataAccess,
) -> ResidualNetwork:
    degrees, bits = solution.degrees, solution.bits
    encoding = assemble(parts, bounds, degrees)
    budget = network_budget(encoding, parts, bounds, epsilon, split, solution.exact_epsilon)

    def source(part: object) -> str:
        return "from shapes" if isinstance(part, (KernelShape, OutputShape)) else "measured"

    notes: dict[str, Any] = {
        "regime": access.regime.summary,
        "loading": access.loading,
        "loaders": access.loaders,
        "input paths": spec.paths,
        "angle bits": bits,
        "data": "by data" if parts.vector.has_data else "by shape (upper bound)",
        "epsilon asked": epsilon,
        "epsilon stated": float(encoding.epsilon),
        "epsilon for rotation synthesis": split.synthesis * epsilon / float(encoding.alpha),
        "failure probability allowed in a run": split.failure
        * epsilon
        / float(encoding.alpha) ** 2,
        "output": _output_words(encoding),
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
    if not _is_contiguous(spec):
        size = 1 << (spec.axis_bits // spec.paths)
        notes["image size"] = (
            f"cost of images padded with zeros from {spec.input_shape[1]} to {size} pixels a side, which is "
            f"another network: with {spec.paths} paths the combined image must fill its registers"
        )
    network = ResidualNetwork(encoding, json.dumps({"budget": budget.to_dict()}))
    notes["epsilon for rotation synthesis"] = network.synthesis_epsilon
    notes["failure probability allowed in a run"] = network.failure_probability
    return ResidualNetwork(encoding, json.dumps({"assumptions": notes, "budget": budget.to_dict()}))


def _output_words(encoding: VectorEncoding) -> str:
    if not isinstance(encoding, HeraldedVector):
        return "coherent: the last normalisation is a polynomial"
    return (
        f"heralded: {encoding.rounds} rounds of amplitude amplification, then the ancillas are measured; "
        f"success probability {encoding.success_probability:.4g}"
    )
