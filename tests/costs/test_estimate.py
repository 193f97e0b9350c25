"""`estimate` on stock and toy bloqs, concrete and symbolic."""

from __future__ import annotations

import json
import subprocess
import sys

import attrs
import pytest
import sympy
from qualtran import Bloq, QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import CNOT, CSwap, Rz
from qualtran.bloqs.mcmt import MultiControlX
from qualtran.bloqs.rotations import AddIntoPhaseGrad, PhaseGradientState
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

import bloqs
from bloqs.core.rotation import GenericRotation
from bloqs.costs import (
    DEFAULT_CONVENTIONS,
    MIXED_FALLBACK_CONVENTIONS,
    Conventions,
    UnknownCostError,
    estimate,
    surface_code_footprint,
    t_count,
    with_rotations_as_t,
)
from bloqs.costs.schedule import Schedule
from bloqs.loading.memory import MEMORY_MODELS
from bloqs.loading.multiplexed import MultiplexedRy
from bloqs.loading.phase_gradient import (
    BorrowPhaseGradient,
    PhaseGradientRy,
    phase_gradient_preparation,
)
from bloqs.loading.qram import QRAMQuery
from bloqs.networks import load_example
from tests.costs.toys import Calls, Gates, Image, Memory, Sandwich, ScanMemory, Unknown


def network() -> Bloq:
    """12 input calls, 30 Toffoli, 2 T, 10 Ry; 34 rotations in all."""
    block = Calls(Gates(num_toffoli=5, component="convolution"), 3, Image(), 4)
    phases = Gates(num_t=1, num_rotations=5, component="QSVT phases")
    return Calls(
        Calls(block, 2, phases, 2),
        1,
        Image().adjoint(),
        4,
        assumptions={"loader": "rotations", "alpha": (1.25, 2.0), "input": "root"},
    )


def test_figures_by_hand() -> None:
    report = estimate(network(), conventions=Conventions(synthesis_epsilon=1e-3))
    assert report.native.t == 2
    assert report.toffoli_count == 30
    assert report.rotation_count == 12 * 2 + 10
    # 1.149 * log2(34/1e-3) + 9.2 = 26.496 -> 27 T for each rotation
    assert report.t_count == 2 + 4 * 30 + 34 * 27
    assert report.t_depth == 2 + 30 + 34 * 27
    assert report.input_calls == 12
    assert report.qram_queries == {}
    assert report.logical_qubits == 3
    assert not report.is_symbolic
    assert [(row.component, row.calls) for row in report.breakdown()] == [
        ("input loading", 12),
        ("QSVT phases", 2),
        ("convolution", 6),
    ]
    assert sum(row.t_count for row in report.breakdown()) == report.t_count


@pytest.mark.parametrize("bloq", [Sandwich(), Add(QUInt(7)), MultiControlX((1, 0, 1))], ids=str)
def test_figures_are_those_of_qualtrans_keys(bloq: Bloq) -> None:
    report = estimate(bloq)
    assert report.native == get_cost_value(bloq, QECGatesCost())
    assert report.logical_qubits == get_cost_value(bloq, QubitCount())
    assert report.t_count == t_count(report.native)
    assert report.conventions == DEFAULT_CONVENTIONS
    assert estimate(bloq.adjoint()).rotation_count == report.rotation_count


def test_adjoint_and_controlled_orders_agree() -> None:
    one = estimate(Image().adjoint().controlled())
    other = estimate(Image().controlled().adjoint())
    assert one.native == other.native
    assert one.input_calls == other.input_calls == 1


@pytest.mark.parametrize("value", [2, 3, 8, 16, 64])
def test_symbolic_report_at_values_equals_the_concrete_one(value: int) -> None:
    n = sympy.Symbol("n")

    def bloq(size: object) -> Bloq:
        return Calls(Add(QUInt(size)), 3, Gates(num_rotations=size, component="phases"), size)

    symbolic, concrete = estimate(bloq(n)), estimate(bloq(value))
    assert symbolic.is_symbolic
    at_value = symbolic.subs({n: value})
    assert not at_value.is_symbolic
    for name in ("t_count", "toffoli_count", "rotation_count", "t_depth", "native", "input_calls"):
        assert getattr(at_value, name) == getattr(concrete, name), name
    assert [(r.component, r.calls, r.t_count, r.share) for r in at_value.breakdown()] == [
        (r.component, r.calls, r.t_count, r.share) for r in concrete.breakdown()
    ]
    assert symbolic.subs({"n": value}).t_count == concrete.t_count
    json.dumps(symbolic.to_dict())


