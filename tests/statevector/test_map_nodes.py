"""Bloqs taken apart down to the maps of their gates."""

from __future__ import annotations

import numpy as np
from qualtran import (
    Adjoint,
    BloqBuilder,
    QUInt,
    Register,
    Soquet,
)
from qualtran.bloqs.arithmetic import (
    XorK,
)
from qualtran.bloqs.basic_gates import (
    Ry,
    Swap,
    TGate,
)

from bloqs.verify.gate_level import (
    contract,
    unitary,
)
from tests.statevector.circuits import (
    Nested,
    WrongAdjoint,
    composite,
)


def test_nested_several_hundred_levels() -> None:
    matrix = unitary(Nested(500))
    expected = Ry(0.3).tensor_contract() @ np.diag([1, np.exp(0.25j * np.pi * 501)])
    np.testing.assert_allclose(matrix, expected, atol=1e-12)


def test_wrong_adjoint_is_not_mended() -> None:
    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        bits[0] = bb.add(WrongAdjoint(), q=bits[0])

    t = TGate().tensor_contract()
    adjoint = Adjoint(composite(1, add))
    np.testing.assert_allclose(unitary(adjoint), t, atol=1e-15)


def test_soquets_are_not_confused_by_shaped_registers() -> None:
    bb = BloqBuilder()
    x = bb.add_register(Register("x", QUInt(2), shape=(2, 2)))
    assert isinstance(x, np.ndarray)
    x[0, 1], x[1, 0] = bb.add(Swap(2), x=x[0, 1], y=x[1, 0])
    last: Soquet = bb.add(XorK(QUInt(2), 1), x=x[1, 1])
    x[1, 1] = last
    shaped = bb.finalize(x=x)
    out = contract(shaped, inputs={"x": 0b00_01_10_11})
    assert out.nonzero()[0].tolist() == [0b00_10_01_10]
