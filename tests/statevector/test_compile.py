"""Parts that are called often, and so are merged: they do what their gates do one by one."""

from __future__ import annotations

import sys
import threading
from functools import cached_property

import attrs
import numpy as np
import pytest
from qualtran import Bloq, BloqBuilder, CompositeBloq, QBit, Register, Side, Signature, Soquet
from qualtran.bloqs.basic_gates import (
    CNOT,
    Hadamard,
    OneEffect,
    PlusEffect,
    PlusState,
    Ry,
    TGate,
    ZeroState,
)
from qualtran.bloqs.bookkeeping import Allocate, Free

from bloqs.statevector.run import DirtyFreeError
from bloqs.statevector.simulator import Simulator
from tests.statevector.circuits import composite, flat_circuit, shuffled_circuit

PAIR = Signature([Register("a", QBit()), Register("b", QBit())])


@attrs.frozen
class Nothing(Bloq):
    """No qubits, and the number `<1| T T |0> = 0`."""

    @cached_property
    def signature(self) -> Signature:
        return Signature([])

    def build_composite_bloq(self, bb: BloqBuilder) -> dict[str, Soquet]:
        q = bb.add(ZeroState())
        for _ in range(2):
            q = bb.add(TGate(), q=q)
        bb.add(OneEffect(), q=q)
        return {}


@attrs.frozen
class Dirty(Bloq):
    """Lends itself a qubit, turns it, and frees it."""

    @cached_property
    def signature(self) -> Signature:
        return Signature([])

    def build_composite_bloq(self, bb: BloqBuilder) -> dict[str, Soquet]:
        bb.add(Free(QBit()), reg=bb.add(Ry(0.2), q=bb.add(Allocate(QBit()))))
        return {}


@attrs.frozen
class Projected(Bloq):
    """`|1><1|` on `a`, by a copy that must be |1>; then turns `b` under control of `a`."""

    @cached_property
    def signature(self) -> Signature:
        return PAIR

    def build_composite_bloq(self, bb: BloqBuilder, a: Soquet, b: Soquet) -> dict[str, Soquet]:
        a, copy = bb.add(CNOT(), ctrl=a, target=bb.add(ZeroState()))
        bb.add(OneEffect(), q=copy)
        for _ in range(6):
            a, b = bb.add(CNOT(), ctrl=a, target=b)
            b = bb.add(TGate(), q=bb.add(Ry(0.3), q=b))
        return {"a": a, "b": b}


@attrs.frozen
class Moved(Bloq):
    """Turns `b` under control of `a`, and moves `a` to a new qubit."""

    @cached_property
    def signature(self) -> Signature:
        return PAIR

    def build_composite_bloq(self, bb: BloqBuilder, a: Soquet, b: Soquet) -> dict[str, Soquet]:
        for _ in range(5):
            a, b = bb.add(CNOT(), ctrl=a, target=bb.add(Ry(0.3), q=b))
        a, new = bb.add(CNOT(), ctrl=a, target=bb.add(Allocate(QBit())))
        new, a = bb.add(CNOT(), ctrl=new, target=a)
        bb.add(Free(QBit()), reg=a)
        return {"a": new, "b": b}


@attrs.frozen
class Times(Bloq):
    """`part` on two qubits, several times, a T gate after each."""

    part: Bloq
    count: int

    @cached_property
    def signature(self) -> Signature:
        return PAIR

    def build_composite_bloq(self, bb: BloqBuilder, a: Soquet, b: Soquet) -> dict[str, Soquet]:
        for _ in range(self.count):
            a, b = bb.add(self.part, a=a, b=b)
            b = bb.add(TGate(), q=b)
        return {"a": a, "b": b}


@attrs.frozen
class Source(Bloq):
    """Hands out a new qubit, entangled with `a` by `num_gates` gates."""

    num_gates: int

    @cached_property
    def signature(self) -> Signature:
        return Signature([Register("a", QBit()), Register("new", QBit(), side=Side.RIGHT)])

    def build_composite_bloq(self, bb: BloqBuilder, a: Soquet) -> dict[str, Soquet]:
        new = bb.add(ZeroState())
        for _ in range(self.num_gates):
            a = bb.add(TGate(), q=a)
            a, new = bb.add(CNOT(), ctrl=a, target=bb.add(Ry(0.1), q=new))
        return {"a": a, "new": new}


def repeated(part: Bloq, count: int, n: int = 1) -> CompositeBloq:
    """`count` times a part without registers, or on the first two of `n` qubits, and a gate in between."""

    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        for _ in range(count):
            if list(part.signature):
                bits[0], bits[1] = bb.add(part, a=bits[0], b=bits[1])
            else:
                bb.add(part)
            bits[-1] = bb.add(Hadamard(), q=bits[-1])

    return composite(n, add)


def assert_merging_changes_nothing(bloq: Bloq, **arguments: object) -> None:
    expected = Simulator(is_merging=False).contract(bloq, **arguments)  # type: ignore[arg-type]
    found = Simulator().contract(bloq, **arguments)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_number_that_is_zero() -> None:
    bloq = repeated(Nothing(), 1000)
    assert Simulator().plan(bloq).maps < Simulator(is_merging=False).plan(bloq).maps
    assert not Simulator().contract(bloq).any()


@pytest.mark.parametrize("count", [1, 100])
def test_dirty_free_in_a_part_without_registers(count: int) -> None:
    with pytest.raises(DirtyFreeError, match="Dirty > Free") as caught:
        Simulator().contract(repeated(Dirty(), count))
    assert caught.value.lost_norm == pytest.approx(np.sin(0.1))


@pytest.mark.parametrize("n", [2, 14])
def test_what_a_part_drops_stays_dropped(n: int) -> None:
    bloq = repeated(Projected(), 10, n)
    assert not Simulator().contract(bloq).any()
    assert_merging_changes_nothing(bloq, inputs={"q0": 1})


@pytest.mark.parametrize("n", [2, 12])
def test_part_that_moves_a_qubit(n: int) -> None:
    assert_merging_changes_nothing(repeated(Times(Moved(), 4), 100, n), inputs={"q0": 1})


@pytest.mark.parametrize("num_gates", [3, 12])
def test_part_that_makes_a_qubit_beside_lent_ones(num_gates: int) -> None:
    bb = BloqBuilder()
    bits = {f"q{i}": bb.add_register(f"q{i}", 1) for i in range(12)}
    lent = bb.add(PlusState())
    bits["q0"], new = bb.add(Source(num_gates), a=bits["q0"])
    bits["q0"], lent = bb.add(CNOT(), ctrl=bits["q0"], target=lent)
    bb.add(PlusEffect(), q=lent)
    assert_merging_changes_nothing(bb.finalize(**bits, new=new), inputs={"q0": 1})


def test_wide_permutation() -> None:
    # Of more labels than are held at once: from one state to another.
    assert_merging_changes_nothing(shuffled_circuit(16, 40, 0), inputs={"q": np.arange(2.0**16)})


def test_threads_leave_the_recursion_limit_as_it_was() -> None:
    before = sys.getrecursionlimit()
    circuits = [flat_circuit(8, 200, seed) for seed in range(6)]
    threads = [threading.Thread(target=Simulator().contract, args=(c,)) for c in circuits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sys.getrecursionlimit() == before
