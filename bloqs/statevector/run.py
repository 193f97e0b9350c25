"""Running a program: the state vector, and where in it each live qubit is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bloqs.statevector.apply import apply_map, leak_weights
from bloqs.statevector.buffers import Buffers
from bloqs.statevector.kernel import State
from bloqs.statevector.program import CallStep, LadderStep, Program
from bloqs.statevector.steps import KernelStep

Progress = Callable[[float], None]
"""Is told the fraction of maps that have been applied."""


class DirtyFreeError(ValueError):
    """A qubit was freed while it was not |0>.

    Parameters:
        path: names of the bloqs from the outermost to the one that frees. Where maps are merged and it would
            take too long to run them one by one, it ends with the bloq or bloqs that were merged.
        lost_norm: 2-norm of the part of the state in which the freed qubits are not |0>.

    Example:
        >>> from qualtran.bloqs.basic_gates import XGate
        >>> from qualtran import BloqBuilder
        >>> from bloqs.statevector.simulator import Simulator
        >>> bb = BloqBuilder()
        >>> bb.free(bb.add(XGate(), q=bb.allocate(1)))
        >>> try:
        ...     Simulator().contract(bb.finalize())
        ... except DirtyFreeError as error:
        ...     print(error.path[-1], round(error.lost_norm, 6))
        Free 1.0
    """

    def __init__(self, path: Sequence[str], lost_norm: float):
        self.path = tuple(path)
        self.lost_norm = lost_norm
        super().__init__(
            f"a qubit is freed in a state that is not |0> (norm {lost_norm:.3g} of the state is lost) in "
            f"{' > '.join(self.path)}; return it to |0> before it is freed, or pass check_free=False to "
            "project it on |0>"
        )


class Run:
    """One run: the state, and where in it each live qubit is.

    Parameters:
        state: complex, `(2**n_qubits, batch)`; it is overwritten.
        n_qubits: of the state.
        free_tolerance: 2-norm up to which a freed qubit counts as |0>; None for no check.
        progress: is told the fraction of maps applied; None for nobody.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> from bloqs.statevector.compile import Compiler
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> state = np.array([[0.0], [0.0], [1.0 + 0j], [0.0]])
        >>> run = Run(state, 2, free_tolerance=None, progress=None)
        >>> handles = run.execute(Compiler().program(MapNodes().node(CNOT()), 2))
        >>> run.state.ravel().real.tolist(), [run.position[handle] for handle in handles]
        ([0.0, 0.0, 0.0, 1.0], [1, 0])
    """

    def __init__(
        self,
        state: State,
        n_qubits: int,
        *,
        free_tolerance: float | None,
        progress: Progress | None,
    ):
        self.state = state
        self.buffers = Buffers()
        self.free_tolerance = free_tolerance
        self.n_qubits = n_qubits
        self.position = {handle: n_qubits - 1 - handle for handle in range(n_qubits)}
        self.next_handle = n_qubits
        self.progress = progress
        self.n_done = 0
        self.n_maps = 1

    def execute(self, program: Program) -> list[int]:
        """Run a whole program on the state's qubits.

        Args:
            program: of as many input tracks as the state has qubits.

        Returns:
            The handle of each output qubit; `position` says where in the state it is.

        Raises:
            DirtyFreeError: a qubit is freed while it is not |0>.
        """
        self.n_maps = max(1, program.n_maps)
        return self._program(program, list(range(self.n_qubits)))

    def release(self) -> None:
        """Let go of the state, since the traceback of an error keeps the run itself alive."""
        self.state = np.empty((0, 0), dtype=self.state.dtype)
        self.buffers.clear()

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
                    self._ladder(step, ins)
                    outs = ins
                for track, handle in zip(step.outs, outs, strict=True):
                    place[track] = handle
        except DirtyFreeError as error:
            path = (program.name, *step.path, *error.path)
            raise DirtyFreeError(path, error.lost_norm) from None
        return [place[track] for track in program.outs]

    def _map(self, step: KernelStep, handles: list[int]) -> list[int]:
        kernel, position = step.kernel, self.position
        positions = [position[handle] for handle in handles]
        if kernel.leak is not None and self.free_tolerance is not None:
            weights = leak_weights(kernel, positions, self.state)
            lost = float(np.sqrt(weights.max(initial=0)))
            if lost > self.free_tolerance:
                raise DirtyFreeError((), lost)
        self.state = apply_map(kernel, positions, self.state, self.buffers)
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

    def _ladder(self, step: LadderStep, handles: Sequence[int]) -> None:
        """Map the slice where the conjunction holds by one map, and what is outside by the other."""
        ladder_map, batch = step.ladder_map, self.state.shape[1]
        place = dict(zip(step.program.ins, handles, strict=True))
        fixed = sorted(
            ((self.position[place[t]], v) for t, v in ladder_map.conjunction), reverse=True
        )
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
        held = [self.position[place[track]] for track in ladder_map.inside_tracks]
        lowered = [p - sum(q < p for q in gone) for p in held]
        inner = apply_map(ladder_map.inside, lowered, inner, self.buffers)
        if ladder_map.outside is not None:
            outer = [self.position[place[track]] for track in ladder_map.outside_tracks]
            self.state = apply_map(ladder_map.outside, outer, self.state, self.buffers)
        self.state.reshape(shape)[index] = inner.reshape(part.shape)
        self.buffers.give(inner)
        self._tell_progress()

    def _tell_progress(self) -> None:
        self.n_done += 1
        if self.progress is not None and self.n_done % 256 == 0:
            self.progress(self.n_done / self.n_maps)