@pytest.mark.parametrize(
    "values",
    [None, [("n", 3)], {3: 4}, {"n": "__import__('os')"}, {"n": None}, {"n": True}, {"n": 1j}],
)
def test_what_cannot_be_put_in_for_symbols(values: object) -> None:
    report = estimate(Add(QUInt(sympy.Symbol("n"))))
    with pytest.raises(ValueError, match="values"):
        report.subs(values)  # type: ignore[arg-type]


def test_surface_code_takes_rotations_by_the_conventions() -> None:
    report = estimate(network())
    footprint = report.surface_code(physical_error=1e-4, factories=2)
    converted = with_rotations_as_t(report.native, report.conventions)
    assert footprint == surface_code_footprint(
        converted,
        report.logical_qubits,
        physical_error=1e-4,
        factories=2,
        t_depth=report.sequential_t_depth,
    )
    assert footprint.t_states + 4 * footprint.ccz_states == report.t_count
    with pytest.raises(ValueError, match="substitute numbers first"):
        estimate(Add(QUInt(sympy.Symbol("n")))).surface_code()
    with pytest.raises(TypeError, match="colour"):
        report.surface_code(colour="blue")


def test_memory_is_charged_by_the_chosen_model() -> None:
    bloq = Calls(Memory(8), 3, Gates(num_t=1), 5)
    oracle = estimate(bloq, qram="oracle")
    charged = estimate(bloq, qram=ScanMemory())
    assert oracle.qram_queries == charged.qram_queries == {8: 3}
    assert (oracle.t_count, charged.t_count) == (5, 5 + 4 * 8 * 3)
    assert charged.t_depth == 5 + 24
    assert {row.component for row in charged.breakdown()} == {"memory (scan)", "other"}
    assert "counted, no gates" in oracle.assumptions["QRAM model"]
    assert charged.assumptions["QRAM model"] == "scan: queries charged entry by entry"
    assert "no hardware memory" in estimate(Gates(num_t=1)).assumptions["QRAM model"]
    assert oracle.leaves == {"T": {"TGate": 5}}


def test_assumptions_merge_and_the_outermost_stands() -> None:
    inner = Calls(Gates(num_t=1), 1, Gates(num_t=2), 1, assumptions={"loader": "qrom", "d": 3})
    outer = Calls(inner, 2, Gates(), 1, assumptions={"loader": "rotations", "alpha": (1.25, 2.0)})
    block = estimate(outer).assumptions
    assert (block["loader"], block["d"], block["alpha"]) == ("rotations", "3", "1.25, 2")
    assert block["conventions"] == DEFAULT_CONVENTIONS.name
    assert "eps_syn = 0.001" in block["rotation synthesis error"]
    for name in ("Toffoli convention", "rotation model", "qubits", "T-depth", "gate counts"):
        assert block[name]
    with pytest.raises(ValueError, match=r"Calls\.assumptions must be a mapping"):
        estimate(Calls(Gates(), 1, Gates(num_t=1), 1, assumptions=("loader",)))


def test_counts_by_shape_are_labelled() -> None:
    assert "by shape" in estimate(GenericRotation()).assumptions["gate counts"]
    assert "by data" in estimate(Rz(0.1)).assumptions["gate counts"]
    assert estimate(GenericRotation()).rotation_count == 1


def test_phase_gradient_state_is_told() -> None:
    add = AddIntoPhaseGrad(4, 4)
    assert "not in the counts" in estimate(add).assumptions["phase-gradient state"]
    both = Calls(add, 2, PhaseGradientState(4), 1)
    assert "is in the counts" in estimate(both).assumptions["phase-gradient state"]
    assert estimate(CNOT()).assumptions["phase-gradient state"] == "none used"


