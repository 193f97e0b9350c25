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

import importlib.util
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

import attrs
import cotengra
import numpy as np
import quimb.tensor
from numpy.typing import NDArray
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, get_cost_value
from qualtran.symbolics import is_symbolic

from bloqs.simulation.compile import count_leaves, nodes_below
from bloqs.simulation.ops import Kernel
from bloqs.simulation.path_sum import Ends, Index, Leg, PathSum, Step, Tensor, flatten, restricted
from bloqs.simulation.run import DirtyFreeError, Progress
from bloqs.simulation.simulator import (
    BUFFERS,
    SimulationTooLargeError,
    _deep_recursion,
    check_tolerance,
    whole_limit,
)
from bloqs.simulation.structure import Structures

MAX_GATES = 20_000
"""Circuits of more leaf gates are not made into a network: the search for a path would take minutes."""

CLEARLY = 4
"""Times as many by the call graph are too many, whatever its rounding up of single gates."""

MAX_SECONDS = 3600.0
"""Contractions that are estimated to take longer are refused."""

MAX_CHECKS = 64
"""At most this many freed qubits are checked by contraction; those that are proved clean do not count."""

FREE_RESOLUTION = 1e-7
"""Norm below which a contracted check cannot tell a dirty qubit from rounding (complex128)."""

FLOP_SECONDS = 0.6e-9
"""Seconds for one complex multiplication in a contraction (measured on one core)."""

SEARCH_SECONDS = 1.0
"""A contraction that takes longer than this on a greedy path is worth a longer search."""

MIN_ENTRIES = 2**20
"""Up to so many entries in all are held whatever the limit on the largest tensor."""

PAIR_SECONDS = 40e-6
"""Seconds to contract two tensors, however small (measured on one core)."""

SEED = 0
"""Of the search for a path: one circuit always gets one path."""

Array: TypeAlias = NDArray[np.complexfloating[Any, Any]]


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


class _Contraction:
    """Tensors in an order of contraction that has been found, with its cost."""

    def __init__(
        self,
        tensors: Sequence[Tensor],
        scalar: complex,
        output: Sequence[Index],
        *,
        dtype: np.dtype[Any],
        max_amplitudes: int,
    ):
        self.dtype = dtype
        self.scalar = scalar
        known = {index for _, indices in tensors for index in indices}
        tensors = [*tensors, *[(np.ones(2), (index,)) for index in output if index not in known]]
        names = [index.name for index in output]
        network = quimb.tensor.TensorNetwork(
            [
                quimb.tensor.Tensor(np.asarray(array, dtype=dtype), [i.name for i in indices])
                for array, indices in tensors
            ],
            virtual=True,
        )
        network.full_simplify_("ADCR", output_inds=names, atol=0.0)
        self.arrays: list[Array] = []
        inputs: list[tuple[str, ...]] = []
        for tensor in network:
            if tensor.ndim:
                self.arrays.append(np.asarray(tensor.data))
                inputs.append(tuple(tensor.inds))
            else:
                self.scalar *= complex(tensor.data)
        self.shape = (2,) * len(names)
        self.tree: Any = None
        self.slices = 1
        self.width = float(max([len(names), *[len(indices) for _, indices in tensors]]))
        self.flops = 0.0
        peak = 0.0
        if inputs:
            self.tree = _path(inputs, names, max_amplitudes)
            self.slices = int(self.tree.nslices)
            self.width = max(self.width, math.log2(self.tree.max_size()))
            self.flops = _as_float(self.tree.total_flops(dtype=None))
            peak += _entries(self.tree)
        n_pairs = max(0, len(inputs) - 1) * self.slices
        self.seconds = self.flops * FLOP_SECONDS + n_pairs * PAIR_SECONDS
        self.peak_bytes = peak * dtype.itemsize

    def run(self, progress: Progress | None = None) -> Array:
        """The tensor of the output indices, of their shape."""
        if self.tree is None or not self.scalar:
            return np.full(self.shape, self.scalar, dtype=self.dtype)

        def parts() -> Iterator[Array]:
            for i in range(self.slices):
                yield self.tree.contract_slice(self.arrays, i)
                if progress is not None:
                    progress((i + 1) / self.slices)

        out = self.tree.gather_slices(parts()) if self.slices > 1 else next(parts())
        return np.asarray(out, dtype=self.dtype) * self.dtype.type(self.scalar)


