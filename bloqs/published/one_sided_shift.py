"""B15 and B16: the shift of an axis that drops what leaves it, by LCU and amplification, and its powers."""

from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray
from bloqs.core.wires import Wires
from bloqs.published.cyclic_shift import CyclicShift
from bloqs.published.lemma import Lemma
from bloqs.published.oblivious_amplification import ObliviousAmplification
from bloqs.published.shift_difference import ShiftDifference, shift_down


@attrs.frozen(field_transformer=checked, cache_hash=True)
class OneSidedShift(RealBlockEncoding):
    r"""`Q = P - |0><N-1|`, the shift that drops what leaves the axis, as the paper builds it.

    $$ Q = P - |0\rangle\langle N-1|. $$

    LCU of the two terms, a (2, 2, 0)-encoding, then oblivious amplitude amplification: `-T_3(1/2) = 1` and
    `T_3(0) = 0`, so that `(1, 2, 0)` of Q comes out after three calls. The amplification is a detour: since
    `Q = P (I + R)/2` with R a reflection, one call and one flag encode Q with `alpha = 1`.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`, big-endian.
        ancilla: `QAny(2)`, those of the LCU.
    Parameters:
        bitsize: `n >= 1`; may be symbolic, then taken to be at least 3.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 2, 0), where B15 states (1, 4, 0): the And ladders' targets are clean temporaries here.
    Cost: three cyclic shifts by QFT. The library's own shift is an adder of `n` And.

    Raises:
        ValueError: `bitsize` below 1.

    References:
        Rattew et al. (ICLR 2026), appendix B.15.

    Example:
        >>> OneSidedShift(2).target().astype(int).tolist()
        [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    """

    lemma = Lemma(
        label="B15",
        title="one-sided shift by LCU and T_3",
        encodes="(1, 4, 0) of Q = P - |0><N-1|",
        complexity="depth O(n^2)",
        ours="bloqs.convolution.CoordinateShift",
    )
    component = "shifts"

    bitsize: SymbolicInt
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        CyclicShift(self.bitsize)  # which refuses a wrong one

    @cached_property
    def amplified(self) -> ObliviousAmplification:
        """The LCU, amplified by one round."""
        return ObliviousAmplification(ShiftDifference(self.bitsize), 1, self.is_controlled)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n`."""
        return self.bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the LCU."""
        return self.amplified.ancilla_bitsize

    @property
    def alpha(self) -> float:
        """1."""
        return 1.0

    @property
    def epsilon(self) -> float:
        """0."""
        return 0.0

    def target(self) -> FloatArray:
        """Q, ones below the diagonal."""
        return np.eye(2**self.bitsize, k=-1)

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """Entries moved down by one."""
        return shift_down(vectors, 1)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The same: it is exact."""
        return shift_down(vectors, 1)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of the amplification."""
        return workspace_of(self.amplified)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The amplification."""
        if is_symbolic(self.bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        return dict(bb.add_d(self.amplified, **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The amplification."""
        return {self.amplified: 1}


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ShiftPower(RealBlockEncoding):
    r"""`Q**power` as a product of `|power|` one-sided shifts, each with ancillas of its own, as in the paper.

    $$ Q^s, \qquad Q = P - |0\rangle\langle N-1|. $$

    A negative power is that of the transpose, `Q^T`, which shifts up. From `|power| >= N` on it is zero.

    Registers:
        ctrl: only when `is_controlled`; every factor is then controlled.
        system: `QAny(n)`, big-endian.
        ancilla: `QAny(2 |power|)`: the factors' in turn.
    Parameters:
        bitsize: `n >= 1`; may be symbolic, then taken to be at least 3.
        power: any integer.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 2 |power|, 0), where B16 states (1, 4 m, 0).
    Cost: `|power|` one-sided shifts; the library's own shift takes one adder for every power.

    Raises:
        ValueError: `bitsize` below 1, or a power of 0, which needs no circuit.

    References:
        Rattew et al. (ICLR 2026), appendix B.16.

    Example:
        >>> ShiftPower(2, -2).target().astype(int).tolist()
        [[0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    """

    lemma = Lemma(
        label="B16",
        title="powers of the one-sided shift",
        encodes="(1, 4m, 0) of Q**m",
        complexity="depth O(m n^2)",
        ours="bloqs.convolution.CoordinateShift",
    )
    component = "shifts"

    bitsize: SymbolicInt
    power: int
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        CyclicShift(self.bitsize)  # which refuses a wrong one
        if self.power == 0:
            raise ValueError("power 0 is the identity, which needs no circuit; leave out the shift")

    @property
    def factor(self) -> Bloq:
        """Q, or its adjoint for a negative power; with the control."""
        shift = OneSidedShift(self.bitsize, self.is_controlled)
        return shift if self.power > 0 else shift.adjoint()

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n`."""
        return self.bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Two a factor."""
        return 2 * abs(self.power)

    @property
    def alpha(self) -> float:
        """1."""
        return 1.0

    @property
    def epsilon(self) -> float:
        """0."""
        return 0.0

    def target(self) -> FloatArray:
        """Ones on one side diagonal."""
        return np.eye(2**self.bitsize, k=-self.power)

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """Entries moved down by `power`."""
        return shift_down(vectors, self.power)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The same: it is exact."""
        return shift_down(vectors, self.power)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of a factor."""
        return workspace_of(self.factor)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The factors in turn."""
        if is_symbolic(self.bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        for k in range(abs(self.power)):
            wires.call(self.factor, ctrl=ctrl, system=system, ancilla=ancilla[2 * k : 2 * k + 2])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The factors."""
        return {self.factor: abs(self.power)}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _one_sided_shift() -> OneSidedShift:
    one_sided_shift = OneSidedShift(3)
    return one_sided_shift


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _shift_power() -> ShiftPower:
    shift_power = ShiftPower(2, -2)
    return shift_power


@bloq_example
def _shift_power_symbolic() -> ShiftPower:
    shift_power_symbolic = ShiftPower(sympy.Symbol("n"), 3)
    return shift_power_symbolic
