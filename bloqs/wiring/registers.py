"""Registers as wires: one wire for each qubit or classical bit, in signature order, big-endian."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

from qualtran import Bloq, Register
from qualtran.symbolics import is_symbolic

Port: TypeAlias = tuple[str, tuple[int, ...], int]
"""Register name, index in the register, and number of wires of one entry."""


class SymbolicSizeError(ValueError):
    """Raised when a register has a symbolic size, so that it has no numbered wires.

    Parameters:
        register: name of the register; kept as an attribute.
        sizes: its bitsize and its shape.

    Example:
        >>> import sympy
        >>> from qualtran import QAny
        >>> try:
        ...     wire_count(Register("x", QAny(sympy.Symbol("n"))))
        ... except SymbolicSizeError as error:
        ...     print(error)
        register 'x' has the symbolic size (n,); give all sizes numbers
    """

    def __init__(self, register: str, sizes: tuple[object, ...]):
        self.register = register
        super().__init__(
            f"register {register!r} has the symbolic size {sizes}; give all sizes numbers"
        )


def ports(registers: Iterable[Register]) -> Iterator[Port]:
    """The entries of registers.

    Args:
        registers: of sizes that are numbers.

    Yields:
        Name of the register, index of the entry, number of its wires.

    Raises:
        SymbolicSizeError: a size is symbolic.

    Example:
        >>> from qualtran import QUInt
        >>> list(ports([Register("x", QUInt(3)), Register("y", QUInt(2), shape=(2,))]))
        [('x', (), 3), ('y', (0,), 2), ('y', (1,), 2)]
    """
    for register in registers:
        yield from _entries(register)


@lru_cache(maxsize=4096)
def _entries(register: Register) -> list[Port]:
    size = wire_count(register)
    entries = list(register.all_idxs())
    return [(register.name, index, size // len(entries)) for index in entries]


@lru_cache(maxsize=4096)
def wire_count(register: Register) -> int:
    """Qubits (and classical bits) of all entries of a register.

    Args:
        register: of a size that is a number.

    Returns:
        The number of wires.

    Raises:
        SymbolicSizeError: the size is symbolic.

    Example:
        >>> from qualtran import QUInt
        >>> wire_count(Register("y", QUInt(2), shape=(2,)))
        4
    """
    sizes = (register.dtype.num_bits, *register.shape_symbolic)
    if any(is_symbolic(size) and not size.is_number for size in sizes):
        raise SymbolicSizeError(register.name, sizes)
    return math.prod([int(size) for size in sizes])


def by_register(registers: Iterable[Register], wires: Iterable[int]) -> dict[str, tuple[int, ...]]:
    """Wires cut into registers, in their order.

    Args:
        registers: of sizes that are numbers.
        wires: as many as the registers have together.

    Returns:
        The wires of each register by its name.

    Raises:
        SymbolicSizeError: a size is symbolic.

    Example:
        >>> from qualtran import QUInt
        >>> by_register([Register("x", QUInt(1)), Register("y", QUInt(2))], [4, 0, 7])
        {'x': (4,), 'y': (0, 7)}
    """
    position = iter(wires)
    return {r.name: tuple(itertools.islice(position, wire_count(r))) for r in registers}


def end_wires(bloq: Bloq) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Wires that enter and that leave a bloq whose inside is not known.

    A register that enters and leaves at one size keeps its wires. One that only enters is consumed, and one
    that only leaves gets new wires.

    Args:
        bloq: any, of sizes that are numbers.

    Returns:
        The wires that enter, numbered from 0, and those that leave.

    Raises:
        SymbolicSizeError: a size is symbolic.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> end_wires(And())
        ((0, 1), (0, 1, 2))
    """
    lefts = list(bloq.signature.lefts())
    fresh = itertools.count()
    entering = by_register(lefts, fresh)
    fresh = itertools.count(sum(map(len, entering.values())))
    outs: list[int] = []
    for register in bloq.signature.rights():
        size = wire_count(register)
        kept = entering.get(register.name, ())
        outs += kept if len(kept) == size else itertools.islice(fresh, size)
    return tuple(itertools.chain.from_iterable(entering.values())), tuple(outs)
