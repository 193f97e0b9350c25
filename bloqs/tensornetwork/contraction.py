"""An order of contraction for a network of tensors, its cost beforehand, and the contraction itself."""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import cotengra
import numpy as np
import quimb.tensor
from numpy.typing import NDArray

from bloqs.statevector.limits import BUFFERS, SimulationTooLargeError
from bloqs.statevector.run import Progress
from bloqs.tensornetwork.path_sum import Index, Tensor

MAX_SECONDS = 3600.0
"""Contractions that are estimated to take longer are refused."""

FLOP_SECONDS = 0.6e-9
"""Seconds for one complex multiplication in a contraction (measured on one core)."""

SEARCH_SECONDS = 1.0
"""A contraction that takes longer than this on a greedy path is worth a longer search."""

MIN_ENTRIES = 2**20
"""Up to so many entries in all are held whatever the limit on the largest tensor."""

PAIR_SECONDS = 40e-6
"""Seconds to contract two tensors, however small (measured on one core)."""

SEED = 0
"""Seed of the search for a path, so that a circuit always gets the same one."""

Array: TypeAlias = NDArray[np.complexfloating[Any, Any]]


class Contraction:
    """Tensors in an order of contraction that has been found, with its cost.

    Parameters:
        tensors: arrays with their indices, each of dimension 2.
        scalar: factor of the whole.
        output: indices that are kept, in the order of the result's axes.
        dtype: complex64 or complex128.
        max_amplitudes: entries of the largest tensor; beyond, the contraction is sliced.

    Attributes:
        width: log2 of the entries of the largest tensor.
        slices: number of parts that are contracted one after another.
        flops: complex multiplications, over all slices.
        peak_bytes: memory of the tensors that are held at once.
        seconds: estimate.

    Example:
        >>> i, j, k = Index(0), Index(1), Index(2)
        >>> pair = [(np.array([[1, 2], [3, 4]]), (i, j)), (np.array([[0, 1], [1, 0]]), (j, k))]
        >>> product = Contraction(pair, 1.0, [i, k], dtype=np.dtype(complex), max_amplitudes=64)
        >>> product.run().real.tolist(), product.width
        ([[2.0, 1.0], [4.0, 3.0]], 2.0)
    """

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
        """Contract.

        Args:
            progress: is told the fraction of slices done; None for nobody.

        Returns:
            The tensor of the output indices, complex `(2, ..., 2)`.
        """
        if self.tree is None or not self.scalar:
            return np.full(self.shape, self.scalar, dtype=self.dtype)

        def parts() -> Iterator[Array]:
            for i in range(self.slices):
                yield self.tree.contract_slice(self.arrays, i)
                if progress is not None:
                    progress((i + 1) / self.slices)

        out = self.tree.gather_slices(parts()) if self.slices > 1 else next(parts())
        return np.asarray(out, dtype=self.dtype) * self.dtype.type(self.scalar)

    def refuse_large(self, what: str, max_amplitudes: int, mend: str = "") -> None:
        """Refuse what takes too long, or does not fit.

        Args:
            what: the thing that is contracted, for the message.
            max_amplitudes: entries of the largest tensor that are allowed.
            mend: one more thing that would help, for the message.

        Raises:
            SimulationTooLargeError: with the width, the memory or the time that it takes.
        """
        refuse_slow(what, self.seconds, self.width)
        limit = _max_entries(max_amplitudes) * self.dtype.itemsize
        if self.width > math.log2(max_amplitudes) or self.peak_bytes > limit:
            raise SimulationTooLargeError(
                f"{what} has contraction width {self.width:.3g} as a network: the largest tensor has "
                f"2**{self.width:.3g} entries, {self.peak_bytes:.3g} bytes in all; the limits are "
                f"{max_amplitudes} entries and {limit:.3g} bytes. Raise max_amplitudes if the memory "
                f"is there, project more of the output, or verify at the semantic level{mend}"
            )


def refuse_slow(what: str, seconds: float, width: float) -> None:
    """Refuse a contraction that is estimated to take longer than `MAX_SECONDS`.

    Args:
        what: the thing that is contracted, for the message.
        seconds: the estimate.
        width: log2 of the entries of the largest tensor, for the message.

    Raises:
        SimulationTooLargeError: it takes longer.

    Example:
        >>> refuse_slow("a small circuit", seconds=2.0, width=10.0)
        >>> try:
        ...     refuse_slow("a large circuit", seconds=1e6, width=40.0)
        ... except SimulationTooLargeError as error:
        ...     print(str(error).split(";")[0])
        a large circuit takes about 1e+06 s as a network of contraction width 40
    """
    if seconds > MAX_SECONDS:
        raise SimulationTooLargeError(
            f"{what} takes about {seconds:.3g} s as a network of contraction width "
            f"{width:.3g}; the limit is {MAX_SECONDS:.0f} s. Project more of the output, contract its "
            "parts, or verify at the semantic level"
        )


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
    """Entries that may be held at once: as for a state vector, and `MIN_ENTRIES` in any case."""
    return max((1 + BUFFERS) * max_amplitudes, MIN_ENTRIES)
