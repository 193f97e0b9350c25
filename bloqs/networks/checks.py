"""What a network specification must satisfy; every failure says how to mend it."""

import math
from collections.abc import Sequence
from typing import Protocol

from bloqs.activation.activation import Activation
from bloqs.core.checks import MAX_BITSIZE
from bloqs.layers.geometry import Geometry
from bloqs.layers.layer import Layer
from bloqs.layers.shapes import Bounds
from bloqs.messages import shown
from bloqs.networks.fields import bound_pairs


class _Network(Protocol):
    """What the checks read from a network specification."""

    @property
    def input_shape(self) -> tuple[int, int, int]: ...

    @property
    def layers(self) -> tuple[Layer, ...]: ...

    @property
    def all_layers(self) -> tuple[Layer, ...]: ...

    @property
    def activation(self) -> Activation: ...

    @property
    def output_weights(self) -> object: ...

    @property
    def output_rows(self) -> int | None: ...

    @property
    def skip_weight(self) -> float: ...

    @property
    def num_groups(self) -> int: ...

    @property
    def paths(self) -> int: ...

    @property
    def norm_bounds(self) -> tuple[Bounds, ...] | None: ...

    @property
    def amplitude_bounds(self) -> tuple[float, ...] | None: ...

    @property
    def argument_bounds(self) -> tuple[float, ...] | None: ...

    @property
    def peak_bound(self) -> float | None: ...

    @property
    def geometry(self) -> Geometry: ...

    @property
    def geometries(self) -> tuple[Geometry, ...]: ...

    @property
    def num_blocks(self) -> int: ...

    @property
    def layer_names(self) -> tuple[str, ...]: ...


def check_size(geometry: Geometry) -> None:
    """Refuse a tensor of more qubits than a register has, before its sizes are computed.

    Args:
        geometry: of the network.

    Raises:
        ValueError: as said.

    Example:
        >>> check_size(Geometry((4, 8, 8)))
        >>> check_size(Geometry((4, 8, 8), paths=100))
        Traceback (most recent call last):
            ...
        ValueError: input_shape (4, 8, 8) with paths 100 takes 800 qubits, allowed are 512; ...
    """
    if geometry.bitsize > MAX_BITSIZE:
        raise ValueError(
            f"input_shape {geometry.input_shape} with paths {geometry.paths} takes "
            f"{geometry.bitsize} qubits, allowed are {MAX_BITSIZE}; take a smaller image, or fewer paths"
        )


def check_bounds(spec: _Network) -> None:
    """Refuse bounds that do not fit the network; those that are None are not known.

    Args:
        spec: the network.

    Raises:
        ValueError: of `check_norm_bounds`, `check_amplitude_bounds`, `check_argument_bounds` or
            `check_peak_bound`.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> check_bounds(NetworkSpec.from_shapes(input_shape=(1, 2, 2), num_blocks=1, num_groups=2))
    """
    if spec.norm_bounds is not None:
        check_norm_bounds(spec, spec.norm_bounds)
    if spec.amplitude_bounds is not None:
        check_amplitude_bounds(spec, spec.amplitude_bounds)
    if spec.argument_bounds is not None:
        check_argument_bounds(spec, spec.argument_bounds)
    if spec.peak_bound is not None:
        check_peak_bound(spec.peak_bound)


def check_structure(spec: _Network) -> None:
    """Check the shapes, the activation, the skip weight and the groups of a network.

    Args:
        spec: the network.

    Raises:
        ValueError: one of them is out of range.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> check_structure(spec)  # passed when it was made
        >>> NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, num_groups=3)
        Traceback (most recent call last):
            ...
        ValueError: num_groups must be a power of two between 1 and N = 256, found 3
    """
    shape = spec.input_shape
    if len(shape) != 3 or shape[1] != shape[2] or min(shape) < 1:
        raise ValueError(f"input_shape must be (C, M, M) with C, M >= 1, found {shape}")
    if spec.paths < 1:
        raise ValueError(f"paths must be at least 1, found {spec.paths}")
    check_size(spec.geometry)
    for name, layer in zip(spec.layer_names, spec.all_layers, strict=True):
        if layer.is_symbolic:
            raise ValueError(
                f"{name} is known by symbols, or without its alpha: a NetworkSpec needs numbers, such as "
                "MapShape(1, 4, 3, alpha=6.0); bloqs.networks.symbolic.symbolic_network(layers=[...]) takes "
                "symbols"
            )
    if not spec.layers and spec.output_weights is None:
        raise ValueError("a network needs at least one kernel or output weights, found neither")
    if not isinstance(spec.activation, Activation):
        raise ValueError(f"activation must be an Activation, found {spec.activation!r}")
    if not 0.0 <= spec.skip_weight <= 1.0:
        raise ValueError(f"skip_weight must lie in [0, 1], found {spec.skip_weight}")
    for geometry in spec.geometries[1:]:
        check_size(geometry)
    groups, length = spec.num_groups, spec.geometries[-1].length
    if groups < 1 or groups & (groups - 1) or groups > length:
        raise ValueError(
            f"num_groups must be a power of two between 1 and N = {length}, found {groups}"
        )


