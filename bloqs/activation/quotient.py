"""The QSVT that multiplies a vector by `f(u)/u`, entry by entry: shared by every activation layer."""

from __future__ import annotations

from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation.activation import Activation
from bloqs.activation.amplitude import AmplitudeBlockEncoding
from bloqs.activation.certify import check_lipschitz
from bloqs.core.encoding import VectorEncoding
from bloqs.qsvt.polynomials import ActivationQuotient, activation_quotient
from bloqs.qsvt.qsvt import QSVT


def layer_quotient(
    activation: Activation,
    kappa: SymbolicFloat,
    degree: SymbolicInt,
    amplitude_bound: float | None,
    argument_error: float,
) -> ActivationQuotient:
    """The certified even Q with `Q(x) ~ f(kappa x)/(gamma x)` on every amplitude x that can occur.

    Args:
        activation: f.
        kappa: subnormalisation; the argument of f is `kappa x`.
        degree: even.
        amplitude_bound: bound of `|kappa x|` for the exact vector; None for 1, its 2-norm.
        argument_error: bound of the encoded vector's error, by which an amplitude may exceed the bound.

    Returns:
        The polynomial with its `gamma` and its certified error `delta`.

    Raises:
        ValueError: kappa or the degree is a symbol, or the function breaks its word: it must be odd and
            smooth, with the slope at zero and the Lipschitz constant that it states.

    Example:
        >>> quotient = layer_quotient(Activation("erf", gain=0.8), 2.0, 2, 0.3, 0.0)
        >>> round(quotient.y_max, 6), round(quotient.gamma, 3), quotient.delta < 1e-4
        (0.15, 1.807, True)
    """
    if is_symbolic(kappa, degree):
        raise ValueError(f"no polynomial for symbolic kappa={kappa} or degree={degree}")
    bound = (1.0 if amplitude_bound is None else amplitude_bound) + argument_error
    y_max = min(1.0, bound / float(kappa))
    if not activation.function.is_odd:
        raise ValueError(
            f"the activation {activation.name} is not odd, and no even polynomial is near its f(u)/u; choose "
            "an odd one"
        )
    check_lipschitz(activation, float(kappa) * y_max)
    return activation_quotient(activation, float(kappa), y_max, degree=int(degree))


def diagonal_transform(
    vector: VectorEncoding, degree: SymbolicInt, quotient: ActivationQuotient | None
) -> QSVT:
    """`Q(diag(y))` with y the block of an encoding, entry by entry.

    Applied to y it gives `f(kappa y)/gamma` with an error of at most `delta ||y||`, whatever the length of y.

    Args:
        vector: encoding of the argument of f.
        degree: even degree of Q, which `quotient` has too; may be symbolic by shape.
        quotient: the polynomial; None by shape.

    Returns:
        The block encoding, of as many calls of `vector` as the degree says.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> f, y = Activation("erf", gain=0.8), LoadedVector([0.6, -0.8])
        >>> quotient = layer_quotient(f, 1.0, 4, None, 0.0)
        >>> image = quotient.gamma * diagonal_transform(y, 4, quotient).apply_block(y.target())
        >>> image.round(3).tolist(), f(y.target()).round(3).tolist()
        ([0.503, -0.634], [0.503, -0.635])
    """
    diagonal = AmplitudeBlockEncoding(vector)
    if quotient is None:
        return QSVT(diagonal, degree=degree, parity=0)
    return QSVT(diagonal, quotient.polynomial.chebyshev)
