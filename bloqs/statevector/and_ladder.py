"""Wide maps that look at most of their qubits through a single AND, such as the phase of a projector.

An And ladder over many qubits that is computed, used and uncomputed need not be multiplied out over all
values of these qubits. Each rung is followed as a *conjunction*: a set of input qubits with the values that
they must have. Say that in a sequence of maps the top of the ladder is the only rung that anything else looks
at, and that every rung is, where it is consumed, the same conjunction as where it was made. Then the sequence
acts as one small map on the other qubits where the conjunction is true (`inside`), and as another where it is
false (`outside`). Both are merged from the tensors of the sequence; only the rungs are followed symbolically,
and exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from bloqs.statevector.kernel import Kernel, bit
from bloqs.statevector.merge import merge, merge_shape
from bloqs.statevector.steps import KernelStep, MergeShape

Conjunction = frozenset[tuple[int, bool]]
"""What must hold: pairs (track, whether it must be 1)."""


@attrs.frozen(eq=False)
class LadderMap:
    """`inside` where all of `conjunction` holds, `outside` elsewhere, on tracks that all pass through.

    Parameters:
        conjunction: tracks and the values that they must have.
        inside: the map where they do.
        inside_tracks: the tracks it is on, other than those of the conjunction.
        outside: the map elsewhere; None if nothing happens there.
        outside_tracks: the tracks it is on.

    Example:
        >>> from bloqs.qsvt import ProjectorPhase
        >>> from bloqs.statevector.compile import Compiler
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> from bloqs.statevector.program import expanded
        >>> unmerged = Compiler(is_merging=False).program(MapNodes().node(ProjectorPhase(4, 0.3)), 5)
        >>> found: LadderMap = merge_ladder(find_ladder(expanded(unmerged)[0], unmerged.ins))
        >>> found.conjunction, found.inside.blocks[:, 0, 0].imag.round(2).tolist()  # all four are zero
        (((1, False), (2, False), (3, False), (4, False)), [0.3, -0.3])
    """

    conjunction: tuple[tuple[int, bool], ...]
    inside: Kernel
    inside_tracks: tuple[int, ...]
    outside: Kernel | None
    outside_tracks: tuple[int, ...]


@attrs.frozen(eq=False)
class LadderPlan:
    """What is left of a sequence once its rungs are taken out.

    Parameters:
        conjunction: what the rest looks at.
        top: the track that stands for its truth value in the rest.
        steps: the rest.
        shape: of the rest.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> from bloqs.statevector.compile import Compiler
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> from bloqs.statevector.program import expanded
        >>> unmerged = Compiler(is_merging=False).program(MapNodes().node(AllZeroFlag(3)), 4)
        >>> plan: LadderPlan = find_ladder(expanded(unmerged)[0], unmerged.ins)
        >>> sorted(plan.conjunction), len(plan.steps)  # of five maps only the CNOT is left
        ([(0, False), (1, False), (2, False)], 1)
    """

    conjunction: Conjunction
    top: int
    steps: tuple[KernelStep, ...]
    shape: MergeShape


def find_ladder(steps: Sequence[KernelStep], ins: Sequence[int]) -> LadderPlan | None:
    """Take the rungs of And ladders out of a sequence.

    Args:
        steps: the sequence.
        ins: tracks that enter it; the same must leave.

    Returns:
        What is left; None if the sequence has not the form that the head of this module describes.

    Example:
        >>> find_ladder([], ins=[0, 1]) is None  # no ladder
        True
    """
    literals: dict[int, tuple[int, bool]] = {track: (track, True) for track in ins}
    conjunctions: dict[int, Conjunction] = {}
    rest: list[KernelStep] = []
    looked_at: set[Conjunction] = set()
    changed: set[int] = set()
    in_conjunctions: set[int] = set()
    for step in steps:
        if step.renamed:
            return None
        values = [
            conjunctions.get(t) or (frozenset([literals[t]]) if t in literals else None)
            for t in step.ins
        ]
        kernel = step.kernel
        if _is_not(kernel) and step.ins[0] in literals:
            track, value = literals[step.ins[0]]
            literals[step.ins[0]] = (track, not value)
            rest.append(step)
            continue
        pattern = _rung(kernel)
        if pattern is not None:
            conjunction = _conjoined(values[: len(pattern)], pattern)
            if conjunction is not None:
                in_conjunctions.update(track for track, _ in conjunction)
                if kernel.n_out > kernel.n_in:
                    conjunctions[step.outs[-1]] = conjunction
                    continue
                if values[-1] == conjunction and step.ins[-1] in conjunctions:
                    del conjunctions[step.ins[-1]]
                    continue
        used = [track for track in step.ins if track in conjunctions]
        if not step.changed.isdisjoint(used) or not step.targets.isdisjoint(used):
            return None
        looked_at.update(conjunctions[track] for track in used)
        changed |= step.changed | step.targets
        top_of = dict.fromkeys(used, _TOP)
        rest.append(
            KernelStep(
                kernel,
                tuple(top_of.get(t, t) for t in step.ins),
                tuple(top_of.get(t, t) for t in step.outs),
                step.path,
            )
        )
    if conjunctions or len(looked_at) != 1:
        return None
    (conjunction,) = looked_at
    if any(literals[track] != (track, True) for track in in_conjunctions):
        return None
    # A rung means what it meant when it was made only while its qubits keep their values (NOT is followed).
    if not changed.isdisjoint(in_conjunctions):
        return None
    # A NOT on a qubit of the conjunction that nothing else looks at is there for the ladder alone.
    seen = {track for step in rest if not _is_not(step.kernel) for track in step.tracks}
    alone = in_conjunctions - seen
    kept = tuple(step for step in rest if alone.isdisjoint(step.tracks))
    shape = merge_shape(kept)
    if shape.ins != shape.outs or _TOP not in shape.ins:
        return None
    if not shape.targets.isdisjoint({_TOP, *in_conjunctions}):
        return None
    return LadderPlan(conjunction, _TOP, kept, shape)


_TOP = -1
"""Track of the conjunction's truth value."""


