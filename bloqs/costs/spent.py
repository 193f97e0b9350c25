"""What a costed and placed network uses of its error budget: the parts that its making leaves open."""

from __future__ import annotations

import attrs

from bloqs.core.budget import (
    CATALYST,
    CATALYST_SHARE,
    FAILURE,
    FAILURES,
    MEMORY,
    ROTATIONS,
    SYNTHESIS,
    BudgetItem,
    ErrorBudget,
)
from bloqs.costs.conventions import Conventions
from bloqs.costs.report import CostReport
from bloqs.costs.surface_code import SurfaceCodeFootprint
from bloqs.loading.phase_gradient import phase_gradient_preparation
from bloqs.networks.network import ResidualNetwork

BIT_TOLERANCE = 1e-9
"""To which the bits of accuracy that a number of gates reaches are found."""

MAX_EXTRA_BITS = 64
"""A model whose gates do not grow over so many bits is taken to reach no more than these."""


def synthesis_error(conventions: Conventions, num_rotations: int) -> float:
    """Summed error of all rotations at the gates that they get, which are whole numbers.

    The error asked of a rotation is met by the next whole number of T gates, which reaches a little more: the
    least error of that number, found by bisection of the model's gates.

    Args:
        conventions: with a synthesis error.
        num_rotations: how many share it.

    Returns:
        At most `conventions.total_error`, in the norm of the rotation model; 0 without rotations.

    Example:
        >>> synthesis_error(Conventions(synthesis_epsilon=1e-3), 936) < 1e-3
        True
        >>> synthesis_error(Conventions(), 0)
        0.0
    """
    if num_rotations == 0:
        return 0.0
    model = conventions.rotation_model
    least = conventions.bits_per_rotation(num_rotations)
    wanted = model.gates(least)
    low, high = least, least + MAX_EXTRA_BITS
    while high - low > BIT_TOLERANCE:
        middle = (low + high) / 2
        low, high = (middle, high) if model.gates(middle) == wanted else (low, middle)
    return float(num_rotations * 2.0**-low)


def spent_budget(
    network: ResidualNetwork, cost: CostReport, footprint: SurfaceCodeFootprint | None = None
) -> ErrorBudget | None:
    """The error budget of a network with what synthesis and the machine use of their shares.

    Synthesis errors are those of the circuit, times alpha; of rotations that are channels, half their summed
    diamond distances, times `alpha**2`. Failures are those of the runs that succeed: at most those of any
    run, times `alpha**2`. Where queries of a memory may fail, they take their part of the machine's share.

    Args:
        network: as built, in numbers.
        cost: of this network.
        footprint: of this cost; None leaves open what the machine uses.

    Returns:
        The budget, checked again; None of a network that has none.

    Raises:
        BudgetError: conventions set by hand, or a failure probability above the network's share, use more
            than was given.

    Example:
        >>> from bloqs import load_example
        >>> from bloqs.costs import estimate
        >>> network = load_example("digits-1").spec.cost_bloq()
        >>> budget = spent_budget(network, estimate(network))
        >>> budget.part("rotations of the circuit").used < budget.part("rotations of the circuit").given
        True
    """
    if network.error_budget is None:
        return None
    alpha = float(network.alpha)
    conventions, rotations = cost.conventions, int(cost.rotation_count)
    is_channel = conventions.rotation_model.is_channel
    weight = alpha**2 / 2 if is_channel else alpha
    used = {ROTATIONS: weight * synthesis_error(conventions, rotations), CATALYST: 0.0}
    bits = getattr(network.facts, "angle_bits", None)
    if bits is not None:
        share = conventions.total_error * CATALYST_SHARE / (1 - CATALYST_SHARE)
        once = attrs.evolve(conventions, synthesis_epsilon=share)
        prepared = int(phase_gradient_preparation(bits).rotation)
        used[CATALYST] = weight * synthesis_error(once, prepared)
    if footprint is not None:
        used[FAILURE] = footprint.failure_probability * alpha**2
    budget = network.error_budget
    if is_channel:
        rule = "per call, of channels: alpha^2/2 times the sum of all diamond distances"
        budget = budget.with_part(SYNTHESIS, attrs.evolve(budget.part(SYNTHESIS), rule=rule))
    if cost.memory_failure_probability:
        budget = _with_memory(budget, cost, alpha)
    return budget.with_used(used)


def _with_memory(budget: ErrorBudget, cost: CostReport, alpha: float) -> ErrorBudget:
    """The share of failures in two: what the queries take, and what they leave for the machine."""
    whole = budget.part(FAILURE)
    taken = alpha**2 * cost.memory_failure_probability
    rule = (
        f"{cost.num_queries:,} queries of {cost.query_error:g} each, over the success probability"
    )
    memory = BudgetItem(name=MEMORY, given=taken, used=taken, rule=rule)
    machine = attrs.evolve(whole, given=whole.given - taken)
    return budget.with_part(FAILURE, BudgetItem.of(FAILURES, (memory, machine), given=whole.given))
