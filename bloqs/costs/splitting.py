"""The cheapest split of a network's epsilon, found by costing the network under each."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import attrs

from bloqs.core.budget import DEFAULT_SPLIT, ErrorSplit
from bloqs.costs.estimate import estimate
from bloqs.loading.memory import MemoryModel
from bloqs.networks import NetworkSpec


@attrs.frozen(kw_only=True)
class OptimisedSplit:
    """The result of `optimise_split`: the cheapest split that was found, and what it gains over the even one.

    Parameters:
        split: the best split found.
        cost: of a network built under it.
        even_cost: the same under the even split.
        evaluations: splits that were costed.
        unit: of the costs.

    Example:
        >>> found = OptimisedSplit(split=DEFAULT_SPLIT, cost=8e5, even_cost=1e6, evaluations=20)
        >>> found.gain
        1.25
    """

    split: ErrorSplit
    cost: float
    even_cost: float
    evaluations: int
    unit: str = "T"

    @property
    def gain(self) -> float:
        """`even_cost / cost`, 1 or more."""
        return self.even_cost / self.cost

    def __str__(self) -> str:
        shares = ", ".join(
            f"{name} {share:.1%}" for name, share in attrs.asdict(self.split).items()
        )
        return (
            f"even split: {self.even_cost:,.0f} {self.unit}; optimised: {self.cost:,.0f} {self.unit} "
            f"({self.gain:.3f} times less) with {shares}; {self.evaluations} splits costed"
        )


SHARES = (0.25, 0.15, 0.08, 0.05, 0.02, 0.01)
"""Shares that the optimiser tries: a cost depends on them by logarithms, so that finer steps gain nothing."""


def optimise_split(
    cost: Callable[[ErrorSplit], float], *, unit: str = "T", rounds: int = 2
) -> OptimisedSplit:
    """The cheapest split found by coordinate descent over `SHARES`; never dearer than the even one.

    The polynomials get what the others leave. Degrees and distances are integers, so that the cost has steps
    and no gradient; the starts are the even split and `DEFAULT_SPLIT`.

    Args:
        cost: of a network built under a split; may raise ValueError where there is none.
        unit: of the cost, for messages.
        rounds: passes over the three shares.

    Returns:
        The best split found, beside the even one.

    Example:
        >>> found = optimise_split(lambda split: 1 / split.polynomial, unit="made-up units")
        >>> found.split.polynomial > ErrorSplit.even().polynomial, found.gain > 1
        (True, True)

    Raises:
        ValueError: not even the even split can be met; the message of `cost`.
    """
    known: dict[tuple[float, ...], float] = {}

    def value(split: ErrorSplit) -> float:
        key = attrs.astuple(split)
        if key not in known:
            try:
                known[key] = float(cost(split))
            except ValueError:
                if split == ErrorSplit.even():
                    raise
                known[key] = math.inf
        return known[key]

    even = ErrorSplit.even()
    even_cost = value(even)
    best = min((even, DEFAULT_SPLIT), key=value)
    for _ in range(rounds):
        before = value(best)
        for name in ("synthesis", "failure", "data"):
            best = min([best, *_variants(best, name)], key=value)
        if value(best) == before:
            break
    return OptimisedSplit(
        split=best, cost=value(best), even_cost=even_cost, evaluations=len(known), unit=unit
    )


def _variants(split: ErrorSplit, name: str) -> list[ErrorSplit]:
    """The split with another share of one part, the polynomials taking what is left."""
    result = []
    for share in SHARES:
        shares = {**attrs.asdict(split), name: share}
        shares["polynomial"] = 1 - shares["data"] - shares["synthesis"] - shares["failure"]
        result.append(ErrorSplit(**shares))
    return result


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
        qram: memory model, as in `estimate`; the network is chosen for it.
        physical: as `CostReport.surface_code`, without `failure_probability`, which the split gives.
        network: as `NetworkSpec.cost_bloq`: `regime`, `epsilon`, `norm_bounds`, `loading`, `output`.

    Returns:
        An `OptimisedSplit`: print it for before and after; hand its `split` to `to_bloq` or `cost_bloq`.

    Raises:
        ValueError: unknown objective; or the even split cannot be met.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(
        ...     input_shape=(1, 2, 2), num_blocks=1, kernel_size=1, output_layer=False, num_groups=2
        ... )
        >>> optimise_network_split(spec, objective="t_count", norm_bounds=[(0.9, 1.3)]).gain > 1
        True
    """
    if objective not in OBJECTIVES:
        raise ValueError(
            f"objective is one of {', '.join(map(repr, OBJECTIVES))}, got {objective!r}"
        )
    if "split" in network:
        raise ValueError("split is what is looked for; do not give one")

    def cost(split: ErrorSplit) -> float:
        bloq = spec.cost_bloq(split=split, qram=qram, **network)
        report = estimate(bloq, qram=qram)
        assert report.t_per_sample is not None
        assert report.success_probability is not None
        if objective == "t_count":
            return report.t_per_sample
        return report.surface_code(**(physical or {})).qubit_hours / report.success_probability

    return optimise_split(cost, unit=OBJECTIVES[objective])
