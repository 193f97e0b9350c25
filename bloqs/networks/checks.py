"""What a network specification must satisfy; every failure says how to mend it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bloqs.activation.activation import Activation
from bloqs.networks.shapes import NORM_TOLERANCE, Bounds, KernelShape, OutputShape
from bloqs.reference.convolution import check_kernel, convolution_norm, convolution_norm_bound
from bloqs.reference.norms import matrix_norm

if TYPE_CHECKING:
    from bloqs.networks.spec import NetworkSpec


def check_structure(spec: "NetworkSpec") -> None:
    """Check the shapes, the activation, the skip weight, and the groups."""
    shape = spec.input_shape
    if len(shape) != 3 or shape[1] != shape[2] or min(shape) < 1:
        raise ValueError(f"input_shape must be (C, M, M) with C, M >= 1, found {shape}")
    if spec.paths < 1:
        raise ValueError(f"paths must be at least 1, found {spec.paths}")
    if not spec.kernels and spec.output_weights is None:
        raise ValueError("a network needs at least one kernel or output weights, found neither")
    if not isinstance(spec.activation, Activation):
        raise ValueError(f"activation must be an Activation, found {spec.activation!r}")
    if not 0.0 <= spec.skip_weight <= 1.0:
        raise ValueError(f"skip_weight must lie in [0, 1], found {spec.skip_weight}")
    groups = spec.num_groups
    if groups < 1 or groups & (groups - 1) or groups > spec.length:
        raise ValueError(
            f"num_groups must be a power of two between 1 and N = {spec.length}, found {groups}"
        )


def check_kernel_of(spec: "NetworkSpec", index: int) -> None:
    """Check one kernel: rank, channels, finite entries, spectral norm at the spec's image size."""
    name, kernel = f"kernel {index + 1}", spec.kernels[index]
    channels = spec.input_shape[0] ** spec.paths
    if isinstance(kernel, KernelShape):
        if kernel.channels != channels:
            raise ValueError(f"{name} must have {channels} channels, found {kernel.channels}")
        return
    try:
        check_kernel(kernel)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if kernel.shape[:2] != (channels, channels):
        raise ValueError(
            f"{name} must have C_out = C_in = C**paths = {channels} channels (a residual block "
            f"keeps its shape), found shape {kernel.shape}; pad the kernel with zero channels"
        )
    size = spec.input_shape[1] ** spec.paths
    # The symbol's bound is quick but not tight: it may accept, never refuse.
    if convolution_norm_bound(kernel, size) <= 1.0:
        return
    _check_norm(f"||Conv||_2 of {name}", convolution_norm(kernel, size), "the kernel")


def check_output_weights(spec: "NetworkSpec") -> None:
    """Check the output weights: shape, finite entries, spectral norm."""
    weights, n = spec.output_weights, spec.length
    if weights is None:
        return
    if isinstance(weights, OutputShape):
        if weights.length != n:
            raise ValueError(f"output_weights must have length {n}, found {weights.length}")
        return
    if weights.shape != (n, n):
        raise ValueError(
            f"output_weights must have shape (N, N) = {(n, n)} (C and M padded to powers of "
            f"two), found {weights.shape}"
        )
    if not np.all(np.isfinite(weights)):
        raise ValueError(
            "output_weights must be finite, found "
            f"{int(np.sum(~np.isfinite(weights)))} NaN or infinite entries"
        )
    if np.linalg.norm(weights) > 1.0:  # the Frobenius norm, an upper bound
        _check_norm("||W_out||_2", matrix_norm(weights), "output_weights")


def check_amplitude_bounds(spec: "NetworkSpec", bounds: Sequence[float]) -> None:
    """Check that there is one finite positive amplitude bound for each block."""
    if len(bounds) != spec.num_blocks:
        raise ValueError(
            f"amplitude_bounds must hold one bound for each of the {spec.num_blocks} "
            f"blocks, found {len(bounds)}"
        )
    if not all(0.0 < bound < math.inf for bound in bounds):
        raise ValueError(f"amplitude_bounds must be finite and positive, found {bounds}")


def check_norm_bounds(spec: "NetworkSpec", bounds: Sequence[Bounds]) -> None:
    """Check that `bounds` holds one ordered, positive pair for each layer of the network.

    Raises:
        ValueError: too few or too many pairs, or a pair not `0 < lo <= hi < inf`.
    """
    names = spec.layer_names
    if len(bounds) != len(names):
        raise ValueError(
            f"norm_bounds must hold {len(names)} pairs (lo, hi), for {', '.join(names)}; found "
            f"{len(bounds)}"
        )
    for name, (lo, hi) in zip(names, bounds, strict=True):
        if not 0.0 < lo <= hi < math.inf:
            raise ValueError(
                f"the norm bounds of {name} must satisfy 0 < lo <= hi, found ({lo}, {hi})"
            )


def _check_norm(what: str, norm: float, array: str) -> None:
    if norm > 1.0 + NORM_TOLERANCE:
        raise ValueError(
            f"{what} must be at most 1, found {norm:.9g}; divide {array} by {norm:.9g}"
        )
