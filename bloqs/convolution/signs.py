"""Signs of the taps of a one-channel kernel: a polynomial over F2 of the tap codes, Clifford for D <= 3."""

from functools import cached_property

import attrs
import numpy as np
from qualtran import (
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    QAny,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CZ, ZGate
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, ceil, is_symbolic, log2

from bloqs.convolution.shift import compute_and, uncompute_and
from bloqs.convolution.taps import TapCode
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import CTRL, DATA, ControllableBloq
from bloqs.core.wires import Wires
from bloqs.loading.lookup import UnknownDataGate
from bloqs.messages import shown

Key = tuple[str, int]


def _flags(values: object) -> tuple[int, ...] | None:
    """Converter of a field of yes-or-no values."""
    if values is None:
        return None
    array = np.asarray(values, dtype=object).ravel()
    if not all(isinstance(value, int | np.integer | np.bool_) for value in array):
        raise ValueError(f"negative must hold flags, 0 or 1, found {shown(values)}")
    return tuple(int(value) for value in array)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class TapSign(ControllableBloq):
    r"""`|a>|b> -> (-1)**negative[a, b] |a>|b>` on the codes of two taps.

    $$ |a\rangle|b\rangle \to (-1)^{negative_{ab}} |a\rangle|b\rangle. $$

    On codes that never occur the sign is arbitrary. A function of two taps is a sum over F2 of `D**2`
    products of a monomial of the one and a monomial of the other (`TapCode.monomials`), so that Z, CZ and
    one And for each monomial of two bits or more (`D - 1 - b` an axis, none for `D <= 3`) are all it takes.
    Exact.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        row, column: `QAny(b)` each, codes of the taps, most significant bit first; unchanged.

    Parameters:
        kernel_size: `D >= 2`; may be symbolic by shape.
        negative: `D * D` flags, any array; the centre tap, offset (0, 0), must be 0. None to cost by shape,
            when every monomial counts (an upper bound).
        is_controlled: with a `ctrl` qubit, which blanks the codes (`2 b` And).

    Raises:
        ValueError: `kernel_size` below 2, a wrong number of flags, or a negative centre tap.

    Example:
        >>> from qualtran.resource_counting import QECGatesCost, get_cost_value
        >>> checkerboard = [(a + b) % 2 for a in range(5) for b in range(5)]  # the centre (2, 2) is positive
        >>> sign = TapSign(5, negative=checkerboard)
        >>> get_cost_value(sign, QECGatesCost()).and_bloq  # the parity of an offset is a bit of its code
        0
        >>> TapSign(5).workspace  # any signs: one monomial of two bits an axis
        2
    """

    kernel_size: SymbolicInt
    negative: tuple[int, ...] | None = attrs.field(default=None, converter=_flags, metadata=DATA)
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        d = self.kernel_size
        if is_symbolic(d):
            if self.negative is not None:
                raise ValueError(f"signs are given, so kernel_size must be a number, got {d}")
            return
        if d < 2:
            raise ValueError(f"kernel_size must be at least 2, got {d}; a single tap needs no sign")
        if self.negative is None:
            return
        if len(self.negative) != d * d:
            raise ValueError(f"negative must hold {d}*{d} flags, got {len(self.negative)}")
        if self.negative[(d + 1) * (d // 2)]:
            raise ValueError(
                "the centre tap must not be negative: flip all flags and apply the sign -1 apart"
            )

    @property
    def _code(self) -> TapCode:
        return TapCode(self.kernel_size)

    @property
    def _code_bitsize(self) -> SymbolicInt:
        d = self.kernel_size
        return ceil(log2(d)) if is_symbolic(d) else self._code.bitsize

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], row, column`."""
        registers = [Register(name, QAny(self._code_bitsize)) for name in ("row", "column")]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @cached_property
    def _terms(self) -> list[tuple[int, int]]:
        """Pairs of monomials (masks) that occur; (0, 0) never does."""
        d, masks = self.kernel_size, self._code.monomials()
        coefficients = np.ones((d, d), dtype=bool)
        coefficients[0, 0] = False
        if self.negative is not None:
            table = np.array(self.negative, dtype=bool).reshape(d, d)
            coefficients = self._code.sign_polynomial(table)
        return [(masks[row], masks[column]) for row, column in np.argwhere(coefficients)]

    def _products(self, axis: int) -> list[int]:
        """Masks of two bits or more to be computed on an axis, divisors first."""
        needed: set[int] = set()
        for term in self._terms:
            mask = term[axis]
            while mask.bit_count() > 1:
                needed.add(mask)
                mask ^= _top_bit(mask)
        return sorted(needed, key=lambda mask: (mask.bit_count(), mask))

    @property
    def _num_products(self) -> SymbolicInt:
        if is_symbolic(self.kernel_size):
            return 2 * (self.kernel_size - 1 - self._code_bitsize)
        return len(self._products(0)) + len(self._products(1))

    @property
    def workspace(self) -> SymbolicInt:
        """The products, and the blanked codes."""
        return self._num_products + (2 * self._code_bitsize if self.is_controlled else 0)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Products of bits, then Z and CZ, then the products undone."""
        if is_symbolic(self.kernel_size):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        undo: list[tuple[Key, Key, str]] = []

        def product(left: Key, right: Key, name: str) -> Key:
            undo.append((left, right, name))
            return compute_and(wires, left, right, name)

        monomials: list[dict[int, Key]] = []
        for axis, name in enumerate(("row", "column")):
            bits = wires.reg(name)[::-1]
            if self.is_controlled:
                (control,) = wires.reg("ctrl")
                bits = [product(control, bit, f"{name}_blank{bit[1]}") for bit in bits]
            keys = {1 << j: bit for j, bit in enumerate(bits)}
            for mask in self._products(axis):
                top = _top_bit(mask)
                keys[mask] = product(keys[mask ^ top], keys[top], f"{name}_product{mask}")
            monomials.append(keys)
        for row, column in self._terms:
            factors = [monomials[0][row]] if row else []
            factors += [monomials[1][column]] if column else []
            if self.negative is None:
                wires.call(UnknownDataGate(len(factors)), q=factors)
            elif len(factors) == 2:
                wires.call(CZ(), q1=factors[:1], q2=factors[1:])
            else:
                wires.call(ZGate(), q=factors)
        for left, right, name in reversed(undo):
            uncompute_and(wires, left, right, name)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        if is_symbolic(self.kernel_size):
            pairs, singles = (self.kernel_size - 1) ** 2, 2 * (self.kernel_size - 1)
        else:
            pairs = sum(1 for row, column in self._terms if row and column)
            singles = len(self._terms) - pairs
        is_known = self.negative is not None
        counts = {
            CZ() if is_known else UnknownDataGate(2): pairs,
            ZGate() if is_known else UnknownDataGate(1): singles,
            And(): self.workspace,
            And().adjoint(): self.workspace,
        }
        return {bloq: count for bloq, count in counts.items() if count != 0}


def _top_bit(mask: int) -> int:
    return 1 << (mask.bit_length() - 1)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _tap_sign() -> TapSign:
    tap_sign = TapSign(3, negative=[0, 1, 0, 1, 0, 0, 0, 1, 1])
    return tap_sign


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _tap_sign_shape() -> TapSign:
    tap_sign_shape = TapSign(5, is_controlled=True)
    return tap_sign_shape


TAP_SIGN_DOC = BloqDocSpec(bloq_cls=TapSign, examples=(_tap_sign, _tap_sign_shape))
