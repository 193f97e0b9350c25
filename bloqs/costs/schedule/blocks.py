"""The timing of a routine: gate by gate where that can be afforded, else with its small parts as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs
import numpy as np

from bloqs.costs.schedule.codes import BIT, CREATE, FREE, GATE
from bloqs.costs.schedule.replay import Program, Timing, replay
from bloqs.costs.schedule.routines import Routine
from bloqs.wiring import parts_first

MAX_STEPS = 1_000_000_000
"""Gates that are scheduled one by one; a few seconds."""
MAX_FREES = 20_000_000
"""Qubits that come and go and are remembered; 26 bytes each."""
MAX_BLOCKED_STEPS = 50_000_000
"""The same where it is a bound anyhow."""
BLOCK_STEPS = (1_000, 10_000, 100_000, 1_000_000)
"""Sizes up to which parts become blocks, tried in turn."""


def timing_of(
    root: Routine,
    max_layers: int,
    *,
    max_steps: int = MAX_STEPS,
    max_frees: int = MAX_FREES,
    block_steps: tuple[int, ...] = BLOCK_STEPS,
) -> tuple[Timing, list[str]]:
    """The timing of a routine with all wires ready at 0, and why it is a bound, where it is one.

    A circuit of more than `max_steps` gates is gone through with its parts of up to `block_steps` gates as
    blocks: a block starts when the last of its wires is ready, lasts as long as its own exact schedule from
    aligned wires, and holds its most qubits all along. The smallest such size that makes the whole small
    enough is taken; where none does, the last is, and the rest is blocked in the same way again.

    Args:
        root: what is timed.
        max_layers: an upper bound of its layers of T gates.
        max_steps: gates, creations, frees and calls gone through.
        max_frees: qubits that come and go.
        block_steps: sizes of parts, ascending.

    Returns:
        The timing, and a line for each time that parts were made blocks; no line when the timing is exact.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> from bloqs.costs.keys import TDepthUpperBound
        >>> from bloqs.costs.schedule.gate_nodes import GateNodes
        >>> from bloqs.costs.schedule.routines import routine_of
        >>> root = routine_of(GateNodes(TDepthUpperBound(), None).node(MultiAnd(cvs=(1,) * 5)))
        >>> timing_of(root, max_layers=4)
        (Timing(layers=4, qubits=9), [])
    """
    order = parts_first(root, _callees)
    most = max_steps
    blocks: dict[Routine, Timing] = {}
    notes: list[str] = []
    while True:
        extents = _extents(order, blocks)
        if _fits(extents[root], most, max_frees):
            return _replayed(root, order, blocks, extents, max_layers), notes
        most = min(max_steps, MAX_BLOCKED_STEPS)
        for size in block_steps:
            small = {n for n in order if n is not root and extents[n].steps <= size}
            trial = _extents(order, {**blocks, **dict.fromkeys(small, Timing(0, 0))})
            if _fits(trial[root], most, max_frees):
                break
        callers = [routine for routine in order if routine not in small]
        met = {part for routine in callers for part, _ in routine.callees if part in small}
        if not met - blocks.keys():
            # Nothing is small enough: the parts of the root itself are what remains.
            met = {part for part, _ in root.callees}
        new = [routine for routine in order if routine in met and routine not in blocks]
        if not new:
            return _replayed(root, order, blocks, extents, max_layers), notes
        for routine in new:
            found, _ = timing_of(
                routine, max_layers, max_steps=most, max_frees=max_frees, block_steps=block_steps
            )
            blocks[routine] = found
        notes.append(
            f"{extents[root].steps:,} steps: the wires of parts of up to {size:,} steps are aligned"
        )


@attrs.frozen
class _Extent:
    """What a replay takes: steps, qubits freed, gates with their own, nesting, wires open at once."""

    steps: int
    frees: int
    held: int
    frames: int
    slots: int


def _fits(extent: _Extent, max_steps: int, max_frees: int) -> bool:
    return extent.steps <= max_steps and extent.frees + extent.held <= max_frees


def _callees(routine: Routine) -> Iterable[Routine]:
    return (part for part, _ in routine.callees)


def _extents(order: list[Routine], blocks: Mapping[Routine, Timing]) -> dict[Routine, _Extent]:
    found: dict[Routine, _Extent] = {}
    for routine in order:
        if routine in blocks:
            size = routine.num_ins + len(routine.outs)
            found[routine] = _Extent(1 + size, routine.num_ins, 1, 1, size)
            continue
        parts = [(found[part], n) for part, n in routine.callees]
        found[routine] = _Extent(
            routine.own_size + sum(n * part.steps for part, n in parts),
            routine.own_frees + sum(n * part.frees for part, n in parts),
            routine.own_held + sum(n * part.held for part, n in parts),
            1 + max((part.frames for part, _ in parts), default=0),
            routine.num_wires + max((part.slots for part, _ in parts), default=0),
        )
    return found


def _replayed(
    root: Routine,
    order: list[Routine],
    blocks: Mapping[Routine, Timing],
    extents: Mapping[Routine, _Extent],
    max_layers: int,
) -> Timing:
    """Gate by gate, blocks as they are."""
    used = {root}
    for routine in reversed(order):
        if routine in used and routine not in blocks:
            used.update(part for part, _ in routine.callees)
    numbers: dict[Routine, int] = {}
    programs: list[Program] = []
    for routine in order:
        if routine not in used:
            continue
        if routine in blocks and routine is not root:
            programs.append(_block(routine, blocks[routine]))
        else:
            code = routine.code.copy()
            called = np.array([numbers[part] for part, _ in routine.callees], np.int64)
            if len(routine.call_positions):
                code[routine.call_positions] = called[code[routine.call_positions]]
            programs.append(Program(code, routine.num_ins, routine.outs, routine.num_wires))
        numbers[routine] = len(programs) - 1
    extent = extents[root]
    step_bits = extent.steps.bit_length() + 1
    unit = 1 << step_bits if step_bits + max_layers.bit_length() <= 60 else 1
    return replay(
        programs, extent.frees, extent.held, extent.frames, extent.slots, unit, root.bits[0]
    )


def _block(routine: Routine, timing: Timing) -> Program:
    """One gate on all wires that enter or leave."""
    entering = list(range(routine.num_ins))
    outs: list[int] = []
    made: list[int] = []
    bits: list[int] = []
    for position, wire in enumerate(routine.outs.tolist()):
        if wire >= routine.num_ins:
            made.append(routine.num_ins + len(made))
            wire = made[-1]
            if position in routine.bits[1]:
                bits.append(wire)
        outs.append(wire)
    taken = sorted(set(entering) - set(outs))
    wires = entering + made
    code = [number for wire in made for number in (BIT if wire in bits else CREATE, wire)]
    own = max(0, timing.qubits - len(wires) + len(routine.bits[0]) + len(bits))
    code += [GATE, timing.layers, 0 if timing.layers else 1, own, len(wires), *wires]
    code += [number for wire in taken for number in (FREE, wire)]
    return Program(np.array(code, np.int64), routine.num_ins, np.array(outs, np.int64), len(wires))
