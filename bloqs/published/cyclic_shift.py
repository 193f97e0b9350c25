"""B14: the cyclic shift of a register by QFT, a diagonal, and QFT undone."""

from collections import Counter
from fractions import Fraction
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import CZ, Hadamard, SGate, TGate, ZGate
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.encoding import FloatArray
from bloqs.core.rotation import rz
from bloqs.core.wires import Key, Wires
from bloqs.published.lemma import Lemma
from bloqs.published.phases import phase_gates

LEAST_SYMBOLIC_BITS = 3
"""A symbolic bitsize is taken to be at least this, beyond the twos in the amount: then no gate is missing."""


@attrs.frozen(field_transformer=checked, cache_hash=True)
class CyclicShift(RealBlockEncoding):
    r"""`P**amount`, `P |j> = |j + 1 mod N>`, as the paper builds it: QFT, a diagonal of phases, QFT undone.

    $$ P^s = F^\dagger \, \mathrm{diag}_k\bigl(e^{2\pi i k s/N}\bigr) \, F, \qquad N = 2^n. $$

    The textbook QFT without its last swaps: the diagonal is a product of one phase a qubit in any order of
    them. Controlled phases are an And, the phase on its target, and the And undone. With control only the
    diagonal is controlled: off, the two transforms cancel.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`, big-endian.
    Parameters:
        bitsize: `n >= 1`; may be symbolic, then taken to be at least 3 more than the twos in `amount`.
        amount: `s`, any integer; negative shifts down.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 0, 0); B14 states (1, 1, 0).
    Cost: `n (n - 1)` And, and about `n**2` rotations, exact. The library's own shift, `CoordinateShift`, is
        an adder of `n` And for all offsets at once.

    Raises:
        ValueError: `bitsize` below 1.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), appendix B.14.

    Example:
        >>> CyclicShift(2).target().astype(int).tolist()
        [[0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    """

    lemma = Lemma(
        label="B14",
        title="cyclic shift by QFT",
        encodes="(1, 1, 0) of P**m",
        complexity="depth O(n^2)",
        ours="bloqs.convolution.CoordinateShift",
    )
    component = "shifts"

    bitsize: SymbolicInt
    amount: int = 1
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        if not is_symbolic(self.bitsize) and self.bitsize < 1:
            raise ValueError(f"bitsize must be at least 1, found {self.bitsize}")

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n`."""
        return self.bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """None."""
        return 0

    @property
    def alpha(self) -> float:
        """1: a permutation."""
        return 1.0

    @property
    def epsilon(self) -> float:
        """0."""
        return 0.0

    def target(self) -> FloatArray:
        """The permutation matrix, float64 `(N, N)`."""
        return np.roll(np.eye(2**self.bitsize), self.amount, axis=0)

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The entries moved down by `amount`, around the end."""
        return np.roll(vectors, self.amount, axis=0)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The same: it is exact."""
        return self.apply_target(vectors)

    @property
    def workspace(self) -> SymbolicInt:
        """The target of one And; none for a single qubit."""
        return 0 if self.bitsize == 1 else 1

    @cached_property
    def _diagonal(self) -> list[Fraction]:
        """Exponents of the phases, by qubit: after the transform qubit i holds the bit of weight `2**i`."""
        n = int(self.bitsize)
        return [Fraction(self.amount * 2 ** (i + 1), 2**n) % 2 for i in range(n)]

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """QFT, diagonal, QFT undone."""
        if is_symbolic(self.bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system = wires.reg("ctrl"), wires.reg("system")
        self._transform(wires, system, sign=1)
        for qubit, exponent in zip(system, self._diagonal, strict=True):
            if not ctrl:
                for gate in phase_gates(exponent):
                    wires.call(gate, q=[qubit])
            elif exponent == 1:
                wires.call(CZ(), q1=ctrl, q2=[qubit])
            elif exponent:
                self._controlled_phase(wires, ctrl[0], qubit, exponent)
        self._transform(wires, system, sign=-1)
        return wires.join_signature(self.signature)

    def _transform(self, wires: Wires, system: list[Key], sign: int) -> None:
        """The QFT without its swaps, or undone."""
        steps: list[tuple[int, int]] = []
        for i in range(len(system)):
            steps += [(i, j) for j in range(i, len(system))]
        for i, j in steps[::sign]:
            if i == j:
                wires.call(Hadamard(), q=[system[i]])
            else:
                self._controlled_phase(wires, system[i], system[j], Fraction(sign, 2 ** (j - i)))

    @staticmethod
    def _controlled_phase(wires: Wires, a: Key, b: Key, exponent: Fraction) -> None:
        both = wires.both(a, b, "both")
        for gate in phase_gates(exponent):
            wires.call(gate, q=[both])
        wires.undo_both(a, b, "both")

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; in closed form when symbolic."""
        if is_symbolic(self.bitsize):
            return self._symbolic_counts()
        n = int(self.bitsize)
        counts: Counter[Bloq] = Counter({Hadamard(): 2 * n})
        for distance in range(1, n):
            for sign in (1, -1):
                for gate in phase_gates(Fraction(sign, 2**distance)):
                    counts[gate] += n - distance
        ands = n * (n - 1)
        for exponent in self._diagonal:
            if self.is_controlled and exponent == 1:
                counts[CZ()] += 1
                continue
            counts.update(phase_gates(exponent))
            ands += int(self.is_controlled and exponent != 0)
        if ands:
            counts.update({And(): ands, And().adjoint(): ands})
        return counts

    def _symbolic_counts(self) -> BloqCountDictT:
        n, controlled = self.bitsize, int(self.is_controlled)
        twos = (self.amount & -self.amount).bit_length() - 1  # -1 for an amount of 0: no diagonal
        turned = n - twos if self.amount else 0
        ands = n * (n - 1) + controlled * (turned - 1 if self.amount else 0)
        # Of the transforms, n - 1 phases each are S, n - 2 are T; of the diagonal one is Z, one S, one T.
        diagonal = 1 if self.amount else 0
        rotations = (n - 2) * (n - 3) + (turned - LEAST_SYMBOLIC_BITS) * diagonal
        counts: dict[Bloq, SymbolicInt] = {
            Hadamard(): 2 * n,
            SGate(): 2 * (n - 1) + diagonal,
            TGate(): 2 * (n - 2) + diagonal,
            rz(None): rotations,
            And(): ands,
            And().adjoint(): ands,
        }
        if diagonal:
            # 3/4 of a half turn is a Z and a T.
            odd = self.amount >> twos
            extra = sum(len(phase_gates(Fraction(odd, 2**k))) - 1 for k in range(3))
            counts[CZ() if controlled else ZGate()] = 1
            counts[ZGate()] = counts.get(ZGate(), 0) + extra
        return {bloq: count for bloq, count in counts.items() if count != 0}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _cyclic_shift() -> CyclicShift:
    cyclic_shift = CyclicShift(3)
    return cyclic_shift


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _cyclic_shift_controlled() -> CyclicShift:
    cyclic_shift_controlled = CyclicShift(4, -3, is_controlled=True)
    return cyclic_shift_controlled


@bloq_example
def _cyclic_shift_symbolic() -> CyclicShift:
    cyclic_shift_symbolic = CyclicShift(sympy.Symbol("n"))
    return cyclic_shift_symbolic
