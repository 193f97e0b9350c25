"""Non-linear transformation of the amplitudes of a vector encoding (the paper's NLAT)."""

from functools import cached_property

import attrs
import numpy as np
from qualtran import (
    BloqBuilder,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation.activation import Activation
from bloqs.activation.quotient import diagonal_transform, layer_quotient
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.core.wires import Wires
from bloqs.loading import LoadedVector
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.polynomials import ActivationQuotient
from bloqs.qsvt.qsvt import QSVT


@attrs.frozen(cache_hash=True)
class NonlinearTransform(VectorEncoding):
    r"""`f(v)/||f(v)||` for an encoded real vector v and an odd activation f.

    First U_v on the system, then `D = Q(diag(v/alpha_v))` with `Q(x) ~ f(alpha_v x)/(gamma x)`, whose
    calls of
    U_v use the *same* ancillas: `D` flags them, and a QSVT with symmetric phases never returns flagged
    garbage (see `QSVT`). The branch carries `f(v)/gamma` with `gamma ~ f'(0) alpha_v`.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(1 + n + a)`: sign qubit, m, then the ancillas of U_v (shared).
    Parameters:
        vector: encoding of v.
        activation: name of f, see `Activation`.
        gain: gain of f.
        degree: even degree of Q; calls of U_v are `degree + 1`. May be symbolic by shape.
        amplitude_bound: bound of `max |v_j|`, default 1 (proved).
        norm: lower bound of `||f(v)||`, needed by shape.
    Encodes: (gamma/||f(v)||, 1 + n + a, epsilon), epsilon from
        `||f(v~) - f(v)|| <= f'(0) ||v~ - v||` and `gamma delta ||v~||/alpha_v`. Bound.

    References:
        Rattew et al. (ICLR 2026), Theorem on non-linear amplitude transformation. Deviation: the quotient
        f(x)/x instead of f, whence a degree independent of n.

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

    @property
    def _function(self) -> Activation:
        return Activation(self.activation, gain=self.gain)

    @cached_property
    def quotient(self) -> ActivationQuotient:
        """The certified polynomial."""
        epsilon = float(self.vector.epsilon)
        return layer_quotient(
            self._function, self.vector.alpha, self.degree, self.amplitude_bound, epsilon
        )

    @cached_property
    def transform(self) -> QSVT:
        """D, uncontrolled."""
        return diagonal_transform(
            self.vector, self.degree, self.quotient if self.has_data else None
        )

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Sign qubit, m and the vector's ancillas."""
        return 1 + self.vector.system_bitsize + self.vector.ancilla_bitsize

    @cached_property
    def _norm(self) -> float:
        if self.norm is not None:
            return self.norm
        return float(np.linalg.norm(self._function(self.vector.target())))

    @property
    def alpha(self) -> SymbolicFloat:
        """`gamma/||f(v)||`."""
        return self.quotient.gamma / self._norm

    @property
    def epsilon(self) -> SymbolicFloat:
        """Bound: activation of the input error, polynomial error, phase residual."""
        e, quotient = float(self.vector.epsilon), self.quotient
        error = self._function.lipschitz * e + quotient.gamma * (quotient.delta + TOLERANCE) * (
            1 + e
        ) / float(self.vector.alpha)
        return error / self._norm

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`f(x)` for any x, not normalised: what the exact transformation does to a vector."""
        return self._function(vector)

    @property
    def sensitivity(self) -> float:
        """`f'(0)/||f(v)||`: the vector's error enters `epsilon` times this."""
        return self._function.lipschitz / self._norm

    def target(self) -> FloatArray:
        """`f(v)/||f(v)||`."""
        values = self.apply_target(self.vector.target())
        result: FloatArray = values / np.linalg.norm(values)
        return result

    def block(self) -> FloatArray:
        """`Q(y) y` on the encoded amplitudes y."""
        return self.transform.apply_block(self.vector.block())

    @property
    def _parts(self) -> tuple[VectorEncoding, QSVT]:
        return self.vector, self.transform

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of the parts'."""
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
        shared = ancilla[1 + self.system_bitsize :]
        if ctrl:
            wires.call(vector.controlled(), ctrl=ctrl, system=system, ancilla=shared)
            wires.call(transform.controlled(), ctrl=ctrl, system=system, ancilla=ancilla)
        else:
            wires.call(vector, system=system, ancilla=shared)
            wires.call(transform, system=system, ancilla=ancilla)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call each."""
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
