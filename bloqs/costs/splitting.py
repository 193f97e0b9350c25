"""The cheapest split of a network's epsilon, found by costing the network under each."""

from __future__ import annotations

from typing import Any

from bloqs.costs.budget import ErrorSplit, OptimisedSplit, optimise_split
from bloqs.costs.estimate import estimate
from bloqs.loading.memory import MemoryModel
from bloqs.networks import NetworkSpec

OBJECTIVES = {"qubit_hours": "physical qubit-hours", "t_count": "T a sample"}
"""What is minimised: the first charges every share, the second is blind to the share of failures."""


def optimise_network_split(
    spec: NetworkSpec,
    *,
    objective: str = "qubit_hours",
    qram: str | MemoryModel = "select-swap",
    physical: dict[str, Any] | None = None,
    **network: Any,
) -> OptimisedSplit:
    """The split of epsilon under which a network is cheapest, by shape; never dearer than the even one.

    Args:
        spec: the network.
        objective: "qubit_hours" or "t_count"; both are divided by the success probability of a sample.
        qram: memory model, as in `estimate`.
        physical: as `CostReport.surface_code`, without `failure_probability`, which the split gives.
        **network: as `NetworkSpec.cost_bloq`: `regime`, `epsilon`, `norm_bounds`, `loading`, `output`.

    Returns:
        An `OptimisedSplit`: print it for before and after; hand its `split` to `to_bloq` or `cost_bloq`.

    Raises:
        ValueError: unknown objective; or the even split cannot be met.
    """
    if objective not in OBJECTIVES:
        raise ValueError(
            f"objective is one of {', '.join(map(repr, OBJECTIVES))}, got {objective!r}"
        )
    if "split" in network:
        raise ValueError("split is what is looked for; do not give one")

    def cost(split: ErrorSplit) -> float:
        bloq = spec.cost_bloq(split=split, **network)
        report = estimate(bloq, qram=qram)
        assert report.t_per_sample is not None
        assert report.success_probability is not None
        if objective == "t_count":
            return report.t_per_sample
        return report.surface_code(**(physical or {})).qubit_hours / report.success_probability

    return optimise_split(cost, unit=OBJECTIVES[objective])
