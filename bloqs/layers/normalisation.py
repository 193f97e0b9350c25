"""Layer normalisation: fixed-point amplitude amplification of a vector encoding."""

import math
from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation import NonlinearTransform
from bloqs.checks import instance
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.core.scale import Bounds, ScaledError
from bloqs.core.scale import direction_error as direction_error
from bloqs.core.wires import Wires
from bloqs.loading import LoadedVector
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.polynomials import Amplification, amplification
from bloqs.qsvt.qsvt import QSVT


def coherent_error(delta: float, error: float) -> float:
    """Largest `||(1+d) u - v||` for unit u and v with `||u - v|| <= error`, and `|d| <= delta`.

    `||(1+d) u - v||^2 = d^2 + (1+d) ||u - v||^2`, exactly, which grows with d and with the error.

    Args:
        delta: bound of the relative error of the length.
        error: bound of the error of the direction.

    Returns:
        `sqrt(delta^2 + (1+delta) error^2)`.

    Example:
        >>> round(coherent_error(0.03, 0.04), 6)
        0.050478
    """
    return math.sqrt(delta**2 + (1 + delta) * error**2)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class NormalizedVector(VectorEncoding):
    r"""The same vector with its amplitude raised to a constant: `alpha = 1/h` instead of `alpha_v`.

    $$
    \alpha = 1/h, \qquad |P(s) - h| \le \delta \text{ on } [s_{lo}, s_{hi}] \ni \|v\|_2 /
    \alpha_v.
    $$

    QSVT of the one singular value `s = 1/alpha_v` by an odd P with `P(s)/h` in `[1 - delta, 1 + delta]` for
    all s in `[s_lo, s_hi]`; the constant `h <= 0.999` is not an error but the new subnormalisation, which
    the next layer takes into account.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(1 + a)`: sign qubit, then the ancillas of the vector.
    Parameters:
        vector: encoding to amplify; called exactly `degree` times.
        s_lo: lower bound of the amplitude `1/alpha_v` that is really encoded, in (0, 1].
        s_hi: upper bound, `s_lo <= s_hi <= 1`.
        degree: odd degree of P. May be symbolic by shape.
        height: cap of h, None for as high as possible.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1/h, 1 + a, epsilon), `epsilon = sqrt(delta^2 + (1 + delta) e^2)`: the direction stays that of
        the vector, e its error, and the length is within delta of h. To a next layer the two are stated
        apart, so that delta need not be small. Bound.

    Raises:
        ValueError: the amplitude `1/alpha_v` lies outside `[s_lo, s_hi]`.

    References:
        Rattew et al. (ICLR 2026), uniform singular value amplification. Deviation: minimax polynomial on
        a two-sided interval.

    Example:
        >>> from bloqs.layers.pooling import SquaredMatrixVectorProduct
        >>> from bloqs.loading import ColumnOracle
        >>> columns = ColumnOracle([[0.2, 0.0], [0.0, 0.2]], scale=1.0)
        >>> weak = SquaredMatrixVectorProduct(LoadedVector([1.0, 0.0]), columns)
        >>> strong = NormalizedVector(weak, s_lo=0.1, s_hi=0.3, degree=31, height=0.98)
        >>> round(weak.alpha, 2), round(strong.alpha, 2), strong.epsilon < 0.01
        (5.0, 1.02, True)
    """

    vector: VectorEncoding
    s_lo: float = attrs.field(default=1.0, kw_only=True)
    s_hi: float = attrs.field(default=1.0, kw_only=True)
    degree: SymbolicInt = attrs.field(kw_only=True)
    height: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        instance(self.vector, "vector", VectorEncoding, "a VectorEncoding")
        if not 0 < self.s_lo <= self.s_hi <= 1:
            raise ValueError(
                f"amplitude bounds must satisfy 0 < s_lo <= s_hi <= 1, got [{self.s_lo}, {self.s_hi}]"
            )
        if self.vector.has_data:
            s, slack = 1 / float(self.vector.alpha), float(self.vector.epsilon) + 1e-9
            if not self.s_lo * (1 - slack) <= s <= self.s_hi * (1 + slack):
                raise ValueError(
                    f"the vector has amplitude {s:.6g}, outside [{self.s_lo:.6g}, {self.s_hi:.6g}]: "
                    f"the amplification is not accurate there; widen the bounds"
                )

    @cached_property
    def amplification(self) -> Amplification:
        """The certified polynomial, its height and error."""
        if is_symbolic(self.degree):
            raise ValueError(f"no polynomial for symbolic degree {self.degree}")
        return amplification(self.s_lo, self.s_hi, degree=int(self.degree), height=self.height)

    @cached_property
    def transform(self) -> QSVT:
        """The QSVT that this is."""
        if not self.vector.has_data:
            return QSVT(self.vector, degree=self.degree, parity=1, is_controlled=self.is_controlled)
        chebyshev = self.amplification.polynomial.chebyshev
        return QSVT(self.vector, chebyshev, is_controlled=self.is_controlled)

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
    def alpha(self) -> SymbolicFloat:
        """`1/h`."""
        return 1 / self.amplification.height

    @cached_property
    def epsilon(self) -> SymbolicFloat:
        """`coherent_error(delta, e)`, and the phase residual."""
        return coherent_error(self._length_error, self.vector.direction_error)

    @property
    def _length_error(self) -> float:
        """Relative, with the phase residual."""
        return self.amplification.delta + 2 * TOLERANCE

    @property
    def scaled_error(self) -> ScaledError:
        """The vector's direction, at a length within delta of h."""
        delta = self._length_error
        return ScaledError(self.vector.direction_error, 1 - delta, 1 + delta)

    @property
    def direction_error(self) -> float:
        """The vector's."""
        return self.vector.direction_error

    @property
    def amplitude_band(self) -> Bounds:
        """`h (1 - delta)` to `h (1 + delta)`."""
        height, delta = self.amplification.height, self._length_error
        return height * (1 - delta), min(1.0, height * (1 + delta))

    def target(self) -> FloatArray:
        """The vector's."""
        return self.vector.target()

    def block(self) -> FloatArray:
        """`P(s) x/s` for the vector's block x of norm s."""
        block = self.vector.block()
        s = float(np.linalg.norm(block))
        result: FloatArray = self.amplification.polynomial(s) * block / s
        return result

    @property
    def component(self) -> str:
        """Row of the cost report."""
        return "amplification"

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the QSVT."""
        return workspace_of(self.transform)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The QSVT."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.degree):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        wires.call(self.transform, **{reg.name: wires.reg(reg.name) for reg in self.signature})
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The QSVT."""
        counts: dict[Bloq, SymbolicInt] = {self.transform: 1}
        return counts


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _normalised() -> NormalizedVector:
    vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
    normalised = NormalizedVector(vector, s_lo=0.9, s_hi=1.0, degree=3)
    return normalised


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _normalised_shape() -> NormalizedVector:
    vector = NonlinearTransform(LoadedVector(None, bitsize=2), degree=4, norm=0.5)
    normalised_shape = NormalizedVector(vector, s_lo=0.3, s_hi=0.7, degree=9)
    return normalised_shape
