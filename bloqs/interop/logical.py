"""A cost as the logical counts that the Quantum Development Kit estimates from."""

from __future__ import annotations

from bloqs.checks import instance
from bloqs.core.counts import as_count
from bloqs.costs import CostReport
from bloqs.costs.unknown import Unknown


def logical_counts(report: CostReport) -> dict[str, int]:
    """A cost in the keys of the QDK's `LogicalCounts`: native counts, as that estimator converts by itself.

    Args:
        report: of `bloqs.costs.estimate`, in numbers.

    Returns:
        `numQubits` (with those that a rotation model holds), `tCount`, `rotationCount`, `rotationDepth` (an
        upper bound, by the schedule that has these qubits), `cczCount` (Toffoli and controlled swaps),
        `ccixCount` (And), `measurementCount`.

    Raises:
        ValueError: the report is symbolic, or its qubits are not known.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> logical_counts(estimate(LoadedVector(None, "rotations", bitsize=3)))["rotationCount"]
        7
    """
    instance(report, "report", CostReport, "what bloqs.costs.estimate returns")
    if report.is_symbolic:
        raise ValueError("the report is symbolic: substitute numbers first (CostReport.subs)")
    qubits = report.logical_qubits
    if isinstance(qubits, Unknown):
        raise ValueError(f"there are no logical counts, because the logical qubits are {qubits}")
    native = report.native
    per_rotation = report.conventions.t_depth_per_rotation(native.rotation)
    # A chain of rotations takes as many layers of the schedule as each of them does.
    chain = report.sequential_t_depth // per_rotation if per_rotation else 0
    counts = {
        "numQubits": qubits + report.catalyst_qubits,
        "tCount": native.t,
        "rotationCount": native.rotation,
        "rotationDepth": min(native.rotation, chain) if per_rotation else native.rotation,
        "cczCount": native.toffoli + native.cswap,
        "ccixCount": native.and_bloq,
        "measurementCount": native.measurement,
    }
    return {name: int(as_count(n, name)) for name, n in counts.items()}
