"""The QSVT that multiplies a vector by `f(u)/u`, entry by entry: shared by every activation layer."""

from qualtran import bloq_example
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation.activation import Activation
from bloqs.activation.amplitude import AmplitudeBlockEncoding
from bloqs.activation.certify import check_lipschitz
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.encoding import VectorEncoding
from bloqs.loading import LoadedVector
from bloqs.qsvt.bounded import SplitPolynomial
from bloqs.qsvt.mixed import MixedQSVT, mixed_or_single
from bloqs.qsvt.polynomials import ActivationQuotient, activation_quotient
from bloqs.qsvt.qsvt import QSVT


def layer_quotient(
    activation: Activation,
    kappa: SymbolicFloat,
    degree: SymbolicInt,
    amplitude_bound: float | None,
    argument_error: float,
    low: float = 1.0,
    high: float = 1.0,
) -> ActivationQuotient:
    """The certified Q with `Q(x) ~ f(kappa x)/(gamma x)` on every amplitude x that can occur.

    Where f has a gap, on those that lie outside it, less the error: `|kappa x| >= gap - argument_error`.

    Args:
        activation: f.
        kappa: subnormalisation; the argument of f is `kappa x`.
        degree: even; for an f that is not odd 0 or odd.
        amplitude_bound: bound of `|kappa x|` for the exact vector; None for the proved one, 1 (its 2-norm).
        argument_error: bound of the encoded vector's error, by which an amplitude may exceed the bound.
        low: smallest r, where the vector's amplitude is known in a band only: what is encoded is r times it.
        high: largest r.

    Returns:
        The polynomial with its `gamma` and its certified error `delta`.

    Raises:
        ValueError: kappa or the degree is a symbol, the function breaks its word (it must be smooth, with the
            slope at zero and the Lipschitz constant that it states), or the error closes its gap.

    Example:
        >>> quotient = layer_quotient(Activation("erf", gain=0.8), 2.0, 2, 0.3, 0.0)
        >>> round(quotient.y_max, 6), round(quotient.gamma, 3), quotient.delta < 1e-4
        (0.15, 1.807, True)
    """
    if is_symbolic(kappa, degree):
        raise ValueError(f"no polynomial for symbolic kappa={kappa} or degree={degree}")
    bound = high * (min(1.0, amplitude_bound or 1.0) + argument_error)
    y_max = min(1.0, bound / float(kappa))
    check_lipschitz(activation, float(kappa) * y_max)
    gap = activation.gap
    y_min = 0.0 if gap is None else low * (gap - argument_error) / float(kappa)
    if activation.gap is not None and not 0 < y_min < y_max:
        raise ValueError(
            f"arguments up to {bound:.3g} with an error of {argument_error:.3g} leave nothing outside the "
            f"gap {activation.gap:g} of {activation.name}; ask for a smaller epsilon or another gap"
        )
    return activation_quotient(activation, float(kappa), y_max, degree=int(degree), y_min=y_min)


def diagonal_transform(
    vector: VectorEncoding,
    activation: Activation,
    degree: SymbolicInt,
    quotient: ActivationQuotient | None,
) -> QSVT | MixedQSVT:
    """`Q(diag(y))` with y the block of an encoding, entry by entry.

    Applied to y it gives `f(kappa y)/gamma` with an error of at most `delta ||y||`, whatever the length of y.

    Args:
        vector: encoding of the argument of f.
        activation: f.
        degree: of Q, which `quotient` has too; may be symbolic by shape.
        quotient: the polynomial; None by shape.

    Returns:
        The block encoding, of as many calls of `vector` as the degree says; a `MixedQSVT` where f is not odd.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> f, y = Activation("erf", gain=0.8), LoadedVector([0.6, -0.8])
        >>> quotient = layer_quotient(f, 1.0, 4, None, 0.0)
        >>> image = quotient.gamma * diagonal_transform(y, f, 4, quotient).apply_block(y.target())
        >>> image.round(3).tolist(), f(y.target()).round(3).tolist()
        ([0.503, -0.634], [0.503, -0.635])
    """
    diagonal = AmplitudeBlockEncoding(vector)
    if quotient is None:
        function = activation.function
        return mixed_or_single(
            diagonal, degree, not function.is_odd, function.has_constant_even_part
        )
    polynomial = quotient.polynomial
    if not isinstance(polynomial, SplitPolynomial):
        return QSVT(diagonal, polynomial.chebyshev)
    is_constant = activation.function.has_constant_even_part
    even, odd = polynomial.normalised
    return MixedQSVT(diagonal, even, odd, polynomial.even_weight, is_constant=is_constant)


def transform_bitsize(activation: Activation, degree: SymbolicInt) -> int:
    """Qubits that the transform takes beside those of the diagonal that it transforms.

    Args:
        activation: f.
        degree: of Q.

    Returns:
        1, or 2 where f is not odd.

    Example:
        >>> [transform_bitsize(Activation(name), 3) for name in ("erf", "gelu")]
        [1, 2]
    """
    has_odd_part = not activation.is_odd and (is_symbolic(degree) or degree > 0)
    return 2 if has_odd_part else 1


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _mixed_qsvt() -> MixedQSVT:
    diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
    mixed_qsvt = MixedQSVT(diagonal, (0.3, 0.0, 0.4), (0.0, 0.5, 0.0, 0.3), 0.4)
    return mixed_qsvt


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _mixed_qsvt_constant() -> MixedQSVT:
    diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
    mixed_qsvt_constant = MixedQSVT(diagonal, (1.0,), (0.0, 0.5, 0.0, 0.3), 0.6)
    return mixed_qsvt_constant


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _mixed_qsvt_shape() -> MixedQSVT:
    diagonal = AmplitudeBlockEncoding(LoadedVector(None, bitsize=2))
    mixed_qsvt_shape = MixedQSVT(diagonal, degree=5, is_constant=False)
    return mixed_qsvt_shape


@bloq_example
def _mixed_qsvt_symbolic() -> MixedQSVT:
    import sympy

    n, d = sympy.symbols("n d")
    diagonal = AmplitudeBlockEncoding(LoadedVector(None, bitsize=n))
    mixed_qsvt_symbolic = MixedQSVT(diagonal, degree=d, is_constant=True)
    return mixed_qsvt_symbolic
