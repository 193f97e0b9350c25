"""Bloqs that other people wrote: composites, formulas that cannot be, decompositions that fail."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import attrs
import cirq
import pytest
import sympy
from qualtran import (
    Adjoint,
    Bloq,
    BloqBuilder,
    CompositeBloq,
    Controlled,
    CtrlSpec,
    DecomposeTypeError,
    QAny,
    QUInt,
    Register,
    Side,
    Signature,
    Soquet,
)
from qualtran.bloqs.arithmetic import Add, LessThanConstant
from qualtran.bloqs.basic_gates import (
    CNOT,
    Hadamard,
    IntEffect,
    IntState,
    MeasureX,
    MeasureZ,
    Power,
    Swap,
    TGate,
    Toffoli,
    XGate,
    ZeroState,
)
from qualtran.bloqs.mcmt import And, MultiAnd
from qualtran.bloqs.rotations.hamming_weight_phasing import HammingWeightPhasing
from qualtran.cirq_interop import cirq_optree_to_cbloq
from qualtran.resource_counting import (
    BloqCountDictT,
    QECGatesCost,
    SympySymbolAllocator,
    get_cost_value,
)

from bloqs.costs import Conventions, CostReport, UnknownCostError, estimate, logical_qubits


def built(*bloqs: Bloq) -> CompositeBloq:
    """Bloqs of equal registers one after another."""
    bb, soqs = BloqBuilder.from_signature(bloqs[0].signature)
    for bloq in bloqs:
        soqs = bb.add_d(bloq, **soqs)
    return bb.finalize(**soqs)


def assert_prints(bloq: Bloq) -> None:
    report = estimate(bloq)
    text, page = str(report), report._repr_html_()
    data = json.loads(json.dumps(report.to_dict()))
    assert data["t_depth"] == report.t_depth
    for shown in (text, page):
        assert "as soon as possible" in shown
        assert f"{report.t_count:,}" in shown


class TestComposites:
    def test_a_decomposition_is_its_bloq(self) -> None:
        for bloq in (Add(QUInt(4)), MultiAnd((1,) * 5), And()):
            inner = bloq.decompose_bloq() if not isinstance(bloq, And) else bloq.as_composite_bloq()
            outer, inner_report = estimate(bloq), estimate(inner)
            for name in ("t_count", "t_depth", "logical_qubits", "sequential_t_depth"):
                assert getattr(outer, name) == getattr(inner_report, name), name
            assert outer.schedule.qubits == inner_report.schedule.qubits
            assert_prints(inner)

    @pytest.mark.parametrize("bitsizes", [(1, 1), (1, 2), (2, 2), (2, 5), (5, 5), (7, 8)])
    def test_the_stated_carries_of_a_sum_are_those_of_its_decomposition(
        self, bitsizes: tuple[int, int]
    ) -> None:
        bloq = Add(*map(QUInt, bitsizes))
        inside = estimate(bloq.decompose_bloq())
        assert estimate(bloq).logical_qubits == inside.logical_qubits == inside.schedule.qubits

    def test_a_decomposition_of_minutes_is_not_asked_for_its_qubits(self) -> None:
        bloq = LessThanConstant(2048, 5)
        report = estimate(bloq)
        assert report.lower_bounds
        assert report.logical_qubits >= bloq.signature.n_qubits()

    def test_composites_in_composites(self) -> None:
        adder = Add(QUInt(4))
        twice = built(adder.decompose_bloq(), built(adder, adder).adjoint())
        report = estimate(twice)
        assert (report.t_count, report.t_depth, report.schedule.qubits) == (36, 9, 11)
        assert_prints(twice)

    def test_adjoints_of_composites(self) -> None:
        composite = Add(QUInt(4)).decompose_bloq()
        for bloq in (composite.adjoint(), Adjoint(composite)):
            report = estimate(bloq)
            assert (report.t_count, report.t_depth, report.logical_qubits) == (12, 3, 11)
            assert_prints(bloq)

    def test_wrappers_around_composites(self) -> None:
        composite = built(Swap(2), Swap(2))
        for bloq in (
            Adjoint(composite).controlled(),
            Adjoint(Adjoint(composite)).controlled(),
            Adjoint(composite.controlled()),
            built(Adjoint(composite).controlled()),
        ):
            report = estimate(bloq)
            found = (report.t_count, report.t_depth, report.logical_qubits, report.schedule.qubits)
            assert found == (16, 4, 5, 5)
            assert_prints(bloq)
        merged = estimate(Adjoint(composite).controlled(CtrlSpec(cvs=(1, 0))))
        assert (merged.t_count, merged.t_depth, merged.logical_qubits) == (20, 5, 7)

    @pytest.mark.parametrize(
        ("bloq", "t", "depth", "qubits"),
        [
            (Adjoint(TGate()), 1, 1, 1),
            (Adjoint(Adjoint(Toffoli())), 4, 1, 3),
            (Adjoint(And()), 0, 0, 3),
            (Controlled(CNOT(), CtrlSpec()), 4, 1, 3),
            (Controlled(Adjoint(CNOT()), CtrlSpec()), 4, 1, 3),
            (Adjoint(Controlled(CNOT(), CtrlSpec())), 4, 1, 3),
            (Controlled(Controlled(XGate(), CtrlSpec()), CtrlSpec(cvs=0)), 4, 1, 4),
            (Controlled(Controlled(Swap(2), CtrlSpec()), CtrlSpec()), 16, 4, 7),
        ],
        ids=str,
    )
    def test_bare_wrappers_around_gates(self, bloq: Bloq, t: int, depth: int, qubits: int) -> None:
        report = estimate(bloq)
        assert (report.t_count, report.t_depth, report.logical_qubits) == (t, depth, qubits)
        assert report.schedule.qubits == qubits
        assert_prints(bloq)

    def test_a_wrapper_that_nothing_states_is_refused_by_name(self) -> None:
        for bloq in (Controlled(MeasureZ(), CtrlSpec()), Adjoint(MeasureZ())):
            with pytest.raises(UnknownCostError, match="no known cost and cannot be decomposed"):
                estimate(bloq)

    def test_an_import_from_cirq(self) -> None:
        a, b, c = cirq.LineQubit.range(3)
        circuit = cirq.Circuit(
            cirq.T(a), cirq.T(b), cirq.CNOT(a, b), cirq.T(b) ** -1, cirq.CCX(a, b, c), cirq.H(c)
        )
        composite = cirq_optree_to_cbloq(circuit)
        report = estimate(composite)
        assert (report.native.t, report.toffoli_count, report.t_depth) == (3, 1, 3)
        assert report.schedule.qubits == report.logical_qubits == 3
        assert_prints(composite)


@attrs.frozen
class Broken(Bloq):
    """Its gates are stated; its decomposition fails."""

    states_gates: bool = True

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=3)

    def decompose_bloq(self) -> CompositeBloq:
        raise AssertionError("wires of another framework")

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        if not self.states_gates:
            raise KeyError("wire 7")
        return {TGate(): 5, Toffoli(): 2}


class TestUnknownFigures:
    @pytest.mark.parametrize(
        "bloq", [HammingWeightPhasing(1, 0.11), Broken(), built(Broken(), Broken())]
    )
    def test_one_unknown_figure_leaves_the_others(self, bloq: Bloq) -> None:
        report = estimate(bloq)
        assert report.native == get_cost_value(bloq, QECGatesCost())
        assert report.sequential_t_depth > 0
        reason = str(report.logical_qubits)
        assert reason.startswith("unknown: the qubits of ")
        assert "its decomposition fails" in reason
        data = json.loads(json.dumps(report.to_dict()))
        assert data["logical_qubits"] is None
        assert f"unknown: {data['unknown']['logical_qubits']}" == reason
        assert data["t_count"] == report.t_count
        for text in (str(report), report._repr_html_()):
            assert "unknown: the qubits of" in text
        with pytest.raises(
            ValueError, match="no footprint, because the logical qubits are unknown"
        ):
            report.surface_code()

    def test_path_and_cause_are_told(self) -> None:
        reason = str(estimate(built(Broken())).logical_qubits)
        assert "AssertionError: wires of another framework" in reason
        assert "Path: CompositeBloq > Broken." in reason

    def test_unknown_gates_are_one_sentence(self) -> None:
        with pytest.raises(
            UnknownCostError, match=r"KeyError: 'wire 7'.*Path: CompositeBloq > Broken"
        ):
            estimate(built(Broken(states_gates=False)))


@attrs.frozen
class Stated(Bloq):
    """States the calls of a formula; decomposes, where it can, into two CNOT."""

    calls: Any
    can_decompose: bool = True

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(ctrl=1, target=1)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Any]:
        if not self.can_decompose:
            raise DecomposeTypeError("no parts")
        return bb.add_d(CNOT(), **bb.add_d(CNOT(), **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        return {CNOT(): self.calls}


class TestFormulasThatCannotBe:
    def test_a_sum_of_one_bit(self) -> None:
        report = estimate(Add(QUInt(1)))
        assert (report.native.clifford, report.t_count, report.t_depth) == (1, 0, 0)
        assert report.assumptions["counted by decomposition"].startswith("Add")
        assert "-3 calls of CNOT" in report.assumptions["counted by decomposition"]

    @pytest.mark.parametrize(
        "calls", [-3, sympy.Integer(-1), 0.5, sympy.Rational(1, 2), float("inf")]
    )
    def test_the_decomposition_counts(self, calls: Any) -> None:
        pair = built(Stated(calls), Stated(7))
        report = estimate(pair)
        assert report.native.clifford == 2 + 7
        assert report.t_depth == 0
        with pytest.raises(
            UnknownCostError, match=r"calls of CNOT, and cannot be decomposed.*Path: Stated"
        ):
            estimate(Stated(calls, can_decompose=False))

    def test_what_can_be_stays_as_it_is(self) -> None:
        n = sympy.Symbol("n")
        assert estimate(Stated(0)).native.clifford == 0
        assert estimate(Stated(n - 2)).native.clifford == n - 2
        assert "counted by decomposition" not in estimate(Stated(4)).assumptions


@attrs.frozen
class Lent(Bloq):
    """Lends `num` qubits that never meet those of its register."""

    num: int = 4

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=4)

    def build_composite_bloq(self, bb: BloqBuilder, x: Soquet) -> dict[str, Soquet]:
        lent = bb.add(IntState(0, self.num))
        qubits = bb.split(lent)
        for i in range(self.num):
            qubits[i] = bb.add(TGate(), q=bb.add(XGate(), q=qubits[i]))
        bb.add(IntEffect(0, self.num), val=bb.join(qubits, QUInt(self.num)))
        return {"x": x}


class TestQubits:
    @pytest.mark.parametrize("bitsize", [2, 3, 8, 16])
    def test_a_symbolic_sum_is_the_concrete_one(self, bitsize: int) -> None:
        n = sympy.Symbol("n", positive=True, integer=True)
        by_symbol, concrete = (
            estimate(Add(QUInt(n))).subs({"n": bitsize}),
            estimate(Add(QUInt(bitsize))),
        )
        assert by_symbol.logical_qubits == concrete.logical_qubits == 3 * bitsize - 1
        assert not by_symbol.lower_bounds

    @pytest.mark.parametrize("num", [1, 4])
    def test_qubits_that_touch_no_input(self, num: int) -> None:
        report = estimate(Lent(num))
        assert report.logical_qubits == report.schedule.sequential_qubits == 4 + num
        assert report.schedule.qubits == 4 + num
        assert estimate(built(Lent(num), Lent(num))).logical_qubits == 4 + num

    def test_a_lower_bound_says_so(self) -> None:
        @attrs.frozen
        class Formula(Bloq):
            @cached_property
            def signature(self) -> Signature:
                return Signature.build(x=2)

            def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
                return {Add(QUInt(4)): 3}

        report = estimate(built(Formula()))
        assert report.logical_qubits == 11
        assert report.lower_bounds == ("Formula",)
        assert "Formula" in report.assumptions["logical qubits are at least"]
        assert "one after another, at least" in str(report)
        assert report.to_dict()["logical_qubits_are_at_least"] is True
        assert estimate(Add(QUInt(4))).to_dict()["logical_qubits_are_at_least"] is False


@pytest.mark.parametrize(("layers", "words"), [(1, "or one Toffoli"), (3, "or 1/3 Toffoli")])
def test_what_a_layer_is_goes_with_its_qubits(layers: int, words: str) -> None:
    report = estimate(And(), conventions=Conventions(t_depth_per_toffoli=layers))
    assert (report.t_depth, report.schedule.qubits) == (layers, 3)
    said = report.assumptions["a layer of T-depth"]
    assert words in said
    assert "on its own wires, by a |CCZ> state" in said
    assert said in report.to_dict()["assumptions"].values()


def read_outs(num: int) -> CompositeBloq:
    """So many read-outs of fresh qubits."""
    bb = BloqBuilder()
    bits = [bb.add(MeasureZ(), q=bb.add(Hadamard(), q=bb.add(ZeroState()))) for _ in range(num)]
    return bb.finalize(**{f"c{i}": bit for i, bit in enumerate(bits)})


class TestClassicalBits:
    @pytest.mark.parametrize("bloq", [MeasureZ(), MeasureX()])
    def test_a_measurement_is_on_one_qubit(self, bloq: Bloq) -> None:
        for one in (bloq, bloq.as_composite_bloq()):
            report = estimate(one)
            assert report.logical_qubits == report.schedule.qubits == 1
            assert report.schedule.exact

    @pytest.mark.parametrize("num", [1, 8])
    def test_read_outs_are_no_qubits(self, num: int) -> None:
        bb = BloqBuilder()
        qubits = bb.split(bb.add_register(Register("x", QAny(num), side=Side.LEFT)))
        bits = [bb.add(MeasureZ(), q=qubit) for qubit in qubits]
        composite = bb.finalize(**{f"c{i}": bit for i, bit in enumerate(bits)})
        assert estimate(composite).logical_qubits == num
        assert estimate(composite).schedule.qubits == num
        # One after another the bits wait and the qubits are free again; all at once they are all in use.
        assert estimate(read_outs(num)).logical_qubits == 1
        assert estimate(read_outs(num)).schedule.qubits == num


@pytest.fixture
def slow_report() -> CostReport:
    return attrs.evolve(estimate(Add(QUInt(4))), schedule_seconds=lambda: 200.0)


class TestPrintingIsNoDaysWork:
    def test_a_slow_critical_path_is_on_request(
        self, slow_report: CostReport, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail() -> Any:
            raise AssertionError("not asked for")

        report = attrs.evolve(slow_report, scheduler=fail)
        for text in (str(report), report._repr_html_()):
            assert "not asked for: `t_depth` takes about 3 min" in text
        assert "t_depth" not in report.to_dict()
        with pytest.raises(AssertionError, match="not asked for"):
            _ = report.t_depth
        assert "critical path: about 3 min" in capsys.readouterr().err

    def test_once_asked_for_it_is_shown(self, slow_report: CostReport) -> None:
        assert slow_report.to_dict(has_critical_path=True)["t_depth"] == 3
        assert "not asked for" not in str(slow_report)
        assert slow_report.to_dict()["t_depth"] == 3

    def test_the_estimate_is_made_from_sizes(self) -> None:
        small, large = estimate(Add(QUInt(4))), estimate(Add(QUInt(4000)))
        assert small.schedule_seconds() < 0.1 < large.schedule_seconds()
        assert large.schedule_seconds() > 100 * small.schedule_seconds()


def test_a_power_is_as_wide_as_once_at_any_power() -> None:
    assert logical_qubits(Power(Swap(5), 3)) == 10
    assert logical_qubits(Power(Add(QUInt(6)), 2**40)) == logical_qubits(Add(QUInt(6))) == 17
