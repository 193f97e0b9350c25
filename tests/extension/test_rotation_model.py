"""A rotation model from outside the package: one class and one registration."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import sympy
from qualtran import QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import Rz
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import RotationCostModel, RotationLogarithmicModel

from bloqs.costs import ROTATION_MODELS, Conventions, RotationModel, estimate
from bloqs.costs.estimate import CostReport
from bloqs.report import Settings
from tests.costs.toys import Calls
from tests.extension.registration import restored


@attrs.frozen(kw_only=True)
class Lattice(RotationModel):
    """Two T for each bit of accuracy, whatever the angle."""

    name: str = "lattice"
    source: str = "a test"
    norm: str = "operator"
    figure: str = "made up"

    def gates(self, bits: Any) -> GateCounts:
        ceiling = sympy.ceiling if isinstance(bits, sympy.Basic) else math.ceil
        return GateCounts(t=2 * ceiling(bits))

    @property
    def formula(self) -> str:
        return "2 ceil(log2(1/e)) T"

    def to_qualtran(self, error: float) -> RotationCostModel:
        return RotationLogarithmicModel(2.0, 0.0, "Clifford+T")


@pytest.fixture(scope="module", autouse=True)
def one_registration() -> Iterator[None]:
    with restored(ROTATION_MODELS):
        ROTATION_MODELS.register(Lattice())
        yield


def cost(**conventions: Any) -> CostReport:
    bloq = Calls(Rz(0.3), 8, Add(QUInt(4)), 1)
    return estimate(bloq, conventions=Conventions(synthesis_epsilon=2**-10, **conventions))


def test_it_is_charged_by_name() -> None:
    report = cost(rotation_model="lattice")
    # 8 rotations share 2**-10: 13 bits each, 26 T; an addition of four bits has three And.
    assert report.t_count == 8 * 26 + 3 * 4
    assert report.sequential_t_depth == 8 * 26 + 3
    assert report.native == cost().native
    assert report.t_count == cost(rotation_model=Lattice()).t_count
    assert report.surface_code().t_states == 8 * 26


def test_it_is_told_in_every_form_of_the_report() -> None:
    report = cost(rotation_model="lattice")
    assert report.basis == "toffoli-4T/lattice"
    for text in (str(report), report._repr_html_()):
        assert "toffoli-4T/lattice" in text
        assert "2 ceil(log2(1/e)) T" in text
    data = json.loads(json.dumps(report.to_dict()))
    assert data["conventions"]["rotation_model"]["name"] == "lattice"
    symbolic = estimate(
        Calls(Rz(0.3), sympy.Symbol("n"), Add(QUInt(4)), 1), conventions=report.conventions
    )
    assert symbolic.subs({"n": 8}).t_count == report.t_count


def test_the_command_line_and_the_page_take_its_name() -> None:
    assert Settings(rotation_model="lattice").conventions().rotation_model == Lattice()
    with pytest.raises(ValueError, match=r"unknown rotation model 'grid'; choose .*'lattice'"):
        Settings(rotation_model="grid").conventions()
