from __future__ import annotations

import pytest
import sympy
from qualtran import Bloq, QAny, QBit, QInt, QUInt, Register, Side, Signature
from qualtran.bloqs.basic_gates import TGate
from qualtran.bloqs.bookkeeping import Allocate, Free
from qualtran.bloqs.mcmt import And

from bloqs.wiring import SymbolicSizeError, by_register, end_wires, ports, wire_count

SHAPED = Register("x", QUInt(3), shape=(2, 2))


def test_ports_are_entries_in_order() -> None:
    assert list(ports([SHAPED, Register("y", QBit())])) == [
        ("x", (0, 0), 3),
        ("x", (0, 1), 3),
        ("x", (1, 0), 3),
        ("x", (1, 1), 3),
        ("y", (), 1),
    ]


def test_wires_are_all_entries() -> None:
    assert wire_count(SHAPED) == 12
    assert wire_count(Register("y", QInt(sympy.Integer(5)))) == 5


@pytest.mark.parametrize("shape", [(), (2,), (sympy.Symbol("m"),)])
def test_a_symbol_has_no_wires(shape: tuple) -> None:
    register = Register("x", QAny(sympy.Symbol("n")), shape=shape)
    with pytest.raises(SymbolicSizeError, match=r"'x' has the symbolic size .*; give all sizes"):
        wire_count(register)
    with pytest.raises(SymbolicSizeError) as caught:
        list(ports([register]))
    assert caught.value.register == "x"


def test_wires_are_cut_into_registers() -> None:
    registers = Signature([Register("x", QUInt(2)), Register("y", QBit(), shape=(3,))])
    assert by_register(registers, [9, 8, 7, 6, 5]) == {"x": (9, 8), "y": (7, 6, 5)}


def test_what_enters_and_leaves_keeps_its_wires() -> None:
    assert end_wires(TGate()) == ((0,), (0,))
    assert end_wires(And()) == ((0, 1), (0, 1, 2))
    assert end_wires(And().adjoint()) == ((0, 1, 2), (0, 1))
    assert end_wires(Allocate(QAny(2))) == ((), (0, 1))
    assert end_wires(Free(QAny(2))) == ((0, 1), ())


def test_a_register_that_changes_its_size_is_a_new_one() -> None:
    class Grown(Bloq):
        @property
        def signature(self) -> Signature:
            return Signature(
                [Register("q", QAny(1), side=Side.LEFT), Register("q", QAny(2), side=Side.RIGHT)]
            )

    assert end_wires(Grown()) == ((0,), (1, 2))
