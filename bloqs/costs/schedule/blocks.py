"""The timing of a node: gate by gate where that can be afforded, else with its small parts as blocks."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from bloqs.costs.schedule.nodes import Node
from bloqs.costs.schedule.replay import CREATE, FREE, GATE, Program, Timing, replay

MAX_STEPS = 1_000_000_000
"""Gates that are scheduled one by one; a few seconds."""
MAX_FREES = 20_000_000
"""Qubits that come and go and are remembered; 26 bytes each."""
MAX_BLOCKED_STEPS = 50_000_000
"""The same where it is a bound anyhow."""
BLOCK_STEPS = (1_000, 10_000, 100_000, 1_000_000)
"""Sizes up to which parts become blocks, tried in turn."""


def timing_of(
    root: Node,
    max_layers: int,
    *,
    max_steps: int = MAX_STEPS,
    max_frees: int = MAX_FREES,
    block_steps: tuple[int, ...] = BLOCK_STEPS,
) -> tuple[Timing, list[str]]:
    """The timing of `root` with all wires ready at 0, and why it is a bound (nothing when it is exact).

    A circuit of more than `max_steps` gates is gone through with its parts of up to `block_steps` gates as
    blocks: a block starts when the last of its wires is ready, lasts as long as its own exact schedule from
    aligned wires, and holds its most qubits all along. The smallest such size that makes the whole small
    enough is taken; where none does, the last is, and the rest is blocked in the same way again.

    Args:
        root: what is timed.
        max_layers: an upper bound of its layers.
        max_steps: gates, creations, frees and calls gone through.
        max_frees: qubits that come and go.
        block_steps: sizes of parts, ascending.
    """
    order = _below(root)
    most = max_steps
    blocks: dict[Node, Timing] = {}
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
        callers = [node for node in order if node not in small]
        met = {part for node in callers for part, _ in node.callees if part in small}
        if not met - blocks.keys():
            # Nothing is small enough: the parts of the root itself are what remains.
            met = {part for part, _ in root.callees}
        new = [node for node in order if node in met and node not in blocks]
        if not new:
            return _replayed(root, order, blocks, extents, max_layers), notes
        for node in new:
            found, _ = timing_of(
                node, max_layers, max_steps=most, max_frees=max_frees, block_steps=block_steps
            )
            blocks[node] = found
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


def _below(root: Node) -> list[Node]:
    """All nodes under `root`, parts before what calls them."""
    order: list[Node] = []
    seen = {root}
    stack = [(root, iter(root.callees))]
    while stack:
        node, parts = stack[-1]
        part = next((part for part, _ in parts if part not in seen), None)
        if part is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(part)
            stack.append((part, iter(part.callees)))
    return order


def _extents(order: list[Node], blocks: Mapping[Node, Timing]) -> dict[Node, _Extent]:
    found: dict[Node, _Extent] = {}
    for node in order:
        if node in blocks:
            size = node.num_ins + len(node.outs)
            found[node] = _Extent(1 + size, node.num_ins, 1, 1, size)
            continue
        parts = [(found[part], n) for part, n in node.callees]
        found[node] = _Extent(
            node.own_size + sum(n * part.steps for part, n in parts),
            node.own_frees + sum(n * part.frees for part, n in parts),
            node.own_held + sum(n * part.held for part, n in parts),
            1 + max((part.frames for part, _ in parts), default=0),
            node.num_wires + max((part.slots for part, _ in parts), default=0),
        )
    return found


def _replayed(
    root: Node,
    order: list[Node],
    blocks: Mapping[Node, Timing],
    extents: Mapping[Node, _Extent],
    max_layers: int,
) -> Timing:
    """Gate by gate, blocks as they are."""
    used = {root}
    for node in reversed(order):
        if node in used and node not in blocks:
            used.update(part for part, _ in node.callees)
    numbers: dict[Node, int] = {}
    programs: list[Program] = []
    for node in order:
        if node not in used:
            continue
        if node in blocks and node is not root:
            programs.append(_block(node, blocks[node]))
        else:
            code = node.code.copy()
            called = np.array([numbers[part] for part, _ in node.callees], np.int64)
            if len(node.call_positions):
                code[node.call_positions] = called[code[node.call_positions]]
            programs.append(Program(code, node.num_ins, node.outs, node.num_wires))
        numbers[node] = len(programs) - 1
    extent = extents[root]
    step_bits = extent.steps.bit_length() + 1
    unit = 1 << step_bits if step_bits + max_layers.bit_length() <= 60 else 1
    return replay(programs, extent.frees, extent.held, extent.frames, extent.slots, unit)


def _block(node: Node, timing: Timing) -> Program:
    """One gate on all wires that enter or leave."""
    entering = list(range(node.num_ins))
    outs: list[int] = []
    made: list[int] = []
    for wire in node.outs.tolist():
        if wire >= node.num_ins:
            made.append(node.num_ins + len(made))
            wire = made[-1]
        outs.append(wire)
    taken = sorted(set(entering) - set(outs))
    wires = entering + made
    code = [number for wire in made for number in (CREATE, wire)]
    own = max(0, timing.qubits - len(wires))
    code += [GATE, timing.layers, 0 if timing.layers else 1, own, len(wires), *wires]
    code += [number for wire in taken for number in (FREE, wire)]
    return Program(np.array(code, np.int64), node.num_ins, np.array(outs, np.int64), len(wires))
