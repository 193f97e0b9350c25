"""The phase of a projector, the one non-Clifford step between two calls of a QSVT."""

from functools import cached_property

import attrs
from qualtran import (
    Bloq,
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.vector_encoding.base import Wires
from bloqs.vector_encoding.control import CTRL, ControllableBloq
from bloqs.vector_encoding.examples import COUNTS_UP_TO_BOOKKEEPING
from bloqs.vector_encoding.flags import compute_ladder, ladder_counts, uncompute_ladder
from bloqs.vector_encoding.rotation import rz


@attrs.frozen
class ProjectorPhase(ControllableBloq):
    r"""`exp(i phi (2 Pi - I) (x) Z)` with `Pi = |0><0|` on the flagged register and Z on the sign qubit.

    The flag is XORed into the sign qubit, which is turned by `Rz(2 phi)`, and XORed back: one ladder of
    `bitsize - 1` And serves both, and the two signs of the phase cost nothing extra (design of the
    real-part ancilla of a QSVT: in |+>, the average of the +phi and the -phi sequence).

    With `is_controlled` the control joins the ladder: with control 0 the flag never fires and the bloq is
    `exp(-i phi Z)`, *not* the identity. The QSVT undoes the sum of those phases by one rotation, which is
    cheaper than controlling each.

    Registers:
        ctrl: only when `is_controlled`.
        sign: one qubit.
        flagged: `QAny(bitsize)`; absent when `bitsize = 0`, where Pi is the identity.
    Parameters:
        bitsize: number of flagged qubits, >= 0; may be symbolic (then taken to be at least 2).
        angle: phi in radians, or None by shape (a rotation of unknown angle).
    Cost: `bitsize - 1` And (`bitsize` with control), one rotation. Exact.
    """

    bitsize: SymbolicInt
    angle: float | None = None
    is_controlled: bool = False

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], sign, [flagged]`."""
        registers = [CTRL] if self.is_controlled else []
        registers.append(Register("sign", QBit()))
        if self.bitsize != 0:
            registers.append(Register("flagged", QAny(self.bitsize)))
        return Signature(registers)

    @property
    def component(self) -> str:
        """Row of the cost report."""
        return "QSVT phases"

    @property
    def _num_controls(self) -> SymbolicInt:
        return self.bitsize + 1 if self.is_controlled else self.bitsize

    @property
    def workspace(self) -> SymbolicInt:
        """One qubit a rung of the ladder."""
        rungs = self._num_controls - 1
        return rungs if is_symbolic(rungs) else max(rungs, 0)

    def _rz(self, sign: int) -> Bloq:
        return rz(None if self.angle is None else sign * 2 * self.angle)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Ladder, CNOT, Rz, CNOT, ladder undone."""
        if is_symbolic(self.bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ones, zeros, sign = wires.reg("ctrl"), wires.reg("flagged"), wires.reg("sign")
        if not ones and not zeros:
            wires.call(self._rz(-1), q=sign)
        elif len(ones) + len(zeros) == 1:
            # A lone 0-control is the negated flag: turn the other way instead of two X gates.
            wires.call(CNOT(), ctrl=ones + zeros, target=sign)
            wires.call(self._rz(1 if ones else -1), q=sign)
            wires.call(CNOT(), ctrl=ones + zeros, target=sign)
        else:
            top = compute_ladder(wires, ones, zeros)
            wires.call(CNOT(), ctrl=[top], target=sign)
            wires.call(self._rz(1), q=sign)
            wires.call(CNOT(), ctrl=[top], target=sign)
            uncompute_ladder(wires, ones, zeros)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        single = self._num_controls == 0 or (self._num_controls == 1 and not self.is_controlled)
        counts: dict[Bloq, SymbolicInt] = {self._rz(-1 if single else 1): 1}
        if self._num_controls != 0:
            counts[CNOT()] = 2
        counts.update(ladder_counts(self._num_controls))
        return counts

    def adjoint(self) -> "ProjectorPhase":
        """The opposite angle."""
        return self if self.angle is None else attrs.evolve(self, angle=-self.angle)



@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _projector_phase() -> ProjectorPhase:
    projector_phase = ProjectorPhase(3, 0.4)
    return projector_phase


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _projector_phase_shape() -> ProjectorPhase:
    projector_phase_shape = ProjectorPhase(4)
    return projector_phase_shape


PROJECTOR_PHASE_DOC = BloqDocSpec(
    bloq_cls=ProjectorPhase, examples=[_projector_phase, _projector_phase_shape]
)
