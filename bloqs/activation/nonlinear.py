"""Non-linear transformation of the amplitudes of a vector encoding (the paper's NLAT)."""

from functools import cached_property

import attrs
from qualtran import (
    BloqBuilder,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.activation.activation import Activation
from bloqs.activation.quotient import diagonal_transform, layer_quotient, transform_bitsize
from bloqs.checks import instance
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked, positive
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding
from bloqs.core.scale import Bounds, ScaledError, to_bounds
from bloqs.core.wires import Wires
from bloqs.loading import LoadedVector
from bloqs.qsvt.mixed import MixedQSVT
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.polynomials import ActivationQuotient
from bloqs.qsvt.qsvt import QSVT


@attrs.frozen(field_transformer=checked, cache_hash=True)
class NonlinearTransform(MappedVector):
    r"""`f(v)/||f(v)||` for an encoded real vector v and an activation f.

    $$ \frac{f(v)}{\|f(v)\|_2}, \qquad f \text{ entry by entry}. $$

    First comes U_v on the system, then `D = Q(diag(v/alpha_v))` with `Q(x) ~ f(alpha_v x)/(gamma x)`. The
    calls of U_v inside D use the *same* ancillas as the first: D flags them, and a QSVT with symmetric
    phases never returns flagged garbage (see `QSVT`). The branch carries `f(v)/gamma` with
    `gamma ~ f'(0) alpha_v`.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(1 + n + a)`: the sign qubit, a copy m of the system, then the ancillas of U_v, shared;
            before them the LCU qubit of the parities where f is not odd.
    Parameters:
        vector: encoding of v.
        activation: name of f, see `Activation`.
        gain: gain of f.
        degree: degree of Q, even, or where f is not odd 0 or odd; U_v is called `degree + 1` times. May be
            symbolic by shape.
        amplitude_bound: bound of `max |v_j|`, by default 1 (proved).
        norm: lower bound of `||f(v)||`; needed by shape, otherwise computed.
        is_controlled: with a `ctrl` qubit.
        norm_bounds: as a layer of a network, `(lo, hi)` of `||f(v)||` over its images.
    Encodes: (gamma/||f(v)||, 1 + n + a, epsilon). The error is bounded by the sum of
        `||f(v~) - f(v)|| <= L ||v~ - v||`, L the Lipschitz constant of f, and `gamma delta ||v~||/alpha_v`.

    References:
        Rattew et al. (ICLR 2026), Theorem on non-linear amplitude transformation. Deviation: the quotient
        f(x)/x instead of f, so that the degree does not depend on n.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> NonlinearTransform(LoadedVector([0.6, -0.8]), degree=4).epsilon < 1e-3
        True
    """

    vector: VectorEncoding
    activation: str = "erf"
    gain: float = attrs.field(default=0.8, kw_only=True)
    degree: SymbolicInt = attrs.field(default=4, kw_only=True)
    amplitude_bound: float | None = attrs.field(default=None, kw_only=True)
    norm: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)
    norm_bounds: Bounds | None = attrs.field(default=None, converter=to_bounds, kw_only=True)

    def __attrs_post_init__(self) -> None:
        instance(self.vector, "vector", VectorEncoding, "a VectorEncoding")
        positive(self.norm, "norm")
        positive(self.amplitude_bound, "amplitude_bound")
        Activation(self.activation, gain=self.gain)

    @property
    def _function(self) -> Activation:
        return Activation(self.activation, gain=self.gain)

    @cached_property
    def quotient(self) -> ActivationQuotient:
        """The certified polynomial."""
        known = self.vector.scaled_error
        return layer_quotient(
            self._function,
            1 / self.vector.reference_amplitude,
            self.degree,
            self.amplitude_bound,
            known.error,
            known.low,
            known.high,
        )

    @cached_property
    def transform(self) -> QSVT | MixedQSVT:
        """The QSVT D, uncontrolled."""
        return diagonal_transform(
            self.vector, self._function, self.degree, self.quotient if self.has_data else None
        )

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The sign qubit, the copy m of the system, and the vector's ancillas."""
        extra = transform_bitsize(self._function, self.degree)
        return extra + self.vector.system_bitsize + self.vector.ancilla_bitsize

    @property
    def scale(self) -> float:
        """`gamma`."""
        return self.quotient.gamma

    @property
    def image_error(self) -> ScaledError:
        """The input's error through f, that of its scale, the polynomial's error, and that of its phases."""
        known, quotient, function = self.vector.scaled_error, self.quotient, self._function
        largest = min(1.0, self.amplitude_bound or 1.0)
        per_argument = quotient.gamma * float(self.vector.reference_amplitude)
        error = (
            function.lipschitz * known.error
            + function.quotient_change(largest, known.low, known.high)
            + per_argument * (quotient.delta + TOLERANCE) * (1 + known.error)
        )
        return ScaledError(error, known.low, known.high)

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`f(x)` for any x, not normalised: what the exact transformation does to a vector."""
        return self._function(vector)

    @property
    def sensitivity(self) -> float:
        """`L/||f(v)||`, L the Lipschitz constant: the vector's error enters `epsilon` times this."""
        return self._function.lipschitz / self.image_norm

    def block(self) -> FloatArray:
        """`Q(y) y` on the encoded amplitudes y."""
        return self.transform.apply_block(self.vector.block())

    @property
    def _parts(self) -> tuple[VectorEncoding, QSVT | MixedQSVT]:
        return self.vector, self.transform

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of the two parts' workspaces."""
        parts = self._parts
        if self.is_controlled:
            return max_workspace(*(workspace_of(part.controlled()) for part in parts))
        return max_workspace(*(workspace_of(part) for part in parts))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """U_v, then D sharing its ancillas."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.degree):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        vector, transform = self._parts
        extra = transform_bitsize(self._function, self.degree)
        shared = ancilla[extra + self.system_bitsize :]
        if ctrl:
            wires.call(vector.controlled(), ctrl=ctrl, system=system, ancilla=shared)
            wires.call(transform.controlled(), ctrl=ctrl, system=system, ancilla=ancilla)
        else:
            wires.call(vector, system=system, ancilla=shared)
            wires.call(transform, system=system, ancilla=ancilla)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call of the vector and one of D."""
        return {(part.controlled() if self.is_controlled else part): 1 for part in self._parts}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _nonlinear_transform() -> NonlinearTransform:
    nonlinear_transform = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
    return nonlinear_transform


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _nonlinear_transform_shape() -> NonlinearTransform:
    vector = LoadedVector(None, bitsize=2)
    nonlinear_transform_shape = NonlinearTransform(vector, degree=4, norm=0.5)
    return nonlinear_transform_shape
