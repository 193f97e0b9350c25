"""The simulator: takes bloqs apart, compiles, estimates, refuses what does not fit, and runs."""

from __future__ import annotations

import gc
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import attrs
import numpy as np
from numpy.typing import DTypeLike, NDArray
from qualtran import Bloq

from bloqs.messages import shown
from bloqs.statevector.compile import Compiler
from bloqs.statevector.cost_model import run_seconds
from bloqs.statevector.kernel import Kernel
from bloqs.statevector.limits import (
    BUFFERS,
    SimulationTooLargeError,
    check_tolerance,
    deep_recursion,
    whole_limit,
)
from bloqs.statevector.map_nodes import MapNodes
from bloqs.statevector.program import Program
from bloqs.statevector.run import DirtyFreeError, Progress, Run
from bloqs.statevector.states import check_inputs, check_value, initial_state, kept_part
from bloqs.wiring import Node, count_leaves, nodes_below, wire_count

CHUNK_LOG2 = 18
"""Columns of a batch are taken in chunks of about this many amplitudes (log2), which stay in the cache."""

MAX_BLOQS = 200_000
"""Compiled parts are forgotten at the next call once there are more bloqs than this."""

LOCATE_SECONDS = 60.0
"""A simulation is repeated gate by gate, to name the gate that frees a qubit, if that takes no longer."""


@attrs.frozen
class SimulationPlan:
    """What a simulation will do, known before it is run.

    Parameters:
        leaf_gates: tensors of leaf bloqs in one run, repetitions included.
        distinct_bloqs: bloqs that were taken apart or are leaves.
        maps: maps that one run applies after merging.
        peak_qubits: most qubits alive at once after merging.
        batch: columns that are run at once.
        peak_bytes: memory of the largest state with its buffers.
        seconds: estimate for all columns, from `bloqs.statevector.cost_model`.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> plan: SimulationPlan = Simulator(is_merging=False).plan(AllZeroFlag(3))
        >>> plan.leaf_gates, plan.maps, plan.peak_qubits, plan.peak_bytes // 16
        (5, 5, 6, 128)
    """

    leaf_gates: int
    distinct_bloqs: int
    maps: int
    peak_qubits: int
    batch: int
    peak_bytes: int
    seconds: float


