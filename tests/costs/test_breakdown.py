"""Parts of a cost: they sum to the total, and belong where they should."""

from __future__ import annotations

import attrs
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran import Bloq, QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import TGate, Toffoli
from qualtran.bloqs.data_loading import QROM
from qualtran.bloqs.mcmt import MultiAnd, MultiControlX
from qualtran.resource_counting import GateCounts, QECGatesCost, get_cost_value

from bloqs.costs import (
    Conventions,
    UnknownCostError,
    costs_by_component,
    leaf_classification,
    t_count,
)
from bloqs.costs.breakdown import OTHER, breakdown_table, leaf_kind, walk
from bloqs.costs.callees import own_gates_and_callees
from tests.costs.toys import Calls, Gates, Image, Level, Sandwich, Unknown

SMALL = st.integers(0, 20)
NAMES = st.sampled_from([None, "convolution", "output columns", "QSVT phases"])


@st.composite
def gates(draw: st.DrawFn) -> Gates:
    return Gates(draw(SMALL), draw(SMALL), draw(SMALL), draw(SMALL), draw(NAMES))


def calls(children: st.SearchStrategy[Bloq]) -> st.SearchStrategy[Bloq]:
    counts = st.integers(1, 9)
    wrapped = children | children.map(lambda b: b.adjoint())
    return st.builds(Calls, wrapped, counts, wrapped, counts, NAMES)


trees = st.recursive(gates(), calls, max_leaves=8)


def total_of_parts(bloq: Bloq) -> GateCounts:
    return sum((row.native for row in costs_by_component(bloq)), GateCounts())


@given(bloq=trees)
def test_parts_sum_to_the_total(bloq: Bloq) -> None:
    native = get_cost_value(bloq, QECGatesCost())
    rows = costs_by_component(bloq)
    assert total_of_parts(bloq) == native
    assert sum(row.t_count for row in rows) == t_count(native)
    assert len({row.component for row in rows}) == len(rows)
    if t_count(native):
        assert sum(row.share for row in rows if row.share is not None) == pytest.approx(1.0)


@given(bloq=trees)
def test_each_leaf_belongs_to_the_nearest_name(bloq: Bloq) -> None:
    """Against a recursion over the tree, one call at a time."""
    expected: dict[str, GateCounts] = {}

    def visit(current: Bloq, name: str, times: int) -> None:
        sub = getattr(current, "subbloq", current)
        name = getattr(sub, "component", None) or name
        if isinstance(sub, Gates):
            counts = times * get_cost_value(current, QECGatesCost())
            expected[name] = expected.get(name, GateCounts()) + counts
        else:
            visit(sub.first, name, times * sub.num_first)
            visit(sub.second, name, times * sub.num_second)

    visit(bloq, OTHER, 1)
    rows = {row.component: row.native for row in costs_by_component(bloq)}
    empty = GateCounts()
    assert {k: v for k, v in rows.items() if v != empty} == {
        k: v for k, v in expected.items() if v != empty
    }


def test_breakdown_by_hand() -> None:
    block = Calls(
        Gates(num_toffoli=5, component="convolution"),
        4,
        Gates(num_rotations=2),
        3,
        component="QSVT phases",
    )
    network = Calls(block, 10, Image(), 7)
    rows = {row.component: row for row in costs_by_component(network, Conventions())}
    assert set(rows) == {"convolution", "QSVT phases", "input loading"}
    assert rows["convolution"].native == GateCounts(toffoli=200)
    assert rows["convolution"].calls == 40
    assert rows["QSVT phases"].native == GateCounts(rotation=60)
    assert rows["QSVT phases"].calls == 10
    assert rows["input loading"].native == GateCounts(rotation=14)
    assert rows["input loading"].calls == 7
    # 74 rotations in all: 1.149 * log2(74/1e-3) + 9.2 = 27.785 -> 28 T for each, in every part
    assert rows["QSVT phases"].t_count == 60 * 28
    assert rows["input loading"].t_count == 14 * 28
    assert rows["convolution"].t_count == 800
    assert [row.component for row in costs_by_component(network)] == [
        "QSVT phases",
        "convolution",
        "input loading",
    ]


def test_a_component_within_itself_is_entered_once() -> None:
    inner = Gates(num_t=1, component="convolution")
    outer = Calls(inner, 3, Gates(num_t=2), 1, component="convolution")
    (row,) = costs_by_component(Calls(outer, 5, outer.adjoint(), 2))
    assert (row.component, row.calls, row.t_count) == ("convolution", 7, 7 * 5)
    between = Calls(outer, 2, Gates(), 1, component="block LCU")
    rows = {r.component: r.calls for r in costs_by_component(attrs.evolve(outer, second=between))}
    assert rows == {"convolution": 1 + 2, "block LCU": 1}


def test_qubits_of_a_component_are_the_most_of_its_bloqs() -> None:
    @attrs.frozen
    class Named(MultiControlX):  # type: ignore[misc]
        component: str = "flags"

    rows = {
        row.component: row
        for row in costs_by_component(Calls(Named((1,) * 4), 2, Named((1,) * 6), 1))
    }
    assert rows["flags"].qubits == 6 + 1 + 5  # controls, target, ladder
    assert rows["flags"].calls == 3


