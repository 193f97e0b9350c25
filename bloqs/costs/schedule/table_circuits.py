"""The circuits of wide tables as code, written without a bloq for each of their many gates.

A lookup of a few hundred rows has 1e5 to 1e6 gates, and a decomposition makes an object of each. What is
written here is gate for gate what those bloqs decompose into.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
from qualtran import Adjoint, Bloq
from qualtran.resource_counting import GateCounts

from bloqs.core.rotation import ry
from bloqs.costs.callees import own_gates_and_callees
from bloqs.costs.keys import unwrap
from bloqs.costs.schedule.codes import CREATE, FAN, FREE, GATE, IntArray
from bloqs.loading.angles import FloatArray
from bloqs.loading.lookup import TableLookup
from bloqs.loading.multiplexed import MultiplexedRy, gray_schedule, is_special, parity_changes

Weight = Callable[[GateCounts], int]


@attrs.frozen(eq=False)
class TableCircuit:
    """Code on wires of which those of the registers come first, in signature order, and leave so.

    Parameters:
        code: int64, as in `replay`.
        num_wires: all wires.
        size: gates, creations and frees.
        frees: qubits freed.

    Example:
        >>> table = table_circuit(TableLookup(None, 3, 4), lambda own: own.and_bloq)
        >>> table.num_wires, table.frees
        (10, 6)
    """

    code: IntArray
    num_wires: int
    size: int
    frees: int


def table_circuit(bloq: Bloq, weight: Weight) -> TableCircuit | None:
    """The circuit of a `TableLookup`, or of a `MultiplexedRy` by rotations, as code.

    Args:
        bloq: any, of concrete sizes.
        weight: from the native gates of a leaf to its layers of T gates.

    Returns:
        The code; None for any other bloq.

    Example:
        >>> table_circuit(MultiplexedRy(None, 3), lambda own: own.rotation).size
        16
    """
    if isinstance(bloq, TableLookup):
        return _lookup(bloq, weight)
    bare = bloq.subbloq if isinstance(bloq, Adjoint) else bloq
    if isinstance(bare, MultiplexedRy) and bare.tabulated is None:
        return _multiplexed(bare, weight, is_adjoint=bare is not bloq)
    return None


def has_table_circuit(bloq: Bloq) -> bool:
    """Whether `table_circuit` knows a bloq.

    Args:
        bloq: any bloq, of concrete or symbolic sizes.

    Returns:
        True for a `TableLookup`, and for a `MultiplexedRy` by rotations or its adjoint.

    Example:
        >>> [has_table_circuit(MultiplexedRy(None, 3, loading)) for loading in ("rotations", "qrom")]
        [True, False]
    """
    bare = unwrap(bloq) if isinstance(bloq, Adjoint) else bloq
    return isinstance(bloq, TableLookup) or (
        isinstance(bare, MultiplexedRy) and bare.tabulated is None
    )


def _multiplexed(bloq: MultiplexedRy, weight: Weight, is_adjoint: bool) -> TableCircuit:
    """Along the Gray code; the target is the last wire."""
    target = bloq.select_bitsize + bloq.is_controlled
    angles = None if bloq.angles is None else np.array(bloq.angles)
    if angles is not None and bloq.is_controlled:
        angles = np.concatenate([np.zeros_like(angles), angles])
    masks, rotations = gray_schedule(angles, 2**target)
    layers = _rotation_layers(rotations, len(masks), weight)
    changes = parity_changes(masks)
    flips = [np.flatnonzero(changes >> position & 1) for position in range(target)]
    steps = np.concatenate([*flips, masks[:0]])
    positions = np.repeat(np.arange(target), [len(flip) for flip in flips])
    turned = np.flatnonzero(layers != NO_GATE)
    # A row a gate, CNOTs of a step before its rotation; what a rotation has less than a CNOT is cut out.
    gates = np.zeros((len(steps) + len(turned), 7), np.int64)
    cnots, turns = gates[: len(steps)], gates[len(steps) :]
    cnots[:, [0, 2, 4, 6]] = GATE, 1, 2, target
    cnots[:, 5] = target - 1 - positions
    turns[:, [0, 4, 5, 6]] = GATE, 1, target, NO_GATE
    turns[:, 1] = layers[turned]
    turns[:, 2] = layers[turned] == 0
    order = np.argsort(np.concatenate([2 * steps, 2 * turned + 1]), kind="stable")
    gates = gates[order[::-1] if is_adjoint else order]
    code = gates.ravel()[gates.ravel() != NO_GATE]
    return TableCircuit(code, target + 1, len(gates), 0)


NO_GATE = -1
"""Layers of a rotation that is no gate at all."""


def _rotation_layers(angles: FloatArray | None, number: int, weight: Weight) -> IntArray:
    """Layers of each rotation, any by shape; `NO_GATE` where it is none."""
    layers = np.full(number, weight(GateCounts(rotation=1)), np.int64)
    if angles is not None:
        for i in np.flatnonzero(is_special(angles)).tolist():
            own, _ = own_gates_and_callees(ry(float(angles[i])))
            layers[i] = NO_GATE if own == GateCounts() else weight(own)
    return layers


def _lookup(bloq: TableLookup, weight: Weight) -> TableCircuit:
    """Unary iteration; on the wires `[ctrl], address, value`, then a node for each level."""
    num_controls, width = int(bloq.is_controlled), bloq.num_words * bloq.word_bitsize
    num_address = bloq.address_bitsize
    first_value = num_controls + num_address
    first_node = first_value + width
    and_layers = weight(GateCounts(and_bloq=1))
    value = np.arange(first_value, first_node, dtype=np.int64)
    shifts = np.arange(bloq.word_bitsize - 1, -1, -1, dtype=np.int64)
    table = None
    if bloq.data is not None:
        table = np.array(bloq.data, np.int64).reshape(bloq.entries, bloq.num_words)
    pieces: list[IntArray] = []
    size = frees = 0

    def add(*numbers: int) -> None:
        pieces.append(np.array(numbers, np.int64))

    def write(control: int | None, row: int) -> int:
        bits = value
        if table is not None:
            bits = value[np.flatnonzero(table[row][:, None] >> shifts & 1)]
        if control is None:
            for bit in bits.tolist():
                add(GATE, 0, 1, 0, 1, bit)
        elif len(bits):
            add(FAN, control, len(bits))
            pieces.append(bits)
        return len(bits)

    def iterate(control: int | None, bits: list[int], first: int, rows: int) -> None:
        nonlocal size, frees
        if rows == 1:
            size += write(control, first)
            return
        half = 1 << (rows - 1).bit_length() - 1
        bits = bits[-half.bit_length() :]
        bit, rest = bits[0], bits[1:]
        if control is None:
            add(GATE, 0, 1, 0, 1, bit)
            iterate(bit, rest, first, half)
            add(GATE, 0, 1, 0, 1, bit)
            iterate(bit, rest, first + half, rows - half)
            size += 2
            return
        node = first_node + len(rest)
        add(CREATE, node, GATE, and_layers, 0 if and_layers else 1, 0, 3, control, bit, node)
        iterate(node, rest, first, half)
        add(GATE, 0, 1, 0, 2, control, node)
        iterate(node, rest, first + half, rows - half)
        add(GATE, 0, 1, 0, 3, control, bit, node, FREE, node)
        size += 5
        frees += 1

    address = list(range(num_controls, first_value))
    iterate(0 if bloq.is_controlled else None, address, 0, bloq.entries)
    code = np.concatenate(pieces) if pieces else np.empty(0, np.int64)
    return TableCircuit(code, first_node + num_address, size, frees)
