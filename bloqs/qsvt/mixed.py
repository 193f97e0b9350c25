"""QSVT by a real polynomial without parity: both parts in one sequence of calls."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet
from qualtran.bloqs.basic_gates import Hadamard
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.checks import checked
from bloqs.core.control import DATA, WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, ShapeOnlyError
from bloqs.core.lcu import lcu_counts, lcu_select
from bloqs.core.wires import Wires
from bloqs.qsvt.phases import TOLERANCE, phase_sum, solve_phases
from bloqs.qsvt.projector_phase import ProjectorPhase, turn_when_off, turn_when_off_counts
from bloqs.qsvt.qsvt import QSVT, to_floats


@attrs.frozen(field_transformer=checked, cache_hash=True)
class MixedQSVT(RealBlockEncoding):
    r"""`w P_e(A/alpha_A) + (1 - w) P_o(A/alpha_A)` for a symmetric A, P_e even and P_o odd, both at most 1.

    $$ w\, P_e(A / \alpha_A) + (1 - w)\, P_o(A / \alpha_A). $$

    An LCU of two QSVTs that share their calls: d of an odd degree d, not `(d - 1) + d`. In time order: Ry of
    an LCU qubit, H on the sign qubit, then for `t = 0..d` the phases of step t, followed (except after the
    last) by U for even t and its adjoint for odd t; H; Ry undone. Where the LCU qubit is 0 the phases are
    those of P_e, of degree `d - 1`, where it is 1 those of P_o: every phase is one without condition and one
    that is gated by the LCU qubit, by the difference. The last U is controlled by the LCU qubit. A constant
    P_e, which must be 1, needs no phases: the calls then cancel in pairs where the LCU qubit is 0.

    For either value of the LCU qubit this is a QSVT with symmetric phases, so that what enters with a dirty
    ancilla never comes back clean, and a caller may lend ancillas that are in use (see `QSVT`).

    Control: the gates of the phases, the last U and no more; as with `QSVT`, what the phases do when they are
    off is undone by a pair of rotations.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)` of the encoding.
        ancilla: `QAny(2 + a)`: LCU qubit, sign qubit, then the encoding's ancillas.
    Parameters:
        encoding: of a symmetric matrix, without a resource register.
        even: Chebyshev coefficients of P_e, of degree 0 (the constant 1) or `d - 1`; None by shape.
        odd: Chebyshev coefficients of P_o; None by shape.
        weight: `w`, in [0, 1]; None by shape.
        degree: `d`, odd; by shape it may be a symbol. Default: from `odd`.
        is_constant: whether P_e is constant; asked by shape only. Default: from `even`.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 2 + a, epsilon); epsilon as for `QSVT` of degree d.

    Raises:
        ValueError: coefficients of the wrong parity or degree; a weight out of [0, 1].

    References:
        [Quantum singular value transformation and beyond](https://arxiv.org/abs/1806.01838).
        Gilyén et al. (2019), Theorem 56 (real polynomials of a Hermitian matrix, by an LCU over parity).
        Deviation: the two sequences share their calls, and P is split by weights instead of halves.

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
        >>> half = MixedQSVT(diagonal, (1.0,), (0.0, 0.9), 0.5)  # 1/2 + 0.45 x
        >>> half.apply_block(np.eye(2)).round(6).diagonal().tolist()
        [0.77, 0.14]
    """

    encoding: Bloq
    even: tuple[float, ...] | None = attrs.field(default=None, converter=to_floats, metadata=DATA)
    odd: tuple[float, ...] | None = attrs.field(default=None, converter=to_floats, metadata=DATA)
    weight: float | None = attrs.field(default=None, metadata=DATA)
    degree: SymbolicInt = attrs.field(kw_only=True)
    is_constant: bool = attrs.field(kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    @degree.default
    def _default_degree(self) -> int:
        if self.odd is None:
            raise ValueError("MixedQSVT needs coefficients, or a `degree` to be costed by shape")
        return len(self.odd) - 1

    @is_constant.default
    def _default_is_constant(self) -> bool:
        return self.even is not None and len(self.even) == 1

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.encoding, RealBlockEncoding):
            raise ValueError(
                f"the encoding of a MixedQSVT must be a RealBlockEncoding, got {type(self.encoding).__name__}"
            )
        if not is_symbolic(self.degree) and (self.degree < 1 or self.degree % 2 == 0):
            raise ValueError(f"the degree of a MixedQSVT must be odd, got {self.degree}")
        if (self.even is None) != (self.odd is None) or (self.even is None) != (
            self.weight is None
        ):
            raise ValueError("give all of even, odd and weight, or (by shape) none of them")
        if self.even is None or self.odd is None or self.weight is None:
            return
        if not 0 <= self.weight <= 1:
            raise ValueError(f"weight must lie in [0, 1], got {self.weight}")
        if len(self.odd) != self.degree + 1 or len(self.even) not in (1, len(self.odd) - 1):
            raise ValueError(
                f"P_o must have degree {self.degree} and P_e degree 0 or {self.degree - 1}, got "
                f"{len(self.odd) - 1} and {len(self.even) - 1}"
            )
        if any(self.odd[::2]) or any(self.even[1::2]):
            raise ValueError("`even` has odd terms, or `odd` even ones; set them to 0")
        if self.is_constant and self.even != (1.0,):
            raise ValueError(
                f"a constant P_e must be 1 (the weight takes its size), got {self.even}"
            )

    # --- what is encoded -------------------------------------------------------------------------

    @property
    def _matrix(self) -> RealBlockEncoding:
        assert isinstance(self.encoding, RealBlockEncoding)
        return self.encoding

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the encoding."""
        return self._matrix.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """LCU qubit, sign qubit and the encoding's ancillas."""
        return 2 + self._matrix.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """1."""
        return 1.0

    @property
    def epsilon(self) -> SymbolicFloat:
        """Phase residual, and Lemma 22 of Gilyén et al. for an inexact encoding."""
        relative = self._matrix.epsilon / self._matrix.alpha
        return TOLERANCE + 4 * self.degree * relative**0.5

    def _parts(self) -> tuple[tuple[float, FloatArray], tuple[float, FloatArray]]:
        """Weight and coefficients of each parity."""
        if self.even is None or self.odd is None or self.weight is None:
            raise ShapeOnlyError(f"{self} is given by shape: it has no polynomial")
        return (self.weight, np.array(self.even)), (1 - self.weight, np.array(self.odd))

    def target(self) -> FloatArray:
        """The polynomial of the exact matrix."""
        matrix: FloatArray = self._matrix.target() / self._matrix.alpha
        left, singular, right = np.linalg.svd(matrix)
        result: FloatArray = np.zeros_like(matrix)
        for (weight, chebyshev), outer in zip(self._parts(), (right.T, left), strict=True):
            values = np.polynomial.chebyshev.chebval(singular, chebyshev)
            result += weight * (outer * values) @ right
        return result

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The polynomial of the encoded block, times vectors."""
        result: FloatArray = np.zeros_like(vectors)
        for parity, (weight, chebyshev) in enumerate(self._parts()):

            def polynomial(x: FloatArray, chebyshev: FloatArray = chebyshev) -> FloatArray:
                return np.asarray(np.polynomial.chebyshev.chebval(x, chebyshev))

            result = result + weight * self._matrix.apply_polynomial(polynomial, parity, vectors)
        return result

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def component(self) -> str:
        """Row of the cost report."""
        return "QSVT phases"

    @cached_property
    def phase_angles(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Phases without condition (none for a constant P_e), and the gated differences; None by shape."""
        if self.even is None or self.odd is None:
            return None
        even: list[float] = []
        if not self.is_constant:
            even = [float(phi) for phi in solve_phases(self.even)[::-1]]
        odd = [float(phi) for phi in solve_phases(self.odd)[::-1]]
        plain = even + [0.0] * (len(odd) - len(even))
        return tuple(even), tuple(b - a for a, b in zip(plain, odd, strict=True))

    @property
    def _lcu_angle(self) -> float | None:
        return None if self.weight is None else float(2 * np.arccos(np.sqrt(self.weight)))

    def _phase(self, which: int, t: SymbolicInt) -> ProjectorPhase:
        """The phase of step t without condition (0), or gated by the LCU qubit (1)."""
        angle = None if self.phase_angles is None else self.phase_angles[which][int(t)]
        is_gated = bool(which) or self.is_controlled
        # The last one needs no ladder (see `QSVT`); where the LCU qubit is 0, it is off.
        size = 0 if t == self.degree else self._matrix.ancilla_bitsize
        return ProjectorPhase(size, angle, is_gated=is_gated)

    def _off(self, which: int) -> float | None:
        return None if self.phase_angles is None else phase_sum(self.phase_angles[which])

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of a ladder's and the encoding's; the AND of control and LCU qubit lives around them."""
        ladder = ProjectorPhase(self._matrix.ancilla_bitsize, None, is_gated=True).workspace
        calls = (workspace_of(self.encoding), workspace_of(self.encoding.controlled()))
        return max_workspace(ladder, *calls) + (1 if self.is_controlled else 0)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Ry; phases and calls in turn; Ry undone."""
        if is_symbolic(self.degree, self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        lcu, sign, inner = ancilla[:1], ancilla[1:2], ancilla[2:]
        degree = int(self.degree)
        inverse, controlled = self.encoding.adjoint(), self.encoding.controlled()
        with lcu_select(wires, ctrl, lcu, self._lcu_angle) as select:
            wires.call(Hadamard(), q=sign)
            for t in range(degree + 1):
                if not self.is_constant and t < degree:
                    wires.call(self._phase(0, t), gate=ctrl, sign=sign, flagged=inner)
                zeros = inner if t < degree else []
                wires.call(self._phase(1, t), gate=select, sign=sign, flagged=zeros)
                if t < degree - 1:
                    call = inverse if t % 2 else self.encoding
                    wires.call(call, system=system, ancilla=inner)
                elif t == degree - 1:
                    wires.call(controlled, ctrl=select, system=system, ancilla=inner)
            if ctrl and not self.is_constant:
                turn_when_off(wires, self._off(0), ctrl, sign)
            turn_when_off(wires, self._off(1), select, sign)
            wires.call(Hadamard(), q=sign)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; the phases one by one when they are known."""
        pairs = (self.degree - 1) / 2 if is_symbolic(self.degree) else (self.degree - 1) // 2
        counts: Counter[Bloq] = Counter()
        calls = {self.encoding: pairs, self.encoding.adjoint(): pairs}
        counts.update({bloq: count for bloq, count in calls.items() if count != 0})
        counts[self.encoding.controlled()] += 1
        kinds = (1,) if self.is_constant else (0, 1)
        for which in kinds:
            if self.phase_angles is None:
                counts[self._phase(which, 0)] += self.degree
                if which:
                    counts[self._phase(which, self.degree)] += 1
            else:
                counts.update(self._phase(which, t) for t in range(int(self.degree) + which))
            if which or self.is_controlled:
                counts.update(turn_when_off_counts(self._off(which)))
        counts[Hadamard()] += 2
        counts.update(lcu_counts(self._lcu_angle, self.is_controlled))
        return counts


def mixed_or_single(
    encoding: RealBlockEncoding, degree: SymbolicInt, is_odd: bool, is_constant: bool
) -> "QSVT | MixedQSVT":
    """The QSVT of a polynomial known by its shape.

    Args:
        encoding: of a symmetric matrix.
        degree: of the polynomial; may be symbolic.
        is_odd: whether the polynomial has an odd part.
        is_constant: whether its even part is constant.

    Returns:
        A `MixedQSVT` where there is an odd part and the degree is not 0; else an even `QSVT`.

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> diagonal = AmplitudeBlockEncoding(LoadedVector(None, bitsize=2))
        >>> [type(mixed_or_single(diagonal, d, True, True)).__name__ for d in (0, 1, 3)]
        ['QSVT', 'MixedQSVT', 'MixedQSVT']
    """
    if is_odd and (is_symbolic(degree) or degree > 0):
        return MixedQSVT(encoding, degree=degree, is_constant=is_constant)
    return QSVT(encoding, degree=degree, parity=0)
