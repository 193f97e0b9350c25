"""Replay of a hierarchical circuit, gate by gate, every gate as soon as its wires are free.

A circuit is a table of programs. A program is a run of integers, read by `_replay`, on wires numbered from 0
(first those that enter):

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
from numba import njit
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

GATE, CREATE, FREE, CALL, FAN, BIT = 0, 1, 2, 3, 4, 5

FRESH, CLASSICAL = -1, -2
"""Stand for the first gate of a track: before it has met another, and of a classical bit."""


@attrs.frozen(eq=False)
class Program:
    """One bloq as code.

    Parameters:
        code: int64, as the module says; programs are called by their number.
        num_ins: wires that enter, numbered first.
        outs: int64, wires that leave.
        num_wires: all wires.

    Example:
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
        >>> code = np.array([GATE, 1, 0, 0, 1, 0, GATE, 1, 0, 0, 1, 1])  # a T gate on each of two wires
        >>> side_by_side = Program(code, num_ins=2, outs=np.array([0, 1]), num_wires=2)
        >>> replay([side_by_side], frees=0, held=0, frames=1, slots=2, unit=8)
        Timing(layers=1, qubits=2)
    """
    is_bit = np.zeros(programs[-1].num_ins, np.bool_)
    is_bit[list(classical_ins)] = True
    codes, outs = [p.code for p in programs], [p.outs for p in programs]
    stops = np.cumsum([len(code) for code in codes])
    out_stops = np.cumsum([len(wires) for wires in outs])
    keys = np.empty(2 * (frees + slots), np.int64)
    own = np.empty((2 * held, 2), np.int64)
    end, count, count_held, num_outs = _replay(
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


@njit(cache=True)  # type: ignore[misc]
def _replay(
    code: IntArray,
    starts: IntArray,
    stops: IntArray,
    num_ins: IntArray,
    num_wires: IntArray,
    outs: IntArray,
    out_starts: IntArray,
    out_stops: IntArray,
    unit: int,
    num_frames: int,
    num_slots: int,
    is_bit: NDArray[np.bool_],
    keys: IntArray,
    held: IntArray,
) -> tuple[int, int, int, int]:
    """The end of the last gate, the numbers of events written to `keys` and `held`, and of qubits left."""
    frame_program = np.empty(num_frames, np.int64)
    frame_base = np.empty(num_frames, np.int64)
    frame_here = np.empty(num_frames, np.int64)
    place = np.empty(num_slots, np.int64)  # the track of each wire of each open program
    moved = np.empty(num_slots, np.int64)
    ready = np.zeros(num_slots, np.int64)  # when a track is free for its next gate
    born = np.full(num_slots, FRESH, np.int64)  # when its first gate with others starts
    spare = np.arange(num_slots)[::-1].copy()
    num_spare = num_slots
    end = 0
    events = held_events = 0
    root = len(starts) - 1
    for wire in range(num_ins[root]):
        num_spare -= 1
        place[wire] = spare[num_spare]
        born[place[wire]] = CLASSICAL if is_bit[wire] else 0
    top, program, base, here = 0, root, 0, starts[root]
    while True:
        if here == stops[program]:
            count = out_stops[program] - out_starts[program]
            for j in range(count):
                moved[j] = place[base + outs[out_starts[program] + j]]
            if top == 0:
                break
            top -= 1
            program, base, here = frame_program[top], frame_base[top], frame_here[top]
            for j in range(count):
                place[base + code[here + 1 + j]] = moved[j]
            here += 1 + count
            continue
        kind = code[here]
        if kind == GATE:
            duration = code[here + 1] * unit
            if unit > 1:
                duration += code[here + 2]
            own, k = code[here + 3], code[here + 4]
            begin = 0
            for j in range(here + 5, here + 5 + k):
                begin = max(begin, ready[place[base + code[j]]])
            finish = begin + duration
            for j in range(here + 5, here + 5 + k):
                track = place[base + code[j]]
                if born[track] == FRESH and (k > 1 or own > 0):
                    # What a fresh qubit does alone is put off until the others are ready.
                    born[track] = begin - ready[track]
                ready[track] = finish
            end = max(end, finish)
            if own > 0:
                held[held_events, 0], held[held_events, 1] = begin, own
                held[held_events + 1, 0], held[held_events + 1, 1] = finish, -own
                held_events += 2
            here += 5 + k
        elif kind == FAN:
            hub = place[base + code[here + 1]]
            for j in range(here + 3, here + 3 + code[here + 2]):
                track = place[base + code[j]]
                begin = max(ready[hub], ready[track])
                finish = begin + (1 if unit > 1 else 0)
                for one in (hub, track):
                    if born[one] == FRESH:
                        born[one] = begin - ready[one]
                    ready[one] = finish
                end = max(end, finish)
            here += 3 + code[here + 2]
        elif kind in (CREATE, BIT):
            num_spare -= 1
            track = spare[num_spare]
            ready[track], born[track] = 0, FRESH if kind == CREATE else CLASSICAL
            place[base + code[here + 1]] = track
            here += 2
        elif kind == FREE:
            track = place[base + code[here + 1]]
            spare[num_spare] = track
            num_spare += 1
            keys[events] = 2 * max(born[track], 0) + 1
            keys[events + 1] = 2 * ready[track]
            if born[track] != CLASSICAL and (unit == 1 or ready[track] > max(born[track], 0)):
                events += 2
            here += 2
        else:
            callee, count = code[here + 1], code[here + 2]
            inner = base + num_wires[program]
            for j in range(count):
                place[inner + j] = place[base + code[here + 3 + j]]
            frame_program[top], frame_base[top] = program, base
            frame_here[top] = here + 3 + count
            top += 1
            program, base, here = callee, inner, starts[callee]
    num_outs = 0
    for j in range(count):
        if born[moved[j]] == CLASSICAL:
            continue
        num_outs += 1
        # A qubit that is handed out and has met no other is put off to the end.
        since = born[moved[j]] if born[moved[j]] >= 0 else end - ready[moved[j]]
        keys[events] = 2 * since + 1
        keys[events + 1] = 2 * (end + 1)
        events += 2
    return end, events, held_events, num_outs
