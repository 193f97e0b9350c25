"""Whether a bloq is given by data or by shape is what its class says, and estimates repeat it."""

from __future__ import annotations

import attrs
import pytest
from qualtran import BloqBuilder, BloqExample, QAny, Register, Signature, Soquet
from qualtran.bloqs.basic_gates import XGate

from bloqs.catalogue import CATALOGUE
from bloqs.convolution import TapSign
from bloqs.core.control import DATA, ControllableBloq, has_data
from bloqs.costs import estimate
from bloqs.loading import LoadedVector, TableLookup

BY_SHAPE, BY_DATA = "by shape", "by data"

UNKNOWN = {
    "unknown_data_gate": "stands for a gate of unknown data",
    "measure_row": "its outcome is unknown",
    "measured_unload": "an example of a table by shape",
    "measured_retreat": "an example of a table by shape",
}
"""Examples by shape whose names do not say so."""

PLAIN = {
    "all_zero_flag_symbolic",
    "cyclic_shift_symbolic",
    "phase_gradient_ry_symbolic",
    "shift_power_symbolic",
    "window_mean_symbolic",
}
"""Circuits of symbolic sizes that hold no data, hence miss none."""

SILENT = {
    "generic_rotation": "counts a rotation by data as well, where rotations are counted by kind"
}
"""Examples of classes that do not say whether they are by data."""

EXAMPLES = [example for entry in CATALOGUE for example in entry.examples]


def told(bloq: object) -> str:
    """By data or by shape, in the words of the assumptions block."""
    return estimate(bloq).assumptions["gate counts"].split(":")[0]  # type: ignore[arg-type]


@attrs.frozen
class Flips(ControllableBloq):
    """A user's bloq: X on the qubits where a table holds 1."""

    table: tuple[int, ...] | None = attrs.field(default=None, metadata=DATA)
    is_controlled: bool = False

    @property
    def signature(self) -> Signature:
        return Signature([Register("system", QAny(2))])

    def build_composite_bloq(self, bb: BloqBuilder, system: Soquet) -> dict[str, Soquet]:
        bits = bb.split(system)
        for i, flip in enumerate(self.table or (1, 1)):
            if flip:
                bits[i] = bb.add(XGate(), q=bits[i])
        return {"system": bb.join(bits, QAny(2))}


@attrs.frozen
class Holder(ControllableBloq):
    """A user's bloq that calls another."""

    part: ControllableBloq | TableLookup
    is_controlled: bool = False

    @property
    def signature(self) -> Signature:
        return Signature([Register("system", QAny(2))])

    def build_composite_bloq(self, bb: BloqBuilder, system: Soquet) -> dict[str, Soquet]:
        return {"system": bb.add(self.part, system=system)}


def test_signs_that_are_not_known_are_by_shape() -> None:
    assert not TapSign(3).has_data
    assert told(TapSign(3)) == BY_SHAPE
    known = TapSign(3, negative=[0, 1, 0, 1, 0, 0, 0, 1, 1])
    assert known.has_data
    assert told(known) == BY_DATA


def test_a_users_field_says_that_it_holds_data() -> None:
    assert (told(Flips()), told(Flips((1, 0)))) == (BY_SHAPE, BY_DATA)


@pytest.mark.parametrize("part", [Flips(), Flips((1, 0)), LoadedVector(None, bitsize=2)])
def test_parts_count_and_so_do_adjoints_of_parts(part: ControllableBloq) -> None:
    assert Holder(part).has_data == part.has_data
    reversed_part = Holder(part.adjoint())  # type: ignore[arg-type]
    assert reversed_part.has_data == has_data(reversed_part.adjoint()) == part.has_data
    assert told(reversed_part) == (BY_DATA if part.has_data else BY_SHAPE)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_every_example_says_whether_it_has_data(example: BloqExample) -> None:
    bloq = example.make()
    if example.name in SILENT:
        assert not hasattr(bloq, "has_data")
        return
    by_shape = example.name.endswith(("_shape", "_symbolic")) or example.name in UNKNOWN
    assert has_data(bloq) == (not by_shape or example.name in PLAIN)
    assert has_data(bloq.adjoint()) == has_data(bloq)
