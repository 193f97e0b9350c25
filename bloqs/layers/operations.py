"""Operations of a layer on a classical machine, counted exactly."""

from __future__ import annotations

import attrs


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
        """Floating-point operations, with a weight for what is neither a sum nor a product.

        The weights of 1 flatter the classical machine: an error function costs it some 20 operations.

        Args:
            per_division: weight of a division.
            per_root: weight of a square root.
            per_activation: weight of an evaluation of the activation function.

        Returns:
            The weighted sum.
        """
        return (
            self.multiplications
            + self.additions
            + per_division * self.divisions
            + per_root * self.roots
            + per_activation * self.activations
        )


def in_range_taps(size: int, window: int, stride: int = 1) -> int:
    """Pairs (output position, tap) of one axis whose input position `r + a - D//2` is inside `[0, M)`.

    Args:
        size: `M`, at least 1.
        window: `D`, at least 1.
        stride: s; the output positions are 0, s, 2s, ...

    Returns:
        Their number.

    Example:
        >>> in_range_taps(8, 3), in_range_taps(2, 5), in_range_taps(4, 2), in_range_taps(8, 3, stride=2)
        (22, 4, 7, 11)
    """
    total = 0
    for offset in range(-(window // 2), window - window // 2):
        # The positions r with 0 <= r + offset < M, of which every s-th is kept.
        first, end = max(0, -offset), min(size, size - offset)
        total += max(0, -(-end // stride) - -(-first // stride))
    return total


def normalisation_operations(entries: int) -> OperationCounts:
    """Operations of `x / ||x||_2`: squares, their sum, one root, a division each.

    Args:
        entries: of x, at least 1.

    Returns:
        The counts.

    Example:
        >>> normalisation_operations(4).flops()  # 4 + 3 + 1 + 4
        12
    """
    return OperationCounts(
        multiplications=entries, additions=entries - 1, divisions=entries, roots=1
    )
