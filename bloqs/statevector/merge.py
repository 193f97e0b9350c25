"""Merging a sequence of maps into one, exactly: every map of the sequence is multiplied in.

The qubits of the sequence are followed as *tracks*. A track is a target if some map of the sequence has it
as a target, or changes it depending on a target; all others are labels. The merged map is found by pushing
all `2**labels` labels through at once: for each, the present value of all live label tracks (packed
bits, see `label_table`) and a dense tensor over the live target tracks. Label qubits that come and go, such
as the rungs of an And ladder, thus cost no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bloqs.statevector.pushing import PushedStates, simplified
from bloqs.statevector.steps import KernelStep, MergeShape


def find_targets(steps: Sequence[KernelStep], start: Iterable[int] = ()) -> set[int]:
    """The smallest set of tracks that holds every target and every label changed depending on a target.

    Args:
        steps: the sequence.
        start: tracks that are targets in any case.

    Returns:
        The tracks.

    Example:
        >>> import numpy as np
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
        >>> import numpy as np
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
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> cz = kernel_from_matrix(np.diag([1, 1, 1, -1]), 2, 2)
        >>> h, controlled_z = KernelStep(hadamard, (1,), (1,)), KernelStep(cz, (0, 1), (0, 1))
        >>> merged = merge([h, controlled_z, h])  # CNOT
        >>> merged.ins, bool(np.allclose(merged.kernel.blocks, [np.eye(2), np.eye(2)[::-1]]))
        ((1, 0), True)
    """
    shape = merge_shape(steps) if shape is None else shape
    pushed = PushedStates(shape)
    for step in steps:
        pushed.apply(step)
    return KernelStep(simplified(pushed.kernel()), shape.ins, shape.outs, merged_path(steps))


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
