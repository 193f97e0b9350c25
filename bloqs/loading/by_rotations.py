"""The loaders of few qubits, a rotation for every number: by the angles themselves, or by rounded ones."""

from __future__ import annotations

import attrs

from bloqs.loading.angles import FloatArray
from bloqs.loading.loader import Loader
from bloqs.loading.plan import TreeShape


@attrs.frozen
class Rotations(Loader):
    """One `MultiplexedRy` a rotation, along a Gray code: `2**s` rotations of `s` select qubits. Exact.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> LoadedVector([0.6, 0.8], Rotations().name).epsilon
        0.0
    """

    name = "rotations"
    summary = "exact angles, multiplexed rotations along a Gray code (one rotation a number)"
    is_exact = True

    def tree(self, shape: TreeShape, angles: FloatArray | None) -> None:
        """None: the tree is made rotation by rotation."""
        return None


@attrs.frozen
class RoundedRotations(Loader):
    """The circuit of "rotations" with the angles that a table of `b` bits would hold.

    It encodes what "qrom", "select-swap" and "qram" encode, entry for entry, on the few qubits that a
    gate-level simulation has room for, and states their error.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> rounded, tabulated = (
        ...     LoadedVector([3.0, -4.0], loading, 6) for loading in ("rounded-rotations", "select-swap")
        ... )
        >>> bool((rounded.block() == tabulated.block()).all()), rounded.epsilon == tabulated.epsilon
        (True, True)
    """

    name = "rounded-rotations"
    summary = "angles rounded as for tables, multiplexed rotations along a Gray code"
    is_exact = False

    def tree(self, shape: TreeShape, angles: FloatArray | None) -> None:
        """None: the tree is made rotation by rotation."""
        return None
