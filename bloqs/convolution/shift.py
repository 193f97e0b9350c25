"""One-sided shifts of an image axis: adding a signed offset with one overflow flag, and the padding flag."""

from functools import cached_property

import attrs
import numpy as np
import numpy.typing as npt
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
from qualtran.bloqs.basic_gates import CNOT, XGate
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import CTRL, ControllableBloq
from bloqs.core.wires import Wires

Key = tuple[str, int]

MAX_PERMUTED = 20
"""Qubits of a bloq whose action on all basis states is told."""


def compute_and(
    wires: Wires, left: Key, right: Key, name: str, values: tuple[int, int] = (1, 1)
) -> Key:
    """A new clean qubit that holds `[left = values[0] and right = values[1]]`, by one And gate.

    Args:
        wires: the qubits of the decomposition.
        left: one qubit.
        right: the other.
        name: of the new qubit, in use nowhere else.
        values: the bits that the two must have.

    Returns:
        The key of the new qubit; `uncompute_and` with the same arguments undoes it.

    Example:
        >>> from qualtran import BloqBuilder
        >>> bb = BloqBuilder()
        >>> wires = Wires(bb, {"x": bb.add_register("x", 2)})
        >>> compute_and(wires, ("x", 0), ("x", 1), "both", values=(1, 0))
        ('both', 0)
    """
    (a, b), target = wires.bb.add(And(*values), ctrl=[wires.get(left), wires.get(right)])
    wires.set(left, a)
    wires.set(right, b)
    return wires.put(name, target)


