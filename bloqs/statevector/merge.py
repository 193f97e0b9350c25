"""Merging a sequence of maps into one, exactly: every map of the sequence is multiplied in.

The qubits of the sequence are followed as *tracks*. A track is a target if some map of the sequence has it
as a target, or changes it depending on a target; all others are labels. The merged map is found by pushing
all `2**labels` labels through at once: for each, the present value of all live label tracks (packed
bits, see `label_table`) and a dense tensor over the live target tracks. Label qubits that come and go, such
as the rungs of an And ladder, thus cost no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import attrs
import numpy as np

from bloqs.statevector.kernel import LEAK_NOISE, NOISE, ComplexArray, Kernel, bit
from bloqs.statevector.label_table import LabelTable


@attrs.frozen(eq=False)
class KernelStep:
    """A map on tracks.

    Parameters:
        kernel: the map.
        ins: track of each input slot.
        outs: track of each output slot; a shared slot usually has the same track on both sides.
        path: names of the bloqs that it is in, inside the one whose program has this step.

    Example:
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
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> cz = kernel_from_matrix(np.diag([1, 1, 1, -1]), 2, 2)
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


def find_targets(steps: Sequence[KernelStep], start: Iterable[int] = ()) -> set[int]:
    """The smallest set of tracks that holds every target and every label changed depending on a target.

    Args:
        steps: the sequence.
        start: tracks that are targets in any case.

    Returns:
        The tracks.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> cnot = kernel_from_matrix(np.eye(4)[[0, 1, 3, 2]], 2, 2)
        >>> h = KernelStep(hadamard, (0,), (0,))
        >>> find_targets([h, KernelStep(cnot, (0, 1), (0, 1)), KernelStep(cnot, (2, 3), (2, 3))])
        {0, 1}
    """
    targets = set(start)
    for step in steps:
        targets |= step.targets
    if not targets:
        return targets
    pending = [step for step in steps if step.kernel.changed_slots or step.renamed]
    grown = True
    while grown:
        grown = False
        rest = []
        for step in pending:
            if targets.isdisjoint(step.tracks):
                rest.append(step)
                continue
            before = len(targets)
            targets |= step.changed
            # The two names of one qubit are of one kind.
            for pair in step.renamed:
                if not targets.isdisjoint(pair):
                    targets.update(pair)
            grown = grown or len(targets) > before
            if step.renamed:
                rest.append(step)
        pending = rest
    return targets


def merge_shape(steps: Sequence[KernelStep]) -> MergeShape:
    """The tracks and widths of a merged map, in time linear in the number of steps.

    Args:
        steps: the sequence, at least one step.

    Returns:
        What merging it would give.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> cnot = kernel_from_matrix(np.eye(4)[[0, 1, 3, 2]], 2, 2)
        >>> shape = merge_shape([KernelStep(cnot, (0, 1), (0, 1)), KernelStep(cnot, (1, 2), (1, 2))])
        >>> shape.ins, shape.is_monomial, shape.is_diagonal, shape.moves_labels
        ((0, 1, 2), True, False, True)
    """
    if all(step.ins == step.outs for step in steps):
        return _steady_shape(steps)
    created: set[int] = set()
    entered: dict[int, None] = {}
    live: set[int] = set()
    for step in steps:
        for track in step.ins:
            if track not in live and track not in created:
                entered[track] = None
                live.add(track)
        live.difference_update(step.ins)
        created.update(step.outs)
        live.update(step.outs)
    shared = tuple(track for track in entered if track in live)
    consumed = tuple(track for track in entered if track not in live)
    born = tuple(sorted(live.difference(entered)))
    targets = find_targets(steps)
    # A consumed and a born track that take one slot must be of one kind.
    while True:
        odd = [
            track
            for pair in zip(consumed, born, strict=False)
            if (pair[0] in targets) != (pair[1] in targets)
            for track in pair
        ]
        if not odd:
            break
        targets = find_targets(steps, targets.union(odd))
    ins, outs = shared + consumed, shared + born
    peak_targets = _peak_targets(steps, ins, targets)
    is_monomial = all(step.kernel.is_monomial for step in steps)
    is_diagonal = (
        is_monomial
        and not consumed
        and not born
        and all(
            step.kernel.is_diagonal or entered.keys().isdisjoint(step.changed) for step in steps
        )
    )
    return MergeShape(
        ins,
        outs,
        frozenset(targets),
        sum(track in targets for track in ins),
        sum(track in targets for track in outs),
        peak_targets,
        is_diagonal,
        is_monomial,
        not all(targets.issuperset(step.changed.intersection(entered)) for step in steps),
    )


def _steady_shape(steps: Sequence[KernelStep]) -> MergeShape:
    """`merge_shape` where no qubit comes, goes or changes its name."""
    entered = dict.fromkeys([track for step in steps for track in step.ins])
    targets = find_targets(steps)
    tracks = tuple(entered)
    is_monomial = all(step.kernel.is_monomial for step in steps)
    is_diagonal = is_monomial and all(step.kernel.is_diagonal for step in steps)
    n = len(targets)
    moves_labels = not all(targets.issuperset(step.changed) for step in steps)
    return MergeShape(
        tracks, tracks, frozenset(targets), n, n, n, is_diagonal, is_monomial, moves_labels
    )


