"""The published sums of a vector and what a layer makes of it (L1), as maps in a network, not amplified."""

import abc
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from qualtran import Bloq, bloq_example
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.activation import Activation
from bloqs.combine.matrix_product import (
    MatrixVectorProduct,
    check_norm_bound,
    check_same_length,
    check_vector_encoding,
)
from bloqs.combine.vector_sum import VectorSum
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding, controlled_if
from bloqs.core.scale import InadmissibleError
from bloqs.layers.pooling import SquaredMatrixVectorProduct
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.vector import LoadedVector
from bloqs.published.nonlinear_amplitudes import (
    NonlinearAmplitudeTransformation,
    activation_series,
)
from bloqs.published.oblivious_amplification import check_encoding
from bloqs.published.one_part import OnePart
from bloqs.qsvt.phases import TOLERANCE


class SumWithInput(OnePart, MappedVector):
    """Abstract `a v + b G(v)`, by L1 from encodings of v and of G(v) that share nothing.

    A subclass states the two coefficients, `other`, the encoding of `G(v)/||G(v)||`, and `other_scale`, what
    G(v) is divided by in its block.

    Example:
        >>> columns = ColumnOracle(0.5 * np.eye(2))
        >>> total: SumWithInput = PoolingSum(LoadedVector([0.6, -0.8]), columns, skip_weight=0.8)
        >>> bool(np.allclose(total.scale * total.block(), total.apply_target(total.vector.target())))
        True
    """

    noun = "block"

    coefficients: tuple[float, float]
    is_controlled: bool

    @property
    @abc.abstractmethod
    def other(self) -> MappedVector:
        """Encoding of `G(v)`, normalised."""

    @property
    @abc.abstractmethod
    def other_scale(self) -> float:
        """What `G(v)` is divided by in the block of `other`."""

    @property
    def _pair(self) -> tuple[float, float]:
        """`a alpha_v` and `b` times the other's scale, which add up to the scale."""
        a, b = self.coefficients
        return a * float(self.vector.alpha), b * self.other_scale

    @cached_property
    def total(self) -> VectorSum:
        """The weighted sum of both blocks; its weight is unknown by shape."""
        if not self.has_data:
            return VectorSum(self.vector, self.other, norm=1.0)
        own, other = self._pair
        return VectorSum(self.vector, self.other, own / (own + other))

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the sum."""
        return self.total.ancilla_bitsize

    @property
    def scale(self) -> SymbolicFloat:
        """`a alpha_v + b s`, s the other's scale."""
        return sum(self._pair)

    @property
    def absolute_error(self) -> float:
        """`a e_v + b e`, e the other's error before it is normalised."""
        a, b = self.coefficients
        other = float(self.other.epsilon) * float(self.other.image_norm)
        return a * float(self.vector.epsilon) + b * other

    def block(self) -> FloatArray:
        """Of the sum."""
        return self.total.block()

    @property
    def _call(self) -> Bloq:
        return controlled_if(self.total, self.is_controlled)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class SkipSum(SumWithInput):
    r"""`psi + f(W psi)` as in Lemma 6, before its amplification, the activation of a degree that is given.

    $$ \psi + f(W\psi) $$

    `W psi` is a product (L2), f of it is `NonlinearAmplitudeTransformation`, and L1 adds psi.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: the LCU qubit, then those of the activated branch, which the skip branch shares.
    Parameters:
        vector: encoding of psi.
        convolution: block encoding of W.
        activation: name of f, odd.
        gain: gain of f.
        degree: of f's polynomial, odd.
        norm: lower bound of `||psi + f(W psi)||`, needed by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: `((alpha + 4 gamma~)/||psi + f(W psi)||, a, epsilon)`; see `SkipNormBlock`, which finds the
        degrees from an error.
    Error: that of psi, and of f as `NonlinearAmplitudeTransformation` says, over the norm.

    Raises:
        ValueError: parts of the wrong kind or of different sizes, an activation that is not odd.
        InadmissibleError: a degree that leaves an error of 1 or more.

    References:
        Rattew et al. (ICLR 2026), Lemma 6.

    Example:
        >>> from bloqs.convolution import Conv2DBlockEncoding
        >>> weights = Conv2DBlockEncoding(np.array([[0.4, 0.1], [-0.3, 0.5]]).reshape(2, 2, 1, 1), 1)
        >>> total = SkipSum(LoadedVector([0.6, -0.8]), weights, degree=5)
        >>> bool(np.linalg.norm(total.alpha * total.block() - total.target()) <= total.epsilon < 0.01)
        True
    """

    component = "block LCU"
    title = "Skip norm block"

    vector: VectorEncoding
    convolution: RealBlockEncoding
    activation: str = attrs.field(default="erf", kw_only=True)
    gain: float = attrs.field(default=0.8, kw_only=True)
    degree: int = attrs.field(default=1, kw_only=True)
    norm: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    coefficients = (1.0, 1.0)

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("SkipSum", "vector", self.vector)
        check_encoding("SkipSum", self.convolution, "convolution")
        check_norm_bound("SkipSum", self.norm)
        check_same_length("SkipSum", self.convolution.system_bitsize, self.vector.system_bitsize)

    @property
    def _function(self) -> Activation:
        return Activation(self.activation, gain=self.gain)

    @cached_property
    def other(self) -> NonlinearAmplitudeTransformation:
        """Encoding of `f(W psi)`. The encoded argument has norm 1, hence the gain."""
        has_data = self.has_data
        argument = MatrixVectorProduct(
            self.convolution, self.vector, norm=None if has_data else 1.0
        )
        length = float(argument.image_norm) if has_data else 1.0
        function = Activation(self.activation, gain=self.gain * length)
        reach = float(argument.alpha)
        delta = activation_series(function, reach, degree=self.degree)[1]
        error = function.lipschitz * float(argument.epsilon)
        error += np.sqrt(2.0 ** int(self.system_bitsize)) * delta
        norm = 1.0
        if has_data:
            error += 8 * function.slope * reach * TOLERANCE  # what phases leave, times 4 gamma~
            norm = float(np.linalg.norm(function(argument.target())))
        if not error < norm:
            raise InadmissibleError(
                f"degree {self.degree} leaves an error of {error / norm:.3g} of the activation"
            )
        options: dict[str, Any] = {"activation": self.activation, "gain": self.gain * length}
        return NonlinearAmplitudeTransformation(
            argument,
            epsilon=float(error / norm) * (1 + 1e-12),
            degree=self.degree,
            norm=None if has_data else 1.0,
            **options,
        )

    @property
    def other_scale(self) -> float:
        """`4 gamma~`."""
        return float(self.other.scale)

    @property
    def sensitivity(self) -> float:
        """`(1 + L)/||psi + f(W psi)||`."""
        return (1 + self._function.lipschitz) / float(self.image_norm)

    @property
    def loaded_part(self) -> tuple[str, str, Bloq]:
        """The convolution."""
        return "W", "convolution", self.convolution

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`x + f(W x)` for any x, not normalised."""
        result: FloatArray = vector + self._function(self.convolution.apply_target(vector))
        return result


@attrs.frozen(field_transformer=checked, cache_hash=True)
class PoolingSum(SumWithInput):
    r"""`tau psi + (1 - tau) W(psi o psi)` as in Corollary 1, before its amplification.

    $$ g = \tau\psi + (1 - \tau)\, W(\psi \circ \psi). $$

    The product (T1) has ancillas of its own, and L1 adds psi; three calls of the vector, where
    `ResidualLinearPooling` makes two.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: the LCU qubit, then those of the product.
    Parameters:
        vector: encoding of psi.
        columns: `ColumnOracle` of W, `||W||_2 <= 1`.
        skip_weight: tau, in (0, 1).
        norm: lower bound of `||g||`, needed by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(c/||g||, a, epsilon)`, `c = tau alpha + (1 - tau) beta alpha**2`; see `PublishedPooling`.
    Error: tau times that of psi and (1 - tau) times that of the square, over `||g||`.

    Raises:
        ValueError: parts of the wrong kind or size, tau out of (0, 1).

    References:
        Rattew et al. (ICLR 2026), Corollary 1 and Theorem 1.

    Example:
        >>> columns = ColumnOracle(0.5 * np.eye(2))
        >>> total = PoolingSum(LoadedVector([0.6, -0.8]), columns, skip_weight=0.8)
        >>> bool(np.linalg.norm(total.alpha * total.block() - total.target()) < 1e-9)
        True
    """

    component = "output LCU"
    title = "Residual linear pooling"
    noun = "output"
    is_final = True

    vector: VectorEncoding
    columns: ColumnOracle
    skip_weight: float = attrs.field(default=0.51, kw_only=True)
    norm: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("PoolingSum", "vector", self.vector)
        check_norm_bound("PoolingSum", self.norm)
        check_same_length("PoolingSum", self.vector.system_bitsize, self.columns.index_bitsize)
        if not 0 < self.skip_weight < 1:
            raise ValueError(
                f"skip_weight must lie in (0, 1), found {self.skip_weight}: the published sum has both terms"
            )

    @property
    def coefficients(self) -> tuple[float, float]:  # type: ignore[override]
        """Tau and 1 - tau."""
        return self.skip_weight, 1 - self.skip_weight

    @cached_property
    def other(self) -> SquaredMatrixVectorProduct:
        """Encoding of `W(psi o psi)`."""
        return SquaredMatrixVectorProduct(
            self.vector, self.columns, norm=None if self.has_data else 1.0
        )

    @property
    def other_scale(self) -> float:
        """`beta alpha**2`."""
        return float(self.other.scale)

    @property
    def sensitivity(self) -> float:
        """`(tau + 2 (1 - tau))/||g||`."""
        tau = self.skip_weight
        return (tau + 2 * (1 - tau)) / float(self.image_norm)

    @property
    def loaded_part(self) -> tuple[str, str, Bloq]:
        """The column oracle."""
        return "O", "column oracle", self.columns

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`tau x + (1 - tau) W(x o x)` for any x, not normalised."""
        tau = self.skip_weight
        result: FloatArray = tau * vector + (1 - tau) * self.columns.target_matrix() @ (
            vector * vector
        )
        return result


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _skip_sum() -> SkipSum:
    from bloqs.published.cyclic_shift import CyclicShift

    skip_sum = SkipSum(LoadedVector([0.6, 0.8]), CyclicShift(1), degree=3)
    return skip_sum


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _skip_sum_shape() -> SkipSum:
    from bloqs.published.entrywise_conv2d import EntrywiseConv2D

    weights = EntrywiseConv2D.from_shape(2, 1, 1, alpha=2.0)
    skip_sum_shape = SkipSum(LoadedVector(None, bitsize=1), weights, degree=5, norm=0.1)
    return skip_sum_shape


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _pooling_sum() -> PoolingSum:
    columns = ColumnOracle(np.array([[0.6, 0.1], [-0.3, 0.5]]))
    pooling_sum = PoolingSum(LoadedVector([0.6, -0.8]), columns, skip_weight=0.3)
    return pooling_sum


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _pooling_sum_shape() -> PoolingSum:
    columns = ColumnOracle(None, bitsize=2)
    pooling_sum_shape = PoolingSum(LoadedVector(None, bitsize=2), columns, norm=0.1)
    return pooling_sum_shape
