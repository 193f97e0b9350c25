"""The schedule against one made gate by gate, on every example and on random circuits."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran import Bloq, BloqBuilder, QBit, QUInt, Register, Signature
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import CNOT, CSwap, Hadamard, Rz, TGate, Toffoli
from qualtran.bloqs.mcmt import And, MultiAnd

from bloqs.catalogue import CATALOGUE
from bloqs.costs import Conventions, TDepthUpperBound, estimate
from bloqs.costs.schedule import schedule
from bloqs.costs.schedule.blocks import timing_of
from bloqs.costs.schedule.nodes import Nodes
from bloqs.loading import LoadedVector
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.lookup import TableLookup
from bloqs.loading.multiplexed import MultiplexedRy
from tests.costs.brute_force import Flat
from tests.costs.toys import Calls, Gates, Sandwich

EXAMPLES = [example for entry in CATALOGUE for example in entry.concrete]
CONVENTIONS = Conventions(t_depth_per_toffoli=2)


def assert_is_brute_force(bloq: Bloq, rotation: int = 5) -> None:
    """T-depth and qubits of the schedule, under two sets of weights."""
    flat = Flat(bloq)
    for conventions, layers, toffoli in ((Conventions(), 1, 1), (CONVENTIONS, rotation, 2)):
        found = schedule(bloq, conventions, rotation_depth=layers)
        assert found.exact, found.notes
        assert (found.t_depth, found.qubits) == flat.schedule(layers, toffoli)
        assert found.t_depth <= found.sequential_t_depth


@pytest.mark.parametrize(
    "is_adjoint", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["", "adjoint"]
)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_examples_are_scheduled_exactly(example: Any, is_adjoint: bool) -> None:
    bloq = example.make()
    assert_is_brute_force(bloq.adjoint() if is_adjoint else bloq)


@attrs.frozen(cache_hash=True)
class Circuit(Bloq):
    """Gates and circuits on chosen qubits: `(part, qubits)` in turn; "and" and "fresh" use clean qubits."""

    size: int
    parts: tuple[tuple[Any, tuple[int, ...]], ...]

    @cached_property
    def signature(self) -> Signature:
        return Signature([Register("x", QBit(), shape=(self.size,))])

    def build_composite_bloq(self, bb: BloqBuilder, x: Any) -> dict[str, Any]:
        for part, at in self.parts:
            if part == "and":
                pair, clean = bb.add(And(), ctrl=[x[at[0]], x[at[1]]])
                clean, x[at[2]] = bb.add(CNOT(), ctrl=clean, target=x[at[2]])
                x[at[0]], x[at[1]] = bb.add(And().adjoint(), ctrl=pair, target=clean)
            elif part == "fresh":
                clean = bb.add(TGate(), q=bb.add(Hadamard(), q=bb.allocate()))
                clean, x[at[0]] = bb.add(CNOT(), ctrl=clean, target=x[at[0]])
                x[at[1]], clean = bb.add(CNOT(), ctrl=x[at[1]], target=clean)
                bb.free(bb.add(TGate().adjoint(), q=clean))
            elif isinstance(part, Circuit):
                out = bb.add(part, x=np.array([x[i] for i in at]))
                for i, soquet in zip(at, out, strict=True):
                    x[i] = soquet
            elif isinstance(part, Toffoli):
                (x[at[0]], x[at[1]]), x[at[2]] = bb.add(
                    part, ctrl=[x[at[0]], x[at[1]]], target=x[at[2]]
                )
            elif isinstance(part, CNOT):
                x[at[0]], x[at[1]] = bb.add(part, ctrl=x[at[0]], target=x[at[1]])
            else:
                x[at[0]] = bb.add(part, q=x[at[0]])
        return {"x": x}


def circuits(depth: int) -> st.SearchStrategy[Circuit]:
    """Circuits on 3 to 5 qubits, nested `depth` times."""
    leaf: st.SearchStrategy[Any] = st.sampled_from(
        [TGate(), Hadamard(), Rz(0.3), CNOT(), Toffoli(), "and", "fresh"]
    )
    part = leaf if depth == 0 else st.one_of(leaf, circuits(depth - 1))

    def with_wires(size: int) -> st.SearchStrategy[Circuit]:
        one = st.tuples(
            part.filter(lambda p: not isinstance(p, Circuit) or p.size <= size),
            st.permutations(range(size)),
        ).map(lambda pair: (pair[0], tuple(pair[1][: getattr(pair[0], "size", 3)])))
        return st.lists(one, max_size=6).map(lambda parts: Circuit(size, tuple(parts)))

    return st.integers(3, 5).flatmap(with_wires)


@settings(deadline=None, max_examples=60)
@given(circuits(2), st.booleans())
def test_random_nested_circuits_are_scheduled_exactly(circuit: Circuit, is_adjoint: bool) -> None:
    assert_is_brute_force(circuit.adjoint() if is_adjoint else circuit)


@settings(deadline=None, max_examples=60)
@given(circuits(2), st.integers(1, 12))
def test_blocks_give_a_bound_between_exact_and_sequential(circuit: Circuit, size: int) -> None:
    twice = Circuit(circuit.size, ((circuit, tuple(range(circuit.size))),) * 2)
    exact = schedule(twice)
    root = Nodes(TDepthUpperBound(), None).node(twice)
    bound, notes = timing_of(root, 10**6, max_steps=size, block_steps=(size,))
    assert exact.t_depth <= bound.layers <= exact.sequential_t_depth
    assert bound.qubits >= twice.size
    free, nothing = timing_of(root, 10**6)
    assert nothing == []
    assert (free.layers, free.qubits) == (exact.t_depth, exact.qubits)
    if not notes:
        assert bound == free
    # So many layers that Clifford steps no longer fit beside them: the depth stands, qubits are a bound.
    coarse, _ = timing_of(root, 2**59)
    assert coarse.layers == exact.t_depth
    assert coarse.qubits >= exact.qubits


@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("by_shape", [False, True])
@pytest.mark.parametrize("entries", [1, 2, 3, 6, 11, 16])
def test_lookup_tables_are_those_of_the_decomposition(
    entries: int, by_shape: bool, is_controlled: bool
) -> None:
    rng = np.random.default_rng(entries)
    bits = (entries - 1).bit_length()
    data = rng.integers(0, 8, size=(entries, 2))
    table = TableLookup(
        None if by_shape else data,
        bits,
        3,
        2,
        num_entries=entries if by_shape else None,
        is_controlled=is_controlled,
    )
    assert_is_brute_force(table)


@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("angles", ["data", "special", None])
@pytest.mark.parametrize("bits", [0, 1, 3])
def test_multiplexed_rotations_are_those_of_the_decomposition(
    bits: int, angles: str | None, is_controlled: bool
) -> None:
    rng = np.random.default_rng(bits)
    values: Any = None
    if angles == "data":
        values = rng.normal(size=2**bits)
    elif angles == "special":
        values = rng.choice([0.0, np.pi / 2, np.pi / 4, np.pi, 0.3], size=2**bits)
    bloq = MultiplexedRy(values, bits, is_controlled=is_controlled)
    for one in (bloq, bloq.adjoint()):
        assert_is_brute_force(one)


@pytest.mark.parametrize(
    "bloq",
    [Add(QUInt(6)), MultiAnd((1, 0, 1, 1)), CSwap(4), CSwap(3).adjoint(), Sandwich()],
    ids=str,
)
def test_stock_bloqs(bloq: Bloq) -> None:
    assert_is_brute_force(bloq)


def test_figures_by_hand() -> None:
    # T on each of three qubits side by side; then a Toffoli; then a T on one of them.
    side_by_side = Circuit(3, tuple((TGate(), (i,)) for i in range(3)))
    whole = Circuit(
        3, ((side_by_side, (0, 1, 2)), (Toffoli(), (0, 1, 2)), (TGate(), (2,)), (Rz(0.3), (0,)))
    )
    found = schedule(whole, CONVENTIONS, rotation_depth=7)
    assert (found.t_depth, found.sequential_t_depth) == (1 + 2 + 7, 3 + 2 + 1 + 7)
    assert (found.qubits, found.sequential_qubits, found.notes) == (3, 3, ())
    # The two And lie on a chain; the T of the fresh qubit waits for them, and runs beside the second.
    chain = Circuit(3, (("and", (0, 1, 2)), ("and", (1, 2, 0)), ("fresh", (0, 1, 2))))
    assert schedule(chain).t_depth == 3
    assert (schedule(chain).qubits, schedule(chain).sequential_qubits) == (5, 4)


def test_arrivals_are_followed_through_a_bloq() -> None:
    """Two halves that do not touch each other are not aligned by the bloq that holds both."""
    halves = Circuit(4, ((CNOT(), (0, 1)), (CNOT(), (2, 3))))
    late = tuple((TGate(), (0,)) for _ in range(5))
    early = tuple((TGate(), (3,)) for _ in range(5))
    assert schedule(Circuit(4, (*late, (halves, (0, 1, 2, 3)), *early))).t_depth == 5


def test_what_has_no_decomposition_is_bounded_and_told() -> None:
    bloq = Calls(Gates(num_t=2), 3, Gates(num_toffoli=4), 2)
    found = schedule(bloq)
    assert (found.t_depth, found.sequential_t_depth, found.exact) == (14, 14, False)
    assert found.notes == (
        "Calls has no decomposition: its wires are aligned and its parts taken one after another",
    )
    json.dumps(found.to_dict())


def test_a_stated_depth_is_taken() -> None:
    n = 5
    query = BucketBrigadeQRAM(None, n, 2)
    assert schedule(query, Conventions()).sequential_t_depth == query.toffoli_depth


def test_symbols_leave_the_sequential_schedule() -> None:
    n = sympy.Symbol("n")
    found = schedule(Add(QUInt(n)))
    assert found.t_depth == found.sequential_t_depth == n - 1
    assert not found.exact
    assert "symbols" in found.notes[0]
    assert found.map(lambda value: value.subs({n: 4})).t_depth == 3
    assert found.to_dict()["t_depth"] == "n - 1"


@pytest.mark.parametrize(
    ("loading", "bits", "size", "layers"),
    [("select-swap", 8, 3, 20), ("qrom", 8, 3, 20), ("qrom", 12, 6, 112)],
)
def test_measured_unloads_are_scheduled_as_such(
    loading: str, bits: int, size: int, layers: int
) -> None:
    """An unload that is measured is a shorter circuit, and not one with the depth of the other."""
    vector = LoadedVector(None, loading, bits, bitsize=size)
    unitary, measured = (estimate(vector, uncompute=way) for way in ("unitary", "measured"))
    assert measured.schedule.exact, measured.schedule.notes
    assert measured.t_depth == layers
    assert measured.t_depth <= measured.sequential_t_depth < unitary.sequential_t_depth
    assert measured.t_depth < unitary.t_depth
