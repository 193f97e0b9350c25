"""The form in which a bloq's decomposition is held: calls of parts on numbered wires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

import attrs
import numpy as np
from qualtran import Bloq, Register
from qualtran.symbolics import is_symbolic

from bloqs.statevector.kernel import Kernel


class NoTensorsError(ValueError):
    """Raised when a bloq can be neither decomposed nor given by tensors.

    Attributes:
        path: names of the bloqs from the outermost to the one without tensors.
    """

    def __init__(self, message: str):
        self.path: tuple[str, ...] = ()
        super().__init__(message)

    def __str__(self) -> str:
        where = f"; found in {' > '.join(self.path)}" if len(self.path) > 1 else ""
        return super().__str__() + where


Call: TypeAlias = "tuple[Kernel | Node, tuple[int, ...], tuple[int, ...]]"
"""What is done, on which wires it finds its input, and on which it leaves its output."""


@attrs.define(eq=False)
class Node:
    """A bloq on numbered wires.

    Parameters:
        name: what messages call it.
        bloq: the bloq itself.
        ins, outs: wires of the left and right registers, in signature order, big-endian.
        calls: what is done in turn: a map or another node, its input and its output wires. No wire
            number is used twice for different qubits; a shared qubit of a map keeps its number.
        lefts, rights: register name, index in the register and width of each entry.
    """

    name: str
    bloq: Bloq
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    calls: list[Call]
    lefts: tuple[tuple[str, tuple[int, ...], int], ...] = ()
    rights: tuple[tuple[str, tuple[int, ...], int], ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether it consists of maps alone."""
        return all(isinstance(part, Kernel) for part, _, _ in self.calls)

    def __attrs_post_init__(self) -> None:
        """List the entries of the registers."""
        self.lefts = tuple(ports(self.bloq.signature.lefts()))
        self.rights = tuple(ports(self.bloq.signature.rights()))


def ports(registers: Iterable[Register]) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Register name, index in the register and width of each entry."""
    for register in registers:
        yield from _entries(register)


@lru_cache(maxsize=4096)
def _entries(register: Register) -> list[tuple[str, tuple[int, ...], int]]:
    size = wire_count(register)
    entries = list(register.all_idxs())
    return [(register.name, index, size // len(entries)) for index in entries]


@lru_cache(maxsize=4096)
def wire_count(register: Register) -> int:
    """Qubits (and classical bits) of all entries of a register.

    Raises:
        ValueError: the size is symbolic.
    """
    sizes = (register.dtype.num_bits, *register.shape_symbolic)
    if is_symbolic(*sizes):
        raise ValueError(
            f"register {register.name!r} has the symbolic size {sizes}; give all sizes numbers "
            "before simulating"
        )
    return int(np.prod([int(size) for size in sizes]))