@pytest.mark.parametrize(
    "bloq",
    [
        Add(QUInt(5)),
        MultiControlX((1, 0, 1, 1)),
        QROM.build_from_data([3, 1, 4, 1, 5], target_bitsizes=(4,)),
        Sandwich(),
        Sandwich().adjoint(),
    ],
    ids=lambda bloq: type(bloq).__name__,
)
def test_costs_do_not_depend_on_the_depth_of_decomposition(bloq: Bloq) -> None:
    expected = get_cost_value(bloq, QECGatesCost())
    level = bloq.as_composite_bloq()
    for _ in range(8):
        found = total_of_parts(level)
        assert t_count(found) == t_count(expected)
        assert (found.rotation, found.measurement) == (expected.rotation, expected.measurement)
        if not any(is_composed(binst.bloq) for binst in level.bloq_instances):
            break
        level = level.flatten_once(lambda binst: is_composed(binst.bloq))
    else:
        pytest.fail("still not flat")


def is_composed(bloq: Bloq) -> bool:
    return bool(own_gates_and_callees(bloq)[1])


def test_symbolic_parts_equal_numeric_parts() -> None:
    q, d, n = sympy.symbols("q d n")

    def network(q: object, d: object, n: object) -> Bloq:
        w = Gates(num_toffoli=4 * n, component="convolution")
        block = Calls(w, d, Gates(num_rotations=d + 1), 1, component="QSVT phases")
        return Calls(block, q, Gates(num_t=n, num_rotations=n), d + 1, component="input loading")

    symbolic = {row.component: row for row in costs_by_component(network(q, d, n))}
    for values in [(1, 2, 3), (9, 4, 8), (15, 6, 256), (101, 10, 1024), (3, 1, 1)]:
        put = dict(zip((q, d, n), values, strict=True))
        numeric = costs_by_component(network(*values))
        assert {row.component for row in numeric} == set(symbolic)
        for row in numeric:
            other = symbolic[row.component]
            assert other.t_count.subs(put) == row.t_count
            assert sympy.sympify(other.calls).subs(put) == row.calls
            assert sympy.sympify(other.toffoli_count).subs(put) == row.toffoli_count
            assert sympy.sympify(other.rotation_count).subs(put) == row.rotation_count
            assert other.share is None


def test_the_walk_does_not_recurse() -> None:
    graph = walk(Calls(Level(2000, own=1), 3, Gates(num_t=1), 1))
    assert graph.calls()[TGate()] == 4


def test_work_is_linear_in_the_distinct_bloqs() -> None:
    bloq = Level(60, own=2, reversed=1)
    assert costs_by_component(bloq)[0].t_count == 3**60
    assert (
        len(list(walk(bloq))) == 2 * 60 + 1 + 2
    )  # all but the root in both directions; T, T-adjoint


def test_walk_lists_callers_first_and_counts_calls() -> None:
    bloq = Calls(Sandwich(), 3, Image(), 2)
    graph = walk(bloq)
    order = {b: k for k, b in enumerate(graph)}
    assert all(order[b] < order[c] for b in graph for c, _ in graph.callees[b])
    # The adjoint and the controlled image are bloqs of their own; one plain image in each sandwich.
    assert graph.calls()[Image()] == 3 + 2
    assert graph.calls()[Image().adjoint()] == 3
    assert graph.calls()[Toffoli()] == 3


def test_leaves_by_kind() -> None:
    leaves = leaf_classification(Calls(Sandwich(), 3, MultiAnd((1, 1, 1)), 2))
    assert leaves["Toffoli"] == {"Toffoli": 3}
    assert leaves["And"] == {"And": 4}
    assert (
        sum(leaves["rotation"].values()) == get_cost_value(Sandwich(), QECGatesCost()).rotation * 3
    )
    assert set(leaves["free"]) == {"Split", "Join"}
    assert leaf_classification(MultiAnd((1, 1, 1)).adjoint()) == {"measurement": {"And": 2}}
    assert leaf_kind(GateCounts(t=3, clifford=2)) == "stated cost"
    assert leaf_classification(TGate()) == {"T": {"TGate": 1}}


def test_unknown_leaf_is_refused_with_its_path() -> None:
    bloq = Calls(Calls(Unknown(), 2, Gates(num_t=1)), 3, Image())
    with pytest.raises(
        UnknownCostError, match=r"Unknown has no known cost.*Path: Calls > Calls > Unknown\."
    ):
        costs_by_component(bloq)
    with pytest.raises(ValueError, match="no total is given"):
        leaf_classification(bloq)


def test_generalizer_that_drops_the_root_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to cost"):
        walk(TGate(), lambda bloq: None)


def test_the_total_has_a_share_where_all_parts_have_one() -> None:
    (row,) = costs_by_component(Gates(2, 0, 0, 0, "convolution"))
    assert row.share == 1
    assert breakdown_table([row], row).rows[-1][-1] == "100.0%"
    unknown = attrs.evolve(row, share=None)
    assert breakdown_table([row, unknown], row).rows[-1][-1] is None
