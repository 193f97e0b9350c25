"""Phases `exp(i pi e)` on |1> by their exponents: Clifford gates and a T where they are, else a rotation."""

from __future__ import annotations

from fractions import Fraction

from qualtran import Bloq
from qualtran.bloqs.basic_gates import SGate, TGate, ZGate, ZPowGate


def phase_gates(exponent: Fraction | int) -> tuple[Bloq, ...]:
    """The gates of `diag(1, exp(i pi e))`.

    Qualtran counts `ZPowGate(3/4)` as a rotation, so an odd multiple of 1/4 is one T, and a Z where needed.

    Args:
        exponent: e, a half turn being 1; taken modulo 2.

    Returns:
        None, one or two gates, which commute.

    Example:
        >>> [len(phase_gates(Fraction(k, 4))) for k in range(8)]
        [0, 1, 1, 2, 1, 2, 1, 1]
        >>> phase_gates(Fraction(1, 8))[0].exponent
        0.125
    """
    turn = Fraction(exponent) % 2
    turn = turn - 2 if turn > 1 else turn
    if turn * 4 % 1:
        return (ZPowGate(exponent=float(turn)),)
    quarters = int(turn * 4)
    known: dict[int, tuple[Bloq, ...]] = {
        0: (),
        1: (TGate(),),
        2: (SGate(),),
        3: (ZGate(), TGate(is_adjoint=True)),
        4: (ZGate(),),
        -1: (TGate(is_adjoint=True),),
        -2: (SGate(is_adjoint=True),),
        -3: (ZGate(), TGate()),
    }
    return known[quarters]
