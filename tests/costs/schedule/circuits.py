"""Random nested circuits, and the comparison of their schedule with one made gate by gate."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import attrs
import numpy as np
from hypothesis import strategies as st
from qualtran import Bloq, BloqBuilder, QBit, Register, Signature
from qualtran.bloqs.basic_gates import CNOT, Hadamard, Rz, TGate, Toffoli
from qualtran.bloqs.mcmt import And

from bloqs.costs import Conventions
from bloqs.costs.schedule import schedule
from tests.costs.brute_force import Flat

CONVENTIONS = Conventions(t_depth_per_toffoli=2)


def assert_is_brute_force(bloq: Bloq, rotation: int = 5) -> None:
    """T-depth and qubits of the schedule, under two sets of weights."""
    flat = Flat(bloq)
    for conventions, layers, toffoli in ((Conventions(), 1, 1), (CONVENTIONS, rotation, 2)):
        found = schedule(bloq, conventions, rotation_depth=layers)
        assert found.exact, found.notes
        assert (found.t_depth, found.qubits) == flat.schedule(layers, toffoli)
        assert found.t_depth <= found.sequential_t_depth


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
