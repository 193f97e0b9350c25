"""Small bloqs with the attributes by which a bloq takes part in a cost report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import attrs
import sympy
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, QAny, Signature, Soquet
from qualtran.bloqs.basic_gates import Rx, Ry, Rz, TGate, Toffoli, TwoBitCSwap, XGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator

from bloqs.loading.memory import MemoryModel


def turns_as_gates(bloq: Bloq) -> Bloq:
    """Generalizer for Qualtran's own count: turns by odd multiples of pi/4 are T, by even ones Clifford."""
    if isinstance(bloq, Rx | Ry | Rz):
        quarters = bloq.angle / (math.pi / 4)
        if not isinstance(quarters, sympy.Basic) and abs(quarters - round(quarters)) < 1e-12:
            return TGate() if round(quarters) % 2 else XGate()
    return bloq


@attrs.frozen
class Gates(Bloq):
    """`num_t` T, `num_toffoli` Toffoli, `num_cswap` CSwap and `num_rotations` Ry on three qubits."""

    num_t: Any = 0
    num_toffoli: Any = 0
    num_cswap: Any = 0
    num_rotations: Any = 0
    component: str | None = None

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=3)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        counts = {
            TGate(): self.num_t,
            Toffoli(): self.num_toffoli,
            TwoBitCSwap(): self.num_cswap,
            Ry(0.1): self.num_rotations,
        }
        return {bloq: n for bloq, n in counts.items() if n != 0}


@attrs.frozen(cache_hash=True)
class Calls(Bloq):
    """Calls `first` `num_first` times and `second` `num_second` times."""

    first: Bloq
    num_first: Any
    second: Bloq
    num_second: Any = 1
    component: str | None = None
    assumptions: Mapping[str, Any] | None = attrs.field(default=None, eq=False)

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=3)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        counts: dict[Bloq, Any] = {self.first: self.num_first}
        counts[self.second] = counts.get(self.second, 0) + self.num_second
        return counts


@attrs.frozen
class Image(Bloq):
    """The encoding of an image: two rotations, with control and adjoint by Qualtran's wrappers."""

    is_network_input: bool = True
    component: str = "input loading"

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=3)

    def build_composite_bloq(self, bb: BloqBuilder, x: Soquet) -> dict[str, Soquet]:
        qubits = bb.split(x)
        qubits[0] = bb.add(Ry(0.3), q=qubits[0])
        qubits[1] = bb.add(Rx(0.7), q=qubits[1])
        return {"x": bb.join(qubits, QAny(3))}


@attrs.frozen
class Sandwich(Bloq):
    """`U`, a Toffoli, `U` adjoint, `U` controlled: three calls of the image in a real decomposition."""

    component: str = "sandwich"

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(ctrl=1, x=3)

    def build_composite_bloq(self, bb: BloqBuilder, ctrl: Soquet, x: Soquet) -> dict[str, Soquet]:
        x = bb.add(Image(), x=x)
        qubits = bb.split(x)
        qubits[:2], qubits[2] = bb.add(Toffoli(), ctrl=qubits[:2], target=qubits[2])
        x = bb.join(qubits, QAny(3))
        x = bb.add(Image().adjoint(), x=x)
        ctrl, x = bb.add(Image().controlled(), ctrl=ctrl, x=x)
        return {"ctrl": ctrl, "x": x}


@attrs.frozen
class Unknown(Bloq):
    """A leaf without any cost."""

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=3)

    def decompose_bloq(self) -> Any:
        raise DecomposeTypeError("a black box")


@attrs.frozen
class Memory(Bloq):
    """A query of a hardware memory of which only the size is known."""

    qram_table_size: int

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=3)

    def decompose_bloq(self) -> Any:
        raise DecomposeTypeError("hardware")


@attrs.frozen(kw_only=True)
class ScanMemory(MemoryModel):
    """A circuit of one Toffoli for each entry."""

    name: str = "scan"
    words: str = "queries charged entry by entry"

    def circuit(self, query: Any) -> Bloq:
        return Gates(num_toffoli=query.qram_table_size, component="memory (scan)")


@attrs.frozen
class Level(Bloq):
    """Calls the level below `own` times and its adjoint `reversed` times; one T at level 0."""

    level: int
    own: int
    reversed: int = 0

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=3)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        if self.level == 0:
            return {TGate(): 1}
        below = attrs.evolve(self, level=self.level - 1)
        if not self.reversed:
            return {below: self.own}
        return {below: self.own, below.adjoint(): self.reversed}
