"""The LCU inside B15: the one-sided shift as half a difference, before it is amplified."""

from collections import Counter

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import CNOT, Hadamard, ZGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray
from bloqs.core.flags import compute_ladder, ladder_counts, uncompute_ladder
from bloqs.core.wires import Wires
from bloqs.published.cyclic_shift import CyclicShift


def shift_down(vectors: FloatArray, amount: int) -> FloatArray:
    """Entries moved down an axis by an amount, up for a negative one; zeros come in, what leaves is lost.

    Args:
        vectors: float64 `(N,)` or `(N, batch)`.
        amount: any integer.

    Returns:
        float64 of the same shape.

    Example:
        >>> shift_down(np.array([1.0, 2.0, 3.0, 4.0]), 1).tolist()
        [0.0, 1.0, 2.0, 3.0]
    """
    size = len(vectors)
    moved = np.roll(vectors, amount, axis=0)
    if amount >= 0:
        moved[: min(amount, size)] = 0.0
    else:
        moved[max(size + amount, 0) :] = 0.0
    return moved


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ShiftDifference(RealBlockEncoding):
    r"""The LCU inside B15: `(P - |0><N-1|)/2`, a (2, 2, 0)-block encoding of the one-sided shift Q.

    $$ \tfrac12 \bigl(P - |0\rangle\langle N-1|\bigr). $$

    Both terms end with P, since `|0><N-1| = P |N-1><N-1|`; the second is encoded with a flag that is raised
    where the index is not `N - 1`. So P is called once, uncontrolled, which is the cheapest reading of the
    lemma. With control: the turns of the LCU qubit cancel, its select and P are controlled.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(2)`: the LCU qubit, the flag.
    Parameters:
        bitsize: `n >= 1`; may be symbolic, then taken to be at least 3.
        is_controlled: with a `ctrl` qubit.

    Example:
        >>> (2 * ShiftDifference(1).apply_block(np.eye(2))).tolist()
        [[0.0, 0.0], [1.0, 0.0]]
    """

    component = "shifts"

    bitsize: SymbolicInt
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        CyclicShift(self.bitsize)  # which refuses a wrong one

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n`."""
        return self.bitsize

    @property
    def ancilla_bitsize(self) -> int:
        """LCU qubit and flag."""
        return 2

    @property
    def alpha(self) -> float:
        """2, the sum of the two weights."""
        return 2.0

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
        """`Q/2`."""
        return shift_down(vectors, 1) / 2

    @property
    def _shift(self) -> Bloq:
        shift = CyclicShift(self.bitsize)
        return shift.controlled() if self.is_controlled else shift

    @property
    def _num_controls(self) -> SymbolicInt:
        """Control, LCU qubit, and every bit of the index."""
        return self.bitsize + 1 + int(self.is_controlled)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of the ladder's and the shift's."""
        return max_workspace(self._num_controls - 1, workspace_of(self._shift))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """H; on the LCU qubit the flag and a sign; P; H."""
        if is_symbolic(self.bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system = wires.reg("ctrl"), wires.reg("system")
        lcu, flag = wires.reg("ancilla")
        wires.call(Hadamard(), q=[lcu])
        # flag ^= lcu and not (lcu and all ones); the sign -1 of the second term on the way.
        ones = [*ctrl, lcu, *system]
        select = lcu
        if ctrl:
            select = wires.both(ctrl[0], lcu, "select")
            ones = [select, *system]
        wires.call(CNOT(), ctrl=[select], target=[flag])
        top = compute_ladder(wires, ones, [])
        wires.call(CNOT(), ctrl=[top], target=[flag])
        uncompute_ladder(wires, ones, [])
        wires.call(ZGate(), q=[select])
        if ctrl:
            wires.undo_both(ctrl[0], lcu, "select")
        wires.call(self._shift, ctrl=ctrl, system=system)
        wires.call(Hadamard(), q=[lcu])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        counts: Counter[Bloq] = Counter({Hadamard(): 2, CNOT(): 2, ZGate(): 1, self._shift: 1})
        counts.update(ladder_counts(self._num_controls))
        return counts


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _shift_difference() -> ShiftDifference:
    shift_difference = ShiftDifference(3)
    return shift_difference
