"""Bloqs for the tests of the simulator: random circuits and a toy of our real load."""

from __future__ import annotations

from functools import cached_property

import attrs
import cirq
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    CompositeBloq,
    Controlled,
    CtrlSpec,
    QAny,
    QBit,
    Signature,
    Soquet,
)
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
from qualtran.bloqs.bookkeeping import Allocate, Free
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


def add_random_part(bb: BloqBuilder, bits: np.ndarray, rng: np.random.Generator) -> None:
    """Something that is more than a gate: a sub-bloq, its adjoint or it under control, a qubit lent."""
    kind = int(rng.integers(5)) if len(bits) > 2 else 4
    a, b, c = [int(i) for i in rng.permutation(len(bits))[:3]] if len(bits) > 2 else (0, 0, 0)
    seed = int(rng.integers(2**31))
    if kind <= 1:
        part = RandomUnitary(3, 6, seed)
        joined = bb.join([bits[a], bits[b], bits[c]])
        joined = bb.add(part.adjoint() if kind else part, q=joined)
        bits[a], bits[b], bits[c] = bb.split(joined)
    elif kind <= 3:
        pair = RandomUnitary(2, 4, seed)
        controlled = Controlled(pair.adjoint() if kind == 3 else pair, CtrlSpec(cvs=kind - 2))
        bits[a], joined = bb.add(controlled, ctrl=bits[a], q=bb.join([bits[b], bits[c]]))
        bits[b], bits[c] = bb.split(joined)
    else:
        lent = bb.add(Allocate(QBit()))
        bits[a], lent = bb.add(CNOT(), ctrl=bits[a], target=lent)
        lent, bits[b] = bb.add(CZ(), q1=lent, q2=bits[b]) if a != b else (lent, bits[b])
        bits[a], lent = bb.add(CNOT(), ctrl=bits[a], target=lent)
        bb.add(Free(QBit()), reg=lent)


def mixed_circuit(n: int, num_gates: int, seed: int) -> CompositeBloq:
    """Random gates on `n` qubits, every eighth a sub-bloq or a qubit that is allocated and freed."""
    rng = np.random.default_rng(seed)

    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        for _ in range(num_gates):
            (add_random_part if rng.integers(8) == 0 else add_random_gate)(bb, bits, rng)

    return composite(n, add)


def flat_circuit(n: int, num_gates: int, seed: int) -> CompositeBloq:
    """Gates on one and two of `n` qubits: rotations by random angles, H, T, CNOT."""
    rng = np.random.default_rng(seed)

    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        for _ in range(num_gates):
            a, b = (int(i) for i in rng.permutation(n)[:2])
            kind = int(rng.integers(6))
            if kind >= 4:
                bits[a], bits[b] = bb.add(CNOT(), ctrl=bits[a], target=bits[b])
                continue
            angle = float(rng.normal())
            bits[a] = bb.add([Ry(angle), Rz(angle), Hadamard(), TGate()][kind], q=bits[a])

    return composite(n, add)


def shuffled_circuit(n: int, num_parts: int, seed: int) -> CompositeBloq:
    """A permutation of all basis states of `n` qubits, so many times."""
    bb = BloqBuilder()
    q = bb.add_register("q", n)
    for _ in range(num_parts):
        q = bb.add(Shuffled(n, seed), q=q)
    return bb.finalize(q=q)


@attrs.frozen
class Shuffled(Bloq):
    """CNOT and Toffoli gates at random: a permutation of all `2**n` basis states."""

    n: int
    seed: int

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=self.n)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        rng, bits = np.random.default_rng(self.seed), bb.split(q)
        for _ in range(60):
            i, j, k = (int(x) for x in rng.permutation(self.n)[:3])
            if rng.integers(2):
                bits[i], bits[j] = bb.add(CNOT(), ctrl=bits[i], target=bits[j])
            else:
                (bits[i], bits[j]), bits[k] = bb.add(
                    Toffoli(), ctrl=[bits[i], bits[j]], target=bits[k]
                )
        return {"q": bb.join(bits)}


def cirq_circuit(circuit: CompositeBloq) -> tuple[cirq.Circuit, list[cirq.Qid]]:
    """What Qualtran makes of a composite of single qubits, with work qubits used again; and its qubits."""
    qubits = cirq.LineQubit.range(len(list(circuit.signature)))
    quregs = {f"q{i}": np.array([qubit]) for i, qubit in enumerate(qubits)}
    manager = cirq.GreedyQubitManager("rung", maximize_reuse=True)
    translated, _ = circuit.to_cirq_circuit_and_quregs(qubit_manager=manager, **quregs)
    # Qubits that no gate touches are left out by cirq otherwise.
    return cirq.Circuit(cirq.I(qubit) for qubit in qubits) + translated, qubits


def final_state(result: cirq.StateVectorTrialResult, qubits: list[cirq.Qid]) -> np.ndarray:
    """The state of `qubits` after a simulation; all other qubits must have ended in |0>."""
    order = result.qubit_map
    others = [qubit for qubit in order if qubit not in qubits]
    tensor = result.final_state_vector.reshape((2,) * len(order))
    tensor = tensor.transpose([order[qubit] for qubit in [*qubits, *others]])
    return tensor.reshape(2 ** len(qubits), -1)[:, 0]


def simulated_by_cirq(circuit: CompositeBloq) -> np.ndarray:
    """The state that cirq finds, from zeros."""
    translated, qubits = cirq_circuit(circuit)
    return final_state(cirq.Simulator(dtype=np.complex128).simulate(translated), qubits)


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


@attrs.frozen
class Spoilt(Bloq):
    """Lends a qubit, copies its own onto it, and frees it: dirty unless its own is |0>."""

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=1)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        q, lent = bb.add(CNOT(), ctrl=q, target=bb.add(Allocate(QBit())))
        bb.add(Free(QBit()), reg=lent)
        return {"q": q}


@attrs.frozen
class Inside(Bloq):
    """`part` between two rotations, or more of them on either side. Subclasses differ by name."""

    part: Bloq
    num_gates: int = 1

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=1)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        for part in (*[Ry(0.2), TGate()] * self.num_gates, self.part, Ry(0.3)):
            q = bb.add(part, q=q)
        return {"q": q}


class InsideLayer(Inside):
    pass


class InsideBlock(Inside):
    pass


class InsideNetwork(Inside):
    pass


def composite(n: int, add: object) -> CompositeBloq:
    """A composite bloq on `n` single-qubit registers `q0`, ..., filled in by `add(bb, qubits)`."""
    bb = BloqBuilder()
    qubits = np.array([bb.add_register(f"q{i}", 1) for i in range(n)])
    add(bb, qubits)  # type: ignore[operator]
    return bb.finalize(**{f"q{i}": qubit for i, qubit in enumerate(qubits)})


class Opaque(Bloq):
    """Neither a decomposition nor tensors."""

    @property
    def signature(self):  # type: ignore[no-untyped-def]
        return Signature.build(q=1)

    def __str__(self) -> str:
        return "Opaque"
