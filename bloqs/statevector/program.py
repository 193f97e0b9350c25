"""Compiled bloqs: maps and calls of other compiled bloqs, in turn, on numbered tracks."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from bloqs.statevector.and_ladder import LadderMap
from bloqs.statevector.cost_model import OVERHEAD, Cost, kernel_cost, ladder_cost
from bloqs.statevector.kernel import Kernel
from bloqs.statevector.steps import KernelStep
from bloqs.wiring import Node


@attrs.frozen(eq=False)
class CallStep:
    """A sub-program on tracks of its caller.

    Parameters:
        program: what is called.
        ins: tracks of the caller for `program.ins`.
        outs: tracks of the caller for `program.outs`.
        path: names of the bloqs that the call is in, inside the one whose program has this step.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> node = MapNodes().node(CNOT())
        >>> gate = make_program(node, node.ins, node.outs, [KernelStep(*node.calls[0])])
        >>> CallStep(gate, ins=(3, 5), outs=(3, 5)).tracks == {3, 5}
        True
    """

    program: Program
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    path: tuple[str, ...] = ()

    @property
    def tracks(self) -> frozenset[int]:
        """All tracks that are touched."""
        return frozenset(self.ins).union(self.outs)


@attrs.frozen(eq=False)
class LadderStep:
    """A program whose wide maps were replaced by a `LadderMap`; all its tracks pass through.

    Parameters:
        ladder_map: on tracks of `program`.
        program: what was replaced, for the maps one by one.
        ins: tracks of the caller for `program.ins`.
        outs: the same tracks.
        path: names of the bloqs that it is in, inside the one whose program has this step.

    Example:
        >>> from bloqs.qsvt import ProjectorPhase
        >>> from bloqs.statevector.compile import Compiler
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> node = MapNodes().node(ProjectorPhase(16, 0.3))
        >>> (step,) = Compiler().program(node, log2_amplitudes=20).steps
        >>> type(step).__name__, len(step.tracks), len(step.ladder_map.conjunction)
        ('LadderStep', 17, 16)
    """

    ladder_map: LadderMap
    program: Program
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    path: tuple[str, ...] = ()

    @property
    def tracks(self) -> frozenset[int]:
        """All tracks that are touched."""
        return frozenset(self.ins)

    @property
    def targets(self) -> set[int]:
        """Tracks that are targets of either map."""
        place = dict(zip(self.program.ins, self.ins, strict=True))
        ladder_map = self.ladder_map
        found = {ladder_map.inside_tracks[slot] for slot in ladder_map.inside.targets_in}
        if ladder_map.outside is not None:
            found |= {ladder_map.outside_tracks[slot] for slot in ladder_map.outside.targets_in}
        return {place[track] for track in found}


Step = KernelStep | CallStep | LadderStep
"""One thing that a program does."""


@attrs.frozen(eq=False)
class Program:
    """Steps on numbered tracks.

    Parameters:
        name: of the bloq.
        ins: tracks of its left registers.
        outs: tracks of its right registers.
        steps: in order of execution.
        node: what it was compiled from.
        n_maps: maps that one execution applies, sub-programs included.
        cost: estimate for one execution; the amplitudes are those of the state that enters.
        peak: most tracks alive at once.
        n_targets: a lower bound of the targets that the whole has, were it merged.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> from bloqs.statevector.compile import Compiler
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> program: Program = Compiler(is_merging=False).program(MapNodes().node(AllZeroFlag(3)), 4)
        >>> program.n_maps, len(program.ins), program.peak  # two rungs come and go
        (5, 4, 6)
    """

    name: str
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    steps: tuple[Step, ...]
    node: Node[Kernel]
    n_maps: int
    cost: Cost
    peak: int
    n_targets: int


def make_program(
    node: Node[Kernel], ins: tuple[int, ...], outs: tuple[int, ...], steps: Sequence[Step]
) -> Program:
    """A `Program` with its estimates.

    Args:
        node: what it is compiled from.
        ins: tracks of its left registers.
        outs: tracks of its right registers.
        steps: in order of execution.

    Returns:
        The program.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> node = MapNodes().node(And())
        >>> program = make_program(node, node.ins, node.outs, [KernelStep(*node.calls[0])])
        >>> program.name, program.n_maps, program.peak
        ('And', 1, 3)
    """
    live = peak = len(ins)
    n_maps, fixed, slope = 0, OVERHEAD / 4, 0.0
    targets: set[int] = set()
    n_targets = 0
    for step in steps:
        if isinstance(step, KernelStep):
            n_maps += 1
            kernel = step.kernel
            cost = kernel_cost(kernel)
            longer = live if kernel.n_out <= kernel.n_in else live + kernel.n_out - kernel.n_in
            peak = max(peak, longer)
            slope += cost.slope * 2.0 ** (longer - len(ins))
            if kernel.targets_in:
                targets.update([step.ins[slot] for slot in kernel.targets_in])
        elif isinstance(step, LadderStep):
            n_maps += 1
            cost = ladder_cost(step.ladder_map)
            slope += cost.slope * 2.0 ** (live - len(ins))
            targets |= step.targets
        else:
            n_maps += step.program.n_maps
            cost = step.program.cost
            slope += cost.slope * 2.0 ** (live - len(ins))
            peak = max(peak, live - len(step.ins) + step.program.peak)
            n_targets = max(n_targets, step.program.n_targets)
        fixed += cost.fixed
        live += len(step.outs) - len(step.ins)
    n_targets = max(n_targets, len(targets.intersection(ins)))
    cost = Cost(fixed, slope)
    return Program(node.name, ins, outs, tuple(steps), node, n_maps, cost, peak, n_targets)


def expanded(program: Program) -> tuple[list[KernelStep], tuple[int, ...]]:
    """All maps of a program in order, calls written out.

    A qubit that a sub-program makes has a track of its own there, which need not be that of `program.outs`.

    Args:
        program: the program.

    Returns:
        The maps, on tracks of the program; and the tracks that its output is on.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> from bloqs.statevector.compile import Compiler
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> program = Compiler(is_merging=False).program(MapNodes().node(AllZeroFlag(3)), 4)
        >>> steps, outs = expanded(program)
        >>> len(steps), outs
        (5, (0, 1, 2, 3))
    """
    fresh = iter(range(1 + max(_all_tracks(program), default=-1), 2**62))
    out: list[KernelStep] = []

    def walk(current: Program, place: dict[int, int]) -> None:
        for step in current.steps:
            ins = tuple(place[track] for track in step.ins)
            if isinstance(step, CallStep | LadderStep):
                inner = dict(zip(step.program.ins, ins, strict=True))
                walk(step.program, inner)
                ends = step.program.ins if isinstance(step, LadderStep) else step.program.outs
                for track, source in zip(step.outs, ends, strict=True):
                    place[track] = inner[source]
                continue
            for track in step.outs:
                if track not in place:
                    place[track] = track if current is program else next(fresh)
            out.append(attrs.evolve(step, ins=ins, outs=tuple(place[t] for t in step.outs)))

    place = {track: track for track in program.ins}
    walk(program, place)
    return out, tuple(place[track] for track in program.outs)


def _all_tracks(program: Program) -> set[int]:
    tracks = {*program.ins, *program.outs}
    for step in program.steps:
        tracks.update(step.tracks)
    return tracks