def _path(inputs: Sequence[tuple[str, ...]], output: Sequence[str], max_amplitudes: int) -> Any:
    """The contraction tree that cotengra finds, the same for the same network.

    Greedy paths are tried first. Where the best of them is slow or does not fit, so are partitions by
    KaHyPar (where it is installed), and the best tree is made better subtree by subtree. What still does
    not fit is sliced. Trials draw their settings from a seeded generator, none of these settings draws from
    the global one, and their number is bounded, not their time.
    """
    # Indices are numbers while a path is searched for: sets of names are ordered anew in each process.
    names = dict.fromkeys(itertools.chain.from_iterable(inputs))
    numbers = {name: i for i, name in enumerate(names)}
    terms = [tuple(numbers[name] for name in term) for term in inputs]
    kept = tuple(numbers[name] for name in output)
    sizes = dict.fromkeys(range(len(numbers)), 2)

    def search(method: str, trials: int, fixed: Mapping[str, Any]) -> Any:
        space = cotengra.hyperoptimizers.hyper.get_hyper_space()[method]
        optimizer = cotengra.HyperOptimizer(
            methods=[method],
            minimize="combo",
            max_repeats=trials,
            parallel=False,
            optlib="random",
            seed=SEED,
            space={method: {key: value for key, value in space.items() if key not in fixed}},
            constants={method: dict(fixed)},
            simulated_annealing_opts=None,
            slicing_opts=None,
            slicing_reconf_opts=None,
            reconf_opts=None,
            on_trial_error="raise",
        )
        return optimizer.search(terms, kept, sizes)

    def seconds(tree: Any) -> float:
        return _as_float(tree.total_flops(dtype=None)) * FLOP_SECONDS

    few = len(inputs) > 2000
    tree = search("greedy", 2 if few else 8, {"random_strength": 0.0, "temperature": 0.0})
    if seconds(tree) > SEARCH_SECONDS or tree.max_size() > max_amplitudes:
        if importlib.util.find_spec("kahypar") is not None:
            fixed = {"seed": SEED, "random_strength": 0.0, "super_optimize": "greedy"}
            other = search("kahypar", 2 if few else 4, fixed)
            tree = min(tree, other, key=seconds)
        tree = tree.subtree_reconfigure(subtree_size=6, maxiter=200, seed=SEED)
    target = max_amplitudes
    while (
        target
        and seconds(tree) < MAX_SECONDS
        and (tree.max_size() > max_amplitudes or _entries(tree) > _max_entries(max_amplitudes))
    ):
        tree = tree.slice(target_size=target, seed=SEED)
        target //= 2
    symbol = cotengra.get_symbol
    named = cotengra.ContractionTree.from_path(
        [tuple(map(symbol, term)) for term in terms],
        tuple(map(symbol, kept)),
        {symbol(number): 2 for number in sizes},
        path=tree.get_path(),
    )
    for number in tree.sliced_inds:
        named.remove_ind_(symbol(number))
    return named


def _entries(tree: Any) -> float:
    """Entries that are held at once; the largest tensor may be transposed, which copies it."""
    return _as_float(tree.peak_size() + tree.max_size())


def _as_float(count: Any) -> float:
    """A whole number that may be too large for a float: infinite then."""
    try:
        return float(count)
    except OverflowError:
        return math.inf


def _max_entries(max_amplitudes: int) -> float:
    """Entries that may be held at once: as for a state vector, but the gates' own are not worth a refusal."""
    return max((1 + BUFFERS) * max_amplitudes, MIN_ENTRIES)


class NetworkContraction:
    """One contraction of one bloq as a network: planned when it is made, run at most once or often.

    Args:
        bloq: anything with tensors, by itself or through its decomposition.
        inputs, project, open_inputs: as in `Simulator.contract`.
        dtype: complex64 or complex128.
        max_amplitudes: entries of the largest tensor; beyond, the contraction is sliced or refused.
        check_free: whether freed qubits are checked; see the module docstring.
        free_tolerance: 2-norm up to which a freed qubit counts as |0>; at least `FREE_RESOLUTION`.

    Raises:
        SimulationTooLargeError: it does not fit, or takes too long.
        NoTensorsError: a part has neither decomposition nor tensors.
        ValueError: an unknown register, a value out of range, a symbolic size.

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
        with _deep_recursion():
            # Far too many are told by the call graph, before all of them are taken apart.
            counted = _counted_gates(bloq)
            if counted > CLEARLY * MAX_GATES:
                _refuse_gates(bloq, f"about {counted:,}")
            root = Structures().node(bloq)
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
        self._refuse_large(self._main, str(bloq))
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
        self._refuse_slow(self.plan.seconds, self.plan.width)

    def run(self, progress: Progress | None = None) -> Array:
        """The result, in the shape that `Simulator.contract` gives it.

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
    ) -> tuple[_Contraction, tuple[list[Leg], list[Leg], list[Index]]]:
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
        contraction = _Contraction(
            tensors, scalar, output, dtype=self._dtype, max_amplitudes=self._max_amplitudes
        )
        return contraction, (rows, columns, output)

    def _check(self, number: int) -> _Contraction:
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
        contraction = _Contraction(
            [*tensors, tensor] if tensor[1] else tensors,
            abs(paths.scalar) ** 2 * (1.0 if tensor[1] else complex(tensor[0])),
            list(dict.fromkeys(paths.open_legs)),
            dtype=np.dtype(np.complex128),
            max_amplitudes=self._max_amplitudes,
        )
        what = f"the check that {' > '.join(step.path)} frees a qubit in |0>"
        self._refuse_large(contraction, what, ", or pass check_free=False to project it on |0>")
        return contraction

    def _refuse_large(self, part: _Contraction, what: str, mend: str = "") -> None:
        self._refuse_slow(part.seconds, part.width, what)
        limit = _max_entries(self._max_amplitudes) * part.dtype.itemsize
        if part.width > math.log2(self._max_amplitudes) or part.peak_bytes > limit:
            raise SimulationTooLargeError(
                f"{what} has contraction width {part.width:.3g} as a network: the largest tensor has "
                f"2**{part.width:.3g} entries, {part.peak_bytes:.3g} bytes in all; the limits are "
                f"{self._max_amplitudes} entries and {limit:.3g} bytes. Raise max_amplitudes if the memory "
                f"is there, project more of the output, or verify at the semantic level{mend}"
            )

    def _refuse_slow(self, seconds: float, width: float, what: str | None = None) -> None:
        if seconds > MAX_SECONDS:
            raise SimulationTooLargeError(
                f"{what or self._bloq} takes about {seconds:.3g} s as a network of contraction width "
                f"{width:.3g}; the limit is {MAX_SECONDS:.0f} s. Project more of the output, contract its "
                "parts, or verify at the semantic level"
            )


def _counted_gates(bloq: Bloq) -> int:
    """Gates but Cliffords by the call graph, each a leaf or more; 0 where that does not tell."""
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
