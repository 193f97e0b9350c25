"""What a bounded polynomial for QSVT is: coefficients of one parity, certified error and bound."""

from collections.abc import Hashable
from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class OddActivation(Hashable, Protocol):
    """What `activation_quotient` needs of an activation f: hashable, with two members."""

    @property
    def slope(self) -> float:
        """f'(0), the value of the quotient at 0; positive."""

    def quotient(self, u: FloatArray) -> FloatArray:
        """f(u)/u, even and analytic, largest in modulus at u = 0; elementwise."""


def _as_floats(values: object) -> tuple[float, ...]:
    return tuple(float(c) for c in np.asarray(values, dtype=np.float64))


@attrs.frozen
class BoundedPolynomial:
    """`P(x) = sum_k chebyshev[k] T_k(x)`, real, of definite parity, with |P| <= bound on [-1, 1].

    Parameters:
        chebyshev: the degree + 1 coefficients; those off the parity of the degree are zero.
        error: certified largest deviation from what it approximates, in the sense of `target`.
        bound: certified upper bound of max|P| on [-1, 1].
        target: what it approximates, where, and whether the error is absolute or relative.

    Raises:
        ValueError: no coefficients, or mixed parity.

    Example:
        >>> from bloqs.qsvt.polynomials import BoundedPolynomial
        >>> p = BoundedPolynomial((0.0, 0.5), error=0.0, bound=0.5, target="x/2")
        >>> p.degree, p.parity, float(p(1.0))
        (1, 1, 0.5)
    """

    chebyshev: tuple[float, ...] = attrs.field(converter=_as_floats)
    error: float
    bound: float
    target: str

    def __attrs_post_init__(self) -> None:
        if not self.chebyshev:
            raise ValueError("a polynomial needs at least one Chebyshev coefficient, found none")
        wrong = [k for k, c in enumerate(self.chebyshev) if c and (k - self.degree) % 2]
        if wrong:
            raise ValueError(
                f"coefficient {wrong[0]} is {self.chebyshev[wrong[0]]:g}, but a polynomial of "
                f"degree {self.degree} must have the parity of its degree; set it to 0"
            )

    @property
    def degree(self) -> int:
        """Number of calls of the block encoding that a QSVT of this polynomial makes."""
        return len(self.chebyshev) - 1

    @property
    def parity(self) -> int:
        """0 for even, 1 for odd."""
        return self.degree % 2

    def __call__(self, x: float | FloatArray) -> FloatArray:
        """P(x), elementwise, for x in [-1, 1]."""
        return np.asarray(np.polynomial.chebyshev.chebval(x, np.array(self.chebyshev)))


@attrs.frozen
class SplitPolynomial:
    """`P = even + odd` with `even.bound + odd.bound <= 1`, for an LCU of two QSVTs (`MixedQSVT`).

    Parameters:
        even: of even degree; a constant, or of one degree less than `odd`.
        odd: of odd degree.

    Example:
        >>> parts = ((0.5,), 0.5), ((0.0, 0.4), 0.4)
        >>> even, odd = (BoundedPolynomial(c, error=0.0, bound=b, target="x") for c, b in parts)
        >>> p = SplitPolynomial(even, odd)
        >>> p.degree, round(p.even_weight, 3), float(p(-1.0)).__round__(3)
        (1, 0.556, 0.1)
    """

    even: BoundedPolynomial
    odd: BoundedPolynomial

    @property
    def degree(self) -> int:
        """Number of calls of the block encoding that it takes."""
        return self.odd.degree

    @property
    def error(self) -> float:
        """Certified largest deviation, of the sum."""
        return self.odd.error

    @property
    def bound(self) -> float:
        """Certified upper bound of the modulus on [-1, 1]."""
        return self.even.bound + self.odd.bound

    @property
    def even_weight(self) -> float:
        """The share of the even part in an LCU."""
        return self.even.bound / self.bound

    @property
    def normalised(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Chebyshev coefficients of the two that an LCU with `even_weight` takes, times `bound`."""
        scale = self.even.bound, self.odd.bound
        even, odd = (
            tuple(c / size for c in part.chebyshev)
            for part, size in zip((self.even, self.odd), scale, strict=True)
        )
        return (1.0,) if len(even) == 1 else even, odd

    def __call__(self, x: float | FloatArray) -> FloatArray:
        """P(x), elementwise, for x in [-1, 1]."""
        return np.asarray(self.even(x) + self.odd(x))


@attrs.frozen
class ActivationQuotient:
    """P with `|P(x) - f(kappa x)/(gamma x)| <= delta` for |x| <= y_max; even for an odd f.

    Parameters:
        polynomial: P.
        gamma: subnormalisation, so that `gamma * P(x) * x` approximates `f(kappa x)`.
        kappa: scale of the argument.
        y_max: half-width of the interval where the error holds.

    Example:
        >>> from bloqs.activation import Activation
        >>> from bloqs.qsvt import activation_quotient
        >>> q = activation_quotient(Activation("erf", gain=0.8), kappa=2.0, degree=4)
        >>> f = q.gamma * float(q.polynomial(0.25)) * 0.25
        >>> abs(f - float(Activation("erf", gain=0.8)(0.5))) <= q.gamma * q.delta * 0.25
        True
    """

    polynomial: BoundedPolynomial | SplitPolynomial
    gamma: float
    kappa: float
    y_max: float

    @property
    def delta(self) -> float:
        """Certified largest `|P(x) - f(kappa x)/(gamma x)|` over |x| <= y_max."""
        return self.polynomial.error


@attrs.frozen
class Amplification:
    """Odd P with `P(s)/height` in [1 - delta, 1 + delta] for s_lo <= s <= s_hi.

    Parameters:
        polynomial: P.
        height: the constant; the amplitude left after amplification, so `1/height` is what remains
            of the subnormalisation.
        s_lo: left end of the interval of singular values.
        s_hi: right end.

    Example:
        >>> from bloqs.qsvt import amplification
        >>> a = amplification(0.6, 0.8, degree=5)
        >>> abs(float(a.polynomial(0.7)) / a.height - 1) <= a.delta
        True
    """

    polynomial: BoundedPolynomial
    height: float
    s_lo: float
    s_hi: float

    @property
    def delta(self) -> float:
        """Certified largest `|P(s)/height - 1|` over the interval."""
        return self.polynomial.error
