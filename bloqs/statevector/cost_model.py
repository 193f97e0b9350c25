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
from bloqs.statevector.merge import MergeShape

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
"""Beyond so many labels that move, each takes `SCATTER` times as long (measured to 20)."""
MERGE_STEP = 25e-6
"""Seconds to push one map, whatever its size."""
MERGE_ENTRY = 6e-9
"""Seconds per entry of the pushed tensor and map."""

STREAM = 1.6
"""Times the seconds per amplitude that complex128 takes beyond the caches (measured at 2**20 to 2**25)."""

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
    """Seconds: `fixed + slope * amplitudes`."""

    fixed: float = 0.0
    slope: float = 0.0

    def seconds(self, amplitudes: float) -> float:
        """The cost on a state of so many amplitudes."""
        return self.fixed + self.slope * amplitudes

    def plus(self, other: Cost, scale: float = 1.0) -> Cost:
        """The sum, `other` being done on states that are `scale` times as long."""
        return Cost(self.fixed + other.fixed, self.slope + scale * other.slope)


def run_seconds(cost: Cost, amplitudes: float, itemsize: int) -> float:
    """Estimated time of a run on so many amplitudes of `itemsize` bytes."""
    is_cached = amplitudes * itemsize <= CACHE_BYTES
    return cost.fixed + (1 if is_cached else STREAM) * cost.slope * amplitudes * itemsize / 16


def kernel_cost(kernel: Kernel) -> Cost:
    """Estimated cost of one map; the amplitudes are those of the longer of its states."""
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
    """Times that a map takes longer whose many labels move: they lie ever further apart."""
    return max(1.0, SCATTER ** (n_labels - FEW_LABELS))


_PASS = Cost(OVERHEAD, PASS)
_TURN = Cost(OVERHEAD, TURN)


def shape_cost(shape: MergeShape) -> Cost:
    """Estimated cost of the map that merging would give."""
    if shape.is_diagonal:
        return _PASS
    scattered = _scattered(shape.n_labels_in) if shape.moves_labels else 1.0
    if not shape.targets:
        return Cost(OVERHEAD, GATHER * scattered)
    if shape.n_targets == 1 and scattered == 1:
        return _TURN
    return Cost(OVERHEAD, scattered * _block_slope(shape.n_targets))


def ladder_cost(ladder_map: LadderMap) -> Cost:
    """Estimated cost: the outside everywhere, the inside on a slice that is taken out and put back."""
    inside = kernel_cost(ladder_map.inside)
    share = 2.0 ** -len(ladder_map.conjunction)
    cost = Cost(2 * OVERHEAD + inside.fixed, share * (inside.slope + 2 * GATHER))
    return cost if ladder_map.outside is None else cost.plus(kernel_cost(ladder_map.outside))


def merge_seconds(n_steps: int, shape: MergeShape) -> float:
    """Estimated time to merge `n_steps` maps."""
    return n_steps * (MERGE_STEP + 2.0**shape.log2_size * MERGE_ENTRY)


def is_mergeable(shape: MergeShape) -> bool:
    """Whether merging stays within the limits of this module."""
    return shape.log2_size <= MAX_LOG2_SIZE and shape.n_targets <= MAX_TARGETS
