"""Unloads by measurement, gate by gate: every outcome of a small table, random ones of a larger."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bloqs.checks import instance, whole_number
from bloqs.loading.lookup import TableLookup
from bloqs.loading.measured import MeasuredUnload

FloatArray = npt.NDArray[np.float64]

MAX_OUTCOMES = 64
"""Outcomes that are tried: all where there are no more."""


def unload_errors(
    lookup: TableLookup,
    *,
    later: Sequence[int] | None = None,
    outcomes: int = MAX_OUTCOMES,
    seed: int = 0,
) -> FloatArray:
    r"""Distance of the state after a measured unload from the state without the table, outcome by outcome.

    A state `sum_j c_j |j>|row_j>` of random real `c_j` is measured in the X basis: an outcome leaves on each
    entry the sign of the Hadamard transform, taken qubit by qubit. Then the gates of the `PhaseFixUp` of that
    outcome are contracted on it. What is left must be `sum_j c_j |j>`; with a control, `c_j` stands
    on both its values, and the rows of control 0 are zero.

    Args:
        lookup: an unload or a retreat with data that is worth a measurement.
        later: rows of the table that is unloaded, flat; needed for a retreat, whose data are the XOR of two.
        outcomes: how many are tried; all where there are no more.
        seed: of the outcomes and of `c_j`.

    Returns:
        2-norm errors, one an outcome.

    Raises:
        ValueError: a lookup that is not unloaded by measurement, without data, or of the wrong rows.

    Example:
        >>> unload = TableLookup([5, 0, 7, 2, 6, 3, 1, 4], 3, 3, use="unload")
        >>> errors = unload_errors(unload)
        >>> len(errors), bool(errors.max() < 1e-12)
        (8, True)
    """
    instance(lookup, "lookup", TableLookup, "a TableLookup")
    count = whole_number(outcomes, "outcomes", low=1)
    seed = whole_number(seed, "seed", low=0)
    unload = MeasuredUnload(lookup)
    rows = unload.measured_rows(later)
    width, size = unload.value_bitsize, 2 ** int(lookup.address_bitsize)
    rng = np.random.default_rng(seed)
    if width <= 20 and 2**width <= count:
        tried = list(range(2**width))
    else:
        # A word at a time: an outcome has as many bits as the row.
        tried = [int.from_bytes(rng.bytes(-(-width // 8))) % 2**width for _ in range(count)]
    controls = 2 if lookup.is_controlled else 1
    state = rng.normal(size=(controls, size))
    state[:, len(rows) :] = 0.0  # rows beyond the table are never addressed
    state /= np.linalg.norm(state)
    full = [*rows, *(0,) * (size - len(rows))]
    values = np.array([[0] * size, full][-controls:], dtype=object)
    errors = []
    for outcome in tried:
        signs = np.array([[_hadamard_sign(outcome, int(v), width) for v in row] for row in values])
        fixed = unload.fix_up(outcome, later).tensor_contract() @ (signs * state).ravel()
        errors.append(float(np.linalg.norm(fixed - state.ravel())))
    return np.array(errors)


def _hadamard_sign(outcome: int, value: int, width: int) -> float:
    """`<m| H^{(x) W} |v>` times `2**(W/2)`, qubit by qubit."""
    hadamard = ((1.0, 1.0), (1.0, -1.0))
    sign = 1.0
    for bit in range(width):
        sign *= hadamard[outcome >> bit & 1][value >> bit & 1]
    return sign
