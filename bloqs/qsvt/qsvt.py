"""Quantum singular value transformation of a block encoding or a vector encoding."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import Hadamard
from qualtran.bloqs.block_encoding import BlockEncoding
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import finite_array
from bloqs.core.block_encoding import RealBlockEncoding, require_zero_signal_state
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import DATA, WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, ShapeOnlyError, VectorEncoding
from bloqs.core.wires import Wires
from bloqs.qsvt.phases import TOLERANCE, phase_sum, solve_phases
from bloqs.qsvt.projector_phase import ProjectorPhase, turn_when_off, turn_when_off_counts


def to_floats(values: object) -> tuple[float, ...] | None:
    """Converter of coefficient fields (a deserialised tuple comes back as an array).

    Args:
        values: numbers; None by shape.

    Returns:
        The numbers; None for None.

    Raises:
        ValueError: something else, or a number that is not finite.

    Example:
        >>> to_floats([0, 1])
        (0.0, 1.0)
    """
    if values is None:
        return None
    return tuple(finite_array(values, "chebyshev", has_bools=False).ravel().tolist())  # type: ignore[arg-type]


@attrs.frozen(field_transformer=checked, cache_hash=True)
class QSVT(RealBlockEncoding):
    r"""`P(A/alpha_A)` for a real polynomial P of definite parity, `|P| <= 1` on [-1, 1].

    $$
    \sum_k P(\sigma_k / \alpha_A)\, |u_k\rangle\langle v_k| \ (\text{odd } P), \qquad A = \sum_k
    \sigma_k |u_k\rangle\langle v_k|.
    $$

    With `A/alpha_A = W S V^T` the encoded matrix is `W P(S) V^T` (odd P) or `V P(S) V^T` (even P). For a
    vector encoding, which is the rank-one map `|0> -> v/alpha`, the right projector also flags the system,
    and only the input |0> has a meaning: the result is `P(1/alpha) v` (odd P).

    In time order: H on the sign qubit, then for `t = 0..degree` the phase `exp(i phi_t (2 Pi_t - I) (x) Z)`
    followed (except after the last) by U for even t, by its adjoint for odd t; then H. `Pi_t` is the right
    projector for even t, the left one for odd t. Averaging both signs gives exactly P, and with the symmetric
    phases of `bloqs.qsvt.phases` also `Pi_out T (1 - Pi_in) = 0`: what enters with a dirty ancilla never
    comes back clean, so a caller may lend ancillas that are already in use.

    The last phase is `exp(i phi Z)` without a ladder: only what ends with clean ancillas counts, and
    `Pi exp(i phi (2 Pi - I) (x) Z) = Pi exp(i phi Z)`. So is the first one of a vector encoding, whose input
    is |0>: what comes in otherwise may then come back clean, so that whoever calls it flags its ancillas
    (the projectors of an outer QSVT, the flag of the output layer).

    Control touches the phases (one more And for each ladder), one pair of rotations that undoes what the
    phases do when off, and for odd degree one of the U's: with the phases off, the rest cancels in pairs.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)` of the encoding.
        ancilla: `QAny(1 + a)`: sign qubit, then the encoding's ancillas.
    Parameters:
        encoding: a `BlockEncoding` with signal state zero and no resource register, or a `VectorEncoding`.
        chebyshev: the degree + 1 coefficients of P in the Chebyshev basis, or None by shape.
        degree: of P; may be a symbol by shape. Default: from `chebyshev`.
        parity: 0 or 1; needed when the degree is a symbol.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 1 + a, epsilon); epsilon = `TOLERANCE` for an exact encoding, else
        `4 degree sqrt(epsilon_A/alpha_A)` more.

    Raises:
        ValueError: neither polynomial nor degree; wrong parity; an encoding with a resource register, or with
            a signal state other than zero.

    References:
        [Quantum singular value transformation and beyond](https://arxiv.org/abs/1806.01838).
        Gilyén et al. (2019), Theorem 17, Corollary 18 (real polynomials) and Lemma 22 (robustness).

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
        >>> QSVT(diagonal, [0.5, 0.0, 0.5]).apply_block(np.eye(2)).round(6).diagonal().tolist()  # x^2
        [0.36, 0.64]
    """

    encoding: Bloq
    chebyshev: tuple[float, ...] | None = attrs.field(
        default=None, converter=to_floats, metadata=DATA
    )
    degree: SymbolicInt = attrs.field(kw_only=True)
    parity: int = attrs.field(kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    @degree.default
    def _default_degree(self) -> int:
        if self.chebyshev is None:
            raise ValueError(
                "QSVT needs `chebyshev` coefficients, or a `degree` to be costed by shape"
            )
        return len(self.chebyshev) - 1

    @parity.default
    def _default_parity(self) -> int:
        if is_symbolic(self.degree):
            raise ValueError(
                f"QSVT of symbolic degree {self.degree} needs `parity` 0 (even) or 1 (odd)"
            )
        return int(self.degree) % 2

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.encoding, (BlockEncoding, VectorEncoding)):
            raise ValueError(
                f"the encoding of a QSVT must be a BlockEncoding or a VectorEncoding, got "
                f"{type(self.encoding).__name__}"
            )
        if isinstance(self.encoding, BlockEncoding) and self.encoding.resource_bitsize != 0:
            raise ValueError(
                f"QSVT needs an encoding without resource register, got one of "
                f"{self.encoding.resource_bitsize} qubits"
            )
        if not isinstance(self.encoding, VectorEncoding | RealBlockEncoding):
            require_zero_signal_state("QSVT", "encoding", self.encoding)
        if self.parity not in (0, 1):
            raise ValueError(f"parity is 0 (even) or 1 (odd), got {self.parity}")
        if not is_symbolic(self.degree) and (self.degree < 0 or self.degree % 2 != self.parity):
            raise ValueError(f"degree {self.degree} does not have parity {self.parity}")
        if self.chebyshev is not None:
            if len(self.chebyshev) != self.degree + 1:
                raise ValueError(
                    f"{len(self.chebyshev)} Chebyshev coefficients do not make degree {self.degree}"
                )
            wrong = np.asarray(self.chebyshev)[1 - self.parity :: 2]
            if np.any(wrong != 0):
                raise ValueError(
                    f"P has terms of parity {1 - self.parity}, largest {max(abs(wrong)):.3g}"
                )
        if isinstance(self.encoding, VectorEncoding) and self.parity == 0:
            raise ValueError(
                "an even polynomial of a vector encoding maps |0> to itself; use odd degree"
            )

    # --- what is encoded -------------------------------------------------------------------------

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the encoding."""
        return self.encoding.system_bitsize  # type: ignore[attr-defined]

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The sign qubit and the encoding's ancillas."""
        return 1 + self.encoding.ancilla_bitsize  # type: ignore[attr-defined]

    @property
    def alpha(self) -> SymbolicFloat:
        """1: `P(A/alpha_A)` is encoded as it is."""
        return 1.0

    @property
    def epsilon(self) -> SymbolicFloat:
        """Spectral-norm error: phase residual plus Lemma 22 of Gilyén et al. for an inexact encoding."""
        relative = self.encoding.epsilon / self.encoding.alpha  # type: ignore[attr-defined]
        return TOLERANCE + 4 * self.degree * relative**0.5

    def polynomial(self, x: FloatArray) -> FloatArray:
        """`P(x)`."""
        if self.chebyshev is None:
            raise ShapeOnlyError(f"{self} is given by shape: it has no polynomial")
        return np.asarray(np.polynomial.chebyshev.chebval(x, self.chebyshev), dtype=np.float64)

    def target(self) -> FloatArray:
        """`P(A/alpha_A)` from the exact A."""
        if not isinstance(self.encoding, RealBlockEncoding):
            raise ValueError(
                "target() of a QSVT is defined for our block encodings; see NormalizedVector"
            )
        left, singular, right = np.linalg.svd(self.encoding.target() / self.encoding.alpha)
        result: FloatArray = (left if self.parity else right.T) * self.polynomial(singular) @ right
        return result

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """`P(block of the encoding) @ vectors`."""
        if not isinstance(self.encoding, RealBlockEncoding):
            raise ValueError(
                "apply_block() of a QSVT is defined for our block encodings; see NormalizedVector"
            )
        return self.encoding.apply_polynomial(self.polynomial, self.parity, vectors)

    # --- the circuit -----------------------------------------------------------------------------

    @cached_property
    def phase_angles(self) -> tuple[float, ...] | None:
        """The phases in the order in which they are applied.

        Returns:
            `degree + 1` angles in radians; None by shape.

        Raises:
            PhaseError: the solver missed its residual or leak bound.
        """
        if self.chebyshev is None:
            return None
        return tuple(float(phi) for phi in solve_phases(self.chebyshev)[::-1])

    @property
    def _flagged_bitsizes(self) -> tuple[SymbolicInt, SymbolicInt]:
        """Widths of the right and the left projector."""
        a = self.encoding.ancilla_bitsize  # type: ignore[attr-defined]
        return (a + self.system_bitsize if isinstance(self.encoding, VectorEncoding) else a), a

    def _is_bare(self, t: int) -> bool:
        """Whether the projector of step t is the identity on all that counts."""
        return t == self.degree or (t == 0 and isinstance(self.encoding, VectorEncoding))

    def _phase(self, t: int) -> ProjectorPhase:
        angle = None if self.phase_angles is None else self.phase_angles[t]
        size = 0 if self._is_bare(t) else self._flagged_bitsizes[t % 2]
        return ProjectorPhase(size, angle, is_gated=self.is_controlled)

    @property
    def _phase_sum(self) -> float | None:
        """Gated off, the phases make `exp(-i sum(phi) Z)`."""
        return None if self.phase_angles is None else phase_sum(self.phase_angles)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of a ladder's and the encoding's."""
        right, left = self._flagged_bitsizes
        ladders = [
            ProjectorPhase(size, None, is_gated=self.is_controlled).workspace
            for size in (right, left)
        ]
        wide = ladders[0] if isinstance(self.encoding, VectorEncoding) else max_workspace(*ladders)
        controlled = workspace_of(self.encoding.controlled()) if self._controls_one_call else 0
        return max_workspace(wide, workspace_of(self.encoding), controlled)

    @property
    def _controls_one_call(self) -> bool:
        return self.is_controlled and self.parity == 1

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Phases and calls in turn."""
        if is_symbolic(self.degree, self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system = wires.reg("ctrl"), wires.reg("system")
        sign, ancilla = wires.reg("ancilla")[:1], wires.reg("ancilla")[1:]
        flagged = (ancilla, ancilla)
        if isinstance(self.encoding, VectorEncoding):
            flagged = (ancilla + system, ancilla)
        inverse, controlled = self.encoding.adjoint(), None
        if self._controls_one_call:
            controlled = self.encoding.controlled()
        wires.call(Hadamard(), q=sign)
        for t in range(int(self.degree) + 1):
            zeros = [] if self._is_bare(t) else flagged[t % 2]
            wires.call(self._phase(t), gate=ctrl, sign=sign, flagged=zeros)
            if t == self.degree:
                break
            if t == 0 and controlled is not None:
                wires.call(controlled, ctrl=ctrl, system=system, ancilla=ancilla)
            else:
                wires.call(self.encoding if t % 2 == 0 else inverse, system=system, ancilla=ancilla)
        if ctrl:
            turn_when_off(wires, self._phase_sum, ctrl, sign)
        wires.call(Hadamard(), q=sign)
        return wires.join_signature(self.signature)

    @staticmethod
    def _half(size: SymbolicInt) -> SymbolicInt:
        """Half of an even number."""
        return size / 2 if is_symbolic(size) else size // 2

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """Calls by parity; the phases one by one when they are known."""
        backward = self._half(self.degree - self.parity)
        forward = self.degree - backward
        counts: Counter[Bloq] = Counter()
        calls = {self.encoding: forward, self.encoding.adjoint(): backward}
        if self._controls_one_call:
            calls = {**calls, self.encoding: forward - 1, self.encoding.controlled(): 1}
        counts.update({bloq: count for bloq, count in calls.items() if count != 0})
        if self.phase_angles is None:
            # As many phases on the left projector as calls of U, one after each; less those that are bare.
            right, left = self._flagged_bitsizes
            first = int(isinstance(self.encoding, VectorEncoding))
            for size, number in (
                (0, 1 + first),
                (right, self.degree + self.parity - forward - first),
                (left, forward - self.parity),
            ):
                if number != 0:
                    counts[ProjectorPhase(size, None, is_gated=self.is_controlled)] += number
        else:
            counts.update(self._phase(t) for t in range(int(self.degree) + 1))
        counts[Hadamard()] += 2
        if self.is_controlled:
            counts.update(turn_when_off_counts(self._phase_sum))
        return counts


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _qsvt_vector() -> QSVT:
    from bloqs.loading import LoadedVector

    qsvt_vector = QSVT(LoadedVector([0.6, -0.8]), (0.0, 0.5, 0.0, 0.3))
    return qsvt_vector


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _qsvt_shape() -> QSVT:
    from bloqs.loading import LoadedVector

    qsvt_shape = QSVT(LoadedVector(None, bitsize=2), degree=5)
    return qsvt_shape