def _peak_targets(steps: Sequence[KernelStep], ins: Sequence[int], targets: set[int]) -> int:
    """Most live target tracks, over time."""
    live = peak = sum(track in targets for track in ins)
    for step in steps:
        if len(step.ins) != len(step.outs):
            live += sum(t in targets for t in step.outs) - sum(t in targets for t in step.ins)
            peak = max(peak, live)
    return peak


def merge(steps: Sequence[KernelStep], shape: MergeShape | None = None) -> KernelStep:
    """One step that does what several do in turn.

    Args:
        steps: the sequence, at least one step.
        shape: what `merge_shape` finds of it; None to find it here.

    Returns:
        The merged step.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> cz = kernel_from_matrix(np.diag([1, 1, 1, -1]), 2, 2)
        >>> h, controlled_z = KernelStep(hadamard, (1,), (1,)), KernelStep(cz, (0, 1), (0, 1))
        >>> merged = merge([h, controlled_z, h])  # CNOT
        >>> merged.ins, bool(np.allclose(merged.kernel.blocks, [np.eye(2), np.eye(2)[::-1]]))
        ((1, 0), True)
    """
    shape = merge_shape(steps) if shape is None else shape
    pushed = _Pushed(shape)
    for step in steps:
        pushed.apply(step)
    return KernelStep(_simplified(pushed.kernel()), shape.ins, shape.outs, merged_path(steps))


def merged_path(steps: Sequence[KernelStep]) -> tuple[str, ...]:
    """The names that the paths of some steps have in common, then those in which they part, as one.

    Args:
        steps: the steps.

    Returns:
        A path.

    Example:
        >>> merged_path([KernelStep(None, (), (), path) for path in (("A", "B"), ("A", "C", "D"))])
        ('A', 'B, C')
    """
    common = []
    for depth in range(min((len(step.path) for step in steps), default=0)):
        names = dict.fromkeys(step.path[depth] for step in steps)
        if len(names) > 1:
            common.append(", ".join([*names][:4]) + (", ..." if len(names) > 4 else ""))
            break
        common.extend(names)
    return tuple(common)


class _Pushed:
    """All basis states of the merged map's input, pushed through the steps so far."""

    def __init__(self, shape: MergeShape):
        self.shape = shape
        self.labels_in = [track for track in shape.ins if track not in shape.targets]
        self.live_targets = [track for track in shape.ins if track in shape.targets]
        self.labels = LabelTable(self.labels_in)
        dim = 2 ** len(self.live_targets)
        one = np.eye(dim, dtype=np.complex128)
        self.tensor: ComplexArray = np.broadcast_to(one, (self.labels.size, dim, dim)).copy()
        self.leak: ComplexArray | None = None

    def apply(self, step: KernelStep) -> None:
        """Push through one more step."""
        if self.shape.targets.isdisjoint(step.tracks):
            self._apply_labels(step)
        else:
            self._apply_targets(step)

    def _add_leak(self, form: ComplexArray) -> None:
        if self.leak is None:
            self.leak = np.zeros_like(form)
        self.leak += form

    def _apply_labels(self, step: KernelStep) -> None:
        kernel = step.kernel
        weights = self.labels.leaking(kernel, step.ins)
        if weights is not None:
            overlap = self.tensor.conj().transpose(0, 2, 1) @ self.tensor
            self._add_leak(weights[:, None, None] * overlap)
        if not kernel.has_unit_coefficients:
            self.tensor *= kernel.blocks[self.labels.local(step.ins)]
        if step.renamed or not kernel.preserves_labels:
            self.labels.apply(kernel, step.ins, step.outs)

    def _apply_targets(self, step: KernelStep) -> None:
        kernel, targets = step.kernel, self.shape.targets
        slots = frozenset(
            slot
            for side in (step.ins, step.outs)
            for slot, track in enumerate(side)
            if track in targets
        )
        blocks, leak = kernel.with_targets(slots)
        touched_in = [t for t in step.ins if t in targets]
        touched_out = [t for t in step.outs if t in targets]
        rest = [t for t in self.live_targets if t not in touched_in]
        n_labels, dim_in = self.labels.size, self.tensor.shape[2]
        tensor = self.tensor.reshape((n_labels, *(2,) * len(self.live_targets), dim_in))
        axes = [1 + self.live_targets.index(t) for t in [*touched_in, *rest]]
        tensor = tensor.transpose([0, *axes, tensor.ndim - 1])
        tensor = tensor.reshape(n_labels, 2 ** len(touched_in), -1)
        labels = [track for track in step.ins if track not in targets]
        if labels:
            local = self.labels.local(labels)
            blocks = blocks[local]
            leak = None if leak is None else leak[local]
        if leak is not None and leak.any():
            weighted = (leak @ tensor).reshape(n_labels, -1, dim_in)
            form = tensor.reshape(n_labels, -1, dim_in).conj().transpose(0, 2, 1) @ weighted
            form[self.labels.dropped] = 0
            self._add_leak(form)
        self.tensor = _small_matmul(blocks, tensor).reshape(n_labels, -1, dim_in)
        self.live_targets = [*touched_out, *rest]
        self.labels.rename(pair for pair in step.renamed if pair[0] not in targets)

    def kernel(self) -> Kernel:
        """The merged map."""
        shape = self.shape
        labels_out = [track for track in shape.outs if track not in shape.targets]
        targets_out = [track for track in shape.outs if track in shape.targets]
        n_labels, _, dim_in = self.tensor.shape
        tensor = self.tensor.reshape((n_labels, *(2,) * len(self.live_targets), dim_in))
        axes = [1 + self.live_targets.index(track) for track in targets_out]
        blocks = tensor.transpose([0, *axes, tensor.ndim - 1])
        blocks = np.ascontiguousarray(blocks).reshape(n_labels, -1, dim_in)
        dropped = self.labels.dropped
        index = np.where(dropped, -1, self.labels.local(labels_out))
        if dropped.any():
            blocks[dropped] = np.eye(*blocks.shape[1:])
        leak = self.leak
        if leak is not None and np.max(np.abs(leak)) < LEAK_NOISE:
            leak = None
        return Kernel(
            len(shape.ins),
            len(shape.outs),
            tuple(i for i, track in enumerate(shape.ins) if track in shape.targets),
            tuple(i for i, track in enumerate(shape.outs) if track in shape.targets),
            index,
            blocks,
            leak,
        )


