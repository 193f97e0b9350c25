"""What it costs to apply a map, and to merge maps: the model by which the compiler decides.

Applying a map to `A` amplitudes costs seconds of

    overhead + A * (diagonal: PASS | permutation: GATHER | one target: TURN | t targets: BLOCK + FLOP * 2**t)

and merging `k` maps into one that holds arrays of `S` entries costs `k * (MERGE_STEP + S * MERGE_ENTRY)`. A
sub-bloq or a run of maps is merged when that lowers

    (executions in the whole network) * (cost of one execution) + (cost of merging, once).

The constants were measured on one core, complex128, on states that stay in the cache, over random positions.
"""

from __future__ import annotations

import attrs

from bloqs.statevector.and_ladder import LadderMap
from bloqs.statevector.kernel import Kernel
from bloqs.statevector.steps import MergeShape

OVERHEAD = 5e-6
"""Seconds to dispatch one map, whatever its size."""
PASS = 0.6e-9
"""Seconds per amplitude to multiply by a diagonal."""
GATHER = 1.3e-9
"""Seconds per amplitude to permute, or to look whether a freed qubit is |0>."""
TURN = 0.9e-9
"""Seconds per amplitude for 2x2 blocks in place."""
BLOCK = 2.2e-9
"""Seconds per amplitude to bring targets together and back, or labels to other labels."""
FLOP = 0.135e-9
"""Seconds per amplitude and row of a dense block."""
SCATTER = 1.5
FEW_LABELS = 12
"""Each further label that moves makes a map take `SCATTER` times as long (measured to 20)."""
MERGE_STEP = 25e-6
"""Seconds to push one map, whatever its size."""
MERGE_ENTRY = 6e-9
"""Seconds per entry of the pushed tensor and map."""

STREAM = 1.6
"""Factor by which an amplitude (complex128) takes longer beyond the caches (measured at 2**20 to 2**25)."""

CACHE_BYTES = 2**21
"""States of up to so many bytes count as being in the cache."""

MAX_LOG2_SIZE = 22
"""A merged map may hold arrays of at most `2**22` entries (64 MiB) while it is made."""
WIDE_LOG2_SIZE = 12
"""Beyond `2**12` entries, a map that looks at its qubits through one AND may be kept as a `LadderMap`."""
MAX_TARGETS = 9
"""A merged map has at most this many targets."""
MAX_MERGED_STEPS = 20_000
"""A sub-bloq of more maps than this is not considered for merging into one."""
MAX_RUN = 64
"""A run of this many maps is not extended."""
INLINE = 8
"""A sub-program of at most this many steps is copied into its caller, where its maps may join others."""


@attrs.frozen
class Cost:
    """Seconds: `fixed + slope * amplitudes`.

    Parameters:
        fixed: seconds whatever the length of the state.
        slope: seconds for each amplitude.

    Example:
        >>> cost = Cost(fixed=5e-6, slope=1e-9).plus(Cost(fixed=5e-6, slope=1e-9), scale=2.0)
        >>> round(cost.seconds(2**20) * 1e3, 3)  # milliseconds
        3.156
    """

    fixed: float = 0.0
    slope: float = 0.0

    def seconds(self, amplitudes: float) -> float:
        """The cost on a state of a number of amplitudes."""
        return self.fixed + self.slope * amplitudes

    def plus(self, other: Cost, scale: float = 1.0) -> Cost:
        """The cost of this and of something else.

        Args:
            other: what is done as well.
            scale: how many times longer the states are that it is done on.

        Returns:
            The sum.
        """
        return Cost(self.fixed + other.fixed, self.slope + scale * other.slope)


def run_seconds(cost: Cost, amplitudes: float, itemsize: int) -> float:
    """Estimated time of a run.

    Args:
        cost: of the program, as measured for complex128 in the cache.
        amplitudes: of the state, times its columns.
        itemsize: bytes of an amplitude, 8 or 16.

    Returns:
        Seconds.

    Example:
        >>> cached, large = (run_seconds(Cost(slope=1e-9), 2**n, itemsize=16) for n in (16, 24))
        >>> round(large / cached / 2**8, 3)  # beyond the caches each amplitude takes longer
        1.6
    """
    is_cached = amplitudes * itemsize <= CACHE_BYTES
    return cost.fixed + (1 if is_cached else STREAM) * cost.slope * amplitudes * itemsize / 16


