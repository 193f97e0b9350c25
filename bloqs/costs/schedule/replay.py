"""Replay of a hierarchical circuit, gate by gate, every gate as soon as its wires are free.

A circuit is a table of programs. A program is a run of integers, read by `replay_codes`, on wires
numbered from 0 (first those that enter):

- `GATE, layers, steps, qubits, k, w_1 ... w_k`: all `k` wires wait for each other; busy for `layers` layers
  of T gates and then `steps` Clifford steps, with `qubits` qubits of its own meanwhile;
- `FAN, w, k, w_1 ... w_k`: a CNOT from `w` to each of the others in turn;
- `CREATE, w` and `FREE, w`: a clean qubit comes and goes;
- `BIT, w`: a classical bit comes, which waits like a qubit and is not counted as one; it goes by `FREE`;
- `CALL, program, k_in, w ..., k_out, w ...`: another program on these wires.

Nothing is expanded in memory: a replay takes time for each gate, and memory for each program and for each
qubit that is freed.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from bloqs.costs.schedule.codes import IntArray


@attrs.frozen(eq=False)
class Program:
    """One bloq as code.

    Parameters:
        code: int64, as the module says; programs are called by their number.
        num_ins: wires that enter, numbered first.
        outs: int64, wires that leave.
        num_wires: all wires.

    Example:
        >>> from bloqs.costs.schedule.codes import GATE
        >>> one_t = Program(np.array([GATE, 1, 0, 0, 1, 0]), num_ins=1, outs=np.array([0]), num_wires=1)
        >>> replay([one_t], frees=0, held=0, frames=1, slots=1, unit=1)
        Timing(layers=1, qubits=1)
    """

    code: IntArray
    num_ins: int
    outs: IntArray
    num_wires: int


@attrs.frozen
class Timing:
    """What a replay finds.

    Parameters:
        layers: layers of T gates until the last gate is done.
        qubits: most qubits in use at once.

    Example:
        >>> Timing(layers=4, qubits=9).layers
        4
    """

    layers: int
    qubits: int


def replay(
    programs: Sequence[Program],
    frees: int,
    held: int,
    frames: int,
    slots: int,
    unit: int,
    classical_ins: Sequence[int] = (),
) -> Timing:
    """Run the last of some programs with all wires ready at 0; the others are the parts that it calls.

    Args:
        programs: each after those that it calls.
        frees: at least the number of qubits that are freed.
        held: at least the number of gates with qubits of their own.
        frames: at least the nesting of calls.
        slots: at least the wires of all programs that are open at once.
        unit: a layer of T gates in Clifford steps; more than there are gates, so that no number of Clifford
            gates lasts as long as a layer. 1 when a Clifford gate takes no time at all: then a qubit that
            comes the moment when another goes is counted beside it.
        classical_ins: the wires that enter the last program and are classical bits.

    Returns:
        Layers and qubits.

    Example:
        >>> from bloqs.costs.schedule.codes import GATE
        >>> code = np.array([GATE, 1, 0, 0, 1, 0, GATE, 1, 0, 0, 1, 1])  # a T gate on each of two wires
        >>> side_by_side = Program(code, num_ins=2, outs=np.array([0, 1]), num_wires=2)
        >>> replay([side_by_side], frees=0, held=0, frames=1, slots=2, unit=8)
        Timing(layers=1, qubits=2)
    """
    from bloqs.costs.schedule.loop import replay_codes  # numba takes a sixth of a second to import

    is_bit = np.zeros(programs[-1].num_ins, np.bool_)
    is_bit[list(classical_ins)] = True
    codes, outs = [p.code for p in programs], [p.outs for p in programs]
    stops = np.cumsum([len(code) for code in codes])
    out_stops = np.cumsum([len(wires) for wires in outs])
    keys = np.empty(2 * (frees + slots), np.int64)
    own = np.empty((2 * held, 2), np.int64)
    end, count, count_held, num_outs = replay_codes(
        np.concatenate(codes),
        stops - [len(code) for code in codes],
        stops,
        np.array([p.num_ins for p in programs]),
        np.array([p.num_wires for p in programs]),
        np.concatenate(outs),
        out_stops - [len(wires) for wires in outs],
        out_stops,
        unit,
        frames,
        slots,
        is_bit,
        keys,
        own,
    )
    ends = int(np.count_nonzero(~is_bit)), int(num_outs)
    return Timing(int(end) // unit, max(_peak(keys[:count], own[:count_held], unit), *ends))


def _peak(keys: IntArray, held: IntArray, unit: int) -> int:
    """Most qubits at once, from when they come and go (`2 * time + 1`, `2 * time`)."""
    births_last = unit > 1
    if not births_last:
        keys ^= 1
    if len(held):
        deltas = np.concatenate([2 * (keys & 1) - 1, held[:, 1]])
        if not births_last:
            deltas[: len(keys)] *= -1
        keys = np.concatenate([keys, 2 * held[:, 0] + ((held[:, 1] > 0) == births_last)])
        return int(np.cumsum(deltas[np.argsort(keys, kind="stable")]).max(initial=0))
    keys.sort()  # in place: there may be many millions
    signs = 2 * (keys & 1).astype(np.int8) - 1
    if not births_last:
        signs = -signs
    return int(np.cumsum(signs, dtype=np.int32).max(initial=0))