def uncompute_and(
    wires: Wires, left: Key, right: Key, name: str, values: tuple[int, int] = (1, 1)
) -> None:
    """Undo `compute_and`, by And-adjoint, which is a measurement and takes no T gates.

    Args:
        wires: the qubits of the decomposition.
        left: as given to `compute_and`.
        right: as given to `compute_and`.
        name: as given to `compute_and`.
        values: as given to `compute_and`.

    Example:
        >>> from qualtran import BloqBuilder
        >>> bb = BloqBuilder()
        >>> wires = Wires(bb, {"x": bb.add_register("x", 2)})
        >>> top = compute_and(wires, ("x", 0), ("x", 1), "both")
        >>> uncompute_and(wires, ("x", 0), ("x", 1), "both")
        >>> wires.reg("both")
        []
    """
    a, b = wires.bb.add(
        And(*values).adjoint(),
        ctrl=[wires.get(left), wires.get(right)],
        target=wires.pop((name, 0)),
    )
    wires.set(left, a)
    wires.set(right, b)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class CoordinateShift(ControllableBloq):
    r"""Adds a signed offset to a coordinate: `|t>|x>|f>` to `|t>` and `(f, x) + t mod 2**(m+1)`.

    $$ |t\rangle |x\rangle |f\rangle \mapsto |t\rangle |x'\rangle |f'\rangle, \qquad
       2^m f' + x' = 2^m f + x + t \bmod 2^{m+1}. $$

    `t` is in two's complement and `f` the top bit of an `(m+1)`-bit number, so that from `f = 0` the flag
    stays 0 exactly when `0 <= x + t < 2**m`: the one-sided shift of an axis, for all taps at once. Exact
    for `-2**m <= t < 2**m`, so that no sum wraps around into the range again. A ripple-carry adder of `m` And
    (`b` more with control, which blanks the offset); the sign bit is re-used in every upper position.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        offset: `QAny(b)`, two's complement, most significant (sign) bit first; unchanged.
        coordinate: `QAny(m)`, unsigned, big-endian.
        overflow: the flag.

    Parameters:
        axis_bitsize: `m >= 1`; may be symbolic.
        offset_bitsize: `1 <= b <= m + 1`; may be symbolic.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: a width out of its range.

    Example:
        >>> from qualtran.resource_counting import QECGatesCost, get_cost_value
        >>> get_cost_value(CoordinateShift(3, 2), QECGatesCost()).and_bloq
        3
        >>> out = CoordinateShift(3, 2).call_classically(offset=0b11, coordinate=0, overflow=0)
        >>> [int(value) for value in out]  # 0 + (-1)
        [3, 7, 1]
    """

    axis_bitsize: SymbolicInt
    offset_bitsize: SymbolicInt
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        m, b = self.axis_bitsize, self.offset_bitsize
        if not is_symbolic(m) and m < 1:
            raise ValueError(
                f"axis_bitsize must be at least 1, got {m}; leave out the shift instead"
            )
        if not is_symbolic(b) and b < 1:
            raise ValueError(f"offset_bitsize must be at least 1, got {b}")
        if not is_symbolic(m, b) and b > m + 1:
            raise ValueError(
                f"offset_bitsize must be at most axis_bitsize + 1 = {m + 1}, got {b}; "
                "farther offsets leave the axis altogether"
            )

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], offset, coordinate, overflow`."""
        registers = [
            Register("offset", QAny(self.offset_bitsize)),
            Register("coordinate", QAny(self.axis_bitsize)),
            Register("overflow", QBit()),
        ]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @property
    def workspace(self) -> SymbolicInt:
        """The carries, and the blanked offset."""
        return self.axis_bitsize + (self.offset_bitsize if self.is_controlled else 0)

    def permutation(self) -> npt.NDArray[np.int64]:
        """The image of each basis state, from the definition.

        Returns:
            int64 `(2**n,)`, n the qubits of all registers in their order, the first the most significant.

        Raises:
            ValueError: symbols for the sizes, or more than `MAX_PERMUTED` qubits.

        Example:
            >>> CoordinateShift(1, 1).permutation().tolist()  # offsets 0 and -1
            [0, 1, 2, 3, 7, 6, 4, 5]
        """
        n = self.signature.n_qubits()
        if is_symbolic(n) or n > MAX_PERMUTED:
            raise ValueError(f"a permutation of {n} qubits: at most {MAX_PERMUTED}, and no symbols")
        m, b = int(self.axis_bitsize), int(self.offset_bitsize)
        index = np.arange(2 ** int(n), dtype=np.int64)
        flag, x, t = index & 1, index >> 1 & (2**m - 1), index >> (m + 1) & (2**b - 1)
        signed = t - 2**b * (t >> (b - 1))
        if self.is_controlled:
            signed = signed * (index >> (m + 1 + b))
        total = (2**m * flag + x + signed) % 2 ** (m + 1)
        kept = index >> (m + 1) << (m + 1)
        return np.asarray(kept + 2 * (total & (2**m - 1)) + (total >> m))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Ripple-carry addition; the control is And-ed into the offset."""
        if is_symbolic(self.axis_bitsize, self.offset_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        control, offset = wires.reg("ctrl"), wires.reg("offset")
        addend = offset
        if control:
            addend = [
                compute_and(wires, control[0], key, f"blank{j}") for j, key in enumerate(offset)
            ]
        self._add(wires, addend[::-1], wires.reg("coordinate")[::-1], wires.reg("overflow")[0])
        if control:
            for j, key in enumerate(offset):
                uncompute_and(wires, control[0], key, f"blank{j}")
        return wires.join_signature(self.signature)

    @staticmethod
    def _add(wires: Wires, addend: list[Key], x: list[Key], flag: Key) -> None:
        """`(flag, x) += addend`, lists with the least significant bit first.

        Because the sign bit stands in several positions, an addend bit is restored after each And.
        """

        def cnot(control: Key, target: Key) -> None:
            wires.call(CNOT(), ctrl=[control], target=[target])

        m = len(x)
        addend = addend + [addend[-1]] * (m + 1 - len(addend))
        carry = compute_and(wires, addend[0], x[0], "carry1")
        for i in range(1, m):
            cnot(carry, addend[i])
            cnot(carry, x[i])
            following = compute_and(wires, addend[i], x[i], f"carry{i + 1}")
            cnot(carry, following)
            cnot(carry, addend[i])
            carry = following
        cnot(carry, flag)
        cnot(addend[m], flag)
        for i in range(m - 1, 0, -1):
            below = (f"carry{i}", 0)
            cnot(below, addend[i])
            cnot(below, (f"carry{i + 1}", 0))
            uncompute_and(wires, addend[i], x[i], f"carry{i + 1}")
            cnot(below, addend[i])
            cnot(addend[i], x[i])
        uncompute_and(wires, addend[0], x[0], "carry1")
        cnot(addend[0], x[0])

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        ands = self.axis_bitsize + (self.offset_bitsize if self.is_controlled else 0)
        return {And(): ands, And().adjoint(): ands, CNOT(): 8 * self.axis_bitsize - 5}


@attrs.frozen(field_transformer=checked, cache_hash=True)
class PaddingFlag(ControllableBloq):
    r"""`|r>|q>|t>` to `|r>|q>|t xor [r >= M or q >= M]>`: is the pixel `(r, q)` in the padding?

    Exact. A coordinate is at least `M` when adding `2**m - M` to it carries: per axis `m - 1 - z` And, `z`
    the number of trailing zeros of `M`; one And for the union, one more with control.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        row, column: `QAny(m)` each, big-endian; unchanged.
        target: the flag.

    Parameters:
        image_size: `M >= 3`, not a power of two; `m = ceil(log2 M)`.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: `image_size` below 3 or a power of two (there is no padding to flag).

    Example:
        >>> [PaddingFlag(3).call_classically(row=r, column=0, target=0)[2] for r in range(4)]
        [0, 0, 0, 1]
    """

    image_size: int
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        size = self.image_size
        if size < 3 or size & (size - 1) == 0:
            raise ValueError(
                f"image_size must be at least 3 and not a power of two, got {size}: it has no padding"
            )

    @property
    def axis_bitsize(self) -> int:
        """`m = ceil(log2 M)`."""
        return (self.image_size - 1).bit_length()

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], row, column, target`."""
        registers = [
            Register("row", QAny(self.axis_bitsize)),
            Register("column", QAny(self.axis_bitsize)),
            Register("target", QBit()),
        ]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @property
    def _trailing_zeros(self) -> int:
        return (self.image_size & -self.image_size).bit_length() - 1

    @property
    def _num_ands(self) -> int:
        return 2 * (self.axis_bitsize - 1 - self._trailing_zeros) + 1 + int(self.is_controlled)

    @property
    def workspace(self) -> int:
        """One qubit for each And gate."""
        return self._num_ands

    def _carries(self) -> list[bool]:
        """From the least significant And upwards: does the constant add a one there (carry = or)?"""
        constant = 2**self.axis_bitsize - self.image_size
        return [bool(constant >> i & 1) for i in range(self._trailing_zeros + 1, self.axis_bitsize)]

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Two carry ladders, their union onto the target, ladders undone."""
        wires = Wires(bb, soqs)
        control, target = wires.reg("ctrl"), wires.reg("target")
        # Every rung is an And, described so that it can be undone: (left, right, name, is it an or).
        rungs: list[tuple[Key, Key, str, bool]] = []

        def rung(left: Key, right: Key, name: str, union: bool) -> Key:
            key = compute_and(wires, left, right, name, (0, 0) if union else (1, 1))
            if union:
                wires.call(XGate(), q=[key])
            rungs.append((left, right, name, union))
            return key

        tops = []
        for axis in ("row", "column"):
            bits = wires.reg(axis)[::-1]
            top = bits[self._trailing_zeros]
            for bit, union in zip(bits[self._trailing_zeros + 1 :], self._carries(), strict=True):
                top = rung(top, bit, f"{axis}_carry{bit[1]}", union)
            tops.append(top)
        flag = rung(tops[0], tops[1], "union", True)
        if control:
            flag = rung(control[0], flag, "controlled", False)
        wires.call(CNOT(), ctrl=[flag], target=target)
        for left, right, name, union in reversed(rungs):
            if union:
                wires.call(XGate(), q=[(name, 0)])
            uncompute_and(wires, left, right, name, (0, 0) if union else (1, 1))
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        unions = 2 * sum(self._carries()) + 1
        counts: dict[Bloq, int] = {And(0, 0): unions, And(0, 0).adjoint(): unions}
        counts |= {XGate(): 2 * unions, CNOT(): 1}
        rest = self._num_ands - unions
        if rest:
            counts |= {And(): rest, And().adjoint(): rest}
        return dict(counts)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _coordinate_shift() -> CoordinateShift:
    coordinate_shift = CoordinateShift(axis_bitsize=3, offset_bitsize=2)
    return coordinate_shift


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _coordinate_shift_controlled() -> CoordinateShift:
    coordinate_shift_controlled = CoordinateShift(2, 3, is_controlled=True)
    return coordinate_shift_controlled


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _padding_flag() -> PaddingFlag:
    padding_flag = PaddingFlag(image_size=6)
    return padding_flag


COORDINATE_SHIFT_DOC = BloqDocSpec(
    bloq_cls=CoordinateShift, examples=(_coordinate_shift, _coordinate_shift_controlled)
)
PADDING_FLAG_DOC = BloqDocSpec(bloq_cls=PaddingFlag, examples=(_padding_flag,))
