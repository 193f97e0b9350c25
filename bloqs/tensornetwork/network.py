r"""Contraction as a tensor network, for circuits that are wide and shallow.

The leaf maps of a bloq become a sum over paths (`path_sum`), its tensors a quimb network, cotengra finds the
order of contraction, and its width, work and memory are known before anything is contracted. Nothing is
approximated: the simplifications act on exact zeros, and the path changes rounding alone.

**Freed qubits.** A network would project a freed qubit on |0> without a word. So each Free, and each adjoint
of And, is checked in one of two ways. Where the polynomial of "this path is dropped" is 0, as after compute
and uncompute, that is a proof for all inputs. For any other, the probability that is lost is contracted as a
network of its own, `<psi|(1 - K^dagger K)|psi>` over the maps in its past. In that sum terms of opposite sign
cancel, so it sees no norm below `FREE_RESOLUTION`, where the state vector sees 1e-9.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import attrs
import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, get_cost_value
from qualtran.symbolics import is_symbolic

from bloqs.statevector.kernel import Kernel
from bloqs.statevector.limits import (
    SimulationTooLargeError,
    check_tolerance,
    deep_recursion,
    whole_limit,
)
from bloqs.statevector.map_nodes import MapNodes
from bloqs.statevector.run import DirtyFreeError, Progress
from bloqs.tensornetwork.contraction import Array, Contraction, refuse_slow
from bloqs.tensornetwork.path_sum import (
    Ends,
    Index,
    Leg,
    PathSum,
    Step,
    Tensor,
    flatten,
    restricted,
)
from bloqs.wiring import count_leaves, nodes_below

MAX_GATES = 20_000
"""Circuits of more leaf gates are not made into a network: the search for a path would take minutes."""

CLEARLY = 4
"""A call graph with this many times `MAX_GATES` is refused at once, however it rounds up single gates."""

MAX_CHECKS = 64
"""At most this many freed qubits are checked by contraction; those that are proved clean do not count."""

FREE_RESOLUTION = 1e-7
"""Norm below which a contracted check cannot tell a dirty qubit from rounding (complex128)."""


@attrs.frozen
class NetworkPlan:
    """What a contraction as a network will do, known before it is run.

    Parameters:
        leaf_gates: tensors of leaf bloqs, repetitions included.
        tensors: what is left of them after simplification.
        width: log2 of the entries of the largest tensor, a gate's own included.
        slices: number of parts that are contracted one after another to save memory.
        flops: complex multiplications, over all slices and checks of freed qubits.
        peak_bytes: memory of the tensors that are held at once.
        seconds: estimate, from `flops` and the number of pairs.
        frees_proved: maps that free qubits, and are proved to free them in |0>.
        frees_contracted: such maps whose check is a contraction. Both are 0 without `check_free`.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> plan: NetworkPlan = NetworkContraction(AllZeroFlag(3), project={"x": 0}).plan
        >>> plan.leaf_gates, plan.frees_proved, plan.frees_contracted  # both rungs are undone, by proof
        (5, 2, 0)
    """

    leaf_gates: int
    tensors: int
    width: float
    slices: int
    flops: float
    peak_bytes: int
    seconds: float
    frees_proved: int
    frees_contracted: int


class NetworkContraction:
    """One contraction of one bloq as a network: planned when it is made, run as often as wanted.

    Parameters:
        bloq: anything with tensors, by itself or through its decomposition.
        inputs: as in `Simulator.contract`.
        project: as in `Simulator.contract`.
        open_inputs: as in `Simulator.contract`.
        dtype: complex64 or complex128.
        max_amplitudes: entries of the largest tensor; beyond, the contraction is sliced or refused.
        check_free: whether freed qubits are checked; see the module docstring.
        free_tolerance: 2-norm up to which a freed qubit counts as |0>; at least `FREE_RESOLUTION`.

    Raises:
        SimulationTooLargeError: it does not fit, or takes too long.
        NoTensorsError: a part has neither decomposition nor tensors.
        ValueError: an unknown register, a value out of range, a symbolic size.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> NetworkContraction(And(), inputs={"ctrl": 0b11}).run().nonzero()
        (array([7]),)
    """

    plan: NetworkPlan

    def __init__(
        self,
        bloq: Bloq,
        *,
        inputs: Mapping[str, int | NDArray[Any]] | None = None,
        project: Mapping[str, int] | None = None,
        open_inputs: Sequence[str] = (),
        dtype: Any = np.complex128,
        max_amplitudes: int = 2**26,
        check_free: bool = True,
        free_tolerance: float = 1e-9,
    ):
        self._bloq = bloq
        self._dtype = np.dtype(dtype)
        max_amplitudes = whole_limit("max_amplitudes", max_amplitudes, 1)
        self._max_amplitudes = max_amplitudes
        self._is_matrix = bool(open_inputs)
        self._tolerance = max(check_tolerance(free_tolerance), FREE_RESOLUTION)
        self._ends = ends = Ends.checked(bloq, inputs or {}, project or {}, open_inputs)
        n_kept, n_open = ends.rights.count(None), len(ends.open_wires)
        if 2 ** (n_kept + n_open) > max_amplitudes:
            raise SimulationTooLargeError(
                f"the result of {bloq} has {n_kept} qubits that are kept and {n_open} open ones: "
                f"2**{n_kept + n_open} entries; the limit is {max_amplitudes}. Project more registers, "
                "open fewer, or raise max_amplitudes if the memory is there"
            )
        with deep_recursion():
            # Far too many are told by the call graph, before all of them are taken apart.
            counted = _counted_gates(bloq)
            if counted > CLEARLY * MAX_GATES:
                _refuse_gates(bloq, f"about {counted:,}")
            root = MapNodes().node(bloq)
            n_gates = count_leaves(nodes_below(root))
            if n_gates > MAX_GATES:
                _refuse_gates(bloq, f"{n_gates:,}")
            self._steps, outs = flatten(root)
        paths = PathSum(ends)
        open_frees, n_proved = [], 0
        for number, step in enumerate(self._steps):
            is_clean = paths.apply(step)
            if check_free and step.kernel.leak is not None:
                n_proved += is_clean
                if not is_clean:
                    open_frees.append(number)
        if len(open_frees) > MAX_CHECKS:
            raise SimulationTooLargeError(
                f"{bloq} frees {len(open_frees)} times a qubit that is not proved to be |0>; at most "
                f"{MAX_CHECKS} are checked by contraction. Pass check_free=False to project them on |0>"
            )
        self._main, self._cells = self._closed(paths, outs)
        self._main.refuse_large(str(bloq), max_amplitudes)
        self._checks = [(self._steps[number], self._check(number)) for number in open_frees]
        parts = [self._main, *[check for _, check in self._checks]]
        self.plan = NetworkPlan(
            leaf_gates=n_gates,
            tensors=sum(len(part.arrays) for part in parts),
            width=max(part.width for part in parts),
            slices=sum(part.slices for part in parts),
            flops=sum(part.flops for part in parts),
            peak_bytes=math.ceil(max(part.peak_bytes for part in parts)),
            seconds=sum(part.seconds for part in parts),
            frees_proved=n_proved,
            frees_contracted=len(open_frees),
        )
        refuse_slow(str(bloq), self.plan.seconds, self.plan.width)

    def run(self, progress: Progress | None = None) -> Array:
        """Check the freed qubits, then contract.

        Args:
            progress: is told the fraction done; None for nobody.

        Returns:
            The result, in the shape that `Simulator.contract` gives it.

        Raises:
            DirtyFreeError: a qubit is freed while it is not |0>.
        """
        for step, check in self._checks:
            probability = float(check.run().real.max())
            lost = math.sqrt(max(probability, 0.0))
            if lost > self._tolerance:
                raise DirtyFreeError(step.path, lost)
        values = self._main.run(progress)
        rows, columns, output = self._cells
        n_rows, n_columns = 2 ** self._ends.rights.count(None), 2 ** len(self._ends.open_wires)
        out = np.zeros((n_rows, n_columns), dtype=self._dtype)
        # Each assignment of bits to the output indices is one row and one column.
        number = np.arange(values.size, dtype=np.int64)
        bit = {index: (number >> i) & 1 for i, index in enumerate(reversed(output))}

        def label(legs: Sequence[Leg]) -> NDArray[np.int64]:
            total = np.zeros_like(number)
            for leg in legs:
                total = (total << 1) | (leg if isinstance(leg, int) else bit[leg])
            return total

        out[label(rows), label(columns)] = values.reshape(-1)
        return out if self._is_matrix else out[:, 0]

    def _closed(
        self, paths: PathSum, outs: Sequence[int]
    ) -> tuple[Contraction, tuple[list[Leg], list[Leg], list[Index]]]:
        """The contraction with the outputs projected, and which rows and columns its entries are."""
        fixed: dict[Index, int] = {}
        for wire, bit in zip(outs, self._ends.rights, strict=True):
            leg = paths.leg(wire)
            if bit is None:
                continue
            known = leg if isinstance(leg, int) else fixed.setdefault(leg, bit)
            if known != bit:
                paths.scalar = 0.0
        columns: list[Leg] = [*paths.open_legs]
        for index in paths.open_legs:
            if index in fixed:
                # Not sliced away: all columns but one are zero.
                paths.add(np.eye(2)[fixed.pop(index)], [index])
        tensors: list[Tensor] = []
        scalar = paths.scalar
        for array, indices in paths.tensors:
            tensor = restricted(array, [fixed.get(index, index) for index in indices])
            if tensor[1]:
                tensors.append(tensor)
            else:
                scalar *= complex(tensor[0])
        rows: list[Leg] = []
        for wire, bit in zip(outs, self._ends.rights, strict=True):
            if bit is None:
                leg = paths.leg(wire)
                rows.append(leg if isinstance(leg, int) else fixed.get(leg, leg))
        output = list(dict.fromkeys(leg for leg in rows + columns if isinstance(leg, Index)))
        contraction = Contraction(
            tensors, scalar, output, dtype=self._dtype, max_amplitudes=self._max_amplitudes
        )
        return contraction, (rows, columns, output)

    def _check(self, number: int) -> Contraction:
        """Contraction of the probability that map `number` loses, one entry for each open input."""
        step = self._steps[number]
        kernel = step.kernel
        paths = PathSum(self._ends)
        for other in _past(self._steps[:number], step.ins):
            paths.apply(other)
        # Wires that the map does not touch, and the labels that it only reads, are traced out: there the
        # network and its conjugate have one index.
        targets = {step.ins[slot] for slot in kernel.targets_in}
        traced = {*paths.open_legs, *[paths.leg(w) for w in paths.wires if w not in targets]}

        def conjugate(leg: Leg) -> Leg:
            return leg if isinstance(leg, int) or leg in traced else Index(leg.number, True)

        tensors = list(paths.tensors)
        for array, indices in paths.tensors:
            tensors.append(restricted(array.conj(), [conjugate(index) for index in indices]))
        assert kernel.leak is not None
        labels = [paths.leg(step.ins[slot]) for slot in kernel.labels_in]
        inner = [paths.leg(step.ins[slot]) for slot in kernel.targets_in]
        legs = [*labels, *[conjugate(leg) for leg in inner], *inner]
        tensor = restricted(kernel.leak.reshape((2,) * len(legs)), legs)
        contraction = Contraction(
            [*tensors, tensor] if tensor[1] else tensors,
            abs(paths.scalar) ** 2 * (1.0 if tensor[1] else complex(tensor[0])),
            list(dict.fromkeys(paths.open_legs)),
            dtype=np.dtype(np.complex128),
            max_amplitudes=self._max_amplitudes,
        )
        what = f"the check that {' > '.join(step.path)} frees a qubit in |0>"
        mend = ", or pass check_free=False to project it on |0>"
        contraction.refuse_large(what, self._max_amplitudes, mend)
        return contraction


def _counted_gates(bloq: Bloq) -> int:
    """Gates other than Cliffords by the call graph, each at least one leaf; 0 where it does not tell."""
    try:
        counts = get_cost_value(bloq, QECGatesCost())
    except (TypeError, ValueError, NotImplementedError):
        return 0
    total = counts.t + counts.toffoli + counts.cswap + counts.and_bloq + counts.rotation
    return 0 if is_symbolic(total) else int(total)


def _refuse_gates(bloq: Bloq, how_many: str) -> NoReturn:
    raise SimulationTooLargeError(
        f"{bloq} has {how_many} leaf gates; as a network at most {MAX_GATES:,} are contracted, since the "
        "search for a path grows with them. Contract its parts, or verify at the semantic level"
    )


def _past(steps: Sequence[Step], wires: Sequence[int]) -> list[Step]:
    """The maps on which the state of `wires` depends. The others preserve norms: their adjoints undo them."""
    needed, chosen = set(wires), []
    for step in reversed(steps):
        if needed.isdisjoint(step.outs) and _is_isometric(step.kernel):
            continue
        needed |= {*step.ins, *step.outs}
        chosen.append(step)
    return chosen[::-1]


def _is_isometric(kernel: Kernel) -> bool:
    """Whether a map preserves norms. One that frees a qubit does, once it is checked."""
    if kernel.leak is not None:
        return True
    products = kernel.blocks.conj().transpose(0, 2, 1) @ kernel.blocks
    return bool(np.all(kernel.index >= 0)) and np.allclose(products, np.eye(products.shape[1]))
