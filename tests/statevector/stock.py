"""Bloqs of Qualtran of every kind, and a few of our own, that are small enough for their whole matrix."""

from __future__ import annotations

from qualtran import (
    Adjoint,
    Bloq,
    Controlled,
    CtrlSpec,
    QAny,
    QBit,
    QInt,
    QUInt,
    Register,
)
from qualtran.bloqs.arithmetic import (
    Add,
    AddK,
    EqualsAConstant,
    LessThanConstant,
    Negate,
    OutOfPlaceAdder,
    XorK,
)
from qualtran.bloqs.basic_gates import (
    CSwap,
    GlobalPhase,
    Hadamard,
    IntEffect,
    IntState,
    MinusState,
    OneEffect,
    OneState,
    PlusEffect,
    PlusState,
    Ry,
    Rz,
    SU2RotationGate,
    Swap,
    TwoBitSwap,
    XGate,
    YGate,
    ZeroEffect,
    ZeroState,
    ZGate,
    ZPowGate,
)
from qualtran.bloqs.block_encoding import (
    ChebyshevPolynomial,
    LinearCombination,
    Product,
    Unitary,
)
from qualtran.bloqs.bookkeeping import Allocate, Cast, Free, Join, Partition, Split
from qualtran.bloqs.data_loading.qrom import QROM
from qualtran.bloqs.for_testing.matrix_gate import MatrixGate
from qualtran.bloqs.mcmt import And, MultiAnd, MultiControlX

from tests.statevector.circuits import (
    RandomUnitary,
    ToyQSVT,
    ZeroPhase,
)

X_AND_Z = LinearCombination((Unitary(XGate()), Unitary(ZGate())), (0.6, -0.8), lambd_bits=1)

SPLIT_IN_THREE = (Register("a", QBit()), Register("b", QUInt(2)), Register("c", QBit(), shape=(2,)))

STOCK: list[Bloq] = [
    And(),
    And(0, 1),
    And().adjoint(),
    MultiAnd((1, 0, 1)),
    MultiAnd((1, 1, 0)).adjoint(),
    MultiControlX((1, 0, 1, 1)),
    Add(QUInt(3)),
    AddK(QUInt(3), 3),
    AddK(QUInt(3), 3).controlled(),
    Add(QUInt(2)).controlled(),
    Adjoint(Add(QUInt(2))),
    OutOfPlaceAdder(2),
    Negate(QInt(2)),
    XorK(QUInt(3), 5).controlled(),
    LessThanConstant(3, 5),
    EqualsAConstant(3, 5),
    QROM.build_from_data([1, 2, 3, 1], target_bitsizes=(2,)),
    QROM.build_from_data([1, 2, 3], target_bitsizes=(2,), num_controls=1),
    CSwap(2),
    Swap(2),
    TwoBitSwap().controlled(),
    Ry(0.3),
    Rz(0.3).adjoint(),
    ZPowGate(0.3),
    YGate(),
    GlobalPhase(exponent=0.3),
    SU2RotationGate(0.1, 0.2, 0.3),
    Ry(0.3).controlled(),
    Rz(0.2).controlled(),
    ZPowGate(0.2).controlled(CtrlSpec(cvs=(0,))),
    Hadamard().controlled(CtrlSpec(cvs=[1, 0])),
    Controlled(Ry(0.4), CtrlSpec(qdtypes=QUInt(2), cvs=2)),
    MatrixGate.random(2, random_state=1),
    MatrixGate.random(2, random_state=1).adjoint(),
    MatrixGate.random(2, random_state=1).controlled(),
    Allocate(QAny(2)),
    Free(QAny(2)),
    Split(QUInt(3)),
    Join(QUInt(3)),
    Cast(QUInt(3), QAny(3)),
    Partition(5, SPLIT_IN_THREE),
    IntState(3, 4),
    IntEffect(2, 3),
    ZeroState(),
    OneState(),
    PlusState(),
    MinusState(),
    ZeroEffect(),
    OneEffect(),
    PlusEffect(),
    Product((Unitary(XGate()), Unitary(Hadamard()))),
    X_AND_Z,
    ChebyshevPolynomial(X_AND_Z, 3),
    RandomUnitary(4, 40, 0),
    RandomUnitary(4, 40, 0).adjoint(),
    ZeroPhase(4, 0.3),
    ToyQSVT(RandomUnitary(3, 10, 0), 4),
]
