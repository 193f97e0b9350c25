"""The non-linear transformation of amplitudes as published: by f itself, with 4 gamma~ as its scale."""

import math
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation import Activation
from bloqs.combine.matrix_product import check_norm_bound, check_vector_encoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding, controlled_if
from bloqs.core.wires import Wires
from bloqs.loading.vector import LoadedVector
from bloqs.published.checks import check_degree
from bloqs.published.erf_series import bessel_chebyshev_erf, erf_series_degree, erf_series_error
from bloqs.published.lemma import Lemma
from bloqs.published.walk_diagonal import WalkDiagonal
from bloqs.qsvt.certificates import certified_maximum, resolve
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.qsvt import QSVT

_ROUNDING = 1e-14


def activation_series(
    activation: Activation, reach: float, *, delta: float | None = None, degree: int | None = None
) -> tuple[FloatArray, float]:
    """An odd polynomial of x near `f(reach x)` on [-1, 1], and a bound of its error.

    For erf the series of Bessel functions (B19). For another odd function its Chebyshev series, cut off; the
    bound is then the sum of what is cut off, up to rounding.

    Args:
        activation: f, with its gain; odd.
        reach: factor of the argument.
        delta: error asked; the smallest odd degree is taken. Give this or the degree.
        degree: odd, at least 1.

    Returns:
        Chebyshev coefficients, float64 `(degree + 1,)`, and the bound.

    Raises:
        ValueError: an activation that is not odd, or an error out of reach.

    Example:
        >>> series, error = activation_series(Activation("tanh", gain=1.0), 1.0, delta=1e-3)
        >>> len(series) - 1, error < 1e-3
        (5, True)
    """
    if not activation.function.is_odd:
        raise ValueError(f"the published form takes an odd activation, found {activation.name}")
    if activation.name == "erf":
        gain = activation.gain * reach
        if degree is None:
            assert delta is not None
            degree = erf_series_degree(gain, delta)
        return bessel_chebyshev_erf(gain, degree), erf_series_error(gain, degree)
    full = resolve(lambda x: activation(reach * x), -1.0, 1.0, _ROUNDING)
    full[::2] = 0.0
    tails = np.append(np.cumsum(np.abs(full[::-1]))[::-1][1:], 0.0) + _ROUNDING * len(full)
    if degree is None:
        met = [k for k in range(1, len(full), 2) if tails[k] <= delta]
        if not met:
            raise ValueError(f"an error of {delta:.1e} is below rounding; ask for less accuracy")
        degree = met[0]
    padded = np.pad(full, (0, max(0, degree + 1 - len(full))))
    return padded[: degree + 1], float(tails[min(degree, len(tails) - 1)])


