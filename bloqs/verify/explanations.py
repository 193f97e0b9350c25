"""What would explain that an encoding differs from its reference."""

from __future__ import annotations

import cmath

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]

RELATIVE = 1e-6
"""An explanation may leave this fraction of the reference's norm, beside the error allowed."""


def explanations(
    found: ComplexArray, expected: ComplexArray, alpha: float, allowed: float
) -> list[str]:
    """Hints: simple changes of `found` or `expected` that make them equal, most telling first.

    Args:
        found: `(2**n,)` or `(2**n, 2**n)`.
        expected: the reference, of the same shape.
        alpha: subnormalisation promised.
        allowed: error that counts as equality.

    Returns:
        Sentences; empty where nothing simple explains the difference, or where it is so small that the
        simplest explanations leave as much.

    Example:
        >>> explanations(np.array([0.6j, 0.8j]), np.array([0.6, 0.8]) + 0j, 1.0, 1e-9)
        ['what was found is exp(1.5708 i) times the reference: a global phase']
    """
    scale = float(np.linalg.norm(expected))
    tolerance = allowed + RELATIVE * scale
    if not np.all(np.isfinite(found)):
        return ["what was found holds NaN: a gate's tensor or alpha is not finite"]

    def agree(a: ComplexArray, b: ComplexArray) -> bool:
        return float(np.linalg.norm(a - b)) <= tolerance

    # An error that every explanation would leave needs none: all of them would seem to hold.
    if agree(found, expected):
        return []
    if float(np.linalg.norm(found)) <= tolerance < scale:
        return ["what was found is zero: ancillas never come back to |0>; is an uncompute missing?"]
    if scale > tolerance:
        factor = complex(np.vdot(expected, found)) / scale**2
        if agree(found, factor * expected):
            return [_of_factor(factor, scale, alpha, expected.ndim, tolerance)]
    changes = {
        "with the bits of its index in reverse order: registers are big-endian": _reversed(found),
        "complex conjugated: a phase of the wrong sign": found.conj(),
    }
    if found.ndim == 2:
        changes["transposed: rows are taken for columns, or the adjoint is encoded"] = found.T
        changes["conjugated and transposed: the adjoint is encoded"] = found.conj().T
    for words, changed in changes.items():
        if agree(changed, expected):
            return [f"what was found is the reference {words}"]
    if agree(np.abs(found) + 0j, np.abs(expected) + 0j):
        size = max(float(np.max(np.abs(expected))) * RELATIVE, allowed)
        wrong = int(np.sum(np.abs(found - expected) > size))
        return [f"all moduli agree: {wrong} of {found.size} entries have another sign or phase"]
    if agree(np.sort(np.abs(found).ravel()) + 0j, np.sort(np.abs(expected).ravel()) + 0j):
        return ["the same moduli in another order: registers or axes are permuted"]
    return []


def _of_factor(factor: complex, scale: float, alpha: float, ndim: int, tolerance: float) -> str:
    """Words for `found = factor * reference`."""
    close = tolerance / scale
    if abs(factor + 1) <= close:
        return "what was found is minus the reference: a sign, or the global phase pi"
    if abs(abs(factor) - 1) <= close:
        return f"what was found is exp({cmath.phase(factor):.6g} i) times the reference: a global phase"
    phase = "" if abs(factor - abs(factor)) <= close else f" and exp({cmath.phase(factor):.6g} i)"
    size = abs(factor)
    if abs(size - alpha) <= close * max(1, alpha):
        return (
            f"what was found is alpha{phase} times the reference: the reference is divided by alpha "
            f"already, or alpha is stated for a circuit that is not subnormalised"
        )
    if abs(size - 1 / alpha) <= close:
        return (
            f"what was found is 1/alpha{phase} times the reference: the reference is multiplied by "
            f"alpha, or the circuit is subnormalised twice"
        )
    if ndim == 1 and abs(size - 1 / scale) <= close:
        return (
            f"what was found is the reference{phase} over its norm, {scale:.6g}: a vector encoding "
            f"promises a unit vector, normalise the reference"
        )
    return (
        f"what was found is {size:.6g}{phase} times the reference: the circuit agrees with "
        f"alpha = {alpha / size:.6g} instead of {alpha:.6g}"
    )


def _reversed(array: ComplexArray) -> ComplexArray:
    """Every index with its bits in reverse order."""
    for axis, size in enumerate(array.shape):
        bits = size.bit_length() - 1
        order = np.arange(size).reshape((2,) * bits).transpose().ravel() if bits else [0]
        array = np.take(array, order, axis=axis)
    return array
