"""Bloqs for the tests of the simulator: random circuits and a toy of our real load."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, CompositeBloq, Controlled, CtrlSpec, QAny, Signature, Soquet
from qualtran.bloqs.basic_gates import (
    CNOT,
    CZ,
    Hadamard,
    Ry,
    Rz,
    SGate,
    TGate,
    Toffoli,
    TwoBitCSwap,
    TwoBitSwap,
    XGate,
    YGate,
    ZPowGate,
)
from qualtran.bloqs.mcmt import And


@attrs.frozen
class RandomUnitary(Bloq):
    """`num_gates` random gates on `n` qubits; one layer of Hadamards and Ry first, so that it is dense."""

    n: int
    num_gates: int
    seed: int

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=self.n)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        rng = np.random.default_rng(self.seed)
        bits = bb.split(q) if self.n > 1 else np.array([q])
        for i in range(self.n):
            bits[i] = bb.add(Ry(float(rng.normal())), q=bits[i])
        for _ in range(self.num_gates):
            add_random_gate(bb, bits, rng)
        return {"q": bb.join(bits) if self.n > 1 else bits[0]}


def add_random_gate(bb: BloqBuilder, bits: np.ndarray, rng: np.random.Generator) -> None:
    """One gate of a mixed set: Clifford, rotations, controlled, adjoint, And with its adjoint."""
    angle = float(rng.normal())
    one = [Ry(angle), Rz(angle), ZPowGate(angle), Hadamard(), TGate(), SGate(), XGate(), YGate()]
    chosen = [int(i) for i in rng.permutation(len(bits))[:3]]
    kind = int(rng.integers(8)) if len(bits) > 2 else 0
    a, b, c = chosen if len(bits) > 2 else (chosen * 3)[:3]
    if kind <= 1:
        gate: Bloq = one[int(rng.integers(len(one)))]
        bits[a] = bb.add(gate.adjoint() if rng.integers(2) else gate, q=bits[a])
    elif kind == 2:
        bits[a], bits[b] = bb.add(CNOT(), ctrl=bits[a], target=bits[b])
    elif kind == 3:
        bits[a], bits[b] = bb.add(CZ(), q1=bits[a], q2=bits[b])
    elif kind == 4:
        controlled = Controlled(Ry(angle), CtrlSpec())
        bits[a], bits[b] = bb.add(controlled, ctrl=bits[a], q=bits[b])
    elif kind == 5:
        conjunction = And(1, int(rng.integers(2)))
        (bits[a], bits[b]), top = bb.add(conjunction, ctrl=[bits[a], bits[b]])
        top, bits[c] = bb.add(CNOT(), ctrl=top, target=bits[c])
        bits[a], bits[b] = bb.add(conjunction.adjoint(), ctrl=[bits[a], bits[b]], target=top)
    elif kind == 6:
        (bits[a], bits[b]), bits[c] = bb.add(Toffoli(), ctrl=[bits[a], bits[b]], target=bits[c])
    else:
        bits[a], bits[b], bits[c] = bb.add(TwoBitCSwap(), ctrl=bits[a], x=bits[b], y=bits[c])
        bits[a], bits[b] = bb.add(TwoBitSwap(), x=bits[a], y=bits[b])


@attrs.frozen
class ZeroPhase(Bloq):
    """`exp(i angle Z)` on the sign qubit where the register is zero, `exp(-i angle Z)` elsewhere."""

    n: int
    angle: float

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=self.n, sign=1)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet, sign: Soquet) -> dict[str, Soquet]:
        bits = bb.split(q)
        for i in range(self.n):
            bits[i] = bb.add(XGate(), q=bits[i])
        rungs = []
        top = bits[0]
        for i in range(1, self.n):
            (below, bits[i]), top = bb.add(And(), ctrl=[top, bits[i]])
            rungs.append(below)
        top, sign = bb.add(CNOT(), ctrl=top, target=sign)
        sign = bb.add(Rz(2 * self.angle), q=sign)
        top, sign = bb.add(CNOT(), ctrl=top, target=sign)
        for i in reversed(range(1, self.n)):
            top, bits[i] = bb.add(And().adjoint(), ctrl=[rungs.pop(), bits[i]], target=top)
        bits[0] = top
        for i in range(self.n):
            bits[i] = bb.add(XGate(), q=bits[i])
        return {"q": bb.join(bits), "sign": sign}


@attrs.frozen
class ToyQSVT(Bloq):
    """`U` and its adjoint in turn, `calls` of them, each followed by a phase; the sign qubit in |+>."""

    unitary: RandomUnitary
    calls: int

    @property
    def alpha(self) -> float:
        return 2.0

    @cached_property
    def signature(self) -> Signature:
        return Signature.build_from_dtypes(system=QAny(self.unitary.n), ancilla=QAny(1))

    def angle(self, call: int) -> float:
        return 0.15 + 0.05 * call

    def build_composite_bloq(
        self, bb: BloqBuilder, system: Soquet, ancilla: Soquet
    ) -> dict[str, Soquet]:
        sign = bb.add(Hadamard(), q=ancilla)
        for call in range(self.calls):
            step = self.unitary.adjoint() if call % 2 else self.unitary
            system = bb.add(step, q=system)
            phase = ZeroPhase(self.unitary.n, self.angle(call))
            system, sign = bb.add(phase, q=system, sign=sign)
        return {"system": system, "ancilla": bb.add(Hadamard(), q=sign)}

    def dense_vector(self, u: np.ndarray) -> np.ndarray:
        """`alpha <0|ancilla` of the whole on zeros, by matrices: `u` is that of `unitary`."""
        state = np.zeros((len(u), 2), dtype=np.complex128)
        state[0] = np.sqrt(0.5)
        for call in range(self.calls):
            state = (u.conj().T if call % 2 else u) @ state
            turn = np.exp(-1j * self.angle(call) * np.array([1, -1]))
            state[0] *= turn.conj()
            state[1:] *= turn
        return self.alpha * (state[:, 0] + state[:, 1]) * np.sqrt(0.5)


@attrs.frozen
class Nested(Bloq):
    """A gate wrapped in `depth` bloqs, one inside the other."""

    depth: int

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=1)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        inner: Bloq = Nested(self.depth - 1) if self.depth else Ry(0.3)
        return {"q": bb.add(inner, q=bb.add(TGate(), q=q))}


@attrs.frozen
class WrongAdjoint(Bloq):
    """A gate that claims to be its own adjoint and is not."""

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=1)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        return {"q": bb.add(TGate(), q=q)}

    def adjoint(self) -> Bloq:
        return self


def composite(n: int, add: object) -> CompositeBloq:
    """A composite bloq on `n` single-qubit registers `q0`, ..., filled in by `add(bb, qubits)`."""
    bb = BloqBuilder()
    qubits = np.array([bb.add_register(f"q{i}", 1) for i in range(n)])
    add(bb, qubits)  # type: ignore[operator]
    return bb.finalize(**{f"q{i}": qubit for i, qubit in enumerate(qubits)})