@attrs.frozen(field_transformer=checked, cache_hash=True)
class NonlinearAmplitudeTransformation(MappedVector):
    r"""`f(psi)/||f(psi)||` as published (NLAT): QSVT of `P(x)/(4 gamma~ x)` on the diagonal of a walk.

    $$
    \frac{f(\psi)}{\|f(\psi)\|_2}, \qquad P(x) \approx f(x), \text{ by } P(x) / (4 \tilde\gamma
    x) \text{ on } \mathrm{diag}(\psi).
    $$

    `P(x) ~ f(alpha x)` on [-1, 1] is odd, `gamma~ = max |P(x)/x|`. The encoding of psi, with ancillas of its
    own, is followed by the transform of `WalkDiagonal`, and the block is `P(psi/alpha)/(4 gamma~)`. The error
    of P is absolute, the same for every entry, so that in 2-norm it grows with `sqrt(N)`: the degree is
    `O(alpha gain + log(sqrt(N)/epsilon))`.

    The factor 4 is the price of a polynomial of both parities and complex phases, paid here as stated, though
    P is odd; `NonlinearTransform` takes neither it nor the `sqrt(N)`, and one call where this takes six.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(3 + n + 2 a)`: the vector's, then the transform's: sign, LCU, b, m, the vector's.
    Parameters:
        vector: encoding of psi.
        activation: name of f, odd; the paper's is erf.
        gain: gain of f.
        epsilon: bound of the 2-norm error, in (0, 1).
        norm: lower bound of `||f(psi)||`; needed by shape, else computed.
        degree: of P, odd; None for the smallest that meets `epsilon`. May be symbolic by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(4 gamma~/||f(psi)||, 3 + n + 2a, epsilon)`; published `(4 gamma~/N, n + 2a + 4, .)`.
    Error: `(L e + sqrt(N) delta)/||f(psi)||`, L the Lipschitz constant, e the error of the vector, delta that
        of P. Bound; by shape, with a degree of the caller's, nothing is checked.
    Cost: `6 (degree - 1) + 1` calls of the vector, all but one controlled.

    Raises:
        ValueError: epsilon out of (0, 1) or out of reach, an activation that is not odd, an even degree.

    References:
        Rattew et al. (ICLR 2026), NLAT and appendix B.18; Rattew and Rebentrost (2023), Theorem 2.

    Example:
        >>> image = NonlinearAmplitudeTransformation(LoadedVector([0.6, -0.8]), epsilon=1e-3)
        >>> float(np.linalg.norm(image.alpha * image.block() - image.target())) < 1e-3, image.num_calls
        (True, 25)
    """

    lemma = Lemma(
        label="B18/NLAT",
        title="non-linear amplitude transformation",
        encodes="(4 gamma~/N, n + 2a + 4, L (e0 + e1)/N) of f(psi)",
        complexity="degree O(nu log(sqrt(N)/epsilon)), 6 controlled calls of U_psi for each",
        ours="bloqs.activation.NonlinearTransform",
        references=("rattew2026", "rattew2023", "low2017"),
    )
    noun = "layer"

    vector: VectorEncoding
    activation: str = attrs.field(default="erf", kw_only=True)
    gain: float = attrs.field(default=0.8, kw_only=True)
    epsilon: float = attrs.field(default=1e-2, kw_only=True)
    norm: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    degree: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("NonlinearAmplitudeTransformation", "vector", self.vector)
        check_norm_bound("NonlinearAmplitudeTransformation", self.norm)
        if not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon must lie strictly between 0 and 1, found {self.epsilon}")
        sizes = (self.system_bitsize, self.vector.alpha, self.vector.epsilon)
        if self.degree is None and is_symbolic(*sizes):
            raise ValueError("an encoding in symbols needs the degree")
        check_degree("degree", self.degree, has_data=self.vector.has_data)
        if self.vector.has_data and is_symbolic(self.norm or 1):
            raise ValueError(f"norm must be a number where the data are known, found {self.norm}")
        if self.degree is None or self.vector.has_data:
            self._check_error()

    def _check_error(self) -> None:
        error = float(self.absolute_error / self.image_norm)
        if error > self.epsilon * (1 + 1e-9):
            raise ValueError(
                f"NonlinearAmplitudeTransformation: degree {len(self.series[0]) - 1} reaches {error:.3g}, "
                f"not epsilon = {self.epsilon:.3g}; raise the degree"
            )

    @property
    def _function(self) -> Activation:
        return Activation(self.activation, gain=self.gain)

    @cached_property
    def series(self) -> tuple[FloatArray, float]:
        """P and the bound of its error on [-1, 1].

        Returns:
            Chebyshev coefficients and the bound.

        Raises:
            ValueError: the vector's own error leaves nothing for P.
        """
        alpha = float(self.vector.alpha)
        if self.degree is not None:
            return activation_series(self._function, alpha, degree=int(self.degree))
        rest = self.epsilon * float(self.image_norm) - self._inherited
        if self.vector.has_data:
            rest -= 8 * self._function.lipschitz * TOLERANCE
        if rest <= 0:
            raise ValueError(
                f"NonlinearAmplitudeTransformation: the vector's error of {float(self.vector.epsilon):.3g} "
                f"leaves nothing of epsilon = {self.epsilon:.3g} times the norm {float(self.image_norm):.3g} "
                "of the image; encode the vector better, or raise epsilon"
            )
        delta = rest / math.sqrt(2**self.system_bitsize)
        return activation_series(self._function, alpha, delta=delta)

    @property
    def _inherited(self) -> float:
        """What the vector's error becomes."""
        return self._function.lipschitz * float(self.vector.epsilon)

    @cached_property
    def quotient(self) -> FloatArray:
        """Chebyshev coefficients of `P(x)/x`, even."""
        divided, _ = np.polynomial.chebyshev.chebdiv(self.series[0], [0.0, 1.0])
        quotient: FloatArray = np.array(divided, dtype=np.float64)
        quotient[1::2] = 0.0
        return quotient

    @cached_property
    def gamma(self) -> SymbolicFloat:
        """`gamma~ = max |P(x)/x|` on [-1, 1], certified; in symbols its limit, `f'(0) alpha`."""
        if is_symbolic(self.degree or 1, self.vector.alpha):
            return self._function.slope * self.vector.alpha
        return certified_maximum(self.quotient)

    @cached_property
    def transform(self) -> QSVT:
        """The QSVT, uncontrolled."""
        diagonal = WalkDiagonal(self.vector)
        if self.vector.has_data:
            return QSVT(diagonal, self.quotient / (4 * self.gamma))
        degree = len(self.series[0]) - 1 if self.degree is None else self.degree
        return QSVT(diagonal, degree=degree - 1, parity=0)

    @property
    def num_calls(self) -> SymbolicInt:
        """Calls of the vector."""
        return 6 * self.transform.degree + 1

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The vector's and the transform's, separate."""
        return 3 + self.system_bitsize + 2 * self.vector.ancilla_bitsize

    @property
    def scale(self) -> SymbolicFloat:
        """`4 gamma~`: the block is `f(psi)` over it."""
        return 4 * self.gamma

    @property
    def absolute_error(self) -> float:
        """`L e + sqrt(N) delta`, and what the phases leave."""
        root = math.sqrt(2**self.system_bitsize)
        phases = (
            self.scale * TOLERANCE if self.vector.has_data else 0.0
        )  # by shape, none are solved
        return self._inherited + root * self.series[1] + phases

    @property
    def sensitivity(self) -> float:
        """`L/||f(psi)||`."""
        return self._function.lipschitz / float(self.image_norm)

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`f(x)`."""
        return self._function(vector)

    def block(self) -> FloatArray:
        """`P(y)/(4 gamma~)` on the encoded amplitudes y."""
        return self.transform.apply_block(self.vector.block())

    @property
    def _calls(self) -> tuple[Bloq, Bloq]:
        vector = controlled_if(self.vector, self.is_controlled)
        return vector, self.transform.controlled() if self.is_controlled else self.transform

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of the two calls'."""
        return max_workspace(*(workspace_of(call) for call in self._calls))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The vector, then the transform."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.degree or 1):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        a = int(self.vector.ancilla_bitsize)
        vector, transform = self._calls
        wires.call(vector, ctrl=ctrl, system=system, ancilla=ancilla[:a])
        wires.call(transform, ctrl=ctrl, system=system, ancilla=ancilla[a:])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call of each."""
        return dict.fromkeys(self._calls, 1)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _nonlinear_amplitudes() -> NonlinearAmplitudeTransformation:
    vector = LoadedVector([0.6, -0.8])
    nonlinear_amplitudes = NonlinearAmplitudeTransformation(vector, epsilon=5e-2)
    return nonlinear_amplitudes


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _nonlinear_amplitudes_shape() -> NonlinearAmplitudeTransformation:
    vector = LoadedVector(None, bitsize=3)
    nonlinear_amplitudes_shape = NonlinearAmplitudeTransformation(vector, norm=0.5)
    return nonlinear_amplitudes_shape


@bloq_example
def _nonlinear_amplitudes_symbolic() -> NonlinearAmplitudeTransformation:
    n, d = sympy.symbols("n d")
    nonlinear_amplitudes_symbolic = NonlinearAmplitudeTransformation(
        LoadedVector(None, bitsize=n), norm=0.5, degree=2 * d + 1
    )
    return nonlinear_amplitudes_symbolic