def test_a_catalyst_is_told_with_the_cost_of_its_preparation() -> None:
    both = Calls(BorrowPhaseGradient(5), 2, BorrowPhaseGradient(9).adjoint().adjoint(), 1)
    words = estimate(both).assumptions["phase-gradient state"]
    # To a hundredth of the synthesis error that there is, the rotations having the rest.
    error = DEFAULT_CONVENTIONS.total_error / 99
    extra = t_count(phase_gradient_preparation(9), Conventions(synthesis_epsilon=error))
    assert words == (
        f"a catalyst of 9 qubits, prepared once to an error of {error:.3g} by {extra:,} T that are not in "
        "the counts"
    )
    symbolic = estimate(BorrowPhaseGradient(sympy.Symbol("b"))).assumptions["phase-gradient state"]
    assert symbolic.startswith("a catalyst of symbolic size")


def test_assumptions_are_put_in_words() -> None:
    told = {
        "bounds": {"origin": "given", "g": [0.05, 0.1]},
        "capped": True,
        "layers": [{"d": 2}, {"d": 4}],
    }
    block = estimate(Calls(Gates(num_t=1), 1, Gates(), 1, assumptions=told)).assumptions
    assert block["bounds"] == "origin: given; g: 0.05, 0.1"
    assert (block["capped"], block["layers"]) == ("yes", "d: 2 | d: 4")


def test_two_schedules_each_with_its_qubits() -> None:
    report = estimate(CSwap(4))
    found = report.schedule
    assert report.t_depth == found.t_depth == 4
    assert report.sequential_t_depth == found.sequential_t_depth == 4
    assert report.logical_qubits == found.sequential_qubits == found.qubits == 9
    assert found.exact
    data = json.loads(json.dumps(report.to_dict()))
    assert (data["t_depth"], data["t_depth_upper_bound"]) == (4, 4)
    assert data["schedule"]["exact"] is True
    bound = estimate(network())
    assert not bound.schedule.exact
    for text in (str(bound), bound._repr_html_()):
        assert "as soon as possible, at most" in text
        assert "T-depth is a bound" in text
    assert "T-depth is a bound" not in str(report)


def test_the_schedule_is_made_when_it_is_asked_for() -> None:
    def fail() -> Schedule:
        raise RuntimeError("asked for")

    report = attrs.evolve(estimate(network()), scheduler=fail)
    assert report.t_count > 0
    assert report.subs({}).sequential_t_depth == report.sequential_t_depth
    with pytest.raises(RuntimeError, match="asked for"):
        _ = report.t_depth


@pytest.mark.parametrize("qram", ["select-swap", "bucket-brigade", "oracle"])
def test_a_query_is_scheduled_by_its_memory_model(qram: str) -> None:
    report = estimate(MultiplexedRy(None, 3, "qram", 4), qram=qram)
    assert report.schedule.exact
    assert report.t_depth <= report.sequential_t_depth
    assert report.qram_queries == {8: 2}
    # The addition of an angle of four bits, and the two queries around it.
    addition = estimate(PhaseGradientRy(4)).t_depth
    if qram == "oracle":
        assert report.t_depth == addition
    else:
        query = estimate(MEMORY_MODELS[qram].circuit(QRAMQuery(None, 3, 4)))
        assert addition < report.t_depth <= addition + 2 * query.t_depth


def test_tables_hold_the_figures() -> None:
    report = estimate(network())
    for text in (str(report), report._repr_html_()):
        for part in (f"{report.t_count:,}", "convolution", "input loading", "loader", "eps_syn"):
            assert part in text
        for row in report.breakdown():
            assert f"{row.share:.1%}" in text
    assert f"t_count={report.t_count}" in repr(report)
    assert max(map(len, str(report).splitlines())) <= 110
    hostile = Calls(Gates(num_t=1), 1, Gates(), 1, assumptions={"a<b": "<script>[red]"})
    assert "<script>" not in estimate(hostile)._repr_html_()
    assert "[red]" in str(estimate(hostile))


