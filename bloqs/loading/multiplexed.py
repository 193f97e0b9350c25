"""Multiplexed rotations about Y: the one primitive through which all data enter a circuit."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
import numpy.typing as npt
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, Ry
from qualtran.drawing import Circle, Text, TextBox, WireSymbol
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.checks import checked
from bloqs.core.control import CTRL, DATA, ControllableBloq, WorkspaceOf
from bloqs.core.encoding import ShapeOnlyError
from bloqs.core.rotation import GenericRotation, ry
from bloqs.core.wires import Wires
from bloqs.loading.angles import (
    FloatArray,
    check_angle_bits,
    rotation_error,
    rounding,
    walsh_coefficients,
    worst_rotation_error,
    wrap_angles,
)
from bloqs.loading.fields import abridged, bit_count, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS, generic_if_rotation
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.loading.plan import TreeShape

IntArray = npt.NDArray[np.int64]


def gray_schedule(angles: FloatArray | None, size: int) -> tuple[IntArray, FloatArray | None]:
    """The rotations that make up a multiplexed one, in the order of the Gray code.

    A mask and its angle stand for `Ry((-1)**(j . mask) angle)` with `j` the select register: CNOTs flip the
    sign. By data, an angle 0 is left out; by shape, none is. Arrays, for a table of a million angles is a
    small one: as Python objects they would take fifteen times the memory.

    Args:
        angles: float64 `(size,)`, in radians; None by shape.
        size: `2**s`, angles of the multiplexed rotation.

    Returns:
        The masks, int64; and the angles in `(-2 pi, 2 pi]`, float64 of the same shape, None by shape.

    References:
        Moettoenen et al. (2004), as in `MultiplexedRy`.

    Example:
        >>> masks, rotations = gray_schedule(np.array([1.0, 2.0, 3.0, 6.0]), 4)
        >>> masks.tolist(), rotations.tolist()
        ([0, 1, 3, 2], [3.0, -1.0, 0.5, -1.5])
    """
    steps = np.arange(size, dtype=np.int64)
    masks = steps ^ (steps >> 1)
    if angles is None:
        return masks, None
    coefficients = wrap_angles(walsh_coefficients(angles))[masks]
    kept = coefficients != 0
    return masks[kept], coefficients[kept]


def count_rotations(angles: FloatArray) -> Counter[Bloq]:
    """Counts of `Ry` by data; all that are no Clifford and no T are taken together.

    Args:
        angles: float64, in radians.

    Returns:
        Clifford and T rotations each by itself, the others as `GenericRotation("Ry")`.

    Example:
        >>> count_rotations(np.array([0.3, -1.7]))
        Counter({GenericRotation(axis='Ry'): 2})
    """
    special = is_special(angles)
    counts: Counter[Bloq] = Counter(generic_if_rotation(Ry(float(a))) for a in angles[special])
    counts[GenericRotation("Ry")] += int(np.count_nonzero(~special))
    return +counts


def is_special(angles: FloatArray) -> npt.NDArray[np.bool_]:
    """Which rotations may be Clifford or T gates, and have to be looked at one by one.

    Args:
        angles: float64, in radians.

    Returns:
        Whether each is next to a multiple of `pi/4`.

    Example:
        >>> is_special(np.array([0.3, np.pi / 4])).tolist()
        [False, True]
    """
    offset = np.remainder(angles + np.pi / 8, np.pi / 4) - np.pi / 8
    return np.asarray(np.abs(offset) < 1e-6)


def parity_changes(masks: IntArray) -> IntArray:
    """Which select bits have a CNOT onto the target before each rotation of a schedule, and after the last.

    Args:
        masks: of `gray_schedule`.

    Returns:
        int64, one more than rotations: bit 0 stands for the last select qubit.

    Example:
        >>> parity_changes(gray_schedule(None, 4)[0]).tolist()
        [0, 1, 2, 1, 2]
    """
    return np.concatenate([[0], masks]) ^ np.concatenate([masks, [0]])


@attrs.frozen(field_transformer=checked, cache_hash=True)
class MultiplexedRy(ControllableBloq):
    r"""Rotation about Y by an angle chosen by a register: `sum_j |j><j| (x) Ry(theta_j)`.

    $$ \sum_j |j\rangle\langle j| \otimes R_y(\theta_j). $$

    `Ry(t) = exp(-i t Y/2)` with `t` in radians and of period `4 pi`: `Ry(2 pi) = -1` is kept.

    * "rotations": along a Gray code, `2**s` rotations by the Walsh coefficients of the angles and `2**s` CNOT
      (none for `s = 0`); with control the control is one more select bit. Exact up to 1e-12 an angle.
    * "rounded-rotations": the same with angles of `b` bits.
    * "qrom": angles of `b` bits from a table, added into a borrowed phase gradient (`TabulatedRotations`):
      `2 (2**s - 2) + b - 2` And (one more a table with control), few qubits.
    * "select-swap": the same with a table of blocks and a swap network, with the fewest T and more qubits.
    * "qram": two queries of a hardware memory of `2**s` entries (`QRAMQuery`), around the same addition.
    * any other registered loader: the tree of one rotation that it makes (`Loader.tree`).

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        select: `QAny(s)`, unchanged; absent when `s = 0`.
        target: the qubit that is rotated.

    Parameters:
        angles: `2**s` angles in radians, any real numbers, index `j` big-endian in `select`; None to cost by
            shape, when each angle is a rotation by an unknown angle (an upper bound).
        select_bitsize: `s >= 0`; may be symbolic by shape, then taken to be at least 1.
        loading: a registered loader or its name.
        angle_bits: `b`, bits of a tabulated angle, 3 to 50, by default 16; "rotations" ignores it.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: a number of angles that is not `2**s`, angles not finite, unknown loader, or angle bits
            out of range.

    References:
        [Transformation of quantum states using uniformly controlled rotations](
        https://arxiv.org/abs/quant-ph/0407010), Moettoenen et al. (2004).

    Example:
        >>> multiplexed = MultiplexedRy([0.0, np.pi], select_bitsize=1)
        >>> multiplexed.tensor_contract().real.round(12) + 0.0  # the blocks Ry(0) and Ry(pi)
        array([[ 1.,  0.,  0.,  0.],
               [ 0.,  1.,  0.,  0.],
               [ 0.,  0.,  0., -1.],
               [ 0.,  0.,  1.,  0.]])
    """

    angles: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    select_bitsize: SymbolicInt = 0
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        if self.angle_bits is not None:
            check_angle_bits(self.angle_bits)
        s = self.select_bitsize
        if not is_symbolic(s) and s < 0:
            raise ValueError(f"select_bitsize must not be negative, got {s}")
        if self.angles is None:
            return
        if is_symbolic(s):
            raise ValueError(f"angles are given, so select_bitsize must be a number, got {s}")
        if len(self.angles) != 2**s:
            raise ValueError(
                f"{s} select qubits need {2**s} angles, got {len(self.angles)}; pad with zeros"
            )
        if not np.all(np.isfinite(self.angles)):
            raise ValueError("angles must be finite, found NaN or infinity")

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [select], target`."""
        registers = [CTRL] if self.is_controlled else []
        if self.select_bitsize != 0:
            registers.append(Register("select", QAny(self.select_bitsize)))
        return Signature([*registers, Register("target", QBit())])

    @property
    def error(self) -> SymbolicFloat:
        """Bound of `||encoded - exact||_2`; 0 for "rotations" (floating point aside).

        From tables, `2 sin(delta/4)` of the largest rounding `delta` of an angle: by data the one that
        occurs, by shape `2 pi/2**b`, hence at most `pi/2**b`.
        """
        if self._loader.is_exact:
            return 0.0
        b = self._loader.bits(self.angle_bits)
        if self.angles is None:
            return worst_rotation_error(b)
        return rotation_error(rounding(np.array(self.angles), b))

    @property
    def _loader(self) -> Loader:
        return LOADERS.find(self.loading)

    @property
    def assumptions(self) -> dict[str, str]:
        """For the assumptions block of a cost."""
        return self._loader.assumptions

    @cached_property
    def tabulated(self) -> ControllableBloq | None:
        """The loader's circuit, from tables for most; None along a Gray code, for "rotations"."""
        bits = self._loader.bits(self.angle_bits)
        shape = TreeShape(self.select_bitsize, 1, False, bits, self.is_controlled)
        return self._loader.tree(shape, None if self.angles is None else np.array(self.angles))

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of the tables; none for "rotations"."""
        return 0 if self.tabulated is None else workspace_of(self.tabulated)

    def effective_angles(self) -> FloatArray:
        """The angles that are applied, rounding included.

        Returns:
            float64 `(2**s,)`, in radians; from tables in `[0, 4 pi)`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        if self.angles is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no angles")
        return self._loader.applied(np.array(self.angles), self.angle_bits)

    def _schedule(self) -> tuple[IntArray, FloatArray | None]:
        """Of the multiplexed rotation over `[ctrl], select`, concrete sizes."""
        size = 2 ** (self.select_bitsize + self.is_controlled)
        if self.angles is None:
            return gray_schedule(None, size)
        angles = self.effective_angles()
        # The control is the leading select bit: off, every angle is 0.
        table = np.concatenate([np.zeros_like(angles), angles]) if self.is_controlled else angles
        return gray_schedule(table, size)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Rotations and CNOT along the Gray code, or the tables."""
        if is_symbolic(self.select_bitsize) or is_symbolic(self._loader.bits(self.angle_bits)):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        if self.tabulated is not None:
            wires.call(
                self.tabulated,
                ctrl=wires.reg("ctrl"),
                index=wires.reg("select"),
                system=wires.reg("target"),
            )
            return wires.join_signature(self.signature)
        select, target = wires.reg("ctrl") + wires.reg("select"), wires.reg("target")
        masks, angles = self._schedule()
        rotations = [None] * len(masks) if angles is None else angles.tolist()
        for change, angle in zip(parity_changes(masks).tolist(), [*rotations, 0.0], strict=True):
            for position, key in enumerate(reversed(select)):
                if change >> position & 1:
                    wires.call(CNOT(), ctrl=[key], target=target)
            if angle != 0.0:
                wires.call(ry(angle), q=target)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; data rotations that are neither Clifford nor T are counted as one kind."""
        if self.tabulated is not None:
            return {self.tabulated: 1}
        if self.angles is None:
            size = 2 ** (self.select_bitsize + int(self.is_controlled))
            # A lone rotation has no CNOT; a symbolic select register is taken to hold a qubit at least.
            return {GenericRotation("Ry"): size} | ({} if size == 1 else {CNOT(): size})
        masks, angles = self._schedule()
        assert angles is not None
        counts, cnots = count_rotations(angles), bit_count(parity_changes(masks))
        return dict(counts) | ({CNOT(): cnots} if cnots else {})

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """Controls and a box."""
        if reg is None:
            return Text("")
        if reg.name == "ctrl":
            return Circle()
        return TextBox("In" if reg.name == "select" else "Ry")


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _multiplexed_ry() -> MultiplexedRy:
    multiplexed_ry = MultiplexedRy([0.1, -0.7, 1.9, 3.0], 2)
    return multiplexed_ry


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _multiplexed_ry_qrom() -> MultiplexedRy:
    multiplexed_ry_qrom = MultiplexedRy([0.1, -0.7, 1.9, 3.0], 2, "qrom", 5)
    return multiplexed_ry_qrom


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _multiplexed_ry_shape() -> MultiplexedRy:
    multiplexed_ry_shape = MultiplexedRy(None, 5, "select-swap", 4, is_controlled=True)
    return multiplexed_ry_shape


@bloq_example
def _multiplexed_ry_symbolic() -> MultiplexedRy:
    import sympy

    multiplexed_ry_symbolic = MultiplexedRy(None, sympy.Symbol("s"))
    return multiplexed_ry_symbolic
