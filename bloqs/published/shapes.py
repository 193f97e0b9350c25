"""Networks of published parts by shape, for their cost: with the paper's bounds, or with ours."""

from __future__ import annotations

import numpy as np

from bloqs.checks import one_of
from bloqs.core.encoding import VectorEncoding
from bloqs.layers import NormalizedVector, ResidualLinearPooling
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.vector import LoadedVector
from bloqs.networks.paths import InputPaths
from bloqs.networks.spec import NetworkSpec
from bloqs.published.amplified_conv2d import AmplifiedConv2D
from bloqs.published.checks import check_epsilon
from bloqs.published.pooling import PublishedPooling
from bloqs.published.rescaled import RescaledEncoding
from bloqs.published.skip_norm_block import LEAST_NORM, SkipNormBlock
from bloqs.published.skip_norm_network import SPLIT
from bloqs.qsvt import amplification
from bloqs.qsvt.phases import TOLERANCE

BOUNDS = ("paper", "ours")
"""Whose bounds a published circuit is built with: the paper's worst cases, or the calibrated ones."""


def published_network(
    spec: NetworkSpec, *, epsilon: float = 1e-2, bounds: str = "paper", output: bool = True
) -> VectorEncoding:
    """A network of published circuits by shape: its kernels are known, its image is not.

    With the paper's bounds every block is amplified from an amplitude of 1/400 on and block i of k gets the
    error `epsilon/1424**(k - i)`; with ours, from the calibrated one on, and the errors are those that its
    bounds call for. The output layer is Corollary 1 with the paper's bounds and tau above 1/2; otherwise, as
    no worst-case bound exists, the circuit and the calibrated bounds are ours. Half of epsilon goes to each.

    Args:
        spec: residual blocks, with a power of two of channels and pixels a row; with kernels or by shape.
            With kernels by shape the norm of each convolution is taken to be 1.
        epsilon: bound of the error of the whole, in (0, 1).
        bounds: "paper" or "ours"; ours need `spec.norm_bounds`.
        output: whether to add the output layer, where there is one.

    Returns:
        The encoding, for costs only.

    Raises:
        ValueError: a network that the published forms cannot encode, or bounds that are not there.

    Example:
        >>> from bloqs.networks import load_example
        >>> spec = load_example("digits-1").spec
        >>> blocks = published_network(spec, output=False)
        >>> blocks.amplification.num_calls, blocks.activation_degree
        (3407, 13)
    """
    one_of(bounds, "bounds", BOUNDS)
    epsilon = check_epsilon(epsilon)
    channels, size = _sizes(spec)
    has_output = output and spec.has_output_layer
    if (bounds == "ours" or (has_output and spec.skip_weight <= 0.5)) and spec.norm_bounds is None:
        raise ValueError(
            "this network has no calibrated norm bounds, which an output layer at tau <= 1/2 and "
            "bounds='ours' need; calibrate it first"
        )
    share = epsilon
    if has_output:
        tau = spec.skip_weight
        least = 2 * tau - 1 if _is_published_output(spec, bounds) else spec.norm_bounds[-1][0]  # type: ignore[index]
        share = epsilon / 2 * least / (tau + 2 * (1 - tau))
    path = LoadedVector(None, bitsize=spec.geometry.bitsize // spec.paths, is_network_input=True)
    vector: VectorEncoding = path
    if spec.paths > 1:
        axis_bits = (spec.input_shape[1] - 1).bit_length()
        vector = InputPaths(path, num_paths=spec.paths, axis_bitsize=axis_bits)
    shares = _shares(spec, share, bounds)
    for number, own in enumerate(shares):
        vector = _block(spec, vector, number, own, bounds, channels, size)
    return _output(spec, vector, epsilon / 2, bounds) if has_output else vector


def _sizes(spec: NetworkSpec) -> tuple[int, int]:
    """Channels and pixels a row of the blocks."""
    others = [layer.noun for layer in spec.layers if layer.kind != "residual"]
    if others or spec.bias_scale is not None:
        raise ValueError(
            f"the published forms know residual blocks without bias only; found {others or 'a bias'}"
        )
    channels, size = spec.input_shape[0] ** spec.paths, spec.input_shape[1] ** spec.paths
    if channels & (channels - 1) or size & (size - 1):
        raise ValueError(
            f"the published forms take a power of two of channels and of pixels a row, found {channels} and "
            f"{size}"
        )
    return channels, size


def _is_published_output(spec: NetworkSpec, bounds: str) -> bool:
    return bounds == "paper" and spec.skip_weight > 0.5


def _shares(spec: NetworkSpec, epsilon: float, bounds: str) -> list[float]:
    """The error that each block is built to."""
    shares, lipschitz = [epsilon], spec.activation.lipschitz
    for number in range(spec.num_blocks - 1, 0, -1):
        growth = float(SPLIT)
        if bounds == "ours":
            growth = 2 * (1 + lipschitz) / spec.norm_bounds[number][0]  # type: ignore[index]
        shares.append(shares[-1] / growth)
    return shares[::-1]


def _block(
    spec: NetworkSpec,
    vector: VectorEncoding,
    number: int,
    epsilon: float,
    bounds: str,
    channels: int,
    size: int,
) -> SkipNormBlock:
    kernel = spec.kernels[number]
    given = kernel if isinstance(kernel, np.ndarray) else None
    # No phases are solved to less than about 1e-10.
    conv_epsilon = max(epsilon * LEAST_NORM / 10, 20 * TOLERANCE)
    if given is not None:
        plain = AmplifiedConv2D(given, size, conv_epsilon)
    else:
        plain = AmplifiedConv2D(
            None,
            size,
            conv_epsilon,
            shape_channels=channels,
            shape_kernel_size=kernel.size,
        )
    weights = RescaledEncoding(plain, 2 * plain.norm)
    least = LEAST_NORM
    if bounds == "ours":
        # gamma~ exceeds f'(0) kappa by the polynomial's error, well within a hundredth.
        reach = float(vector.alpha) + 4.04 * spec.activation.slope * float(weights.alpha)
        least = spec.norm_bounds[number][0] / reach  # type: ignore[index]
    return SkipNormBlock(
        vector,
        weights,
        activation=spec.activation.name,
        gain=spec.activation.gain,
        epsilon=epsilon,
        least_norm=least,
    )


def _output(
    spec: NetworkSpec, vector: VectorEncoding, epsilon: float, bounds: str
) -> VectorEncoding:
    """The output layer, published where there is a bound for it, else ours."""
    beta = spec.column_norm_bound or 1.0
    columns = ColumnOracle(None, bitsize=spec.geometry.bitsize, scale=beta)
    if _is_published_output(spec, bounds):
        return PublishedPooling(vector, columns, skip_weight=spec.skip_weight, epsilon=epsilon)
    lo, hi = spec.norm_bounds[-1]  # type: ignore[index]
    pooling = ResidualLinearPooling(vector, columns, skip_weight=spec.skip_weight, norm=lo)
    s_lo, s_hi = lo / float(pooling.scale), min(1.0, hi / float(pooling.scale))
    found = amplification(s_lo, s_hi, delta=epsilon)
    return NormalizedVector(pooling, s_lo=s_lo, s_hi=s_hi, degree=found.polynomial.degree)
