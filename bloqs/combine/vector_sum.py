"""L1: the weighted sum of two encoded vectors."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic, smax

from bloqs.combine.matrix_product import (
    check_norm_bound,
    check_same_length,
    check_vector_encoding,
    measured_norm,
)
from bloqs.combine.select_vectors import SelectVectors
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import DATA, WorkspaceOf
from bloqs.core.encoding import FloatArray, ShapeOnlyError, VectorEncoding
from bloqs.core.rotation import ry
from bloqs.core.wires import Wires


@attrs.frozen(field_transformer=checked, cache_hash=True)
class VectorSum(VectorEncoding):
    r"""The normalised weighted sum of two encoded vectors, with `w` in [0, 1].

    $$ \frac{1}{\mathcal N} \Bigl( w \frac{\psi}{\alpha} + (1 - w) \frac{\phi}{\beta} \Bigr), \qquad
       \mathcal N = \Bigl\| w \frac{\psi}{\alpha} + (1 - w) \frac{\phi}{\beta} \Bigr\|_2. $$

    One ancilla is turned to `sqrt(w)|0> + sqrt(1-w)|1>`, SELECT applies `U_psi` on 0 and `U_phi` on 1, and
    the ancilla is turned back. The block is `w` times the first block plus `1 - w` times the second, exactly.
    With control only the SELECT is controlled (one And): off, the two turns cancel.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)` of both.
        ancilla: `QAny(1 + max(a, b))`: the turned one, then those that both encodings share, on each branch
            of which only one acts.

    Parameters:
        first: `(alpha, a, eps_0)`-encoding of psi.
        second: `(beta, b, eps_1)`-encoding of phi.
        weight: `w`, from 0 to 1; None by shape, when the turns are two rotations of unknown angle.
        norm: lower bound of N, used where the parts lack data or the weight is None; may be symbolic.
            `alpha` and `epsilon` are then upper bounds (exact when `norm` is).
        is_controlled: with a `ctrl` qubit.

    Encodes: `(1/N, 1 + max(a, b), (w eps_0/alpha + (1 - w) eps_1/beta)/N)`; for an unknown weight epsilon is
        the larger end, `max(eps_0/alpha, eps_1/beta)/N`.

    Error: each block differs from `psi/alpha` by at most `eps_0/alpha`, from `phi/beta` by at most
        `eps_1/beta`; the block of the sum is their convex combination, and `alpha = 1/N` multiplies it.

    Cost: two rotations and one controlled call of each; with control one And more.

    Raises:
        ValueError: a part that is no vector encoding or has a control of its own, vectors of different
            lengths, a weight outside [0, 1], `norm <= 0` or above N, a sum that is zero.
        ShapeOnlyError: `alpha` or `epsilon` where neither data nor `norm` are there.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), sum of vector encodings.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> total = VectorSum(LoadedVector([1.0, 0.0]), LoadedVector([0.0, 1.0]), weight=0.5)
        >>> total.target().round(6).tolist(), round(total.alpha, 6), total.ancilla_bitsize
        ([0.707107, 0.707107], 1.414214, 1)
    """

    first: VectorEncoding
    second: VectorEncoding
    weight: float | None = attrs.field(default=None, metadata=DATA)
    norm: SymbolicFloat | None = None
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("VectorSum", "first", self.first)
        check_vector_encoding("VectorSum", "second", self.second)
        check_same_length("VectorSum", self.first.system_bitsize, self.second.system_bitsize)
        if self.weight is not None and not 0 <= self.weight <= 1:
            raise ValueError(
                f"VectorSum: `weight` must be from 0 to 1, got {self.weight}; for a difference negate "
                f"the data of a part, for other ratios use w = x/(x + y) for x psi + y phi"
            )
        check_norm_bound("VectorSum", self.norm)

    # --- what is encoded -------------------------------------------------------------------------

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the parts."""
        return self.first.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """`1 + max(a, b)`."""
        return 1 + smax(self.first.ancilla_bitsize, self.second.ancilla_bitsize)

    @property
    def alpha(self) -> SymbolicFloat:
        """`1/N`."""
        return 1 / self.sum_norm

    @property
    def epsilon(self) -> SymbolicFloat:
        """`(w eps_0/alpha + (1 - w) eps_1/beta)/N`, proved above."""
        errors = [part.epsilon / part.alpha for part in (self.first, self.second)]
        if self.weight is None:
            return smax(*errors) / self.sum_norm
        return (self.weight * errors[0] + (1 - self.weight) * errors[1]) / self.sum_norm

    @cached_property
    def sum_norm(self) -> SymbolicFloat:
        """`N` from the data; without them the stated lower bound.

        Returns:
            The norm, which may be symbolic where it is the stated one.

        Raises:
            ShapeOnlyError: neither is there.
        """
        try:
            return self._sum()[1]
        except ShapeOnlyError as error:
            if self.norm is not None:
                return self.norm
            raise ShapeOnlyError(
                "VectorSum: the norm of the sum is not known, since a part or the weight is given by "
                "shape; pass `norm`, a lower bound of it"
            ) from error

    def _combine(self, first: FloatArray, second: FloatArray) -> FloatArray:
        if self.weight is None:
            raise ShapeOnlyError("VectorSum: the weight is None, so the sum is not known")
        return self.weight * first + (1 - self.weight) * second

    def _sum(self) -> tuple[FloatArray, float]:
        """`w psi/alpha + (1 - w) phi/beta` and its norm, exact."""
        parts = (self.first, self.second)
        total = self._combine(*(part.target() / part.alpha for part in parts))
        scale = 1 / float(max(part.alpha for part in parts))
        return total, measured_norm("VectorSum", total, self.norm, scale)

    def target(self) -> FloatArray:
        """`(w psi/alpha + (1 - w) phi/beta)/N`, float64 `(2**n,)`."""
        total, norm = self._sum()
        return total / norm

    def block(self) -> FloatArray:
        """`w` times the first block plus `1 - w` times the second."""
        return self._combine(self.first.block(), self.second.block())

    # --- the circuit -----------------------------------------------------------------------------

    @cached_property
    def _select(self) -> Bloq:
        select = SelectVectors(self.first, self.second)
        return select.controlled() if self.is_controlled else select

    @property
    def _turn(self) -> Bloq:
        """`|0> -> sqrt(w)|0> + sqrt(1-w)|1>`."""
        if self.weight is None:
            return ry(None)
        return ry(2 * float(np.arctan2(np.sqrt(1 - self.weight), np.sqrt(self.weight))))

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the SELECT."""
        return workspace_of(self._select)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Turn, SELECT, turn back."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        wires.call(self._turn, q=ancilla[:1])
        wires.call(self._select, ctrl=ctrl, select=ancilla[:1], system=system, ancilla=ancilla[1:])
        wires.call(self._turn.adjoint(), q=ancilla[:1])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """Two turns and one SELECT."""
        return Counter([self._turn, self._select, self._turn.adjoint()])


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _vector_sum() -> VectorSum:
    from bloqs.loading import LoadedVector

    vector_sum = VectorSum(
        LoadedVector([0.5, 0.5, -0.1, 0.7]), LoadedVector([0.1, -0.5, 0.7, 0.5]), weight=0.3
    )
    return vector_sum


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _vector_sum_shape() -> VectorSum:
    from bloqs.loading import LoadedVector

    vector_sum_shape = VectorSum(
        LoadedVector(None, bitsize=3), LoadedVector(None, bitsize=3), norm=0.25
    )
    return vector_sum_shape


VECTOR_SUM_DOC = BloqDocSpec(bloq_cls=VectorSum, examples=[_vector_sum, _vector_sum_shape])
