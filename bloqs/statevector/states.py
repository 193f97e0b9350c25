"""Inputs and outputs of a simulation: registers to state vectors and back."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq, Register

from bloqs.statevector.kernel import State
from bloqs.wiring import wire_count


def check_value(
    bloq: Bloq, registers: Mapping[str, Register], name: str, value: int, side: str
) -> None:
    """Refuse a register that is not there, or a value that is no integer or does not fit it.

    Args:
        bloq: for the message.
        registers: of one side, by name.
        name: the register that was named.
        value: the basis state that was given.
        side: "left" or "right", for the message.

    Raises:
        ValueError: as said.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> lefts = {register.name: register for register in CNOT().signature.lefts()}
        >>> check_value(CNOT(), lefts, "ctrl", 1, "left")
        >>> check_value(CNOT(), lefts, "ctrl", 2, "left")
        Traceback (most recent call last):
        ...
        ValueError: register 'ctrl' of CNOT has 1 qubits: its value must be in [0, 2), got 2
    """
    if name not in registers:
        raise ValueError(
            f"{bloq} has no {side} register {name!r}; it has {', '.join(registers) or 'none'}"
        )
    size = wire_count(registers[name])
    try:
        number = operator.index(value)
    except TypeError:
        vector = f", or a numpy vector of length {power_of_two(size)}" if side == "left" else ""
        raise ValueError(
            f"register {name!r} of {bloq} takes a basis state, an integer in [0, {power_of_two(size)})"
            f"{vector}; got {value!r}"
        ) from None
    if not (number >= 0 and number.bit_length() <= size):
        got = (
            number
            if number.bit_length() <= MAX_WRITTEN_BITS
            else f"one of {number.bit_length()} bits"
        )
        raise ValueError(
            f"register {name!r} of {bloq} has {size} qubits: its value must be in "
            f"[0, {power_of_two(size)}), got {got}"
        )


MAX_WRITTEN_BITS = 64
"""Numbers of more bits than this are not written out."""


def power_of_two(exponent: int) -> str:
    """`2**exponent` in words, written out where it is short.

    Args:
        exponent: at least 0.

    Returns:
        The digits, or "2**exponent" where it has more than `MAX_WRITTEN_BITS` bits.

    Example:
        >>> power_of_two(3), power_of_two(1100)
        ('8', '2**1100')
    """
    return str(2**exponent) if exponent <= MAX_WRITTEN_BITS else f"2**{exponent}"


def check_inputs(
    bloq: Bloq,
    lefts: Mapping[str, Register],
    inputs: Mapping[str, int | NDArray[Any]],
    open_inputs: Sequence[str],
) -> None:
    """Refuse inputs of registers that are not there, that are open as well, or that do not fit.

    Args:
        bloq: for the message.
        lefts: its left registers by name.
        inputs: for registers, a basis state or a vector.
        open_inputs: registers that are left open.

    Raises:
        ValueError: as said, or a register that is named twice.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> lefts = {register.name: register for register in CNOT().signature.lefts()}
        >>> check_inputs(CNOT(), lefts, {"ctrl": np.array([0.6, 0.8])}, ["target"])
        >>> check_inputs(CNOT(), lefts, {"target": 0}, ["target"])
        Traceback (most recent call last):
        ...
        ValueError: register 'target' is both open and given an input; leave one out
    """
    for i, name in enumerate(open_inputs):
        check_value(bloq, lefts, name, 0, "left")
        if name in inputs:
            raise ValueError(f"register {name!r} is both open and given an input; leave one out")
        if name in open_inputs[:i]:
            raise ValueError(f"open_inputs names register {name!r} twice; name each register once")
    for name, value in inputs.items():
        if not isinstance(value, np.ndarray):
            check_value(bloq, lefts, name, value, "left")
            continue
        check_value(bloq, lefts, name, 0, "left")
        size = wire_count(lefts[name])
        if value.dtype.kind not in "biufc":
            raise ValueError(
                f"the input of register {name!r} must be a vector of real or complex numbers, got dtype "
                f"{value.dtype}; convert it with astype"
            )
        if value.shape != (2**size,) or not np.all(np.isfinite(value)):
            raise ValueError(
                f"the input of register {name!r} must be a finite vector of length {power_of_two(size)}, "
                f"got shape {value.shape}"
            )


def initial_state(
    lefts: Mapping[str, Register],
    inputs: Mapping[str, int | NDArray[Any]],
    open_inputs: Sequence[str],
    columns: NDArray[np.int64],
    dtype: np.dtype[Any],
) -> State:
    """The product of the inputs; an open register has the digits of the column's number.

    Args:
        lefts: the left registers by name.
        inputs: for registers, a basis state or a vector `(2**bits,)`; 0 where not given.
        open_inputs: registers that are left open, the most significant digits first.
        columns: numbers of the columns, int64.
        dtype: complex64 or complex128.

    Returns:
        `(2**n, len(columns))`.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> lefts = {register.name: register for register in CNOT().signature.lefts()}
        >>> state = initial_state(lefts, {"ctrl": 1}, ["target"], np.array([0, 1]), np.dtype(complex))
        >>> state.real.astype(int).tolist()
        [[0, 0], [0, 0], [1, 0], [0, 1]]
    """
    digits: dict[str, NDArray[np.int64]] = {}
    rest = columns
    for name in reversed(open_inputs):
        size = wire_count(lefts[name])
        digits[name], rest = rest & ((1 << size) - 1), rest >> size
    state = np.ones((1, len(columns)), dtype=dtype)
    for name, register in lefts.items():
        size, value = 2 ** wire_count(register), inputs.get(name, 0)
        longer = np.zeros((len(state), size, len(columns)), dtype=dtype)
        if name in digits:
            every = np.arange(len(columns))
            longer[:, digits[name], every] = state
        elif isinstance(value, np.ndarray):
            np.multiply(
                state[:, None, :], value[:, None], out=longer, dtype=dtype, casting="same_kind"
            )
        else:
            longer[:, int(value)] = state
        state = longer.reshape(-1, len(columns))
    return state


def kept_part(
    state: State,
    positions: Sequence[int],
    rights: Mapping[str, Register],
    project: Mapping[str, int],
) -> State:
    """The part of a final state that is kept, with an axis for each kept qubit.

    Args:
        state: `(2**n, batch)`.
        positions: bit position of each qubit of the right registers, in signature order.
        rights: the right registers.
        project: the basis state that registers are projected on.

    Returns:
        A view, `(2, ..., 2, batch)`.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> rights = {register.name: register for register in CNOT().signature.rights()}
        >>> state = np.array([[0.1], [0.2], [0.3], [0.4]])
        >>> kept_part(state, [1, 0], rights, {"ctrl": 1}).ravel().tolist()
        [0.3, 0.4]
    """
    n = len(positions)
    where: list[slice | int] = [slice(None)] * n
    kept: list[int] = []
    qubits = iter(positions)
    for name, register in rights.items():
        size = wire_count(register)
        for weight, position in zip(reversed(range(size)), qubits, strict=False):
            if name in project:
                where[n - 1 - position] = (int(project[name]) >> weight) & 1
            else:
                kept.append(n - 1 - position)
    # Axes that are left, counted among themselves.
    left = sorted(kept)
    part = state.reshape((2,) * n + (state.shape[1],))[tuple(where)]
    return part.transpose([*(left.index(axis) for axis in kept), len(kept)])
