"""The compiled loop of a replay, alone in its file: numba takes a sixth of a second to import."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bloqs.costs.schedule.codes import BIT, CLASSICAL, CREATE, FAN, FREE, FRESH, GATE, IntArray


@njit(cache=True)  # type: ignore[misc]
def replay_codes(
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
    """Run the last program gate by gate; see `bloqs.costs.schedule.replay.replay`, which makes the arrays.

    Args:
        code: int64, of all programs, one after the other.
        starts: int64, where the code of each begins.
        stops: int64, where it ends.
        num_ins: int64, wires that enter each.
        num_wires: int64, wires of each.
        outs: int64, wires that each hands out, one program after the other.
        out_starts: int64, where those of each begin.
        out_stops: int64, where they end.
        unit: a layer of T gates in Clifford steps.
        num_frames: at least the nesting of calls.
        num_slots: at least the wires of all programs that are open at once.
        is_bit: bool, which wires that enter the last program are classical bits.
        keys: int64, written: when qubits come and go.
        held: int64 `(2 gates, 2)`, written: when gates take and give back qubits of their own, and how many.

    Returns:
        The end of the last gate, the numbers of events written to `keys` and `held`, and of qubits left.

    Example:
        >>> one = np.array([1])
        >>> t_gate, wire = np.array([GATE, 1, 0, 0, 1, 0]), np.array([0])
        >>> starts, stops = np.array([0]), np.array([len(t_gate)])
        >>> arrays = (np.zeros(2, np.int64), np.zeros((0, 2), np.int64))
        >>> found = replay_codes(
        ...     t_gate, starts, stops, one, one, wire, wire, one, 8, 1, 1, np.array([False]), *arrays
        ... )
        >>> tuple(int(value) for value in found)  # a layer of eight steps, one qubit left
        (8, 2, 0, 1)
    """
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
