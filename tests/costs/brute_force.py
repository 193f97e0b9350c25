"""A schedule made in the plainest way: every gate of the circuit in one list, one at a time.

Times are pairs (layers of T, Clifford steps), compared as tuples. Nothing here comes from the
code under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from qualtran import Bloq, DecomposeNotImplementedError, DecomposeTypeError, LeftDangle, RightDangle
from qualtran.bloqs.basic_gates import Toffoli, TwoBitCSwap
from qualtran.bloqs.bookkeeping import Cast, Join, Partition, Split
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import GateCounts, QECGatesCost, get_cost_value

Qubit = int
Gate = tuple[GateCounts, list[Qubit]]


class Flat:
    """All gates of a bloq in order, on numbered qubits."""

    def __init__(self, bloq: Bloq) -> None:
        self.gates: list[Gate] = []
        self.num_qubits = 0
        self.entering = {r.name: self.new(r.total_bits()) for r in bloq.signature.lefts()}
        self.inputs = [q for group in self.entering.values() for q in group]
        self.outputs = [q for group in self.put(bloq, self.entering).values() for q in group]

    def new(self, number: int) -> list[Qubit]:
        self.num_qubits += number
        return list(range(self.num_qubits - number, self.num_qubits))

    def put(self, bloq: Bloq, given: dict[str, list[Qubit]]) -> dict[str, list[Qubit]]:
        if isinstance(bloq, Split | Join | Partition | Cast):
            everything = iter([q for r in bloq.signature.lefts() for q in given[r.name]])
            return {
                r.name: [next(everything) for _ in range(r.total_bits())]
                for r in bloq.signature.rights()
            }
        if not isinstance(bloq, And | Toffoli | TwoBitCSwap):
            try:
                return self.parts(bloq.decompose_bloq(), given)
            except (DecomposeTypeError, DecomposeNotImplementedError):
                pass
        after = {
            r.name: given[r.name] if r.name in given else self.new(r.total_bits())
            for r in bloq.signature.rights()
        }
        cost = get_cost_value(bloq, QECGatesCost())
        touched = sorted({q for group in [*given.values(), *after.values()] for q in group})
        if cost != GateCounts() and touched:
            self.gates.append((cost, touched))
        return after

    def parts(self, circuit: Any, given: dict[str, list[Qubit]]) -> dict[str, list[Qubit]]:
        at: dict[Any, list[Qubit]] = {}

        def cut(registers: Any, groups: dict[str, list[Qubit]], where: Any) -> Iterator[Any]:
            for r in registers:
                size = r.dtype.num_bits
                for i, index in enumerate(r.all_idxs()):
                    yield (where, r.name, index), groups[r.name][i * size : (i + 1) * size]

        at.update(cut(circuit.signature.lefts(), given, LeftDangle))
        for instance, before, _ in circuit.iter_bloqnections():
            groups: dict[str, list[Qubit]] = {r.name: [] for r in instance.bloq.signature.lefts()}
            arriving = {(c.right.reg.name, c.right.idx): c.left for c in before}
            for r in instance.bloq.signature.lefts():
                for index in r.all_idxs():
                    left = arriving[r.name, index]
                    groups[r.name] += at[left.binst, left.reg.name, left.idx]
            leaving = self.put(instance.bloq, groups)
            at.update(cut(instance.bloq.signature.rights(), leaving, instance))
        final = {
            (c.right.reg.name, c.right.idx): c.left
            for c in circuit.connections
            if c.right.binst is RightDangle
        }
        return {
            r.name: [
                q
                for index in r.all_idxs()
                for left in [final[r.name, index]]
                for q in at[left.binst, left.reg.name, left.idx]
            ]
            for r in circuit.signature.rights()
        }

    def durations(self, rotation: int = 1, toffoli: int = 1) -> list[tuple[int, int]]:
        found = []
        for cost, _ in self.gates:
            layers = (
                cost.t
                + rotation * cost.rotation
                + toffoli * (cost.toffoli + cost.and_bloq + cost.cswap)
            )
            found.append((layers, 0) if layers else (0, 1))
        return found

    def schedule(self, rotation: int = 1, toffoli: int = 1) -> tuple[int, int]:
        """T-depth and qubits at once."""
        durations = self.durations(rotation, toffoli)
        history: list[list[int]] = [[] for _ in range(self.num_qubits)]
        starts: list[tuple[int, int]] = []
        ends: list[tuple[int, int]] = []
        for i, (_, qubits) in enumerate(self.gates):
            start = max((ends[history[q][-1]] for q in qubits if history[q]), default=(0, 0))
            starts.append(start)
            ends.append((start[0] + durations[i][0], start[1] + durations[i][1]))
            for q in qubits:
                history[q].append(i)
        end = max(ends, default=(0, 0))
        lives = []
        for q, gates in enumerate(history):
            if q in self.inputs:
                birth = (0, 0)
            elif not gates and q not in self.outputs:
                continue
            else:
                # Gates before the first one with others are put off: they end when that one starts.
                alone = 0
                while alone < len(gates) and len(self.gates[gates[alone]][1]) == 1:
                    alone += 1
                lead = np.sum([durations[i] for i in gates[:alone]], axis=0) if alone else (0, 0)
                if alone < len(gates):
                    first = starts[gates[alone]]
                else:
                    first = end if q in self.outputs else ends[gates[-1]]
                birth = (int(first[0] - lead[0]), int(first[1] - lead[1]))
            death = (
                (end[0], end[1] + 1) if q in self.outputs else ends[gates[-1]] if gates else birth
            )
            lives.append((birth, death))
        changes = [(birth, 1) for birth, death in lives if birth < death]
        changes += [(death, -1) for birth, death in lives if birth < death]
        alive = at_once = 0
        for _, change in sorted(changes):  # who goes, goes before another comes
            alive += change
            at_once = max(at_once, alive)
        return end[0], max(at_once, len(self.inputs), len(self.outputs))
