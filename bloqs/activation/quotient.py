"""The QSVT that multiplies a vector by `f(u)/u`, entry by entry: shared by every activation layer."""

from __future__ import annotations

from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.activation.activation import Activation
from bloqs.activation.amplitude import AmplitudeBlockEncoding
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
    r"""The certified even Q with `Q(x) ~ f(kappa x)/(gamma x)` on every amplitude x that can occur.

    Parameters:
        activation: f.
        kappa: subnormalisation; the argument of f is `kappa x`.
        degree: even.
        amplitude_bound: bound of `|kappa x|` for the exact vector; None for the proved one, 1 (its 2-norm).
        argument_error: bound of the encoded vector's error, by which an amplitude may exceed the bound.

    Raises:
        ValueError: kappa or the degree is a symbol.
    """
    if is_symbolic(kappa, degree):
        raise ValueError(f"no polynomial for symbolic kappa={kappa} or degree={degree}")
    bound = min(1.0, amplitude_bound or 1.0) + argument_error
    y_max = min(1.0, bound / float(kappa))
    return activation_quotient(activation, float(kappa), y_max, degree=int(degree))


def diagonal_transform(
    vector: VectorEncoding, degree: SymbolicInt, quotient: ActivationQuotient | None
) -> QSVT:
    r"""`Q(diag(y))` with y the block of `vector`; by shape when there is no quotient.

    Applied to y it gives `f(kappa y)/gamma` with the relative error `delta ||y||`, whatever the length of y.
    """
    diagonal = AmplitudeBlockEncoding(vector)
    if quotient is None:
        return QSVT(diagonal, degree=degree, parity=0)
    return QSVT(diagonal, quotient.polynomial.chebyshev)