def check_rows_of_groups(spec: _Network) -> None:
    """Refuse output weights with fewer rows than there are groups: some would never be measured.

    Args:
        spec: the network, its output weights checked by themselves.

    Raises:
        ValueError: the rows are no multiple of the groups.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_rows=8)
        Traceback (most recent call last):
            ...
        ValueError: output_weights must have a multiple of num_groups = 16 rows, found 8; ...
    """
    rows, groups = spec.output_rows, spec.num_groups
    if rows is not None and rows % groups:
        raise ValueError(
            f"output_weights must have a multiple of num_groups = {groups} rows, found {rows}; add rows "
            "of zeros, or take fewer groups"
        )


def check_amplitude_bounds(spec: _Network, bounds: Sequence[float]) -> None:
    """Check that there is one finite positive amplitude bound for each block.

    Args:
        spec: the network.
        bounds: of the largest argument of f, one a block.

    Raises:
        ValueError: too few or too many, or one that is not positive and finite.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> check_amplitude_bounds(spec, (0.2, 0.3))
        Traceback (most recent call last):
            ...
        ValueError: amplitude_bounds must hold one bound for each of the 1 blocks, found 2
    """
    if len(bounds) != spec.num_blocks:
        raise ValueError(
            f"amplitude_bounds must hold one bound for each of the {spec.num_blocks} "
            f"blocks, found {len(bounds)}"
        )
    if not all(0.0 < bound < math.inf for bound in bounds):
        raise ValueError(f"amplitude_bounds must be finite and positive, found {bounds}")


def check_argument_bounds(spec: _Network, bounds: Sequence[float]) -> None:
    """Check that there is one finite positive bound of the norm of the argument of f for each block.

    Args:
        spec: the network.
        bounds: of `||W x||_2`, one a block.

    Raises:
        ValueError: too few or too many, or one that is not positive and finite.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> check_argument_bounds(spec, (0.0,))
        Traceback (most recent call last):
            ...
        ValueError: argument_bounds must be finite and positive, found (0.0,)
    """
    if len(bounds) != spec.num_blocks:
        raise ValueError(
            f"argument_bounds must hold one bound for each of the {spec.num_blocks} blocks, found "
            f"{len(bounds)}"
        )
    if not all(0.0 < bound < math.inf for bound in bounds):
        raise ValueError(f"argument_bounds must be finite and positive, found {tuple(bounds)}")


def check_peak_bound(bound: float) -> None:
    """Check a bound of the largest entry of a unit vector.

    Args:
        bound: of `max_j |x_j|` before the output layer.

    Raises:
        ValueError: not positive and finite.

    Example:
        >>> check_peak_bound(0.3)
    """
    if not 0.0 < bound < math.inf:
        raise ValueError(f"peak_bound must be finite and positive, found {bound}")


def check_norm_bounds(spec: _Network, bounds: Sequence[Bounds]) -> None:
    """Check that there is one ordered, positive pair for each layer of the network.

    Args:
        spec: the network.
        bounds: pairs `(lo, hi)`.

    Raises:
        ValueError: too few or too many pairs, or a pair not `0 < lo <= hi < inf`.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> check_norm_bounds(spec, ((0.9, 1.2),))
        Traceback (most recent call last):
            ...
        ValueError: norm_bounds must hold 2 pairs (lo, hi), for block 1, output; found 1
    """
    if not isinstance(getattr(spec, "layer_names", None), tuple):
        raise ValueError(f"spec must be a NetworkSpec, found {shown(spec)}")
    bounds = bound_pairs(bounds, "bounds must be one pair (lo, hi) a layer")
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
