"""The classical side: operations of the same forward pass on a classical machine, counted exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from bloqs.networks import NetworkSpec


@attrs.frozen(kw_only=True)
class OperationCounts:
    """Scalar operations of real arithmetic.

    Parameters:
        multiplications: products.
        additions: sums and differences.
        divisions: quotients.
        roots: square roots.
        activations: evaluations of the activation function.

    >>> OperationCounts(multiplications=9, additions=8).flops()
    17
    """

    multiplications: int = 0
    additions: int = 0
    divisions: int = 0
    roots: int = 0
    activations: int = 0

    def __add__(self, other: OperationCounts) -> OperationCounts:
        return OperationCounts(
            **{name: n + getattr(other, name) for name, n in attrs.asdict(self).items()}
        )

    def flops(self, per_division: int = 1, per_root: int = 1, per_activation: int = 1) -> int:
        """Floating-point operations, with a weight for what is no sum or product.

        The weights of 1 flatter the classical machine: an error function costs it some 20 operations.
        """
        return (
            self.multiplications
            + self.additions
            + per_division * self.divisions
            + per_root * self.roots
            + per_activation * self.activations
        )


@attrs.frozen(kw_only=True)
class ClassicalCost:
    """Operations of one forward pass, by part.

    Parameters:
        parts: "input", "block 1", ..., "output", "pooling", in the order in which they run.
    """

    parts: Mapping[str, OperationCounts]

    @property
    def total(self) -> OperationCounts:
        """All parts together."""
        return sum(self.parts.values(), OperationCounts())

    @property
    def flops(self) -> int:
        """Floating-point operations, every operation counted as one."""
        return self.total.flops()


def in_range_taps(size: int, window: int) -> int:
    """Pairs (output position, tap) of one axis whose input position `r + a - D//2` is inside `[0, M)`.

    Args:
        size: `M`, at least 1.
        window: `D`, at least 1.

    >>> in_range_taps(8, 3), in_range_taps(2, 5), in_range_taps(4, 2)
    (22, 4, 7)
    """
    offsets = range(-(window // 2), window - window // 2)
    return sum(max(0, size - abs(offset)) for offset in offsets)


def _normalisation(entries: int) -> OperationCounts:
    """`x / ||x||_2`: squares, their sum, one root, a division each."""
    return OperationCounts(
        multiplications=entries, additions=entries - 1, divisions=entries, roots=1
    )


def forward_cost(spec: NetworkSpec) -> ClassicalCost:
    r"""Operations of `bloqs.reference.forward` on one image, exact, by shape; weights are taken as dense.

    With `n = (C M^2)^d` entries, `N` their padded number, `t` the in-range taps of an axis (`in_range_taps`)
    and `m = C^{2d} t^2`:

        input     normalisation of one path's image; `d - 1` tensor products
        block     convolution: m products, m - n sums; n activations; n sums; normalisation
        output    n squares; W_out: N n products, N (n - 1) sums; tau x + (1 - tau) y; normalisation
        pooling   N squares, N - G sums (without W_out n squares, and the groups that are no padding)

    The convolution is the direct one: each of the `D x D` taps that lies inside the image, none outside.
    Padding entries of x are zero and skipped; rows of W_out that belong to padding are not, because
    g need not vanish there. For fixed D the count is of the order of the best possible with a dense `W_out`,
    all of whose `N n` entries must be read.

    Args:
        spec: a network, with weights or by shape; of any size.

    Returns:
        Counts by part, as Python integers.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> forward_cost(spec).parts["block 1"].multiplications  # 16 * 22**2 + 256
        8000
    """
    channels, side, _ = spec.input_shape
    paths, padded = spec.paths, int(spec.length)
    single = channels * side * side
    entries = single**paths
    products = sum(single**power for power in range(2, paths + 1))
    parts = {"input": _normalisation(single) + OperationCounts(multiplications=products)}
    for index, kernel in enumerate(spec.kernels):
        # A kernel known by its shape has its window as `size`, an array its two last axes.
        window = int(getattr(kernel, "shape", (kernel.size,))[-1])
        taps = channels ** (2 * paths) * in_range_taps(side**paths, window) ** 2
        parts[f"block {index + 1}"] = (
            # Every output has its central tap inside, so that its first product needs no sum.
            OperationCounts(multiplications=taps, additions=taps - entries, activations=entries)
            + OperationCounts(additions=entries)
            + _normalisation(entries)
        )
    measured = entries
    if spec.has_output_layer:
        measured = padded
        parts["output"] = (
            OperationCounts(multiplications=entries)
            + OperationCounts(multiplications=padded * entries, additions=padded * (entries - 1))
            + OperationCounts(multiplications=padded + entries, additions=entries)
            + _normalisation(padded)
        )
    groups = spec.num_groups if spec.has_output_layer else _groups_with_entries(spec)
    parts["pooling"] = OperationCounts(multiplications=measured, additions=measured - groups)
    return ClassicalCost(parts=parts)


def _groups_with_entries(spec: NetworkSpec) -> int:
    """Groups, by leading bits of the padded index, that are not all padding."""
    bits, groups = spec.num_groups.bit_length() - 1, 1
    for size in spec.input_shape:
        width = (size - 1).bit_length()
        for _ in range(spec.paths):
            leading = min(bits, width)
            groups *= -(-size // (1 << (width - leading)))
            bits -= leading
    return groups