def test_dictionary_round_trips_through_json() -> None:
    report = estimate(network())
    data = json.loads(json.dumps(report.to_dict()))
    assert data["t_count"] == report.t_count
    assert data["native"]["rotation"] == report.rotation_count
    assert sum(row["t_count"] for row in data["breakdown"]) == data["t_count"]
    assert data["conventions"]["t_per_toffoli"] == 4
    assert data["assumptions"] == dict(report.assumptions)
    assert data["qualtran"].startswith("0.7.")


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"costs a qualtran\.Bloq, got str: 'digits-1'"):
        estimate("digits-1")
    with pytest.raises(ValueError, match="unknown memory model 'bucket'"):
        estimate(Gates(num_t=1), qram="bucket")
    with pytest.raises(UnknownCostError, match="Path: Calls > Unknown"):
        estimate(Calls(Unknown(), 1, Gates(), 1))


def test_import_is_lazy_and_public_names_resolve() -> None:
    code = "import sys, bloqs; print(bloqs.__version__, 'qualtran' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == [bloqs.__version__, "False"]
    assert bloqs.estimate is bloqs.costs.estimate is estimate  # not the module of that name
    assert "estimate" in dir(bloqs)
    for name in bloqs.costs.__all__:
        assert getattr(bloqs.costs, name) is not None
    with pytest.raises(AttributeError, match=r"attribute.*nonsense"):
        bloqs.nonsense  # noqa: B018


def test_wrappers_keep_the_error_budget() -> None:
    """A network that is inverted or controlled is as accurate as it was, and costs what it did."""
    network = load_example("digits-1").spec.cost_bloq()
    plain = estimate(network)
    for wrapped in (
        network.adjoint(),
        network.controlled().controlled(),
        network.controlled().adjoint(),
    ):
        report = estimate(wrapped)
        assert report.conventions == plain.conventions
        assert report.failure_probability == plain.failure_probability
    assert estimate(network.adjoint()).t_count == plain.t_count


def test_another_rotation_model_keeps_the_error_budget() -> None:
    network = load_example("digits-1").spec.cost_bloq(epsilon=1e-6, output="heralded")
    report = estimate(network, conventions=MIXED_FALLBACK_CONVENTIONS)
    assert report.conventions.synthesis_epsilon == network.channel_epsilon
    by_hand = estimate(network, conventions=Conventions(synthesis_epsilon=1e-3))
    assert by_hand.conventions.synthesis_epsilon == 1e-3
    assert "the error budget leaves" in by_hand.assumptions["rotation synthesis error"]
    assert "the error budget leaves" not in report.assumptions["rotation synthesis error"]


def test_conventions_by_name_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"conventions must be a bloqs\.costs\.Conventions, got 'x'"
    ):
        estimate(Add(QUInt(3)), conventions="x")  # type: ignore[arg-type]


def test_footprint_has_room_for_a_catalyst() -> None:
    conventions = Conventions(rotation_model="phase-gradient")
    report = estimate(Rz(0.3), conventions=conventions)
    assert report.catalyst_qubits == conventions.workspace_qubits(1) > 30
    assert report.logical_qubits == 1
    assert report.surface_code().logical_qubits == 1 + report.catalyst_qubits
    assert estimate(Rz(0.3)).catalyst_qubits == 0


def test_a_query_by_itself_may_be_an_oracle() -> None:
    report = estimate(QRAMQuery(None, 5, 8), qram="oracle")
    assert report.bloq == "QRAMQuery"
    assert (report.t_count, report.qram_queries) == (0, {32: 1})
    assert report.logical_qubits == 13
    assert (report.t_depth, report.schedule.qubits, report.schedule.exact) == (0, 13, True)


def test_parts_of_a_report_show_as_tables_in_a_notebook() -> None:
    report = estimate(Add(QUInt(7)))
    assert "<td" in report._repr_html_()
    assert f">{report.t_depth}<" in report.schedule._repr_html_()
    footprint = report.surface_code()
    assert f">{footprint.physical_qubits:,}<" in footprint._repr_html_()
