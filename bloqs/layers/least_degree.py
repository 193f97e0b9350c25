"""Choices of a layer with a least degree: a user may want no activation to be linear."""

from __future__ import annotations

from collections.abc import Iterator

from bloqs.core.encoding import VectorEncoding
from bloqs.layers.facts import InadmissibleError
from bloqs.layers.layer import Stage


def is_allowed(stage: Stage, degree: int | None) -> bool:
    """Whether a choice is not below the least degree of its stage.

    Args:
        stage: the place of the layer.
        degree: its choice; None where it has none.

    Returns:
        True or False.

    Example:
        >>> from bloqs.activation import Activation
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import AveragePool, Geometry
        >>> stage = Stage(
        ...     layer=AveragePool(), number=1, name="pool 1", label="pool 1", geometry=Geometry((1, 2, 2)),
        ...     activation=Activation("erf"), norms=(0.9, 1.3), amplitude=0.3, min_degree=2,
        ...     convolution=STRATEGIES["columns"], kernel_loading="rotations", column_loading=None,
        ...     angle_bits=None,
        ... )
        >>> [is_allowed(stage, degree) for degree in (None, 0, 2)]
        [True, False, True]
    """
    return degree is None or degree >= stage.min_degree


def choices(vector: VectorEncoding, stage: Stage, error: float) -> Iterator[int | None]:
    """The choices of `Layer.choices` that are allowed.

    Args:
        vector: encoding of the input.
        stage: the place of the layer, with what it has loaded.
        error: as there.

    Yields:
        Choices, cheapest first.

    Raises:
        InadmissibleError: as there.

    Example:
        >>> from bloqs.activation import Activation
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import Geometry, Residual
        >>> from bloqs.layers.shapes import KernelShape
        >>> from bloqs.loading import LoadedVector
        >>> stage = Stage(
        ...     layer=Residual(KernelShape(1, 3, 3.0)), number=1, name="block 1", label="block 1",
        ...     geometry=Geometry((1, 2, 2)), activation=Activation("gelu", gain=1.0), norms=(0.9, 1.3),
        ...     amplitude=0.3, convolution=STRATEGIES["columns"], kernel_loading="rotations",
        ...     column_loading=None, angle_bits=None, min_degree=4,
        ... ).loaded()
        >>> list(choices(LoadedVector(None, bitsize=2), stage, 1e-4))
        [5]
    """
    for degree in stage.layer.choices(vector, stage, error):
        if is_allowed(stage, degree):
            yield degree


def smallest(vector: VectorEncoding, stage: Stage, share: float) -> int | None:
    """`Layer.smallest_degree`, or the least choice that is allowed where that is below it.

    Args:
        vector: encoding of the input.
        stage: the place of the layer, with what it has loaded.
        share: error allowed in the normalised image.

    Returns:
        The choice; None for a layer that has none.

    Raises:
        InadmissibleError: there is none.

    Example:
        >>> from bloqs.activation import Activation
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import Geometry, Residual
        >>> from bloqs.layers.shapes import KernelShape
        >>> from bloqs.loading import LoadedVector
        >>> stage = Stage(
        ...     layer=Residual(KernelShape(1, 3, 3.0)), number=1, name="block 1", label="block 1",
        ...     geometry=Geometry((1, 2, 2)), activation=Activation("gelu", gain=1.0), norms=(0.9, 1.3),
        ...     amplitude=0.3, convolution=STRATEGIES["columns"], kernel_loading="rotations",
        ...     column_loading=None, angle_bits=None, min_degree=4,
        ... ).loaded()
        >>> smallest(LoadedVector(None, bitsize=2), stage, 1e-4)
        5
    """
    found = stage.layer.smallest_degree(vector, stage, share)
    if is_allowed(stage, found):
        return found
    # Of a whole layer of any error, as `share` bounds the polynomial's alone; or of ever smaller shares.
    for error in (2.0, share):
        for degree in choices(vector, stage, error):
            return degree
    raise InadmissibleError(f"{stage.label} has no choice of degree {stage.min_degree} or more")
