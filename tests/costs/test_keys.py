"""Calls through adjoints and controls, memory queries, T-depth."""

from __future__ import annotations

import pytest
import sympy
from qualtran import Bloq, CtrlSpec, QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import Ry, TGate, TwoBitCSwap
from qualtran.bloqs.mcmt import MultiAnd
from qualtran.resource_counting import CostKey, QECGatesCost, get_cost_value

from bloqs.costs import BloqCalls, InputCalls, QRAMQueries, TDepthUpperBound, UnknownCostError
from bloqs.costs.callees import own_gates_and_callees
from bloqs.costs.keys import component_of, unwrap
from bloqs.loading.charges import Charges
from tests.costs.toys import Calls, Gates, Image, Memory, Sandwich, ScanMemory, Unknown

TWO_CONTROLS = CtrlSpec(cvs=(1, 0))


@pytest.mark.parametrize(
    "bloq",
    [
        Image(),
        Image().adjoint(),
        Image().controlled(),
        Image().adjoint().controlled(),
        Image().controlled().adjoint(),
        Image().controlled(TWO_CONTROLS),
        Image().controlled(TWO_CONTROLS).adjoint(),
    ],
)
def test_every_form_of_the_input_is_one_call(bloq: Image) -> None:
    assert unwrap(bloq) == Image()
    assert component_of(bloq) == "input loading"
    assert get_cost_value(bloq, InputCalls()) == 1


def test_input_calls_of_call_graph_and_of_decomposition() -> None:
    assert get_cost_value(Sandwich(), InputCalls()) == 3
    assert get_cost_value(Sandwich().decompose_bloq(), InputCalls()) == 3
    nested = Calls(Calls(Sandwich(), 5, Image().adjoint(), 2), 7, Image(), 1)
    assert get_cost_value(nested, InputCalls()) == 7 * (5 * 3 + 2) + 1


def test_input_calls_of_symbols() -> None:
    q, d = sympy.symbols("q d")
    layer = Calls(Image(), d + 1, Gates(num_t=1), d)
    assert sympy.expand(get_cost_value(Calls(layer, q, Gates(), 1), InputCalls())) == q * d + q


def test_calls_of_a_type_do_not_search_a_match_again() -> None:
    assert get_cost_value(Sandwich(), BloqCalls.of_type(Image)) == 3
    assert get_cost_value(Sandwich(), BloqCalls.of_type(Sandwich)) == 1
    assert get_cost_value(Gates(num_cswap=4), BloqCalls.of_type(TwoBitCSwap)) == 4
    assert BloqCalls.of_type(Image) == BloqCalls.of_type(Image)


def test_a_bloq_that_is_no_input_is_not_counted() -> None:
    assert (
        get_cost_value(Calls(Gates(num_t=3), 4, Image(is_network_input=False)), InputCalls()) == 0
    )


def test_qram_queries_by_table_size() -> None:
    bloq = Calls(Calls(Memory(8), 3, Memory(8).adjoint(), 2), 10, Memory(64), 4)
    assert get_cost_value(bloq, QRAMQueries()) == {8: 50, 64: 4}
    assert get_cost_value(Sandwich(), QRAMQueries()) == {}


def test_memory_models_charge_circuits() -> None:
    assert Charges("oracle")(Memory(8)) is None
    assert Charges("oracle")(Memory(8).adjoint()) is None
    circuit = Gates(num_toffoli=8, component="memory (scan)")
    scan = Charges(ScanMemory())
    assert scan(Memory(8)) == circuit
    assert scan(Memory(8).adjoint()) == circuit.adjoint()
    assert unwrap(scan(Memory(8).controlled())) == circuit
    assert scan(Image()) == Image()
    with pytest.raises(
        ValueError, match="unknown memory model 'magic'; choose one of 'select-swap'"
    ):
        Charges("magic")
    with pytest.raises(ValueError, match=r"has no data, .*qram='select-swap'.*qram='oracle'"):
        Charges("select-swap")(Memory(8))
    with pytest.raises(ValueError, match="unknown uncompute 'magic'; choose one of 'unitary', 'm"):
        Charges(uncompute="magic")


def test_a_circuit_on_other_registers_is_refused() -> None:
    class Wide(ScanMemory):
        def circuit(self, query: Memory) -> Bloq:
            return Add(QUInt(4))

    with pytest.raises(ValueError, match=r"'scan' answers Memory.* on other registers: .*'a'"):
        Charges(Wide())(Memory(8))


@pytest.mark.parametrize("key", [TDepthUpperBound(), TDepthUpperBound(rotation_depth=25)])
def test_t_depth_of_sequential_parts(key: TDepthUpperBound) -> None:
    bloq = Gates(num_t=2, num_toffoli=3, num_cswap=4, num_rotations=5)
    assert get_cost_value(bloq, key) == 2 + 3 + 4 + 5 * key.rotation_depth
    assert (
        get_cost_value(Calls(bloq, 10, Gates(num_t=1), 6), key)
        == 10 * get_cost_value(bloq, key) + 6
    )


def test_t_depth_of_stock_bloqs() -> None:
    assert get_cost_value(Add(QUInt(8)), TDepthUpperBound()) == 7
    assert get_cost_value(MultiAnd((1,) * 6), TDepthUpperBound(toffoli_depth=2)) == 10
    n = sympy.Symbol("n")
    assert get_cost_value(Add(QUInt(n)), TDepthUpperBound()) == n - 1


def test_a_bloq_may_state_a_smaller_depth() -> None:
    class Parallel(Gates):
        def my_static_costs(self, cost_key: CostKey[int]) -> int:
            return 1 if isinstance(cost_key, TDepthUpperBound) else NotImplemented

    bloq = Calls(Parallel(num_t=3), 5, Gates())
    assert get_cost_value(bloq, TDepthUpperBound()) == 5
    assert get_cost_value(bloq, QECGatesCost()).t == 15


def test_unknown_leaf_has_no_depth() -> None:
    with pytest.raises(UnknownCostError, match="Unknown has no known T-depth: a black box"):
        get_cost_value(Calls(Unknown(), 2, Gates()), TDepthUpperBound())


def test_own_gates_are_those_of_qualtran() -> None:
    own, callees = own_gates_and_callees(Gates(num_t=2, num_rotations=sympy.Symbol("r")))
    assert own.total_t_count() == 0
    assert dict(callees) == {TGate(): 2, Ry(0.1): sympy.Symbol("r")}
    own, callees = own_gates_and_callees(Ry(0.1))
    assert (own.rotation, callees) == (1, [])
