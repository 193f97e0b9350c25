"""B3: uniform singular value amplification, the multiplication of an encoded matrix by a number."""

import functools
import math
from functools import cached_property

import attrs
import numpy as np
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray
from bloqs.published.checks import check_degree
from bloqs.published.lemma import Lemma
from bloqs.published.oblivious_amplification import check_encoding
from bloqs.qsvt.bands import BandProblem
from bloqs.qsvt.bounded import BoundedPolynomial
from bloqs.qsvt.certificates import certified_deviation, certified_maximum
from bloqs.qsvt.degree_search import smallest_degree
from bloqs.qsvt.minimax import solve_band
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.qsvt import QSVT

HEIGHT = 0.998
"""Largest |P| on [-1, 1]: a little below 1, so that the phases are easy to find."""

ROUNDING = 1e-9
"""A singular value may exceed its bound by this fraction."""

MEASURED_BITSIZE = 10
"""Up to so many qubits the largest singular value is measured, from the dense block."""


@functools.lru_cache(maxsize=1024)
def amplifying_polynomial(
    gain: float, singular_bound: float, delta: float | None = None, degree: int | None = None
) -> BoundedPolynomial:
    """Odd P with `|P(x) - gain x| <= delta` for `|x| <= singular_bound`, and `|P| < 1` on [-1, 1].

    The minimax polynomial of its degree, so its degree is at most that of the published construction, a
    product of `gain x` and an approximate rectangle (Gilyén et al., Theorem 30). `gain <= 1` takes degree 1.

    Args:
        gain: the factor, positive.
        singular_bound: x up to which it holds, with `gain * singular_bound < 0.998`.
        delta: error asked; the smallest odd degree is found. Give this or the degree.
        degree: odd.

    Returns:
        The polynomial with its certified error.

    Raises:
        ValueError: the product of gain and bound is too large, or the error is out of reach.

    Example:
        >>> p = amplifying_polynomial(4.0, 0.125, delta=1e-2)
        >>> p.degree, abs(float(p(0.1)) - 0.4) < 1e-2
        (5, True)
    """
    if not gain * singular_bound < HEIGHT:
        raise ValueError(
            f"the gain {gain:.6g} takes singular values up to {singular_bound:.6g} to "
            f"{gain * singular_bound:.6g}, which must be below {HEIGHT}; lower the gain, or prove a "
            "smaller singular_bound"
        )
    problem = BandProblem(lambda x: gain * x, 0.0, singular_bound, ceiling=HEIGHT, slack=0.0)

    def solve(odd: int) -> BoundedPolynomial:
        if gain <= 1:
            raw = np.zeros(odd + 1)
            raw[1] = gain
        else:
            raw, _ = solve_band(problem, odd)
        error = certified_deviation(raw, lambda x: gain * x, 0.0, singular_bound)
        target = f"{gain:g} x for |x| <= {singular_bound:g}, absolute error"
        return BoundedPolynomial(tuple(raw), error, certified_maximum(raw), target)

    if degree is not None:
        return solve(degree)
    assert delta is not None
    # Outside the band |P| <= 1 holds it down. Where to start, and how fast the error falls, by the distance
    # to 1/gain, are fits to the degrees found for gains of 2 to 60.
    distance = max(1 / gain - singular_bound, 1e-3)
    guess = max(3.0, (0.31 * math.log(1 / delta) - 0.95) / distance)
    return smallest_degree(
        solve, lambda found: found.error, delta, first=1, guess=guess, rate=3.2 * distance
    )


