"""Encodings of a matrix that is known by construction."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, QAny, QBit, Register, Signature, Soquet
from qualtran.bloqs.basic_gates import CNOT, CZ, Ry, XGate
from qualtran.bloqs.multiplexers.select_base import SelectOracle
from qualtran.bloqs.state_preparation.prepare_base import PrepareOracle

X = np.array([[0, 1], [1, 0]])

Z = np.diag([1, -1])

H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


@attrs.frozen
class Branch(Bloq):
    """Somebody's bloq: Ry on a flag, then `gates` on the system where the flag is 0. No alpha, no epsilon."""

    angle: float = 0.0
    gates: tuple[Bloq, ...] = ()
    qubits: int = 1

    @cached_property
    def signature(self) -> Signature:
        return Signature.build_from_dtypes(ancilla=QBit(), system=QAny(self.qubits))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        ancilla = bb.add(Ry(self.angle), q=soqs["ancilla"])
        bits = [soqs["system"]] if self.qubits == 1 else list(bb.split(soqs["system"]))
        for gate in self.gates:
            (name,) = (register.name for register in gate.signature)
            bits[-1] = bb.add(gate, **{name: bits[-1]})
        system = bits[0] if self.qubits == 1 else bb.join(np.array(bits))
        return {"ancilla": ancilla, "system": system}


@attrs.frozen
class Stated(Branch):
    """The same with its promises stated."""

    alpha: float | sympy.Symbol = 1.0
    epsilon: float = 0.0
    ancilla_bitsize: int = 1
    has_data: bool = True


@attrs.frozen
class XorZ(SelectOracle):
    """`|0><0| X + |1><1| Z`, up to signs none."""

    @cached_property
    def control_registers(self) -> tuple[Register, ...]:
        return ()

    @cached_property
    def selection_registers(self) -> tuple[Register, ...]:
        return (Register("selection", QAny(1)),)

    @cached_property
    def target_registers(self) -> tuple[Register, ...]:
        return (Register("target", QAny(1)),)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        selection, target = soqs["selection"], soqs["target"]
        selection, target = bb.add(CZ(), q1=selection, q2=target)
        selection = bb.add(XGate(), q=selection)
        selection, target = bb.add(CNOT(), ctrl=selection, target=target)
        selection = bb.add(XGate(), q=selection)
        return {"selection": selection, "target": target}


@attrs.frozen
class XorZSystem(XorZ):
    """The same, its target called `system`."""

    @cached_property
    def target_registers(self) -> tuple[Register, ...]:
        return (Register("system", QAny(1)),)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        out = super().build_composite_bloq(bb, selection=soqs["selection"], target=soqs["system"])
        return {"selection": out["selection"], "system": out["target"]}


@attrs.frozen
class Tilted(PrepareOracle):
    """`sqrt(0.8)|0> + sqrt(0.2)|1>`."""

    @cached_property
    def selection_registers(self) -> tuple[Register, ...]:
        return (Register("selection", QAny(1)),)

    @cached_property
    def l1_norm_of_coeffs(self) -> float:
        return 1.0

    def build_composite_bloq(self, bb: BloqBuilder, selection: Soquet) -> dict[str, Soquet]:
        return {"selection": bb.add(Ry(2 * np.arcsin(np.sqrt(0.2))), q=selection)}


T = np.array([0.5, -0.5, 0.1, 0.7])
