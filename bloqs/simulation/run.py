"""Running a program: the state vector, and where in it each live qubit is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bloqs.simulation.buffers import Buffers
from bloqs.simulation.leaks import leak_weights
from bloqs.simulation.merge import KernelStep
from bloqs.simulation.ops import Kernel, Runner, State
from bloqs.simulation.program import CallStep, CubeStep, Program
from bloqs.simulation.runners import make_runner

Progress = Callable[[float], None]
"""Is told the fraction of maps that have been applied."""


class DirtyFreeError(ValueError):
    """A qubit was freed while it was not |0>.

    Attributes:
        path: names of the bloqs from the outermost to the one that frees. Where maps are merged and it would
            take too long to run them one by one, it ends with the bloq or bloqs that were merged.
        lost_norm: 2-norm of the part of the state in which the freed qubits are not |0>.
    """

    def __init__(self, path: Sequence[str], lost_norm: float):
        self.path = tuple(path)
        self.lost_norm = lost_norm
        super().__init__(
            f"a qubit is freed in a state that is not |0> (norm {lost_norm:.3g} of the state is lost) in "
            f"{' > '.join(self.path)}; return it to |0> before it is freed, or pass check_free=False to "
            "project it on |0>"
        )


MIN_TABLE_BYTES = 2**19
"""Tables may always take so much memory, and more for states of more than twice the size."""


class RunnerCache:
    """Prepared maps, least recently used first to go when their tables exceed a number of bytes."""

    def __init__(self, max_bytes: int):
        self.max_bytes = max_bytes
        self.buffers = Buffers()
        self._nbytes = 0
        self._known: OrderedDict[Any, tuple[Runner, int, Kernel]] = OrderedDict()

    def get(
        self,
        kernel: Kernel,
        positions: tuple[int, ...],
        n_qubits: int,
        state: State,
    ) -> Runner:
        """The runner of `kernel` at `positions`, for states like this one."""
        batch, dtype = state.shape[1], state.dtype
        key = (id(kernel), positions, n_qubits, batch, dtype)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known[0]
        runner, nbytes = make_runner(
            kernel, positions, n_qubits, batch, dtype, buffers=self.buffers
        )
        self._nbytes += nbytes + 1000
        # The kernel is held so that no other can take its identity.
        self._known[key] = (runner, nbytes + 1000, kernel)
        allowed = min(self.max_bytes, max(MIN_TABLE_BYTES, state.nbytes // 2))
        while self._nbytes > allowed and len(self._known) > 1:
            _, (_, freed, _) = self._known.popitem(last=False)
            self._nbytes -= freed
        return runner


class Run:
    """One run: the state, and where in it each live qubit is."""

    def __init__(
        self,
        state: State,
        n_qubits: int,
        *,
        runners: RunnerCache,
        free_tolerance: float | None,
        progress: Progress | None,
    ):
        self.state = state
        self.runners = runners
        self.free_tolerance = free_tolerance
        self.n_qubits = n_qubits
        self.position = {handle: n_qubits - 1 - handle for handle in range(n_qubits)}
        self.next_handle = n_qubits
        self.progress = progress
        self.n_done = 0
        self.n_maps = 1

    def execute(self, program: Program) -> list[int]:
        """Run a whole program on the state's qubits; the handles of its output."""
        self.n_maps = max(1, program.n_maps)
        return self._program(program, list(range(self.n_qubits)))

    def _program(self, program: Program, handles: Sequence[int]) -> list[int]:
        place = dict(zip(program.ins, handles, strict=True))
        try:
            for step in program.steps:
                ins = [place[track] for track in step.ins]
                if isinstance(step, KernelStep):
                    outs = self._map(step, ins)
                elif isinstance(step, CallStep):
                    outs = self._program(step.program, ins)
                else:
                    self._cube(step, ins)
                    outs = ins
                for track, handle in zip(step.outs, outs, strict=True):
                    place[track] = handle
        except DirtyFreeError as error:
            path = (program.name, *step.path, *error.path)
            raise DirtyFreeError(path, error.lost_norm) from None
        return [place[track] for track in program.outs]

    def _map(self, step: KernelStep, handles: list[int]) -> list[int]:
        kernel, position = step.kernel, self.position
        positions = tuple([position[handle] for handle in handles])
        if kernel.leak is not None and self.free_tolerance is not None:
            weights = leak_weights(kernel, positions, self.n_qubits, self.state)
            lost = float(np.sqrt(weights.max(initial=0)))
            if lost > self.free_tolerance:
                raise DirtyFreeError((), lost)
        self._apply(kernel, positions)
        n_in, n_out = kernel.n_in, kernel.n_out
        if n_out < n_in:
            for handle in handles[n_out:]:
                gone = position.pop(handle)
                for other, place in position.items():
                    if place > gone:
                        position[other] = place - 1
            handles = handles[:n_out]
        elif n_out > n_in:
            for offset in range(n_out - n_in - 1, -1, -1):
                position[self.next_handle] = self.n_qubits + offset
                handles.append(self.next_handle)
                self.next_handle += 1
        self.n_qubits += n_out - n_in
        self._tell_progress()
        return handles

    def _apply(self, kernel: Kernel, positions: tuple[int, ...]) -> None:
        before = self.state
        runner = self.runners.get(kernel, positions, self.n_qubits, before)
        self.state = runner(before)
        if self.state is not before and not np.may_share_memory(self.state, before):
            self.runners.buffers.give(before)

    def _cube(self, step: CubeStep, handles: Sequence[int]) -> None:
        """Take out the slice where the cube holds, map it and the rest each by its own map, put it back."""
        cube_map, batch = step.cube_map, self.state.shape[1]
        place = dict(zip(step.program.ins, handles, strict=True))
        fixed = sorted(((self.position[place[t]], v) for t, v in cube_map.cube), reverse=True)
        dims: list[int] = []
        where: list[slice | int] = []
        high = self.n_qubits
        for position, value in fixed:
            dims += [2 ** (high - 1 - position), 2]
            where += [slice(None), int(value)]
            high = position
        shape, index = (*dims, 2**high, batch), tuple(where)
        part = self.state.reshape(shape)[index]
        # A copy even where the slice is contiguous: the outside is applied to all of the state in place.
        inner = np.array(part, order="C").reshape(-1, batch)
        gone = [position for position, _ in fixed]
        held = [self.position[place[track]] for track in cube_map.inside_tracks]
        lowered = tuple(p - sum(q < p for q in gone) for p in held)
        n_inner = self.n_qubits - len(gone)
        inner = self.runners.get(cube_map.inside, lowered, n_inner, inner)(inner)
        if cube_map.outside is not None:
            outer = tuple(self.position[place[track]] for track in cube_map.outside_tracks)
            self._apply(cube_map.outside, outer)
        self.state.reshape(shape)[index] = inner.reshape(part.shape)
        self.runners.buffers.give(inner)
        self._tell_progress()

    def _tell_progress(self) -> None:
        self.n_done += 1
        if self.progress is not None and self.n_done % 256 == 0:
            self.progress(self.n_done / self.n_maps)
