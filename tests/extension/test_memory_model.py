"""A memory model from outside the package: one class and one registration."""

from __future__ import annotations

import json
from collections.abc import Iterator

import attrs
import numpy as np
import pytest
from qualtran import Bloq

from bloqs.costs import estimate
from bloqs.loading import MEMORY_MODELS, MemoryModel, MemoryQuery, QRAMQuery, TableLookup
from bloqs.networks import load_example
from bloqs.sweeps.grids import shape_tasks
from tests.extension.registration import restored


@attrs.frozen(kw_only=True)
class Unary(MemoryModel):
    """Every query by unary iteration over the whole table: `N - 2` And, few qubits."""

    name: str = "unary"
    words: str = "queries charged as unary iteration"

    def circuit(self, query: MemoryQuery) -> Bloq:
        return TableLookup(
            query.data,
            query.address_bitsize,
            query.word_bitsize,
            is_controlled=query.is_controlled,
        )


@pytest.fixture(scope="module", autouse=True)
def one_registration() -> Iterator[None]:
    with restored(MEMORY_MODELS):
        MEMORY_MODELS.register(Unary())
        yield


def test_it_is_charged_by_name_and_as_an_object() -> None:
    network = load_example("digits-1").spec.cost_bloq(loading="qram")
    by_name, by_object = (estimate(network, qram=memory) for memory in ("unary", Unary()))
    oracle = estimate(network, qram="oracle")
    assert by_name.t_count == by_object.t_count
    # 4 T an And, N - 2 of them a query (N - 1 under a control, which no query of this network has).
    extra = sum(
        4 * (size - 2) * queries for size, queries in oracle.qram_queries.items() if size > 1
    )
    assert 0 <= by_name.t_count - oracle.t_count - extra <= 4 * sum(oracle.qram_queries.values())
    assert by_name.qram_queries == oracle.qram_queries
    assert oracle.logical_qubits <= by_name.logical_qubits
    assert by_name.logical_qubits < estimate(network, qram="bucket-brigade").logical_qubits


def test_it_is_told_in_every_form_of_the_report() -> None:
    report = estimate(QRAMQuery(None, 5, 8), qram="unary")
    assert (report.toffoli_count, report.logical_qubits) == (30, 5 + 8 + 4)
    assert report.t_depth == 30
    assert report.basis.endswith("unary memory")
    for text in (str(report), report._repr_html_()):
        assert "unary: queries charged as unary iteration" in text
    data = json.loads(json.dumps(report.to_dict()))
    assert (data["qram"], data["qram_queries"]) == ("unary", {"32": 1})
    assert shape_tasks((4, 8, 8), qram="unary", block_norm=(0.9, 1.3), output_norm=(0.1, 0.3))


def test_its_circuit_does_what_the_query_does() -> None:
    query = QRAMQuery([5, 0, 7, 2], 2, 3)
    circuit = MEMORY_MODELS["unary"].circuit(query)
    for address in range(4):
        values = {"address": address, "value": 1}
        assert circuit.call_classically(**values) == query.call_classically(**values)
    np.testing.assert_allclose(circuit.tensor_contract(), query.tensor_contract(), atol=1e-12)


def test_another_of_the_same_name_is_refused() -> None:
    with pytest.raises(ValueError, match="another memory model of the name 'unary'"):
        MEMORY_MODELS.register(Unary(words="differently"))
    with pytest.raises(TypeError, match="must be an instance of MemoryModel, found 'disk'"):
        MEMORY_MODELS.register("disk")  # type: ignore[arg-type]