def _small_matmul(blocks: ComplexArray, tensor: ComplexArray) -> ComplexArray:
    """`blocks @ tensor` over a leading axis; by elementwise sums where the blocks are small and many."""
    _, n_out, n_in = blocks.shape
    if len(blocks) == 1 or n_out * n_in > 16 or tensor.shape[2] > 64:
        return blocks @ tensor
    out = np.empty((len(tensor), n_out, tensor.shape[2]), dtype=np.complex128)
    for i in range(n_out):
        total = blocks[:, i, 0, None] * tensor[:, 0, :]
        for j in range(1, n_in):
            total += blocks[:, i, j, None] * tensor[:, j, :]
        out[:, i, :] = total
    return out


def _simplified(kernel: Kernel) -> Kernel:
    """The same map with the targets that turn out to keep their value made labels."""
    if not kernel.targets_in or kernel.blocks.size > 2**18 or kernel.labels_in != kernel.labels_out:
        return kernel
    if not kernel.preserves_labels:
        return kernel
    keep = [slot for slot in kernel.targets_in if slot < kernel.n_shared]
    n_in, n_out = len(kernel.targets_in), len(kernel.targets_out)
    _, t_out, t_in = np.nonzero(np.abs(kernel.blocks) >= NOISE)
    demoted = [
        slot
        for slot in keep
        if np.array_equal(
            bit(t_out, n_out - 1 - kernel.targets_out.index(slot)),
            bit(t_in, n_in - 1 - kernel.targets_in.index(slot)),
        )
    ]
    if not demoted or kernel.leak is not None:
        return kernel
    labels = sorted([*kernel.labels_in, *demoted])
    order = [*kernel.labels_in, *demoted]
    rest_in = [slot for slot in kernel.targets_in if slot not in demoted]
    rest_out = [slot for slot in kernel.targets_out if slot not in demoted]
    blocks = kernel.blocks.reshape((len(kernel.index), *(2,) * (n_out + n_in)))
    out_axes = [1 + kernel.targets_out.index(slot) for slot in [*demoted, *rest_out]]
    in_axes = [1 + n_out + kernel.targets_in.index(slot) for slot in [*demoted, *rest_in]]
    size = 2 ** len(demoted)
    blocks = blocks.transpose([0, *out_axes, *in_axes]).reshape(
        len(kernel.index), size, 2 ** len(rest_out), size, 2 ** len(rest_in)
    )
    diagonal = blocks[:, np.arange(size), :, np.arange(size), :]  # (size, labels, out, in)
    diagonal = diagonal.transpose(1, 0, 2, 3)
    tensor = diagonal.reshape((*(2,) * len(order), 2 ** len(rest_out), 2 ** len(rest_in)))
    axes = [order.index(slot) for slot in labels]
    tensor = tensor.transpose([*axes, len(order), len(order) + 1])
    return Kernel(
        kernel.n_in,
        kernel.n_out,
        tuple(rest_in),
        tuple(rest_out),
        np.arange(2 ** len(labels), dtype=np.int64),
        np.ascontiguousarray(tensor).reshape(2 ** len(labels), 2 ** len(rest_out), -1),
        None,
    )
