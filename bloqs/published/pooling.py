"""C1 and B20: the residual-linear-pooling block as published, and the error of its samples."""

import math
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import instance, real_number, whole_number
from bloqs.combine.matrix_product import check_same_length, check_vector_encoding
from bloqs.combine.vector_sum import VectorSum
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.layers.pooling import SquaredMatrixVectorProduct
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.vector import LoadedVector
from bloqs.published.checks import check_degree
from bloqs.published.lemma import Lemma
from bloqs.published.sign_amplification import SignAmplification

MAX_COUNT = 2**256
"""Entries and groups, at most: the square is a float still."""


def pooling_error(length: int, num_groups: int, delta: float) -> float:
    """Stated bound (B20) of what an output error does to a pooled probability: `2 N**2 delta/sqrt(C)`.

    The probabilities of two unit vectors at a distance delta differ by at most `2 delta` in all, so that this
    bound is looser by `N**2/sqrt(C)`.

    Args:
        length: N, entries of the vector.
        num_groups: C, groups that are pooled.
        delta: bound of the 2-norm error of the vector.

    Returns:
        The bound, as published.

    Raises:
        ValueError: an argument out of range.

    References:
        Rattew et al. (ICLR 2026), appendix B.20.

    Example:
        >>> pooling_error(256, 16, 1e-6)
        0.032768
    """
    length = whole_number(length, "length", low=1, high=MAX_COUNT)
    num_groups = whole_number(num_groups, "num_groups", low=1, high=MAX_COUNT)
    delta = real_number(delta, "delta", low=0)
    return 2 * length**2 * delta / math.sqrt(num_groups)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class PublishedPooling(VectorEncoding):
    r"""`g/||g||`, `g = tau psi + (1 - tau) W(psi o psi)`, as published: sum, then worst-case amplification.

    $$ \frac{g}{\|g\|_2}, \qquad g = \tau\psi + (1 - \tau)\, W(\psi \circ \psi), \qquad
       |\tilde p_c - p_c| \le \frac{2 N^2 \epsilon}{\sqrt{C}}. $$

    The last is what B20 states of the probabilities of C groups that are sampled (`sampling_error`).

    The product (T1) is `SquaredMatrixVectorProduct`, with the column oracle of this library: the published
    one reads entries, by two oracles, and takes more ancillas for the same alpha. It is summed with psi (L1),
    on ancillas of its own, and amplified from the worst-case amplitude `(2 tau - 1)/c` on,
    `c = tau alpha + (1 - tau) beta alpha**2`; hence tau must exceed 1/2.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`; measure the leading qubits for the class.
        ancilla: `QAny(4 + n + a)`: sign qubit of the amplification, LCU qubit, then those of the product.
    Parameters:
        vector: encoding of psi.
        columns: `ColumnOracle` of W, `||W||_2 <= 1`.
        skip_weight: tau, in (1/2, 1).
        epsilon: bound of the 2-norm error, in (0, 1).
        amplification_degree: odd; None to find it. May be symbolic by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1/0.999, 4 + n + a, epsilon).
    Cost: three calls of the vector and one of the columns, times `O(log(1/epsilon) c/(2 tau - 1))`.

    Raises:
        ValueError: parts of the wrong kind or size, tau out of (1/2, 1), where no worst-case bound exists, or
            errors of the parts that exceed epsilon.

    References:
        Rattew et al. (ICLR 2026), Corollary 1 and Theorem 1.

    Example:
        >>> output = PublishedPooling(LoadedVector([0.6, -0.8]), ColumnOracle(0.5 * np.eye(2)), epsilon=0.1)
        >>> bool(np.linalg.norm(output.alpha * output.block() - output.target()) < 0.1)
        True
    """

    lemma = Lemma(
        label="C1",
        title="residual-linear-pooling block",
        encodes="(1, ., epsilon) of g/||g||, tau = 0.51",
        complexity="O(log(N/(sqrt(C) e)) (T + a + n^2))",
        ours="bloqs.layers.ResidualLinearPooling",
        references=("rattew2026", "gilyen2019"),
    )
    component = "output LCU"

    vector: VectorEncoding
    columns: ColumnOracle
    skip_weight: float = attrs.field(default=0.51, kw_only=True)
    epsilon: float = attrs.field(default=1e-2, kw_only=True)
    amplification_degree: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("PublishedPooling", "vector", self.vector)
        instance(self.columns, "columns", ColumnOracle, "a ColumnOracle")
        check_same_length(
            "PublishedPooling", self.vector.system_bitsize, self.columns.index_bitsize
        )
        name = "amplification_degree"
        check_degree(name, self.amplification_degree, has_data=self.has_data)
        if not 0.5 < self.skip_weight < 1:
            raise ValueError(
                f"skip_weight must lie in (1/2, 1), found {self.skip_weight}: below, ||g|| has no worst-case "
                "bound; bloqs.layers.ResidualLinearPooling takes calibrated ones"
            )
        if not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon must lie strictly between 0 and 1, found {self.epsilon}")
        if self.has_data and float(self.amplification.epsilon) > self.epsilon * (1 + 1e-9):
            raise ValueError(
                f"PublishedPooling: a vector off by {float(self.vector.epsilon):.3g} and columns off by "
                f"{float(self.columns.epsilon):.3g} leave an error of "
                f"{float(self.amplification.epsilon):.3g}, more than "
                f"epsilon = {self.epsilon:.3g}; encode them better, or raise epsilon or amplification_degree"
            )

    @property
    def least_amplitude(self) -> SymbolicFloat:
        """`(2 tau - 1)/c`."""
        tau, alpha = self.skip_weight, self.vector.alpha
        return (2 * tau - 1) / (tau * alpha + (1 - tau) * self.columns.beta * alpha**2)

    @cached_property
    def total(self) -> VectorSum:
        """The weighted sum, `g/c`."""
        norm = None if self.has_data else 1.0
        product = SquaredMatrixVectorProduct(self.vector, self.columns, norm=norm)
        if not self.has_data:
            return VectorSum(self.vector, product, norm=self.least_amplitude)
        weight = self.skip_weight * float(self.vector.alpha)
        other = (1 - self.skip_weight) * float(self.columns.beta) * float(self.vector.alpha) ** 2
        return VectorSum(self.vector, product, weight / (weight + other))

    @cached_property
    def amplification(self) -> SignAmplification:
        """The sum, amplified; exact parts leave all of epsilon to it."""
        exact = self.vector.epsilon == 0 and self.columns.epsilon == 0
        s_lo = 1.0 if is_symbolic(self.least_amplitude) else float(self.least_amplitude)
        return SignAmplification(
            self.total,
            s_lo=s_lo,
            delta=0.99 * self.epsilon if exact else self.epsilon / 2,
            degree=self.amplification_degree,
            is_controlled=self.is_controlled,
        )

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the amplified sum."""
        return 4 + self.system_bitsize + self.vector.ancilla_bitsize

    @property
    def alpha(self) -> float:
        """`1/0.999`."""
        return self.amplification.alpha

    def target(self) -> FloatArray:
        """`g/||g||`."""
        psi, tau = self.vector.target(), self.skip_weight
        image = tau * psi + (1 - tau) * self.columns.target_matrix() @ (psi * psi)
        return np.asarray(image / np.linalg.norm(image))

    def block(self) -> FloatArray:
        """Of the amplified sum."""
        return self.amplification.block()

    def sampling_error(self, num_groups: int) -> float:
        """What B20 states of the probability of a group when this vector is sampled: `pooling_error`.

        Args:
            num_groups: C, a power of two, at most N.

        Returns:
            The bound, as published, for the stated epsilon.

        Raises:
            ValueError: an argument out of range, or a size that is a symbol.

        Example:
            >>> columns = ColumnOracle(0.5 * np.eye(2))
            >>> output = PublishedPooling(LoadedVector([0.6, -0.8]), columns, epsilon=0.1)
            >>> round(output.sampling_error(2), 4)
            0.5657
        """
        n = self.system_bitsize
        if is_symbolic(n):
            raise ValueError(f"a sampling error needs numbers, found system_bitsize = {n}")
        return pooling_error(2 ** int(n), num_groups, float(self.epsilon))

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the amplification."""
        return workspace_of(self.amplification)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The amplification."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.amplification_degree or 1):
            raise DecomposeTypeError(f"symbolic {self}")
        return dict(bb.add_d(self.amplification, **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The amplification."""
        return {self.amplification: 1}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _published_pooling() -> PublishedPooling:
    columns = ColumnOracle(np.array([[0.6, 0.1], [-0.3, 0.5]]))
    published_pooling = PublishedPooling(
        LoadedVector([0.6, -0.8]), columns, skip_weight=0.8, epsilon=0.2
    )
    return published_pooling


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _published_pooling_shape() -> PublishedPooling:
    columns = ColumnOracle(None, bitsize=2)
    published_pooling_shape = PublishedPooling(
        LoadedVector(None, bitsize=2), columns, skip_weight=0.7, epsilon=0.1
    )
    return published_pooling_shape


@bloq_example
def _published_pooling_symbolic() -> PublishedPooling:
    n, q = sympy.symbols("n q")
    published_pooling_symbolic = PublishedPooling(
        LoadedVector(None, bitsize=n),
        ColumnOracle(None, bitsize=n),
        amplification_degree=2 * q + 1,
    )
    return published_pooling_symbolic
