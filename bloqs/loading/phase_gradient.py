"""Rotation by an angle held in a register: addition into a phase gradient state, a catalyst.

Ours because Qualtran's `AddIntoPhaseGrad` has no decomposition into gates, hence no depth and no qubits for
its carries, and its `PhaseGradientState` has no cost of a symbolic size.
"""

import cmath
import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
from qualtran import (
    Bloq,
    BloqBuilder,
    CompositeBloq,
    ConnectionT,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Side,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, CZ, Hadamard, SGate
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import (
    BloqCountDictT,
    CostKey,
    GateCounts,
    QECGatesCost,
    SympySymbolAllocator,
)
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.checks import whole_number
from bloqs.core.checks import MAX_BITSIZE, checked
from bloqs.core.control import CTRL, ControllableBloq
from bloqs.core.shown import ShownBloq
from bloqs.core.wires import Wires
from bloqs.loading.angles import MIN_ANGLE_BITS
from bloqs.loading.generalizers import LOADING_GENERALIZERS

if TYPE_CHECKING:
    import quimb.tensor as qtn

Key = tuple[str, int]


class _CatalystPort(Bloq):
    """Where the phase gradient state enters and leaves a circuit: tensors, and no gates."""

    bitsize: SymbolicInt

    def decompose_bloq(self) -> CompositeBloq:
        """A leaf."""
        raise DecomposeTypeError(f"{self} is a leaf: the catalyst comes from outside")

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """No gates: the state is prepared once for a whole algorithm, `phase_gradient_preparation`."""
        if isinstance(cost_key, QECGatesCost):
            return GateCounts()
        return NotImplemented

    def _factors(self) -> list[list[complex]]:
        """The state is a product: qubit `i` (most significant first) has the phase `exp(-i pi/2**i)`."""
        return [
            [math.sqrt(0.5), math.sqrt(0.5) * cmath.exp(-1j * math.pi / 2**i)]
            for i in range(self.bitsize)
        ]


@attrs.frozen(field_transformer=checked)
class BorrowPhaseGradient(ShownBloq, _CatalystPort):
    """Hands out the phase gradient state `2**(-b/2) sum_k exp(-2 pi i k/2**b) |k>`.

    The state is a *catalyst*: every use returns it unchanged, so one copy, prepared once
    (`phase_gradient_preparation`), serves a whole algorithm. Borrowing costs no gates; its qubits count.

    Registers:
        gradient: RIGHT, `QAny(b)`.
    Parameters:
        bitsize: `b`; may be symbolic.

    Example:
        >>> state = BorrowPhaseGradient(3).tensor_contract()
        >>> [round(cmath.phase(amplitude) / math.pi, 3) for amplitude in state[:4]]
        [0.0, -0.25, -0.5, -0.75]
    """

    bitsize: SymbolicInt

    @cached_property
    def signature(self) -> Signature:
        """`gradient`, out."""
        return Signature([Register("gradient", QAny(self.bitsize), side=Side.RIGHT)])

    def adjoint(self) -> Bloq:
        """Give it back."""
        return ReturnPhaseGradient(self.bitsize)

    def my_tensors(
        self, incoming: dict[str, ConnectionT], outgoing: dict[str, ConnectionT]
    ) -> list["qtn.Tensor"]:
        """The product state."""
        import quimb.tensor as qtn  # a second of start-up, where nothing is contracted

        wire = outgoing["gradient"]
        return [
            qtn.Tensor(data=factor, inds=[(wire, i)], tags=[str(self)])
            for i, factor in enumerate(self._factors())
        ]


@attrs.frozen(field_transformer=checked)
class ReturnPhaseGradient(ShownBloq, _CatalystPort):
    """Takes the phase gradient state back: the adjoint of `BorrowPhaseGradient`.

    Its tensors are the bra of the state, so that a contraction whose catalyst was spoilt loses norm.

    Registers:
        gradient: LEFT, `QAny(b)`.
    Parameters:
        bitsize: `b`; may be symbolic.

    Example:
        >>> (BorrowPhaseGradient(4).adjoint(), ReturnPhaseGradient(4).adjoint())
        (ReturnPhaseGradient(bitsize=4), BorrowPhaseGradient(bitsize=4))
    """

    bitsize: SymbolicInt

    @cached_property
    def signature(self) -> Signature:
        """`gradient`, in."""
        return Signature([Register("gradient", QAny(self.bitsize), side=Side.LEFT)])

    def adjoint(self) -> Bloq:
        """Borrow it."""
        return BorrowPhaseGradient(self.bitsize)

    def my_tensors(
        self, incoming: dict[str, ConnectionT], outgoing: dict[str, ConnectionT]
    ) -> list["qtn.Tensor"]:
        """The product state's bra."""
        import quimb.tensor as qtn

        wire = incoming["gradient"]
        return [
            qtn.Tensor(
                data=[entry.conjugate() for entry in map(complex, factor)],
                inds=[(wire, i)],
                tags=[str(self)],
            )
            for i, factor in enumerate(self._factors())
        ]


def phase_gradient_preparation(bitsize: int) -> GateCounts:
    """Gates that prepare the phase gradient state, once per algorithm.

    A Hadamard a qubit, the phases -1 (Z), -i (S adjoint), `exp(-i pi/4)` (T adjoint), and `b - 3` rotations.

    Args:
        bitsize: `b >= 3`, qubits of the state.

    Returns:
        The counts, exact; the rotations are not yet converted to T.

    Raises:
        ValueError: fewer than three qubits.

    Example:
        >>> phase_gradient_preparation(5)
        GateCounts(t=1, toffoli=0, cswap=0, and_bloq=0, clifford=7, rotation=2, measurement=0)
    """
    bitsize = whole_number(bitsize, "bitsize", high=MAX_BITSIZE)
    if bitsize < MIN_ANGLE_BITS:
        raise ValueError(f"bitsize must be at least {MIN_ANGLE_BITS}, got {bitsize}")
    return GateCounts(t=1, clifford=bitsize + 2, rotation=bitsize - 3)


@attrs.frozen(field_transformer=checked)
class PhaseGradientRy(ControllableBloq):
    r"""`Ry(4 pi a / 2**b)` on a qubit, `a` the integer in a register: exact, `b - 2` And, no rotation.

    $$ |a\rangle|\psi\rangle \to |a\rangle\, R_y(4 \pi a / 2^b)|\psi\rangle. $$

    `S` and `H` turn the axis: `Ry(t) = W exp(i t Z/2) W^dagger` with `W = S^dagger H`. The register `a` is
    added into the phase gradient when the qubit is 0, which yields the phase `exp(2 pi i a/2**b)`, and
    subtracted when it is 1: CNOT from the qubit onto the gradient before and after make `~(~k + a) = k - a`.
    The most significant qubit of the gradient is `|->`, on which a carry acts as a phase: the last carry
    `ak xor kc xor ca` is a CZ and CNOT, so it costs no And.

    Registers:
        ctrl: only when `is_controlled` (`b` And more: `a` is masked).
        angle: `QAny(b)`, the integer `a`, unchanged.
        gradient: `QAny(b)`, the phase gradient state, unchanged.
        target: the qubit that is rotated.

    Parameters:
        angle_bits: `b >= 3`; may be symbolic.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: fewer than three bits.

    References:
        [Halving the cost of quantum addition](https://arxiv.org/abs/1709.06648), Gidney (2018), for the
        adder and the catalysed rotation.

    Example:
        >>> from qualtran.resource_counting import get_cost_value
        >>> [get_cost_value(PhaseGradientRy(b), QECGatesCost()).and_bloq for b in (8, 16)]
        [6, 14]
    """

    angle_bits: SymbolicInt
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        if not is_symbolic(self.angle_bits) and self.angle_bits < MIN_ANGLE_BITS:
            raise ValueError(f"angle_bits must be at least {MIN_ANGLE_BITS}, got {self.angle_bits}")

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], angle, gradient, target`."""
        registers = [
            Register("angle", QAny(self.angle_bits)),
            Register("gradient", QAny(self.angle_bits)),
            Register("target", QBit()),
        ]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @property
    def workspace(self) -> SymbolicInt:
        """`b - 2` carries, and `b` masked angle bits when controlled."""
        return 2 * self.angle_bits - 2 if self.is_controlled else self.angle_bits - 2

    def _and(self, wires: Wires, left: Key, right: Key, name: str) -> Key:
        (a, b), top = wires.bb.add(And(), ctrl=[wires.get(left), wires.get(right)])
        wires.set(left, a)
        wires.set(right, b)
        return wires.put(name, top)

    def _undo_and(self, wires: Wires, left: Key, right: Key, top: Key) -> None:
        a, b = wires.bb.add(
            And().adjoint(), ctrl=[wires.get(left), wires.get(right)], target=wires.pop(top)
        )
        wires.set(left, a)
        wires.set(right, b)

    def _add(self, wires: Wires, a: list[Key], k: list[Key]) -> None:
        """Add `a` into the gradient `k`; both least significant bit first."""

        def cnot(ctrl: Key, target: Key) -> None:
            wires.call(CNOT(), ctrl=[ctrl], target=[target])

        b = len(a)
        carry = self._and(wires, a[0], k[0], "carry1")
        for i in range(1, b - 2):
            cnot(carry, a[i])
            cnot(carry, k[i])
            next_carry = self._and(wires, a[i], k[i], f"carry{i + 1}")
            cnot(carry, next_carry)
            carry = next_carry
        # The carry out of bit b-2 into the |-> qubit, c xor (a xor c)(k xor c), is a phase.
        cnot(carry, a[b - 2])
        cnot(carry, k[b - 2])
        wires.call(CZ(), q1=[a[b - 2]], q2=[k[b - 2]])
        cnot(carry, k[b - 1])
        cnot(carry, a[b - 2])
        cnot(a[b - 2], k[b - 2])
        cnot(a[b - 1], k[b - 1])
        for i in range(b - 3, 0, -1):
            previous = (f"carry{i}", 0)
            cnot(previous, carry)
            self._undo_and(wires, a[i], k[i], carry)
            cnot(previous, a[i])
            cnot(a[i], k[i])
            carry = previous
        self._undo_and(wires, a[0], k[0], carry)
        cnot(a[0], k[0])

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Change of basis, signed addition, change back."""
        if is_symbolic(self.angle_bits):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        angle, gradient, target = wires.reg("angle"), wires.reg("gradient"), wires.reg("target")
        added = angle
        if self.is_controlled:
            ctrl = wires.reg("ctrl")[0]
            added = [self._and(wires, ctrl, bit, f"masked{i}") for i, bit in enumerate(angle)]
        wires.call(SGate(), q=target)
        wires.call(Hadamard(), q=target)
        # The |-> qubit needs no flip: twice -1 is 1.
        for bit in gradient[1:]:
            wires.call(CNOT(), ctrl=target, target=[bit])
        self._add(wires, added[::-1], gradient[::-1])
        for bit in gradient[1:]:
            wires.call(CNOT(), ctrl=target, target=[bit])
        wires.call(Hadamard(), q=target)
        wires.call(SGate(is_adjoint=True), q=target)
        if self.is_controlled:
            for bit, masked in zip(angle, added, strict=True):
                self._undo_and(wires, ctrl, bit, masked)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        b = self.angle_bits
        ands = 2 * b - 2 if self.is_controlled else b - 2
        return {
            SGate(): 1,
            SGate(is_adjoint=True): 1,
            Hadamard(): 2,
            CNOT(): 2 * (b - 1) + 6 * b - 11,
            CZ(): 1,
            And(): ands,
            And().adjoint(): ands,
        }


@bloq_example
def _borrow_phase_gradient() -> BorrowPhaseGradient:
    borrow_phase_gradient = BorrowPhaseGradient(4)
    return borrow_phase_gradient


@bloq_example
def _return_phase_gradient() -> ReturnPhaseGradient:
    return_phase_gradient = ReturnPhaseGradient(4)
    return return_phase_gradient


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _phase_gradient_ry() -> PhaseGradientRy:
    phase_gradient_ry = PhaseGradientRy(4)
    return phase_gradient_ry


@bloq_example
def _phase_gradient_ry_symbolic() -> PhaseGradientRy:
    import sympy

    phase_gradient_ry_symbolic = PhaseGradientRy(sympy.Symbol("b"))
    return phase_gradient_ry_symbolic
