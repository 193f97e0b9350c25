"""Steps of a sequence of maps, and what the merged map of such a sequence looks like."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import attrs

from bloqs.statevector.kernel import Kernel


@attrs.frozen(eq=False)
class KernelStep:
    """A map on tracks.

    Parameters:
        kernel: the map.
        ins: track of each input slot.
        outs: track of each output slot; a shared slot usually has the same track on both sides.
        path: names of the bloqs that it is in, inside the one whose program has this step.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> cnot = KernelStep(kernel_from_matrix(np.eye(4)[[0, 1, 3, 2]], 2, 2), ins=(5, 9), outs=(5, 9))
        >>> sorted(cnot.tracks), cnot.changed, cnot.targets
        ([5, 9], {9}, set())
    """

    kernel: Kernel
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    path: tuple[str, ...] = ()

    @cached_property
    def tracks(self) -> frozenset[int]:
        """All tracks that are touched."""
        return frozenset(self.ins).union(self.outs)

    def slot_tracks(self, slots: Iterable[int]) -> set[int]:
        """The tracks of `slots`, on both sides."""
        chosen = list(slots)
        tracks = {self.ins[i] for i in chosen if i < len(self.ins)}
        return tracks.union(self.outs[i] for i in chosen if i < len(self.outs))

    @cached_property
    def targets(self) -> set[int]:
        """Tracks that are targets of the map."""
        return self.slot_tracks({*self.kernel.targets_in, *self.kernel.targets_out})

    @cached_property
    def changed(self) -> set[int]:
        """Tracks that are labels of the map and may change, come or go."""
        return self.slot_tracks(self.kernel.changed_slots)

    @cached_property
    def renamed(self) -> list[tuple[int, int]]:
        """Tracks that are one shared slot but bear two names; empty for most steps."""
        pairs = zip(self.ins, self.outs, strict=False)
        return [(before, after) for before, after in pairs if before != after]


@attrs.frozen(eq=False)
class MergeShape:
    """What merging a sequence would give, found without doing it.

    Parameters:
        ins: tracks of the merged map's input in slot order: first those that are on both sides.
        outs: tracks of its output, likewise.
        targets: all target tracks, temporary ones too.
        n_targets_in: targets of the merged map at its input.
        n_targets_out: targets of the merged map at its output.
        peak_targets: most target tracks alive at once.
        is_diagonal: whether the merged map is sure to be diagonal.
        is_monomial: whether it is sure to be monomial.
        moves_labels: whether a label that enters may change its value.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> cz = kernel_from_matrix(np.diag([1, 1, 1, -1]), 2, 2)
        >>> from bloqs.statevector.merge import merge_shape
        >>> shape = merge_shape([KernelStep(hadamard, (0,), (0,)), KernelStep(cz, (0, 1), (0, 1))])
        >>> shape.ins, shape.n_targets, shape.n_labels_in, shape.log2_size
        ((0, 1), 1, 1, 3)
    """

    ins: tuple[int, ...]
    outs: tuple[int, ...]
    targets: frozenset[int]
    n_targets_in: int
    n_targets_out: int
    peak_targets: int
    is_diagonal: bool
    is_monomial: bool
    moves_labels: bool

    @property
    def n_targets(self) -> int:
        """Targets of the merged map, of the larger side."""
        return max(self.n_targets_in, self.n_targets_out)

    @property
    def n_labels_in(self) -> int:
        """Labels of the merged map at its input."""
        return len(self.ins) - self.n_targets_in

    @property
    def log2_size(self) -> int:
        """log2 of the largest array that merging holds."""
        return self.n_labels_in + self.peak_targets + self.n_targets_in