def _is_not(kernel: Kernel) -> bool:
    return (
        kernel.n_in == kernel.n_out == 1
        and kernel.has_unit_coefficients
        and kernel.index.tolist() == [1, 0]
    )


def _rung(kernel: Kernel) -> tuple[bool, ...] | None:
    """The values of the controls at which a map like And sets a new qubit, or its adjoint clears one."""
    n = min(kernel.n_in, kernel.n_out)
    if max(kernel.n_in, kernel.n_out) != n + 1 or not 1 <= n <= 4:
        return None
    if not kernel.has_unit_coefficients:
        return None
    # Both ways, the pairs are (controls, controls with the new bit).
    if kernel.n_out > n:
        with_bit = kernel.index
    else:
        with_bit = np.full(2**n, -1, dtype=np.int64)
        kept = np.flatnonzero(kernel.index >= 0)
        with_bit[kernel.index[kept]] = kept
    if np.any(with_bit < 0) or not np.array_equal(with_bit >> 1, np.arange(2**n)):
        return None
    ones = np.flatnonzero(with_bit & 1)
    if len(ones) != 1:
        return None
    return tuple(bool(bit(ones, n - 1 - slot)[0]) for slot in range(n))


def _conjoined(values: Sequence[Conjunction | None], pattern: Sequence[bool]) -> Conjunction | None:
    """AND of values that must be true or false by `pattern`; None if that is no conjunction."""
    out: set[tuple[int, bool]] = set()
    for value, wanted in zip(values, pattern, strict=True):
        if value is None or (not wanted and len(value) > 1):
            return None
        out |= {(track, sign == wanted) for track, sign in value}
    if len({track for track, _ in out}) != len(out):
        return None
    return frozenset(out)


def merge_ladder(plan: LadderPlan) -> LadderMap | None:
    """Merge what is left of a sequence into two maps.

    Args:
        plan: what is left, from `find_ladder`.

    Returns:
        The maps; None if the sequence frees a qubit that is not |0>, or changes one that the ladder looks at.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> from bloqs.statevector.compile import Compiler
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> from bloqs.statevector.program import expanded
        >>> unmerged = Compiler(is_merging=False).program(MapNodes().node(AllZeroFlag(3)), 4)
        >>> merged = merge_ladder(find_ladder(expanded(unmerged)[0], unmerged.ins))
        >>> merged.inside.index.tolist(), merged.outside is None  # NOT on the target, or nothing
        ([1, 0], True)
    """
    step = merge(plan.steps, plan.shape)
    looked_at = {plan.top, *(track for track, _ in plan.conjunction)}
    changed = step.slot_tracks({*step.kernel.changed_slots, *step.kernel.targets_in})
    if step.kernel.leak is not None or not changed.isdisjoint(looked_at):
        return None
    outside, outside_tracks = _restricted(step.kernel, step.ins, {plan.top: False})
    fixed = {plan.top: True, **dict(plan.conjunction)}
    inside, inside_tracks = _restricted(step.kernel, step.ins, fixed)
    is_idle = outside.is_diagonal and outside.has_unit_coefficients
    return LadderMap(
        tuple(sorted(plan.conjunction)),
        inside,
        inside_tracks,
        None if is_idle else outside,
        outside_tracks,
    )


def _restricted(
    kernel: Kernel, tracks: Sequence[int], fixed: dict[int, bool]
) -> tuple[Kernel, tuple[int, ...]]:
    """The map with some unchanged label qubits given a value, on the remaining tracks."""
    slots = [slot for slot in kernel.labels_in if tracks[slot] in fixed]
    labels = kernel.labels_in
    chosen = np.arange(len(kernel.index), dtype=np.int64)
    image = kernel.index
    keep = [slot for slot in labels if slot not in slots]
    for slot in slots:
        weight = len(labels) - 1 - labels.index(slot)
        chosen = chosen[bit(chosen, weight) == fixed[tracks[slot]]]
    out = np.zeros(len(chosen), dtype=np.int64)
    for slot in keep:
        out = (out << 1) | bit(image[chosen], len(labels) - 1 - labels.index(slot))
    rest = [slot for slot in range(kernel.n_in) if slot not in slots]
    targets = tuple(rest.index(slot) for slot in kernel.targets_in)
    restricted = Kernel(
        len(rest),
        len(rest),
        targets,
        targets,
        np.where(image[chosen] < 0, -1, out),
        kernel.blocks[chosen],
    )
    return restricted, tuple(tracks[slot] for slot in rest)
