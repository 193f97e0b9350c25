"""The residual block: skip connection plus activated convolution of the same vector."""

import math
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation import Activation
from bloqs.activation.quotient import diagonal_transform, layer_quotient, transform_bitsize
from bloqs.checks import instance
from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked, positive
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding
from bloqs.core.lcu import lcu_counts, lcu_select
from bloqs.core.scale import Bounds, ScaledError, to_bounds
from bloqs.core.wires import Wires
from bloqs.loading import LoadedVector
from bloqs.qsvt.mixed import MixedQSVT
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.polynomials import ActivationQuotient
from bloqs.qsvt.qsvt import QSVT


def check_layer_bounds(bloq: Any) -> None:
    """Refuse bounds and a function that an activated layer cannot have.

    Args:
        bloq: with `norm`, `argument_bound`, `amplitude_bound`, `activation`, `gain` and `gap`.

    Raises:
        ValueError: a bound that is not positive, or no such function.

    Example:
        >>> from types import SimpleNamespace
        >>> check_layer_bounds(SimpleNamespace(norm=-1, argument_bound=None, amplitude_bound=None))
        Traceback (most recent call last):
        ...
        ValueError: norm must be a finite positive number, found -1
    """
    for name in ("norm", "argument_bound", "amplitude_bound"):
        positive(getattr(bloq, name), name)
    Activation(bloq.activation, gain=bloq.gain, gap=bloq.gap)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ResidualBlock(MappedVector):
    r"""`(psi + f(W psi))/||psi + f(W psi)||`, not yet amplified (see `NormalizedVector`).

    $$ \frac{\psi + f(W\psi)}{\|\psi + f(W\psi)\|_2} $$

    Both summands start from one call of `U_psi`: the block is `(w I + (1-w) D W) U_psi |0>`, with D the QSVT
    of the amplitude diagonal of `W U_psi` by `Q(x) ~ f(kappa x)/(gamma x)`. It is built for the amplitude
    sigma of `U_psi`, its `reference_amplitude` (`1/alpha_psi` where that is known): with
    `kappa = alpha_W/sigma` the branches carry `sigma psi` and `f(W psi)/gamma`, so with
    `w = 1/(1 + gamma sigma)` the sum is `(psi + f(W psi))/scale`, `scale = 1/sigma + gamma`. `U_psi` is
    called exactly `degree + 1` times.

    Where the amplitude is `r sigma`, r in a band, the block is `r (psi + f(r W psi)/r)/scale`: r itself is no
    error, and the layer before needs no amplification.

    D works on the ancillas of the main copy of W and `U_psi`, flagged by its projectors: the QSVT never
    returns garbage that entered flagged (see `QSVT`), so sharing is exact.

    Control: `U_psi`, and the AND of control and LCU qubit instead of the LCU qubit; exact on every input.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(2 + n + a_W + a_psi)`: LCU qubit, sign qubit of D, m, ancillas of W, of `U_psi`; one
            more, the LCU qubit of the parities before the sign qubit, where f is not odd.
    Parameters:
        vector: encoding of psi.
        convolution: block encoding of W (any real one on n qubits), `||W||_2 <= 1`.
        activation: name of f.
        gain: gain of f.
        gap: of f, where it has one: every entry of `W psi` must be 0 or at least that.
        degree: degree of Q, even, or where f is not odd 0 or odd; may be symbolic by shape.
        amplitude_bound: bound of `max |W psi|`, default 1 (proved).
        norm: lower bound of `||psi + f(W psi)||`; needed by shape, else computed from the data.
        is_controlled: with a `ctrl` qubit.
        norm_bounds: as a layer of a network, `(lo, hi)` of that norm over its images.
        argument_bound: bound of `||W psi||_2`, default 1 (proved).
    Encodes: (alpha, ., epsilon), `alpha = scale/norm`, or one over the length of the block with
        `norm_bounds`. With e the error of psi's direction, e_W the convolution's, `a = (1 + e_W) e + e_W`,
        A and B the amplitude and the argument bound, F(u) = f(u)/u: `||d|| <= e + L a +
        B max_{|u|<=A, r} |F(r u) - F(u)| + gamma delta (B + a)/kappa`, for `f(r W psi~)/r - f(W psi)` is
        `[f(r v)/r - f(r u)/r] + [F(r u) - F(u)] u`, and Q holds on `|x| <= r (A + a)/kappa`. For degree 0,
        Q = c: `e + (gamma/kappa)(|c| a + delta B)`, whatever r is. Bound.

    References:
        Rattew et al. (ICLR 2026), Lemma 6. Deviation: factored, one call of
        `U_psi` for both summands, ancillas shared.

    Example:
        >>> convolution = Conv2DBlockEncoding(0.5 * np.eye(2).reshape(2, 2, 1, 1), 1)
        >>> block = ResidualBlock(LoadedVector([0.6, -0.8]), convolution, activation="tanh", gain=1.0)
        >>> error = np.linalg.norm(block.block() * block.alpha - block.target())
        >>> error <= block.epsilon < 0.001
        True
    """

    noun = "block"
    title = "Residual block"

    vector: VectorEncoding
    convolution: Bloq
    activation: str = attrs.field(default="erf", kw_only=True)
    gain: float = attrs.field(default=0.8, kw_only=True)
    gap: float | None = attrs.field(default=None, kw_only=True)
    degree: SymbolicInt = attrs.field(default=4, kw_only=True)
    amplitude_bound: float | None = attrs.field(default=None, kw_only=True)
    norm: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)
    norm_bounds: Bounds | None = attrs.field(default=None, converter=to_bounds, kw_only=True)
    argument_bound: float | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_layer_bounds(self)
        instance(self.vector, "vector", VectorEncoding, "a VectorEncoding")
        if not isinstance(self.convolution, RealBlockEncoding):
            raise ValueError(
                f"the convolution must be a RealBlockEncoding, got {type(self.convolution).__name__}"
            )
        n, m = self.vector.system_bitsize, self.convolution.system_bitsize
        if not is_symbolic(n, m) and n != m:
            raise ValueError(f"the vector has {n} qubits, the convolution acts on {m}")

    @property
    def _weights(self) -> RealBlockEncoding:
        assert isinstance(self.convolution, RealBlockEncoding)
        return self.convolution

    @property
    def _function(self) -> Activation:
        return Activation(self.activation, gain=self.gain, gap=self.gap)

    # --- what is encoded -------------------------------------------------------------------------

    @cached_property
    def argument(self) -> MatrixVectorProduct:
        """Encoding of `W psi`, whose amplitudes D acts on."""
        return MatrixVectorProduct(self._weights, self.vector)

    @property
    def kappa(self) -> SymbolicFloat:
        """`alpha_W/sigma`, sigma the reference amplitude of the vector."""
        return self._weights.alpha / self.vector.reference_amplitude

    @property
    def argument_error(self) -> float:
        """Bound of the 2-norm error of the encoded `W psi`."""
        e, e_w = self.vector.scaled_error.error, float(self._weights.epsilon)
        return (1 + e_w) * e + e_w

    @property
    def _bounds(self) -> Bounds:
        """A and B, of the largest entry and of the norm of `W psi`."""
        norm = min(1.0, self.argument_bound or 1.0)
        return min(norm, self.amplitude_bound or 1.0), norm

    @cached_property
    def quotient(self) -> ActivationQuotient:
        """The certified polynomial, for every argument that occurs; of degree 0 for those of the exact W psi.

        A constant multiplies whatever it is given, at any scale, so that only its value on the exact
        arguments matters.
        """
        known, error, largest = self.vector.scaled_error, self.argument_error, self._bounds[0]
        if self.degree == 0:
            return layer_quotient(self._function, self.kappa, 0, largest, 0.0)
        return layer_quotient(
            self._function, self.kappa, self.degree, largest, error, known.low, known.high
        )

    @property
    def gamma(self) -> float:
        """Subnormalisation of the activated branch, `gamma >= L kappa`."""
        return self.quotient.gamma

    @property
    def skip_amplitude(self) -> float:
        """`w`, the weight of the skip branch."""
        return 1 / (1 + self.gamma * float(self.vector.reference_amplitude))

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """LCU qubit, sign qubit, m, and the ancillas of W and of the vector."""
        inner = self._weights.ancilla_bitsize + self.vector.ancilla_bitsize
        return 1 + self._transform_bitsize + self.system_bitsize + inner

    @property
    def _lipschitz(self) -> float:
        """By which an error of the argument grows: L, and outside a gap the largest slope of the polynomial.

        Entries that are 0 are given errors by the layers before; what is made of those is the polynomial's.
        """
        stated = self._function.lipschitz
        return stated if self.gap is None else max(stated, self.gamma / float(self.kappa))

    @property
    def _transform_bitsize(self) -> int:
        return transform_bitsize(self._function, self.degree)

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`x + f(W x)` for any x, not normalised: what the exact layer does to a vector."""
        result: FloatArray = vector + self._function(self._weights.apply_target(vector))
        return result

    @property
    def sensitivity(self) -> float:
        """`(1 + L (1 + e_W))/||psi + f(W psi)||`: the vector's error enters `epsilon` times this."""
        slope = self._lipschitz * (1 + float(self._weights.epsilon))
        return (1 + slope) / self.image_norm

    @cached_property
    def scale(self) -> float:
        """`1/sigma + gamma`: the block is `r (psi + f(W psi))/scale`."""
        return 1 / float(self.vector.reference_amplitude) + self.gamma

    @cached_property
    def image_error(self) -> ScaledError:
        """Of `psi + f(W psi)` before it is normalised, at the vector's own r; see the class."""
        known, quotient, function = self.vector.scaled_error, self.quotient, self._function
        largest, norm = self._bounds
        a, per_argument = self.argument_error, self.gamma / self.kappa
        phases = per_argument * TOLERANCE * (norm + a)
        if self.degree == 0:
            slope = abs(float(quotient.polynomial(0.0))) * per_argument
            of_map = slope * a + per_argument * quotient.delta * norm
        else:
            of_scale = norm * function.quotient_change(largest, known.low, known.high)
            of_polynomial = per_argument * quotient.delta * (norm + a)
            of_map = self._lipschitz * a + of_scale + of_polynomial
        return ScaledError(known.error + of_map + phases, known.low, known.high)

    def block(self) -> FloatArray:
        """`w x + (1-w) Q(y) y` with x the vector's block and `y = (W/alpha_W) x`."""
        x = self.vector.block()
        y = self._weights.apply_block(x)
        w = self.skip_amplitude
        result: FloatArray = w * x + (1 - w) * self.quotient.polynomial(y) * y
        return result

    @property
    def loaded_part(self) -> tuple[str, str, Bloq]:
        """The convolution."""
        return "W", "convolution", self.convolution

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def component(self) -> str:
        """Row of the cost report."""
        return "block LCU"

    @cached_property
    def transform(self) -> QSVT | MixedQSVT:
        """D, uncontrolled."""
        return diagonal_transform(
            self.argument, self._function, self.degree, self.quotient if self.has_data else None
        )

    @property
    def _lcu_angle(self) -> float | None:
        return 2 * math.acos(math.sqrt(self.skip_amplitude)) if self.has_data else None

    @property
    def _select(self) -> tuple[Bloq, Bloq, Bloq]:
        """The calls: `U_psi`, controlled W, controlled D."""
        vector: Bloq = self.vector.controlled() if self.is_controlled else self.vector
        return vector, self._weights.controlled(), self.transform.controlled()

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the calls; the AND of control and LCU qubit lives around two of them."""
        vector, convolution, transform = self._select
        extra = 1 if self.is_controlled else 0
        inner = max_workspace(workspace_of(convolution), workspace_of(transform)) + extra
        return max_workspace(workspace_of(vector), inner)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """`U_psi`; Ry; controlled W and D; Ry undone."""
        n, a_w, a_psi = (
            self.system_bitsize,
            self._weights.ancilla_bitsize,
            self.vector.ancilla_bitsize,
        )
        if is_symbolic(n, a_w, a_psi, self.degree):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        lcu, step = ancilla[:1], ancilla[1:]
        first = 1 + self._transform_bitsize + n
        weights, shared = ancilla[first : first + a_w], ancilla[first + a_w :]
        vector, convolution, transform = self._select
        wires.call(vector, ctrl=ctrl, system=system, ancilla=shared)
        with lcu_select(wires, ctrl, lcu, self._lcu_angle) as select:
            wires.call(convolution, ctrl=select, system=system, ancilla=weights)
            wires.call(transform, ctrl=select, system=system, ancilla=step)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call each and two rotations."""
        calls: dict[Bloq, SymbolicInt] = dict.fromkeys(self._select, 1)
        return {**calls, **lcu_counts(self._lcu_angle, self.is_controlled)}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _residual_block() -> ResidualBlock:
    kernel = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
    convolution = Conv2DBlockEncoding(kernel, 1)
    residual_block = ResidualBlock(LoadedVector([0.6, -0.8]), convolution, degree=2)
    return residual_block


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _residual_block_shape() -> ResidualBlock:
    convolution = Conv2DBlockEncoding.from_shape(channels=2, kernel_size=3, axis_bits=1, alpha=2.0)
    vector = LoadedVector(None, bitsize=3)
    residual_block_shape = ResidualBlock(vector, convolution, degree=4, norm=0.9)
    return residual_block_shape
