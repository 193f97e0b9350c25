"""From nodes to programs: sub-bloqs and runs of maps are merged where the cost model says that it pays.

The number of executions of each bloq is counted beforehand over the whole network. So a network of few
gates runs as it stands, and a sub-bloq that is called ten thousand times becomes one map if it can.
Every gate is multiplied in; nothing is replaced by what it is supposed to do.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from bloqs.statevector.and_ladder import find_ladder, merge_ladder
from bloqs.statevector.cost_model import (
    INLINE,
    MAX_MERGED_STEPS,
    MAX_TARGETS,
    MERGE_STEP,
    OVERHEAD,
    WIDE_LOG2_SIZE,
    is_mergeable,
    ladder_cost,
    merge_seconds,
    shape_cost,
)
from bloqs.statevector.fusion import Fusion
from bloqs.statevector.kernel import Kernel
from bloqs.statevector.merge import merge, merge_shape, merged_path
from bloqs.statevector.program import CallStep, LadderStep, Program, Step, expanded, make_program
from bloqs.statevector.steps import KernelStep
from bloqs.wiring import Node, count_calls, nodes_below


class Compiler:
    """Compiles networks, and keeps merged maps for the next network that has the same parts.

    Parameters:
        is_merging: whether to merge at all; without, every leaf is applied by itself.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> node = MapNodes().node(AllZeroFlag(3))
        >>> plain = Compiler(is_merging=False).program(node, log2_amplitudes=16)
        >>> plain.n_maps, Compiler().program(node, log2_amplitudes=16).n_maps
        (5, 1)
    """

    def __init__(self, *, is_merging: bool = True):
        self.is_merging = is_merging
        self._wholes: dict[Node[Kernel], KernelStep | LadderStep] = {}
        self._runs: dict[object, tuple[KernelStep, tuple[KernelStep, ...]]] = {}
        self.nbytes = 0

    def program(self, root: Node[Kernel], log2_amplitudes: float) -> Program:
        """The program of a network.

        Args:
            root: the network's node.
            log2_amplitudes: log2 of the length of the states that it will run on, about; merging is
                decided by it.

        Returns:
            The program.
        """
        order = nodes_below(root)
        counts = count_calls(order)
        amplitudes = 2.0**log2_amplitudes
        programs: dict[Node[Kernel], Program] = {}
        for node in order:
            if node is root or not _is_copied(node):
                programs[node] = self._compile(node, programs, counts[node], amplitudes)
        return programs[root]

    def _compile(
        self,
        node: Node[Kernel],
        programs: dict[Node[Kernel], Program],
        n_calls: int,
        amplitudes: float,
    ) -> Program:
        whole = self._wholes.get(node)
        if whole is not None:
            return make_program(node, node.ins, node.outs, [whole])
        steps, ins, outs = _spliced(node, programs)
        plain = make_program(node, ins, outs, steps)
        if not self.is_merging or plain.n_maps < 2:
            return plain
        program = self._whole(node, plain, n_calls, amplitudes)
        if program is not None:
            return program
        if n_calls * plain.cost.seconds(amplitudes) < 2 * len(steps) * MERGE_STEP:
            return plain
        fused = Fusion(n_calls, amplitudes)
        live = len(ins)
        for step in steps:
            scale = 2.0 ** (live - len(ins) + max(0, len(step.outs) - len(step.ins)))
            fused.add(step, scale)
            live += len(step.outs) - len(step.ins)
        return make_program(node, ins, outs, [self._run(run) for run in fused.runs()])

    def _whole(
        self, node: Node[Kernel], plain: Program, n_calls: int, amplitudes: float
    ) -> Program | None:
        """The program of one merged map, where that pays."""
        if plain.n_maps > MAX_MERGED_STEPS or plain.n_targets > MAX_TARGETS:
            return None
        before = plain.cost.seconds(amplitudes)
        if n_calls * (before - OVERHEAD) < plain.n_maps * MERGE_STEP:
            return None
        steps, outs = expanded(plain)
        shape = merge_shape(steps)
        longer = 2.0 ** max(0, len(shape.outs) - len(shape.ins))
        best = 0.0
        if is_mergeable(shape):
            after = shape_cost(shape).seconds(longer * amplitudes)
            best = n_calls * (before - after) - merge_seconds(len(steps), shape)
        if shape.log2_size > WIDE_LOG2_SIZE and outs == node.outs and {*node.ins} == {*node.outs}:
            ladder_step = self._ladder(plain, steps, n_calls, amplitudes, max(best, 0.0))
            if ladder_step is not None:
                self._wholes[node] = ladder_step
                return make_program(node, plain.ins, outs, [ladder_step])
        if best <= 0:
            return None
        step = merge(steps, shape)
        self.nbytes += step.kernel.nbytes
        step = attrs.evolve(step, path=())
        if outs == node.outs:
            self._wholes[node] = step
        return make_program(node, plain.ins, outs, [step])

    def _ladder(
        self,
        plain: Program,
        steps: Sequence[KernelStep],
        n_calls: int,
        amplitudes: float,
        least_gain: float,
    ) -> LadderStep | None:
        """The program as a `LadderMap`, where that gains more than `least_gain` seconds."""
        plan = find_ladder(steps, plain.ins)
        if plan is None or not is_mergeable(plan.shape):
            return None
        ladder_map = merge_ladder(plan)
        if ladder_map is None:
            return None
        gain = n_calls * (
            plain.cost.seconds(amplitudes) - ladder_cost(ladder_map).seconds(amplitudes)
        )
        if gain - merge_seconds(len(plan.steps), plan.shape) <= least_gain:
            return None
        self.nbytes += ladder_map.inside.nbytes
        return LadderStep(ladder_map, plain, plain.ins, plain.ins)

    def _run(self, run: Sequence[Step]) -> Step:
        """One step for a run of them; equal runs share one merged map."""
        if len(run) == 1:
            return run[0]
        kernels: list[KernelStep] = []
        for step in run:
            assert isinstance(step, KernelStep)
            kernels.append(step)
        names: dict[int, int] = {}
        key = []
        for step in kernels:
            ins = tuple(names.setdefault(track, len(names)) for track in step.ins)
            outs = tuple(names.setdefault(track, len(names)) for track in step.outs)
            key.append((id(step.kernel), ins, outs))
        known = self._runs.get(tuple(key))
        if known is None:
            back = {new: old for old, new in names.items()}
            merged = merge(kernels)
            self.nbytes += merged.kernel.nbytes
            relative = attrs.evolve(
                merged,
                ins=tuple(names[track] for track in merged.ins),
                outs=tuple(names[track] for track in merged.outs),
            )
            # The steps are kept so that no other map can take the identity of theirs.
            known = self._runs[tuple(key)] = (relative, tuple(kernels))
        back = {new: old for old, new in names.items()}
        return attrs.evolve(
            known[0],
            ins=tuple(back[track] for track in known[0].ins),
            outs=tuple(back[track] for track in known[0].outs),
            path=merged_path(kernels),
        )


def _is_copied(node: Node[Kernel]) -> bool:
    """Whether a node is a leaf of few maps, which are copied into every caller."""
    return len(node.calls) <= INLINE and node.is_leaf


def _spliced(
    node: Node[Kernel], programs: dict[Node[Kernel], Program]
) -> tuple[list[Step], tuple[int, ...], tuple[int, ...]]:
    """The calls of a node as steps, with short sub-programs copied in; and its ins and outs."""
    fresh = 1 + max((w for _, a, b in node.calls for w in (*a, *b)), default=-1)
    fresh = max(fresh, 1 + max((*node.ins, *node.outs), default=-1))
    steps: list[Step] = []
    # Where each wire is: a program that was merged may hand its wires on under other names.
    track_of = {wire: wire for wire in node.ins}
    used = {*node.ins}
    path: tuple[str, ...]
    # Most gates share name and wires with others: one tuple for all.
    paths: dict[str, tuple[str, ...]] = {}
    for part, ins, outs in node.calls:
        tracks_in = tuple([track_of[wire] for wire in ins])
        if tracks_in == ins:
            tracks_in = ins
        if isinstance(part, Node) and part not in programs:
            path = paths.setdefault(part.name, (part.name,))
            if part.outs == part.ins and len(part.calls) == 1:
                kernel, leaf_ins, leaf_outs = part.calls[0]
                if leaf_ins == leaf_outs == part.ins:
                    # Most gates: one map on all wires, which keep their order.
                    assert isinstance(kernel, Kernel)
                    steps.append(KernelStep(kernel, tracks_in, tracks_in, path))
                    for wire, track in zip(outs, tracks_in, strict=True):
                        track_of[wire] = track
                    continue
            place = dict(zip(part.ins, tracks_in, strict=True))
            for kernel, leaf_ins, leaf_outs in part.calls:
                assert isinstance(kernel, Kernel)
                for wire in leaf_outs:
                    if wire not in place:
                        place[wire] = fresh
                        fresh += 1
                leaf_ins = tuple([place[wire] for wire in leaf_ins])
                leaf_outs = tuple([place[wire] for wire in leaf_outs])
                steps.append(KernelStep(kernel, leaf_ins, leaf_outs, path))
            for wire, moved in zip(outs, part.outs, strict=True):
                track_of[wire] = place[moved]
            continue
        if isinstance(part, Node) and len(programs[part].steps) <= INLINE:
            program = programs[part]
            place = dict(zip(program.ins, tracks_in, strict=True))
            for step in program.steps:
                for track in step.outs:
                    if track not in place:
                        place[track] = fresh
                        fresh += 1
                step_ins = tuple(place[track] for track in step.ins)
                step_outs = tuple(place[track] for track in step.outs)
                path = (part.name, *step.path)
                steps.append(attrs.evolve(step, ins=step_ins, outs=step_outs, path=path))
            for wire, track in zip(outs, program.outs, strict=True):
                track_of[wire] = place[track]
            continue
        for wire in outs:
            if wire in ins:
                continue
            if wire in used:
                track_of[wire] = fresh
                fresh += 1
            else:
                track_of[wire] = wire
            used.add(track_of[wire])
        tracks_out = tuple(track_of[wire] for wire in outs)
        if isinstance(part, Kernel):
            steps.append(KernelStep(part, tracks_in, tracks_out))
        else:
            steps.append(CallStep(programs[part], tracks_in, tracks_out))
    return steps, node.ins, tuple(track_of[wire] for wire in node.outs)
