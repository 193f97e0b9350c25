"""The loader of few qubits: a rotation for every number, and nothing is rounded."""

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
