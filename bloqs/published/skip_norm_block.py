"""L6: the residual block as published, with its worst-case norm."""

from functools import cached_property
from typing import Any

import attrs
import numpy as np
import sympy
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation import Activation
from bloqs.combine.matrix_product import (
    MatrixVectorProduct,
    check_same_length,
    check_vector_encoding,
)
from bloqs.combine.vector_sum import VectorSum
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.loading.vector import LoadedVector
from bloqs.published.amplified_conv2d import AmplifiedConv2D
from bloqs.published.checks import check_degree, check_epsilon
from bloqs.published.lemma import Lemma
from bloqs.published.nonlinear_amplitudes import NonlinearAmplitudeTransformation
from bloqs.published.oblivious_amplification import check_encoding
from bloqs.published.rescaled import RescaledEncoding
from bloqs.published.sign_amplification import SignAmplification
from bloqs.qsvt.phases import TOLERANCE

LEAST_NORM = 1 / 400
"""Lower bound of the amplitude of the sum of skip and activation that Lemma 6 works with."""

ERROR_FACTOR = 712
"""Lemma 6: errors of the vector and of the convolution enter the block's error times this, at most."""

AMPLIFICATION_SHARE = 0.5
"""Of epsilon, for the amplification; the rest is for the activation and what is inherited."""

LARGEST_ACTIVATION_ERROR = 0.5
"""Of the activated vector, whatever the budget allows."""


