"""Which neighbouring maps of a program are merged into one."""

from __future__ import annotations

import attrs

from bloqs.statevector.cost_model import (
    MAX_RUN,
    is_mergeable,
    kernel_cost,
    merge_seconds,
    shape_cost,
)
from bloqs.statevector.merge import merge_shape
from bloqs.statevector.program import CallStep, LadderStep, Step
from bloqs.statevector.steps import KernelStep


class Fusion:
    """Greedy fusion of neighbouring maps into runs.

    A map may join an earlier run if nothing after that run touches its tracks; then it commutes with all
    between. Runs that nothing touches any more may be moved forward to the map that joins them. Qubits that
    come and go within a run cost no memory, and so a map that makes qubits joins only runs that
    make some too.

    Parameters:
        n_calls: executions of the program in the whole network, over which the cost of merging is shared.
        amplitudes: of the states that enter the program.

    Example:
        >>> import numpy as np
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> fusion = Fusion(n_calls=1000, amplitudes=2**10)
        >>> for track in (0, 1, 0):
        ...     fusion.add(KernelStep(hadamard, (track,), (track,)), scale=1.0)
        >>> [[step.ins for step in run] for run in fusion.runs()]  # past the map on track 1
        [[(0,), (0,)], [(1,)]]
    """

    def __init__(self, n_calls: int, amplitudes: float):
        self.n_calls, self.amplitudes = n_calls, amplitudes
        self._runs: list[_Run | CallStep | LadderStep | None] = []
        self._last: dict[int, int] = {}

    def runs(self) -> list[list[Step]]:
        """The runs in order."""
        out: list[list[Step]] = []
        for run in self._runs:
            if isinstance(run, CallStep | LadderStep):
                out.append([run])
            elif run is not None:
                out.append([*run.steps])
        return out

    def add(self, step: Step, scale: float) -> None:
        """Take in the next step.

        Args:
            step: a map, or a call that stays as it is.
            scale: how many times longer its states are than those that enter the program.
        """
        touched = sorted({self._last[t] for t in step.tracks if t in self._last})
        if not isinstance(step, KernelStep):
            self._append(step, step.tracks)
            return
        seconds = kernel_cost(step.kernel).seconds(scale * self.amplitudes)
        single = _Run((step,), step.tracks, seconds, 0.0, scale)
        if not step.tracks and self._runs and isinstance(self._runs[-1], _Run):
            touched = [len(self._runs) - 1]
        if touched:
            movable = [i for i in touched if self._is_movable(i)]
            best: tuple[float, _Run, list[int], bool] | None = None
            for chosen, at_end in self._options(touched, movable):
                parts = [self._runs[i] for i in chosen]
                runs = [part for part in parts if isinstance(part, _Run)]
                joined = self._joined(runs, single, chosen[-1], at_end=at_end)
                if joined is not None and (best is None or joined[0] > best[0]):
                    best = (*joined, chosen, at_end)
            if best is not None:
                _, run, chosen, at_end = best
                for i in chosen:
                    self._runs[i] = None
                if at_end:
                    self._append(run, run.tracks)
                else:
                    self._runs[chosen[-1]] = run
                    for track in run.tracks:
                        self._last[track] = max(self._last.get(track, 0), chosen[-1])
                return
        self._append(single, step.tracks)

    def _append(self, run: _Run | CallStep | LadderStep, tracks: frozenset[int]) -> None:
        self._runs.append(run)
        self._last.update(dict.fromkeys(tracks, len(self._runs) - 1))

    def _is_movable(self, i: int) -> bool:
        run = self._runs[i]
        return isinstance(run, _Run) and all(self._last[track] == i for track in run.tracks)

    def _options(self, touched: list[int], movable: list[int]) -> list[tuple[list[int], bool]]:
        """Which runs the new map might join, and whether the result goes to the end."""
        last = touched[-1]
        options: list[tuple[list[int], bool]] = []
        if isinstance(self._runs[last], _Run):
            options.append(([last], False))
            if [i for i in movable if i != last]:
                options.append(([*(i for i in movable if i != last), last], False))
        if movable:
            options.append((movable, True))
            options += [([i], True) for i in movable if len(movable) > 1]
        return options

    def _joined(
        self, parts: list[_Run], single: _Run, last: int, *, at_end: bool
    ) -> tuple[float, _Run] | None:
        """The gain of joining runs, and the joined run; None if nothing is gained."""
        # A map that makes qubits waits for the one that takes them back: after maps that make none it would
        # stay apart from it, and the qubits alive in between.
        if single.is_growing and not all(part.is_growing for part in parts):
            return None
        steps = (*(step for part in parts for step in part.steps), *single.steps)
        if len(steps) > MAX_RUN:
            return None
        shape = merge_shape(steps)
        if not is_mergeable(shape):
            return None
        # Qubits must not be made earlier nor given back later than they were: the state would be longer.
        grown = len(shape.outs) - len(shape.ins)
        if last < len(self._runs) - 1 and (grown < 0 if at_end else grown > 0):
            return None
        # The joined map sees the state as it is after the last of its parts, or before the first.
        shrunk = len(shape.ins) - len(shape.outs)
        scale = max(single.scale_after(), single.scale_after() * 2.0**shrunk)
        seconds = shape_cost(shape).seconds(scale * self.amplitudes)
        merging = merge_seconds(len(steps), shape)
        gain = self.n_calls * (sum(part.seconds for part in parts) + single.seconds - seconds)
        gain -= merging - sum(part.merging for part in parts)
        if gain <= 0:
            return None
        tracks = frozenset().union(*(step.tracks for step in steps))
        return gain, _Run(steps, tracks, seconds, merging, scale)


@attrs.frozen(eq=False)
class _Run:
    """Maps that will be merged: their tracks, the estimated time to apply and to merge them.

    `scale` is the length of the longer state at hand, relative to the one that enters the program.
    """

    steps: tuple[KernelStep, ...]
    tracks: frozenset[int]
    seconds: float
    merging: float
    scale: float

    @property
    def is_growing(self) -> bool:
        """Whether there are more qubits after it than before."""
        return sum(len(step.outs) - len(step.ins) for step in self.steps) > 0

    def scale_after(self) -> float:
        """Relative length of the state after the last map."""
        last = self.steps[-1]
        return self.scale * 2.0 ** min(0, len(last.outs) - len(last.ins))
