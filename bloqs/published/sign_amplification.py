"""Fixed-point amplitude amplification as published: QSVT of a polynomial near the sign function."""

import math
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic
from scipy.special import erfcinv

from bloqs.combine.matrix_product import check_vector_encoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.layers.normalisation import direction_error
from bloqs.loading.vector import LoadedVector
from bloqs.published.checks import check_degree
from bloqs.published.erf_series import bessel_chebyshev_erf, erf_series_degree, erf_series_error
from bloqs.published.lemma import Lemma
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.qsvt import QSVT

HEIGHT = 0.999
"""Amplitude after the amplification, a little below 1, so that phases are easy to find."""

ROUNDING = 1e-12


@attrs.frozen(field_transformer=checked, cache_hash=True)
class SignAmplification(VectorEncoding):
    r"""The same vector at an amplitude near 1, by a polynomial near `sign(x)` for `|x| >= s_lo`.

    $$ \alpha = 1/h, \qquad P(x) \approx \mathrm{sign}(x) \text{ for } |x| \ge s_{lo}. $$

    The sign is taken as `erf(m x)`, `erfc(m s_lo) = delta/2`, and erf by its series of Bessel functions,
    so that the degree is `O(log(1/delta)/s_lo)` and known without solving for anything. The library's own
    `NormalizedVector` takes the minimax polynomial on a two-sided, calibrated interval.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(1 + a)`: sign qubit, then the ancillas of the vector.
    Parameters:
        vector: encoding to amplify; called exactly as often as the degree says.
        s_lo: lower bound of its amplitude `1/alpha_v`, in (0, 1].
        delta: bound of the relative error of the amplitude, in (0, 1).
        degree: odd; None for the one that follows from `s_lo` and `delta`. May be symbolic by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1/0.999, 1 + a, epsilon), `epsilon = delta + direction_error(epsilon_v) (1 + delta)`, and the
        residual of the phases. Bound. The published alpha is 1.

    Raises:
        ValueError: a bound out of its range, or the amplitude of the vector below `s_lo`.

    References:
        Rattew et al. (ICLR 2026), Lemma 6; Low and Chuang (arXiv:1707.05391), appendix A.

    Example:
        >>> from bloqs.combine import VectorSum
        >>> half = VectorSum(LoadedVector([1.0, 0.0]), LoadedVector([0.0, 1.0]), weight=0.5)
        >>> strong = SignAmplification(half, s_lo=0.5, delta=1e-2)
        >>> round(half.alpha, 2), round(strong.alpha, 3), strong.transform.degree
        (1.41, 1.001, 15)
    """

    lemma = Lemma(
        label="L6",
        title="normalisation by the sign function",
        encodes="(1, a + 1, delta) of the same vector",
        complexity="O(log(1/delta)/s_lo) calls",
        ours="bloqs.layers.NormalizedVector",
        references=("rattew2026", "low2017", "gilyen2019"),
    )
    component = "amplification"

    vector: VectorEncoding
    s_lo: float = attrs.field(kw_only=True)
    delta: float = attrs.field(default=1e-2, kw_only=True)
    degree: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("SignAmplification", "vector", self.vector)
        check_degree("degree", self.degree, has_data=self.vector.has_data)
        for name in ("s_lo", "delta"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise ValueError(f"{name} must lie in (0, 1], found {value}")
        if self.vector.has_data:
            amplitude = (1 - float(self.vector.epsilon)) / float(self.vector.alpha)
            if amplitude < self.s_lo * (1 - 1e-9):
                raise ValueError(
                    f"the vector is encoded at an amplitude of {amplitude:.6g} or more, which may be below "
                    f"s_lo = {self.s_lo:.6g}: lower s_lo"
                )

    @cached_property
    def gain(self) -> float:
        """m, at which `erf(m s_lo)` is within `delta/2` of 1."""
        return float(erfcinv(self.delta / 2)) / self.s_lo

    @property
    def num_calls(self) -> SymbolicInt:
        """The degree."""
        if self.degree is not None:
            return self.degree
        return erf_series_degree(self.gain, self.delta / 4)

    @cached_property
    def series(self) -> tuple[FloatArray, float]:
        """The polynomial, at most `HEIGHT`, and the bound of its relative error.

        Returns:
            Chebyshev coefficients, float64 `(degree + 1,)`, and the bound.
        """
        degree = int(self.num_calls)
        error = erf_series_error(self.gain, degree) + ROUNDING
        polynomial = bessel_chebyshev_erf(self.gain, degree) * (HEIGHT / (1 + error))
        return polynomial, math.erfc(self.gain * self.s_lo) + 2 * error

    @cached_property
    def transform(self) -> QSVT:
        """The QSVT that this is."""
        if not self.vector.has_data:
            degree, control = self.num_calls, self.is_controlled
            return QSVT(self.vector, degree=degree, parity=1, is_controlled=control)
        return QSVT(self.vector, self.series[0], is_controlled=self.is_controlled)

    @property
    def amplifies(self) -> VectorEncoding:
        """The vector."""
        return self.vector

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Sign qubit and the vector's ancillas."""
        return 1 + self.vector.ancilla_bitsize

    @property
    def alpha(self) -> float:
        """`1/HEIGHT`."""
        return 1 / HEIGHT

    @cached_property
    def epsilon(self) -> SymbolicFloat:
        """`delta`, or what the degree given reaches, and the error of the vector's direction."""
        delta = self.delta if is_symbolic(self.num_calls) else self.series[1]
        return delta + direction_error(float(self.vector.epsilon)) * (1 + delta) + 2 * TOLERANCE

    def target(self) -> FloatArray:
        """The vector's."""
        return self.vector.target()

    def block(self) -> FloatArray:
        """`P(s) x/s` for the vector's block x of norm s."""
        block = self.vector.block()
        s = float(np.linalg.norm(block))
        result: FloatArray = np.polynomial.chebyshev.chebval(s, self.series[0]) * block / s
        return result

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the QSVT."""
        return workspace_of(self.transform)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The QSVT."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.num_calls):
            raise DecomposeTypeError(f"symbolic {self}")
        return dict(bb.add_d(self.transform, **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The QSVT."""
        return {self.transform: 1}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _sign_amplification() -> SignAmplification:
    from bloqs.combine import VectorSum

    half = VectorSum(LoadedVector([1.0, 0.2]), LoadedVector([-0.3, 1.0]), weight=0.5)
    sign_amplification = SignAmplification(half, s_lo=0.5, delta=0.1)
    return sign_amplification


@bloq_example
def _sign_amplification_symbolic() -> SignAmplification:
    n, d = sympy.symbols("n d")
    vector = LoadedVector(None, bitsize=n)
    sign_amplification_symbolic = SignAmplification(vector, s_lo=0.5, degree=2 * d + 1)
    return sign_amplification_symbolic