class Simulator:
    """Runs bloqs, and keeps what it compiled for the next one with the same parts.

    Parameters:
        dtype: complex128, or complex64 for half the memory, whose rounding grows with the number of gates:
            about 1e-6 for a hundred, 1e-4 for ten thousand.
        max_amplitudes: largest state, as amplitudes times columns; refused beyond.
        is_merging: whether sub-bloqs are merged where that is faster.
        check_free: whether a qubit that is freed while not |0> raises `DirtyFreeError`.
        free_tolerance: 2-norm up to which such a qubit counts as |0>; default 1e-9 (complex128), 1e-4
            (complex64).
        cache_bytes: compiled parts are forgotten at the next call once they exceed this.

    Raises:
        ValueError: another type, a limit that is no whole number, a tolerance that is negative or NaN.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> simulator = Simulator()
        >>> simulator.contract(AllZeroFlag(3), inputs={"x": 0b000, "target": 0}).nonzero()
        (array([1]),)
        >>> column = simulator.contract(AllZeroFlag(3), project={"target": 1}, open_inputs=["x"])
        >>> np.abs(column).sum(axis=0).tolist()  # the target ends as 1 for x = 0 alone
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """

    def __init__(
        self,
        *,
        dtype: DTypeLike = np.complex128,
        max_amplitudes: int = 2**26,
        is_merging: bool = True,
        check_free: bool = True,
        free_tolerance: float | None = None,
        cache_bytes: int = 2**29,
    ):
        try:
            self.dtype = np.dtype(dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"dtype must be complex64 or complex128, got {shown(dtype)}"
            ) from error
        if self.dtype not in (np.dtype(np.complex64), np.dtype(np.complex128)):
            raise ValueError(f"dtype must be complex64 or complex128, got {self.dtype}")
        self.max_amplitudes = whole_limit("max_amplitudes", max_amplitudes, 1)
        self.is_merging = is_merging
        self.check_free = check_free
        default = 1e-9 if self.dtype == np.complex128 else 1e-4
        self.free_tolerance = default if free_tolerance is None else check_tolerance(free_tolerance)
        self.cache_bytes = whole_limit("cache_bytes", cache_bytes, 0)
        self.clear()

    def clear(self) -> None:
        """Forget everything that was compiled."""
        self._nodes = MapNodes()
        self._compiler = Compiler(is_merging=self.is_merging)
        self._programs: OrderedDict[tuple[Node[Kernel], int], Program] = OrderedDict()

    def plan(self, bloq: Bloq, *, n_columns: int = 1) -> SimulationPlan:
        """What running a bloq takes; compiles it, but does not run it.

        Args:
            bloq: anything with tensors, by itself or through its decomposition.
            n_columns: number of inputs that it is to run on.

        Returns:
            Gates, qubits, bytes and seconds.

        Raises:
            SimulationTooLargeError: one column does not fit.
            NoTensorsError: a part has neither decomposition nor tensors.
            ValueError: a number of columns that is not at least 1.
        """
        n_columns = whole_limit("n_columns", n_columns, 1)
        with deep_recursion():
            root, program, batch = self._prepare(bloq, n_columns)
            order = nodes_below(root)
        n_chunks = -(-n_columns // batch)
        n_in = len(program.ins)
        return SimulationPlan(
            leaf_gates=count_leaves(order),
            distinct_bloqs=len(order),
            maps=program.n_maps,
            peak_qubits=program.peak,
            batch=batch,
            peak_bytes=self._bytes(program.peak, batch),
            seconds=run_seconds(program.cost, 2.0**n_in * batch, self.dtype.itemsize) * n_chunks,
        )

    def contract(
        self,
        bloq: Bloq,
        *,
        inputs: Mapping[str, int | NDArray[Any]] | None = None,
        project: Mapping[str, int] | None = None,
        open_inputs: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> NDArray[np.complexfloating[Any, Any]]:
        r"""`<project| bloq |inputs>` with the registers `open_inputs` left open.

        Args:
            bloq: anything with tensors, by itself or through its decomposition.
            inputs: for left registers, a basis state (an integer; the bits of a shaped register run on)
                or a vector of length `2**bits`; 0 where not given.
            project: for right registers, the basis state that they are projected on; kept where not given.
            open_inputs: left registers over all of whose basis states the result is a matrix.
            progress: is called with the fraction done.

        Returns:
            complex `(2**kept,)`, or `(2**kept, 2**open)` with open inputs: kept right registers in
            signature order, and open left ones in the order given; big-endian.

        Raises:
            SimulationTooLargeError: before anything is allocated.
            DirtyFreeError: a qubit is freed while it is not |0>.
            NoTensorsError: a part has neither decomposition nor tensors.
            ValueError: an unknown register, a value out of range, a symbolic size.

        Example:
            >>> from qualtran.bloqs.mcmt import And
            >>> Simulator().contract(And(), inputs={"ctrl": 0b11}).nonzero()
            (array([7]),)
        """
        lefts = {register.name: register for register in bloq.signature.lefts()}
        rights = {register.name: register for register in bloq.signature.rights()}
        for name, value in (project or {}).items():
            check_value(bloq, rights, name, value, "right")
        check_inputs(bloq, lefts, inputs or {}, open_inputs)
        self._check_ends(bloq)
        n_columns = 2 ** sum(wire_count(lefts[name]) for name in open_inputs)
        n_kept = sum(wire_count(r) for name, r in rights.items() if name not in (project or {}))
        if self._is_too_large(n_kept + n_columns.bit_length() - 1):
            self._refuse(f"the result of {bloq}", n_kept, n_columns)
        with deep_recursion():
            _, program, batch = self._prepare(bloq, n_columns)
            out_axes = None
            for start in range(0, n_columns, batch):
                columns = np.arange(start, min(start + batch, n_columns), dtype=np.int64)
                run = Run(
                    initial_state(lefts, inputs or {}, open_inputs, columns, self.dtype),
                    len(program.ins),
                    free_tolerance=self.free_tolerance if self.check_free else None,
                    progress=_scaled(progress, start, batch, n_columns),
                )
                try:
                    handles = run.execute(program)
                    positions = [run.position[handle] for handle in handles]
                    part = kept_part(run.state, positions, rights, project or {})
                    if out_axes is None:
                        # Not before the first run is over, whose state may need the memory.
                        run.buffers.clear()
                        out_axes = np.empty((2,) * n_kept + (n_columns,), dtype=self.dtype)
                    out_axes[..., start : start + batch] = part
                    run.release()
                    del part
                except DirtyFreeError as error:
                    run.release()
                    self._locate(error, bloq, inputs, open_inputs, n_columns)
                    raise
        assert out_axes is not None
        out = out_axes.reshape(2**n_kept, n_columns)
        return out if open_inputs else out[:, 0]

    def _locate(
        self,
        error: DirtyFreeError,
        bloq: Bloq,
        inputs: Mapping[str, int | NDArray[Any]] | None,
        open_inputs: Sequence[str],
        n_columns: int,
    ) -> None:
        """Say which leaf frees the qubit, where `error` names a merged map, if that is soon known."""
        if not self.is_merging:
            return
        other = Simulator(
            dtype=self.dtype,
            max_amplitudes=self.max_amplitudes,
            is_merging=False,
            free_tolerance=self.free_tolerance,
            cache_bytes=self.cache_bytes,
        )
        other._nodes = self._nodes
        try:
            if other.plan(bloq, n_columns=n_columns).seconds > LOCATE_SECONDS:
                return
            other.contract(bloq, inputs=inputs, open_inputs=open_inputs)
        except SimulationTooLargeError:
            return
        except DirtyFreeError as exact:
            raise exact from error

    def _prepare(self, bloq: Bloq, n_columns: int) -> tuple[Node[Kernel], Program, int]:
        """The node and program of a bloq, and how many columns are run at once."""
        n_ends = self._check_ends(bloq)
        if self._compiler.nbytes > self.cache_bytes or len(self._nodes) > MAX_BLOQS:
            self.clear()
        with _collector_paused():
            root = self._nodes.node(bloq)
        batch = min(n_columns, 2 ** max(0, CHUNK_LOG2 - n_ends))
        log2_amplitudes = n_ends + batch.bit_length() - 1
        key = (root, log2_amplitudes)
        program = self._programs.get(key)
        if program is None:
            # The cost model counts amplitudes of 16 bytes.
            scale = np.log2(self.dtype.itemsize / 16)
            with _collector_paused():
                program = self._compiler.program(root, log2_amplitudes + float(scale))
            self._programs[key] = program
            if len(self._programs) > 64:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        self._check_size(bloq, program.peak)
        batch = min(batch, self.max_amplitudes >> program.peak)
        return root, program, batch

    def _bytes(self, n_qubits: int, batch: int) -> int:
        return (1 + BUFFERS) * 2**n_qubits * batch * self.dtype.itemsize

    def _check_ends(self, bloq: Bloq) -> int:
        """Qubits of the wider end of a bloq, if they fit."""
        n_in = sum(wire_count(register) for register in bloq.signature.lefts())
        n_out = sum(wire_count(register) for register in bloq.signature.rights())
        self._check_size(bloq, max(n_in, n_out))
        return max(n_in, n_out)

    def _check_size(self, bloq: Bloq, n_qubits: int) -> None:
        if self._is_too_large(n_qubits):
            self._refuse(str(bloq), n_qubits, 1)

    def _is_too_large(self, n_qubits: int) -> bool:
        """Whether `2**n_qubits` is more than the limit; that power may be too long to be made."""
        return n_qubits >= self.max_amplitudes.bit_length()

    def _refuse(self, what: str, n_qubits: int, n_columns: int) -> NoReturn:
        columns = f" and {n_columns} columns" if n_columns > 1 else ""
        log2_bytes = n_qubits + math.log2((1 + BUFFERS) * n_columns * self.dtype.itemsize)
        size = f"{2.0**log2_bytes:.3g}" if log2_bytes < 64 else f"2**{log2_bytes:.1f}"
        raise SimulationTooLargeError(
            f"{what} has {n_qubits} qubits alive at once{columns}: 2**{n_qubits} amplitudes"
            f"{' a column' if n_columns > 1 else ''}, about {size} bytes with buffers; the limit is "
            f"{self.max_amplitudes} amplitudes. Raise max_amplitudes if the memory is there (complex64 takes "
            "half as much for each), or verify at the semantic level"
        )


def _scaled(progress: Progress | None, start: int, batch: int, n_columns: int) -> Progress | None:
    if progress is None:
        return None
    return lambda fraction: progress((start + min(batch, n_columns - start) * fraction) / n_columns)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for reference cycles while many objects are made, none of them in cycles.

    The search goes through everything that the process holds, and would take longer than a small plan.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