def kernel_cost(kernel: Kernel) -> Cost:
    """Estimated cost of one map.

    Args:
        kernel: the map.

    Returns:
        The cost; its amplitudes are those of the longer of the two states.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> t_gate = kernel_from_matrix(np.diag([1, np.exp(0.25j * np.pi)]), 1, 1)
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> kernel_cost(t_gate).slope < kernel_cost(hadamard).slope
        True
    """
    if kernel.is_diagonal:
        return _PASS
    checking = 0.0 if kernel.leak is None else GATHER
    scattered = 1.0 if kernel.preserves_labels else _scattered(len(kernel.labels_in))
    if kernel.is_monomial:
        is_short = kernel.n_in == kernel.n_out <= 3
        return _PASS if is_short and not checking else Cost(OVERHEAD, GATHER * scattered + checking)
    if len(kernel.targets_in) == len(kernel.targets_out) == 1 and kernel.preserves_labels:
        return _TURN
    n_targets = max(len(kernel.targets_in), len(kernel.targets_out))
    return Cost(OVERHEAD, scattered * _block_slope(n_targets) + checking)


def _block_slope(n_targets: int) -> float:
    """Seconds per amplitude for blocks on so many targets."""
    return BLOCK + FLOP * 2**n_targets


def _scattered(n_labels: int) -> float:
    """Factor by which a map takes longer when many labels move: its amplitudes lie ever further apart."""
    return max(1.0, SCATTER ** (n_labels - FEW_LABELS))


_PASS = Cost(OVERHEAD, PASS)
_TURN = Cost(OVERHEAD, TURN)


def shape_cost(shape: MergeShape) -> Cost:
    """Estimated cost of the map that merging a sequence would give.

    Args:
        shape: of the merged map.

    Returns:
        The cost of one application.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> from bloqs.statevector.merge import KernelStep, merge_shape
        >>> t_gate = kernel_from_matrix(np.diag([1, np.exp(0.25j * np.pi)]), 1, 1)
        >>> shape = merge_shape([KernelStep(t_gate, (i,), (i,)) for i in range(3)])
        >>> shape_cost(shape) == kernel_cost(t_gate)  # still diagonal: one pass
        True
    """
    if shape.is_diagonal:
        return _PASS
    scattered = _scattered(shape.n_labels_in) if shape.moves_labels else 1.0
    if not shape.targets:
        return Cost(OVERHEAD, GATHER * scattered)
    if shape.n_targets == 1 and scattered == 1:
        return _TURN
    return Cost(OVERHEAD, scattered * _block_slope(shape.n_targets))


def ladder_cost(ladder_map: LadderMap) -> Cost:
    """Estimated cost of a `LadderMap`.

    The outside is applied everywhere, the inside to a slice that is taken out and put back.

    Args:
        ladder_map: the two maps.

    Returns:
        The cost of one application.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> turn = kernel_from_matrix(np.diag([1j, 1]), 1, 1)
        >>> few, many = (
        ...     LadderMap(tuple((t, True) for t in range(1, 1 + n)), turn, (0,), None, ()) for n in (2, 8)
        ... )
        >>> round(ladder_cost(few).slope / ladder_cost(many).slope)  # a slice of 1/4 against one of 1/256
        64
    """
    inside = kernel_cost(ladder_map.inside)
    share = 2.0 ** -len(ladder_map.conjunction)
    cost = Cost(2 * OVERHEAD + inside.fixed, share * (inside.slope + 2 * GATHER))
    return cost if ladder_map.outside is None else cost.plus(kernel_cost(ladder_map.outside))


def merge_seconds(n_steps: int, shape: MergeShape) -> float:
    """Estimated time to merge some maps.

    Args:
        n_steps: how many.
        shape: of the merged map.

    Returns:
        Seconds.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> from bloqs.statevector.merge import KernelStep, merge_shape
        >>> x = kernel_from_matrix(np.eye(2)[::-1], 1, 1)
        >>> wide = merge_shape([KernelStep(x, (i,), (i,)) for i in range(20)])
        >>> merge_seconds(20, wide) > 0.1  # a table of 2**20 entries for each
        True
    """
    return n_steps * (MERGE_STEP + 2.0**shape.log2_size * MERGE_ENTRY)


def is_mergeable(shape: MergeShape) -> bool:
    """Whether merging stays within the limits of this module.

    Args:
        shape: of the merged map.

    Returns:
        False where its arrays would exceed `2**MAX_LOG2_SIZE` entries, or it would have more than
        `MAX_TARGETS` targets.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> from bloqs.statevector.merge import KernelStep, merge_shape
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> for n in (9, 10):
        ...     print(is_mergeable(merge_shape([KernelStep(hadamard, (i,), (i,)) for i in range(n)])))
        True
        False
    """
    return shape.log2_size <= MAX_LOG2_SIZE and shape.n_targets <= MAX_TARGETS
