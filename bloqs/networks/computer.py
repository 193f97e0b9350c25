"""What a network by data takes of this computer, memory and time, known from sizes before any work."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.layers.geometry import bits_of
from bloqs.networks.spec import NetworkSpec

BASE_BYTES = 64 * 2**20
"""What any network takes: bloqs, polynomials, the walk of the call graph."""

BYTES_PER_WEIGHT = {True: 220, False: 150}
"""Of an entry of a matrix: its tables at each number of bits that is tried, and their Walsh transforms; its
angles where there are no tables."""

BYTES_PER_KERNEL_ENTRY = {True: 450, False: 300}
"""Of an entry of a kernel, which is tried by columns and by rows; likewise."""

SECONDS_PER_WEIGHT = 1.5e-6
"""Of an entry of a matrix, on a core of this decade."""

SECONDS_PER_KERNEL_ENTRY = 12e-6
"""Of an entry of a kernel."""

FACTOR = 2
"""The peak is at most what is said, and of a network of 512 MiB or more at least half of that; below, what
the allocator keeps between two numbers of bits counts."""

LARGE = 128 * 2**20
"""Below so many bytes the figure is a round one, and nothing is asked of the computer."""


LONG = 20
"""From so many seconds on, it is said before the work."""


class ComputerMemoryError(ValueError):
    """A network by data needs more memory than this computer has; by shape it can be costed.

    Example:
        >>> issubclass(ComputerMemoryError, ValueError)
        True
    """


class LongBuildWarning(UserWarning):
    """A network by data that takes long, said before the work.

    Example:
        >>> issubclass(LongBuildWarning, UserWarning)
        True
    """


def bytes_by_data(spec: NetworkSpec, has_tables: bool = True) -> int:
    """Bytes by which a process grows at most while `to_bloq` builds the network and `estimate` counts it.

    A fit to measured peaks, from above, for loaders and strategies of this library; `python -m pytest -m slow
    -s tests/benchmarks/test_build_memory.py` prints both. The critical path (`CostReport.schedule`) and a
    decomposition take more; by shape a network takes `BASE_BYTES` at any size.

    Args:
        spec: the network, with weights.
        has_tables: whether its loaders have tables of rounded angles; rotations by exact ones do not.

    Returns:
        Bytes, within `FACTOR` of the peak.

    Example:
        >>> from bloqs.networks import load_example
        >>> bytes_by_data(load_example("digits-1").spec) / 2**20
        77.8...
    """
    kernels, weights = _entries(spec)
    of_kernels = kernels * BYTES_PER_KERNEL_ENTRY[has_tables]
    return BASE_BYTES + of_kernels + weights * BYTES_PER_WEIGHT[has_tables]


def seconds_by_data(spec: NetworkSpec) -> float:
    """About how long `to_bloq` and `estimate` take for a network's weights, beyond a small one's seconds.

    A fit, and a rough one: loaders and numbers of bits differ, computers more; the command of `bytes_by_data`
    prints both.

    Args:
        spec: the network, with weights.

    Returns:
        Seconds of a core.

    Example:
        >>> from bloqs.networks import load_example
        >>> seconds_by_data(load_example("digits-1").spec) < 1
        True
    """
    kernels, weights = _entries(spec)
    return kernels * SECONDS_PER_KERNEL_ENTRY + weights * SECONDS_PER_WEIGHT


def check_computer(spec: NetworkSpec, has_tables: bool = True) -> None:
    """Refuse, before any work, a network by data that this computer has no room for; say what takes long.

    Args:
        spec: the network, with weights.
        has_tables: as in `bytes_by_data`.

    Raises:
        ComputerMemoryError: with how much it takes, how much there is, and what works instead.

    Warns:
        LongBuildWarning: it takes more than `LONG` seconds, about.

    Example:
        >>> from bloqs.networks import load_example
        >>> check_computer(load_example("digits-1").spec)
    """
    needed = bytes_by_data(spec, has_tables)
    if needed < LARGE:
        return
    there = computer_bytes()
    if needed > there:
        raise ComputerMemoryError(
            f"by data this network takes up to {needed / 2**30:.3g} GiB of memory, and this computer has "
            f"{there / 2**30:.3g} GiB: cost it by shape, NetworkSpec.cost_bloq or resnet-bloqs estimate, "
            "which takes none of it; a head of fewer rows or fewer channels take less"
        )
    seconds = seconds_by_data(spec)
    if seconds > LONG:
        warnings.warn(
            f"by data this network takes about {seconds:.0f} seconds to build and count, and up to "
            f"{needed / 2**30:.2g} GiB of memory; by shape, NetworkSpec.cost_bloq or resnet-bloqs estimate, "
            "it takes a few",
            LongBuildWarning,
            stacklevel=4,
        )


def computer_bytes() -> int:
    """The memory that a process may have: the machine's, or what its container or `ulimit` allows.

    Returns:
        Bytes.

    Example:
        >>> computer_bytes() > 2**28
        True
    """
    from distributed.system import MEMORY_LIMIT  # takes a second to import

    return int(MEMORY_LIMIT)


def _entries(spec: NetworkSpec) -> tuple[int, int]:
    """Of all kernels and of all matrices, axes filled up to powers of two."""
    kernels = weights = 0
    for array in _arrays(spec.all_layers):
        entries = math.prod(1 << bits_of(size) for size in array.shape)
        if array.ndim == 4:
            kernels += entries
        else:
            weights += entries
    return kernels, weights


def _arrays(value: Any) -> Iterator[npt.NDArray[Any]]:
    """Every array in a layer's fields, those of layers inside it too."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _arrays(one)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _arrays(getattr(value, field.name))
