"""Encodings that are right between a PREPARE and its adjoint, not between zeros."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import pytest
from qualtran import QAny, Register, Signature
from qualtran.bloqs.basic_gates import CNOT, CZ, Hadamard, XGate
from qualtran.bloqs.block_encoding import BlockEncoding, ChebyshevPolynomial, Unitary
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare
from qualtran.bloqs.state_preparation.prepare_base import PrepareOracle

from bloqs.combine import MatrixVectorProduct
from bloqs.loading import LoadedVector
from bloqs.qsvt import QSVT
from bloqs.simulation import encoded_matrix


@attrs.frozen
class Plus(PrepareOracle):
    @cached_property
    def selection_registers(self):
        return (Register("selection", QAny(1)),)

    @cached_property
    def l1_norm_of_coeffs(self):
        return 1.0

    def build_composite_bloq(self, bb, selection):
        return {
            "selection": bb.join(np.array([bb.add(Hadamard(), q=bb.split(selection)[0])]), QAny(1))
        }


@attrs.frozen
class Half(BlockEncoding):
    ctrl_spec = None
    alpha, epsilon, system_bitsize, ancilla_bitsize, resource_bitsize = 1.0, 0.0, 1, 1, 0

    @cached_property
    def signature(self):
        return Signature([Register("system", QAny(1)), Register("ancilla", QAny(1))])

    @property
    def signal_state(self):
        return BlackBoxPrepare(Plus())

    def build_composite_bloq(self, bb, system, ancilla):
        s, a = bb.split(system)[0], bb.split(ancilla)[0]
        a = bb.add(XGate(), q=a)
        a, s = bb.add(CNOT(), ctrl=a, target=s)
        a = bb.add(XGate(), q=a)
        a, s = bb.add(CZ(), q1=a, q2=s)
        return {
            "system": bb.join(np.array([s]), QAny(1)),
            "ancilla": bb.join(np.array([a]), QAny(1)),
        }


X, Z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])


def test_the_encoding_itself_is_right() -> None:
    assert np.abs(encoded_matrix(Half()) - (X + Z) / 2).max() < 1e-12


@pytest.mark.parametrize(
    "build",
    [
        lambda: QSVT(Half(), (0.0, 1.0)),
        lambda: QSVT(Half(), degree=4),
        lambda: MatrixVectorProduct(Half(), LoadedVector([0.6, 0.8])),
    ],
)
def test_it_is_refused_where_zeros_are_taken_for_granted(build) -> None:
    with pytest.raises(ValueError, match=r"must have the signal state zero, got .*Plus"):
        build()


def test_encodings_of_others_between_zeros_are_taken() -> None:
    assert np.abs(encoded_matrix(QSVT(Unitary(XGate()), (0.0, 1.0))) - X).max() < 1e-9
    doubled = ChebyshevPolynomial(Unitary(Hadamard()), 2)
    assert np.abs(encoded_matrix(QSVT(doubled, (0.0, 1.0))) - np.eye(2)).max() < 1e-9