@attrs.frozen(field_transformer=checked, cache_hash=True)
class SkipNormBlock(VectorEncoding):
    r"""`(psi + f(W psi))/||psi + f(W psi)||` as published ("skip norm" block).

    $$ \frac{\psi + f(W\psi)}{\|\psi + f(W\psi)\|_2} $$

    `W psi` by a product (L2), f of it by `NonlinearAmplitudeTransformation`, the sum with psi by
    `VectorSum` (L1), weighted so that both carry the same factor, and fixed-point amplification down to the
    worst-case amplitude `least_norm`. Nothing is shared: every copy has ancillas of its own.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(5 + n + 2 (a + b))`: sign qubit of the amplification, LCU qubit, then those of the
            activated branch, which the skip branch shares; a are the vector's, b the convolution's.
    Parameters:
        vector: encoding of psi.
        convolution: block encoding of W; its alpha is the kappa of Lemma 6.
        activation: name of f, odd.
        gain: gain of f.
        epsilon: bound of the 2-norm error, in (0, 1).
        least_norm: lower bound of the amplitude of the sum, `||psi + f(W psi)||/(alpha + 4 gamma~)`, in
            (0, 1]; 1/400 as in Lemma 6.
        degree: of the activation's polynomial, odd; None to find it. May be symbolic by shape.
        amplification_degree: of the amplification, odd; None to find it. May be symbolic by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1/0.999, 5 + n + 2(a + b), epsilon); Lemma 6 states (1, 2(a + b) + n + 9, 712(e0 + e1)).
    Error: half of epsilon for the amplification; the activation's error is budgeted at the worst-case
        amplitude. What the errors of vector and convolution become is added by the rules of the parts.
    Cost: `q (6 (d - 1) + 2)` calls of the vector, with q and d the two degrees.

    Raises:
        ValueError: parts of the wrong kind or of different sizes, epsilon or least_norm out of range, an
            amplitude below `least_norm`, errors of the parts that exceed epsilon.

    References:
        Rattew et al. (ICLR 2026), Lemma 6.

    Example:
        >>> from bloqs.convolution import Conv2DBlockEncoding
        >>> weights = Conv2DBlockEncoding(np.array([[0.4, 0.1], [-0.3, 0.5]]).reshape(2, 2, 1, 1), 1)
        >>> block = SkipNormBlock(LoadedVector([0.6, -0.8]), weights, epsilon=0.05)
        >>> bool(np.linalg.norm(block.alpha * block.block() - block.target()) < 0.05)
        True
        >>> block.activation_degree, block.amplification.num_calls
        (5, 2315)
    """

    lemma = Lemma(
        label="L6",
        title="residual (skip norm) block",
        encodes="(1, 2(a + b) + n + 9, 712(e0 + e1)) of (psi + f(W psi))/N",
        complexity="O(log(sqrt(N)/e) log(1/e) (a + b + n + T1 + T2)), N >= 1/400",
        ours="bloqs.layers.ResidualBlock",
        references=("rattew2026", "rattew2023", "gilyen2019"),
    )
    component = "block LCU"

    vector: VectorEncoding
    convolution: RealBlockEncoding
    activation: str = attrs.field(default="erf", kw_only=True)
    gain: float = attrs.field(default=0.8, kw_only=True)
    epsilon: float = attrs.field(default=1e-2, kw_only=True)
    least_norm: float = attrs.field(default=LEAST_NORM, kw_only=True)
    degree: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    amplification_degree: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("SkipNormBlock", "vector", self.vector)
        check_encoding("SkipNormBlock", self.convolution, "convolution")
        for name in ("degree", "amplification_degree"):
            check_degree(name, getattr(self, name), has_data=self.has_data)
        check_same_length(
            "SkipNormBlock", self.convolution.system_bitsize, self.vector.system_bitsize
        )
        if not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon must lie strictly between 0 and 1, found {self.epsilon}")
        if not 0 < self.least_norm <= 1:
            raise ValueError(f"least_norm must lie in (0, 1], found {self.least_norm}")
        if not self.has_data:
            return
        self._check_least_norm()
        error = float(self.amplification.epsilon)
        if error > self.epsilon * (1 + 1e-9):
            raise ValueError(
                f"SkipNormBlock: with a vector off by {float(self.vector.epsilon):.3g} and a convolution off "
                f"by {float(self.convolution.epsilon):.3g} the block is off by up to {error:.3g}, more than "
                f"epsilon = {self.epsilon:.3g}; encode them better, or raise epsilon, degree or "
                "amplification_degree"
            )

    def _check_least_norm(self) -> None:
        least, limit = float(self.least_norm), 8 * self._function.lipschitz * TOLERANCE
        if self.degree is None and self._share <= limit:
            raise ValueError(
                f"least_norm = {least:.3g} leaves the activation an error of {float(self._share):.3g}, which "
                f"must be above {limit:.3g}, what phases are solved to; raise least_norm, or epsilon"
            )
        amplitude = (1 - float(self.total.epsilon)) / float(self.total.alpha)
        if amplitude < least * (1 - 1e-9):
            raise ValueError(
                f"least_norm = {least:.3g} must be at most {amplitude:.6g}, the amplitude of the sum of this "
                "vector; lower it"
            )

    @classmethod
    def of_kernel(
        cls,
        vector: VectorEncoding,
        kernel: object,
        image_size: int,
        *,
        epsilon: float,
        **options: Any,
    ) -> "SkipNormBlock":
        """The block with its convolution as published too: `AmplifiedConv2D`, read as W over `2 ||W||`.

        Args:
            vector: encoding of psi.
            kernel: float64 `(C, C, D, D)`.
            image_size: M, a power of two.
            epsilon: bound of the error of the block; a tenth of what reaches the sum is the convolution's.
            options: the other fields.

        Returns:
            The block.

        Raises:
            ValueError: as the class, or as `AmplifiedConv2D`.
        """
        least = check_epsilon(options.get("least_norm", LEAST_NORM), "least_norm")
        epsilon = check_epsilon(epsilon)
        share = epsilon * least / 10
        if share <= 2 * TOLERANCE:
            raise ValueError(
                f"least_norm = {least:.3g} and epsilon = {epsilon:.3g} leave the convolution an error of "
                f"{share:.3g}, which must be above {2 * TOLERANCE:g}, what phases are solved to; raise "
                "least_norm, or epsilon"
            )
        plain = AmplifiedConv2D(kernel, image_size, share)
        weights = RescaledEncoding(plain, 2 * plain.norm)
        return cls(vector, weights, epsilon=epsilon, **options)

    # --- the parts -------------------------------------------------------------------------------

    @property
    def _function(self) -> Activation:
        return Activation(self.activation, gain=self.gain)

    @property
    def kappa(self) -> SymbolicFloat:
        """`alpha_W alpha_psi`, what the amplitudes of `W psi` are divided by."""
        return self.convolution.alpha * self.vector.alpha

    @cached_property
    def argument(self) -> MatrixVectorProduct:
        """Encoding of `W psi`, normalised."""
        norm = None if self.has_data else 1.0
        return MatrixVectorProduct(self.convolution, self.vector, norm=norm)

    @property
    def _reach(self) -> SymbolicFloat:
        """`alpha_psi + 4 L kappa`, about what the sum is divided by."""
        return self.vector.alpha + 4 * self._function.slope * self.kappa

    @cached_property
    def activated(self) -> NonlinearAmplitudeTransformation:
        """Encoding of `f(W psi)`, normalised. The encoded argument has norm 1, hence the gain."""
        length = float(self.argument.image_norm) if self.has_data else 1.0
        options: dict[str, Any] = {
            "activation": self.activation,
            "gain": self.gain * length,
            "degree": self.degree,
        }
        if not self.has_data:
            epsilon = LARGEST_ACTIVATION_ERROR
            if self.degree is None and not is_symbolic(self._reach):
                inherited = self._function.lipschitz * float(self.argument.epsilon)
                epsilon = min(epsilon, self._share + inherited)
            return NonlinearAmplitudeTransformation(
                self.argument, epsilon=epsilon, norm=1.0, **options
            )
        image = self._function(length * self.argument.target())
        norm = float(np.linalg.norm(image))
        inherited = self._function.lipschitz * length * float(self.argument.epsilon)
        epsilon = min(LARGEST_ACTIVATION_ERROR, (self._share + inherited) / norm)
        return NonlinearAmplitudeTransformation(self.argument, epsilon=epsilon, **options)

    @property
    def _share(self) -> float:
        """Absolute error of `f(W psi)` that the budget allows, at the worst-case amplitude."""
        rest = self.epsilon * (1 - AMPLIFICATION_SHARE) * 0.9
        return rest * self.least_norm * float(self._reach)

    @property
    def activation_degree(self) -> SymbolicInt:
        """Of the activation's polynomial P."""
        return self.activated.transform.degree + 1

    @cached_property
    def total(self) -> VectorSum:
        """The weighted sum of both, not yet amplified."""
        if not self.has_data:
            return VectorSum(self.vector, self.activated, norm=self.least_norm)
        alpha = float(self.vector.alpha)
        weight = alpha / (alpha + self.activated.scale)
        return VectorSum(self.vector, self.activated, weight)

    @cached_property
    def amplification(self) -> SignAmplification:
        """The sum, amplified: the block itself."""
        return SignAmplification(
            self.total,
            s_lo=self.least_norm,
            delta=self.epsilon * AMPLIFICATION_SHARE,
            degree=self.amplification_degree,
            is_controlled=self.is_controlled,
        )

    @property
    def num_calls(self) -> SymbolicInt:
        """Calls of the vector."""
        return self.amplification.num_calls * (1 + self.activated.num_calls)

    # --- what is encoded -------------------------------------------------------------------------

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the amplified sum."""
        a, b = self.vector.ancilla_bitsize, self.convolution.ancilla_bitsize
        return 5 + self.system_bitsize + 2 * (a + b)

    @property
    def alpha(self) -> float:
        """`1/0.999`."""
        return self.amplification.alpha

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`x + f(W x)` for any x, not normalised."""
        result: FloatArray = vector + self._function(self.convolution.apply_target(vector))
        return result

    def target(self) -> FloatArray:
        """`(psi + f(W psi))/||psi + f(W psi)||`."""
        image = self.apply_target(self.vector.target())
        return image / float(np.linalg.norm(image))

    def block(self) -> FloatArray:
        """Of the amplified sum."""
        return self.amplification.block()

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the amplification."""
        return workspace_of(self.amplification)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The amplification."""
        degrees = (self.degree or 1, self.amplification_degree or 1)
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, *degrees):
            raise DecomposeTypeError(f"symbolic {self}")
        return dict(bb.add_d(self.amplification, **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The amplification."""
        return {self.amplification: 1}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _skip_norm_block() -> SkipNormBlock:
    from bloqs.convolution import Conv2DBlockEncoding

    weights = np.array([[0.4, 0.1], [-0.3, 0.5]]).reshape(2, 2, 1, 1)
    skip_norm_block = SkipNormBlock(
        LoadedVector([0.6, -0.8]),
        Conv2DBlockEncoding(weights, 1),
        epsilon=0.2,
        least_norm=0.2,
    )
    return skip_norm_block


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _skip_norm_block_swap() -> SkipNormBlock:
    from bloqs.published.cyclic_shift import CyclicShift

    skip_norm_block_swap = SkipNormBlock(
        LoadedVector([0.6, 0.8]), CyclicShift(1), epsilon=0.3, least_norm=0.3
    )
    return skip_norm_block_swap


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _skip_norm_block_shape() -> SkipNormBlock:
    from bloqs.published.entrywise_conv2d import EntrywiseConv2D

    weights = EntrywiseConv2D.from_shape(2, 1, 1, alpha=2.0)
    vector = LoadedVector(None, bitsize=1)
    skip_norm_block_shape = SkipNormBlock(vector, weights, epsilon=0.2, least_norm=0.1)
    return skip_norm_block_shape


@bloq_example
def _skip_norm_block_symbolic() -> SkipNormBlock:
    from bloqs.published.entrywise_conv2d import EntrywiseConv2D

    c, d, m, k, q = sympy.symbols("C D m k q")
    weights = EntrywiseConv2D.from_shape(c, d, 2**m, alpha=2.0)
    vector = LoadedVector(None, bitsize=weights.system_bitsize)
    skip_norm_block_symbolic = SkipNormBlock(
        vector, weights, degree=2 * k + 1, amplification_degree=2 * q + 1
    )
    return skip_norm_block_symbolic
