"""An encoding of A read as one of a multiple of A: the circuit is the same, alpha differs."""

from collections.abc import Callable

import attrs
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.encoding import FloatArray
from bloqs.published.oblivious_amplification import check_encoding
from bloqs.published.one_part import OnePart


@attrs.frozen(field_transformer=checked, cache_hash=True)
class RescaledEncoding(OnePart, RealBlockEncoding):
    r"""`factor * A` with `alpha = factor * alpha_A`, from an encoding of A, whose circuit it is.

    $$ c A, \qquad \alpha = c\, \alpha_A. $$

    The paper's "W is given as W/kappa": a `(1, b, epsilon)`-encoding of `W/kappa` is a `(kappa, b, kappa
    epsilon)`-encoding of W.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)` of the encoding.
        ancilla: `QAny(a)` of the encoding.
    Parameters:
        encoding: of A.
        factor: positive; may be symbolic by shape.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(factor alpha_A, a, factor epsilon_A)`.

    Raises:
        ValueError: not one of our encodings, one with a control of its own, or a factor that is not positive.

    Example:
        >>> from bloqs.published import OneSidedShift
        >>> RescaledEncoding(OneSidedShift(1), 2.0).target().tolist()
        [[0.0, 0.0], [2.0, 0.0]]
    """

    encoding: RealBlockEncoding
    factor: SymbolicFloat
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        check_encoding("RescaledEncoding", self.encoding)
        if not is_symbolic(self.factor) and not self.factor > 0:
            raise ValueError(f"factor must be positive, found {self.factor}")

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the encoding."""
        return self.encoding.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the encoding."""
        return self.encoding.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """`factor alpha_A`."""
        return self.factor * self.encoding.alpha

    @property
    def epsilon(self) -> SymbolicFloat:
        """`factor epsilon_A`."""
        return self.factor * self.encoding.epsilon

    def target(self) -> FloatArray:
        """`factor A`."""
        return float(self.factor) * self.encoding.target()

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """`factor A @ vectors`."""
        return float(self.factor) * self.encoding.apply_target(vectors)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The encoding's block, as it is."""
        return self.encoding.apply_block(vectors)

    def apply_polynomial(
        self, polynomial: Callable[[FloatArray], FloatArray], parity: int, vectors: FloatArray
    ) -> FloatArray:
        """The encoding's, as it is."""
        return self.encoding.apply_polynomial(polynomial, parity, vectors)

    @property
    def _call(self) -> Bloq:
        return self.encoding.controlled() if self.is_controlled else self.encoding

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The encoding; symbols have no decomposition."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        return super().build_composite_bloq(bb, **soqs)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _rescaled_encoding() -> RescaledEncoding:
    from bloqs.published.shift_difference import ShiftDifference

    rescaled_encoding = RescaledEncoding(ShiftDifference(2), 0.5)
    return rescaled_encoding
