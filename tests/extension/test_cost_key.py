"""A cost key from outside the package: one class and one registration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
import sympy
from qualtran import Bloq, QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import CostKey, get_bloq_callee_counts, get_cost_value

from bloqs.costs import COST_KEYS, ReportedKey, estimate
from bloqs.loading import QRAMQuery
from tests.costs.toys import Calls, Gates
from tests.extension.registration import restored


@attrs.frozen
class Measurements(CostKey[Any]):
    """And gates that are undone by a measurement, each of which waits for a decoder."""

    def compute(self, bloq: Bloq, get_callee_cost: Callable[[Bloq], Any]) -> Any:
        if isinstance(bloq, And):
            return int(bloq.uncompute)
        return sum(n * get_callee_cost(callee) for callee, n in get_bloq_callee_counts(bloq))

    def zero(self) -> int:
        return 0


DECODED = ReportedKey(name="decoded", label="waits for a decoder", key=Measurements())


@pytest.fixture(scope="module", autouse=True)
def one_registration() -> Iterator[None]:
    with restored(COST_KEYS):
        COST_KEYS.register(DECODED)
        yield


def test_every_report_has_its_figure_and_its_row() -> None:
    report = estimate(Calls(Add(QUInt(8)), 5, Gates(num_t=1), 2))
    assert report.figures["decoded"] == 5 * 7 == report.native.measurement
    assert list(report.figures) == ["input_calls", "qram_queries", "decoded"]
    assert report.totals_table().rows[-1] == ("waits for a decoder", "35")
    assert "waits for a decoder" in str(report)
    assert ">waits for a decoder</td>" in report._repr_html_()
    data = json.loads(json.dumps(report.to_dict()))
    assert data["figures"] == {"input_calls": 0, "qram_queries": {}, "decoded": 35}


def test_it_follows_the_memory_model() -> None:
    query = QRAMQuery(None, 5, 8)
    for memory, expected in (("oracle", 0), ("bucket-brigade", 30)):
        assert estimate(query, qram=memory).figures["decoded"] == expected
    assert estimate(query).figures["decoded"] == get_cost_value(query, Measurements())


def test_it_may_be_symbolic() -> None:
    n = sympy.Symbol("n")
    report = estimate(Add(QUInt(n)))
    assert report.figures["decoded"] == n - 1
    assert report.subs({"n": 8}).figures["decoded"] == 7
    assert report.to_dict()["figures"]["decoded"] == "n - 1"
    assert ("waits for a decoder", "n - 1") in report.totals_table().rows


def test_a_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(ValueError, match="another cost key of the name 'decoded'; rename one"):
        COST_KEYS.register(attrs.evolve(DECODED, label="differently"))