@attrs.frozen(field_transformer=checked, cache_hash=True)
class UniformAmplification(RealBlockEncoding):
    r"""`gain * A/alpha_A` with `alpha = 1`, by QSVT of an odd polynomial that is nearly `gain * x`.

    $$ \gamma A / \alpha_A, \qquad \alpha = 1. $$

    The polynomial is right up to the largest singular value of the block and bounded by 1 beyond, so every
    singular value is multiplied alike. It is certified between its points.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)` of the encoding.
        ancilla: `QAny(1 + a)`: sign qubit of the QSVT, then the encoding's.
    Parameters:
        encoding: of A.
        gain: the factor, positive; may be symbolic by shape.
        epsilon: bound of the spectral-norm error of `gain * A/alpha_A`, in (0, 1).
        singular_bound: bound of `||A||/alpha_A`. None to measure it, for at most 10 qubits; by shape it is
            then `1/(2 gain)`, as in Lemma 5.
        degree: of the polynomial; None for the smallest that meets `epsilon`. May be symbolic by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 1 + a, epsilon).
    Error: the polynomial's certified deviation, the phases' residual and `gain` times the error of an inexact
        encoding over its alpha: on the singular values of the block, which is what is transformed, the
        polynomial is linear, so that the square root of Gilyén et al.'s Lemma 22 is not met. Their sum is at
        most `epsilon`, or the bloq is refused. With a degree of the caller's by shape nothing is known of the
        error, and nothing is checked.
    Cost: as many calls as the degree says. Published: `O(gain/delta log(gain/epsilon))` with singular values
        up to `(1 - delta)/gain`.

    Raises:
        ValueError: gain not positive, `gain * singular_bound >= 0.998`, a singular value above its bound, an
            epsilon out of reach, or out of (0, 1).

    References:
        Rattew et al. (ICLR 2026), appendix B.3; [Quantum singular value transformation and
        beyond](https://arxiv.org/abs/1806.01838), Gilyén et al. (2019), Theorem 30. Deviation: the minimax
        polynomial.

    Example:
        >>> from bloqs.published import OneSidedShift
        >>> from bloqs.published.shift_difference import ShiftDifference
        >>> strong = UniformAmplification(ShiftDifference(1), gain=1.5, epsilon=1e-2)  # 1.5 Q/2
        >>> strong.target().tolist(), strong.transform.degree
        ([[0.0, 0.0], [0.75, 0.0]], 5)
    """

    lemma = Lemma(
        label="B3",
        title="uniform singular value amplification",
        encodes="(1, a + 1, epsilon) of gain A/alpha",
        complexity="O(gain/delta log(gain/epsilon)) calls",
        ours="a larger kappa in bloqs.activation.NonlinearTransform",
        references=("rattew2026", "gilyen2019"),
    )
    component = "amplification"

    encoding: RealBlockEncoding
    gain: SymbolicFloat
    epsilon: float = 1e-2
    singular_bound: float | None = attrs.field(default=None, kw_only=True)
    degree: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_encoding("UniformAmplification", self.encoding)
        if not 2 * TOLERANCE < self.epsilon < 1:
            raise ValueError(
                f"epsilon must lie between {2 * TOLERANCE:g}, what phases are solved to, and 1, found "
                f"{self.epsilon:g}"
            )
        if self.singular_bound is not None and not 0 < self.singular_bound <= 1:
            raise ValueError(f"singular_bound must lie in (0, 1], found {self.singular_bound}")
        check_degree("degree", self.degree, has_data=self.encoding.has_data)
        if is_symbolic(self.gain):
            if self.degree is None:
                raise ValueError("a symbolic gain needs the degree")
        elif not self.gain > 0:
            raise ValueError(f"gain must be positive, found {self.gain}")
        elif self.degree is None or self.encoding.has_data:
            self._check_error()

    def _check_error(self) -> None:
        if self._delta <= 0 and self.degree is None:
            raise ValueError(
                f"UniformAmplification: an encoding with an error of {self.encoding.epsilon:.3g} leaves "
                f"{self._passed_on:.3g} after amplification, not epsilon = {self.epsilon:.3g}; load the "
                "encoding with more bits"
            )
        error = self.polynomial.error + TOLERANCE + self._passed_on
        if error > self.epsilon * (1 + ROUNDING):
            raise ValueError(
                f"UniformAmplification: degree {self.polynomial.degree} and an encoding with an error of "
                f"{self.encoding.epsilon:.3g} reach {error:.3g}, not epsilon = {self.epsilon:.3g}; raise the "
                "degree, or load the encoding with more bits"
            )

    @cached_property
    def largest(self) -> float:
        """The bound of `||A||/alpha_A`: as given, measured, or `1/(2 gain)` by shape.

        Returns:
            The bound, in (0, 1].

        Raises:
            ValueError: too many qubits to measure it.
        """
        if self.singular_bound is not None:
            return self.singular_bound
        if not self.encoding.has_data:
            return 1 / (2 * float(self.gain))
        if self.encoding.system_bitsize > MEASURED_BITSIZE:
            raise ValueError(
                f"the largest singular value of an encoding of {self.encoding.system_bitsize} qubits is not "
                f"measured (at most {MEASURED_BITSIZE} are); pass singular_bound"
            )
        block = self.encoding.apply_block(np.eye(2**self.encoding.system_bitsize))
        return min(1.0, float(np.linalg.norm(block, 2)) * (1 + ROUNDING))

    @property
    def _relative_error(self) -> float:
        """Of the encoding, over its alpha."""
        return float(self.encoding.epsilon) / float(self.encoding.alpha)

    @property
    def _passed_on(self) -> float:
        """What becomes of the encoding's error: what is amplified is the block, whatever it encodes."""
        return float(self.gain) * self._relative_error

    @property
    def _delta(self) -> float:
        """What the polynomial may use of epsilon."""
        return self.epsilon - TOLERANCE - self._passed_on

    @property
    def polynomial(self) -> BoundedPolynomial:
        """The certified polynomial, right up to the largest singular value of the block."""
        gain, reach = float(self.gain), min(1.0, self.largest + self._relative_error)
        if self.degree is not None:
            return amplifying_polynomial(gain, reach, degree=int(self.degree))
        return amplifying_polynomial(gain, reach, delta=self._delta)

    @cached_property
    def transform(self) -> QSVT:
        """The QSVT that this is."""
        is_controlled = self.is_controlled
        if self.degree is not None and not self.encoding.has_data:
            return QSVT(self.encoding, degree=self.degree, parity=1, is_controlled=is_controlled)
        if not self.encoding.has_data:
            return QSVT(self.encoding, degree=self.polynomial.degree, is_controlled=is_controlled)
        return QSVT(self.encoding, self.polynomial.chebyshev, is_controlled=is_controlled)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the encoding."""
        return self.encoding.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Sign qubit and the encoding's ancillas."""
        return 1 + self.encoding.ancilla_bitsize

    @property
    def alpha(self) -> float:
        """1."""
        return 1.0

    def target(self) -> FloatArray:
        """`gain * A/alpha_A`."""
        return self.encoding.target() * (float(self.gain) / float(self.encoding.alpha))

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The same, without the matrix."""
        scale = float(self.gain) / float(self.encoding.alpha)
        return scale * self.encoding.apply_target(vectors)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The polynomial of the encoded block."""
        return self.encoding.apply_polynomial(self.polynomial, 1, vectors)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the QSVT."""
        return workspace_of(self.transform)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The QSVT."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.degree or 1):
            raise DecomposeTypeError(f"symbolic {self}")
        return dict(bb.add_d(self.transform, **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The QSVT."""
        return {self.transform: 1}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _uniform_amplification() -> UniformAmplification:
    from bloqs.published.shift_difference import ShiftDifference

    uniform_amplification = UniformAmplification(ShiftDifference(1), gain=1.5, epsilon=5e-2)
    return uniform_amplification


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _uniform_amplification_shape() -> UniformAmplification:
    from bloqs.activation import AmplitudeBlockEncoding
    from bloqs.loading import LoadedVector

    diagonal = AmplitudeBlockEncoding(LoadedVector(None, bitsize=2))
    uniform_amplification_shape = UniformAmplification(diagonal, gain=4.0, epsilon=1e-2)
    return uniform_amplification_shape
