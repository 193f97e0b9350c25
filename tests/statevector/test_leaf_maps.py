"""Leaves by their tensors, and leaves that have none."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import pytest
import quimb.tensor as qtn
import sympy
from qualtran import (
    Bloq,
    BloqBuilder,
    Controlled,
    CtrlSpec,
    QBit,
    Register,
    Side,
    Signature,
    Soquet,
)
from qualtran.bloqs.basic_gates import (
    GlobalPhase,
    PlusEffect,
    PlusState,
    Ry,
    YGate,
    ZPowGate,
)

from bloqs.verify.gate_level import (
    NoTensorsError,
    contract,
    unitary,
)
from tests.statevector.circuits import (
    InsideBlock,
    InsideLayer,
    InsideNetwork,
    Opaque,
)


@attrs.frozen
class Leaf(Bloq):
    """A leaf on one qubit (and a left one) of tensors with the indices that it is told.

    Parameters:
        entries: numpy arrays as nested tuples, each with its indices: `in`, `out`, `left`, or a bond.
        has_left: whether there is a left register.
    """

    entries: tuple[tuple[tuple, str], ...]
    has_left: bool = False

    @cached_property
    def signature(self) -> Signature:
        left = [Register("a", QBit(), side=Side.LEFT)] if self.has_left else []
        return Signature([Register("q", QBit()), *left])

    def my_tensors(self, incoming: dict, outgoing: dict) -> list[qtn.Tensor]:
        known = {"in": (incoming["q"], 0), "out": (outgoing["q"], 0), "off": (incoming["q"], 7)}
        if self.has_left:
            known["left"] = (incoming["a"], 0)
        return [
            qtn.Tensor(np.array(array), [known.get(name, name) for name in indices.split()])
            for array, indices in self.entries
        ]


@attrs.frozen
class Borrowed(Bloq):
    """A qubit that is there for a while, in |+>."""

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=2)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        bb.add(PlusEffect(), q=bb.add(PlusState()))
        return {"q": q}


EYE = ((1, 0), (0, 1))

Y_FACTORS = (((0, -1), (1, 0)), "out bond"), (((1j, 0), (0, 1j)), "bond in")


def test_leaf_of_two_tensors_with_a_bond() -> None:
    np.testing.assert_allclose(unitary(Leaf(Y_FACTORS)), YGate().tensor_contract(), atol=1e-15)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((), "qubit 0 of its left register 'q' 0 times"),
        ((((1, 0), "in"),), "right register 'q' 0 times"),
        ((((1, 0), "out"),), "left register 'q' 0 times"),
        (((EYE, "out in"), ((1, 0), "in")), "left register 'q' 2 times"),
        (((EYE, "out in"), ((1, 0), "bond")), "have the index 'bond' 1 times"),
        (((EYE, "out off"),), "left register 'q' 0 times"),
        ((Y_FACTORS[0], Y_FACTORS[1], ((1, 0), "bond")), "'bond' 3 times"),
    ],
)
def test_leaf_whose_tensors_do_not_cover_it(entries: tuple, message: str) -> None:
    for method in ("state", "network"):
        with pytest.raises(NoTensorsError, match=message):
            contract(Leaf(entries), inputs={"q": 1}, method=method)
    with pytest.raises(NoTensorsError, match="left register 'a' 0 times"):
        contract(Leaf(((EYE, "out in"),), has_left=True))


def test_no_tensors_is_a_kind_of_its_own() -> None:
    with pytest.raises(NoTensorsError) as caught:
        contract(Opaque())
    assert caught.value.path == ("Opaque",)
    assert "found in" not in str(caught.value)


def test_no_tensors_is_reported_with_its_path() -> None:
    network = InsideNetwork(InsideBlock(InsideLayer(Opaque())))
    names = "InsideNetwork > InsideBlock > InsideLayer > Opaque"
    for _ in range(2):
        with pytest.raises(
            NoTensorsError, match=f"neither a decomposition.*; found in {names}$"
        ) as e:
            contract(network)
        assert e.value.path == tuple(names.split(" > "))
    # Of a control: what is controlled, and where.
    with pytest.raises(NoTensorsError, match=r"found in .*C\[\|\+>\]") as e:
        contract(Controlled(Borrowed(), CtrlSpec()))
    assert e.value.path[-1] == "C[|+>]"
    assert len(e.value.path) > 1


@pytest.mark.parametrize(
    ("bloq", "name"),
    [
        (Ry(sympy.Symbol("t")), "angle = t"),
        (Ry(sympy.Symbol("t")).controlled(), "angle = t"),
        (GlobalPhase(exponent=sympy.Symbol("t")), "exponent = t"),
        (Ry(sympy.pi / 3), "angle = pi/3"),
        (InsideLayer(ZPowGate(sympy.Symbol("t"))), "exponent = t"),
    ],
    ids=str,
)
def test_a_symbolic_angle_is_called_symbolic(bloq: Bloq, name: str) -> None:
    with pytest.raises(NoTensorsError, match=f"while it is symbolic: {name}; give all") as caught:
        contract(bloq)
    assert "build_composite_bloq" not in str(caught.value)
