"""Inputs and outputs of a simulation: registers to state vectors and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq, Register

from bloqs.simulation.long_states import State
from bloqs.simulation.nodes import wire_count
from bloqs.simulation.ops import deposit_bits


def check_value(
    bloq: Bloq, registers: Mapping[str, Register], name: str, value: int, side: str
) -> None:
    """Refuse a register that is not there, or a value that does not fit it."""
    if name not in registers:
        raise ValueError(
            f"{bloq} has no {side} register {name!r}; it has {', '.join(registers) or 'none'}"
        )
    size = wire_count(registers[name])
    if not 0 <= value < 2**size:
        raise ValueError(
            f"register {name!r} of {bloq} has {size} qubits: its value must be in [0, {2**size}), got {value}"
        )


def input_vectors(
    bloq: Bloq,
    lefts: Mapping[str, Register],
    inputs: Mapping[str, int | NDArray[Any]],
    open_inputs: Sequence[str],
) -> dict[str, NDArray[Any]]:
    """A vector for each left register that is not open."""
    vectors: dict[str, NDArray[Any]] = {}
    for name in open_inputs:
        check_value(bloq, lefts, name, 0, "left")
        if name in inputs:
            raise ValueError(f"register {name!r} is both open and given an input; leave one out")
    for name, value in inputs.items():
        if isinstance(value, np.ndarray):
            check_value(bloq, lefts, name, 0, "left")
            size = 2 ** wire_count(lefts[name])
            if value.shape != (size,) or not np.all(np.isfinite(value)):
                raise ValueError(
                    f"the input of register {name!r} must be a finite vector of length {size}, got "
                    f"shape {value.shape}"
                )
            vectors[name] = value
        else:
            check_value(bloq, lefts, name, value, "left")
            vectors[name] = np.eye(1, 2 ** wire_count(lefts[name]), value)[0]
    for name, register in lefts.items():
        if name not in vectors and name not in open_inputs:
            vectors[name] = np.eye(1, 2 ** wire_count(register), 0)[0]
    return vectors


def initial_state(
    lefts: Mapping[str, Register],
    vectors: Mapping[str, NDArray[Any]],
    open_inputs: Sequence[str],
    columns: NDArray[np.int64],
    dtype: np.dtype[Any],
) -> State:
    """The product of the inputs, `(2**n, columns)`; an open register has the column's digits."""
    digits: dict[str, NDArray[np.int64]] = {}
    rest = columns
    for name in reversed(open_inputs):
        size = wire_count(lefts[name])
        digits[name], rest = rest & ((1 << size) - 1), rest >> size
    state = np.ones((1, len(columns)), dtype=dtype)
    for name, register in lefts.items():
        if name in vectors:
            factor = vectors[name].astype(dtype)[:, None]
        else:
            size = 2 ** wire_count(register)
            factor = (np.arange(size)[:, None] == digits[name][None, :]).astype(dtype)
        state = (state[:, None, :] * factor[None, :, :]).reshape(-1, len(columns))
    return np.ascontiguousarray(state)


def kept_rows(
    rights: Mapping[str, Register], project: Mapping[str, int]
) -> tuple[NDArray[np.int64], int]:
    """Row numbers, with qubits in signature order, of the part of the output that is kept."""
    n = sum(wire_count(register) for register in rights.values())
    kept: list[int] = []
    fixed, top = 0, n
    for name, register in rights.items():
        size = wire_count(register)
        top -= size
        if name in project:
            fixed |= int(project[name]) << top
        else:
            kept += range(top + size - 1, top - 1, -1)
    rows = np.arange(2 ** len(kept), dtype=np.int64)
    return deposit_bits(rows, kept) | fixed, len(kept)
