"""What a costed and placed network uses of its error budget: the parts that its making leaves open."""

from __future__ import annotations

import attrs

from bloqs.core.budget import (
    CATALYST,
    CATALYST_SHARE,
    FAILURE,
    ROTATIONS,
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

    Synthesis errors are those of the circuit, times alpha. Failures are those of the runs that succeed: at
    most those of any run, times `alpha**2`.

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
    used = {ROTATIONS: alpha * synthesis_error(conventions, rotations), CATALYST: 0.0}
    bits = getattr(network.facts, "angle_bits", None)
    if bits is not None:
        share = conventions.total_error * CATALYST_SHARE / (1 - CATALYST_SHARE)
        once = attrs.evolve(conventions, synthesis_epsilon=share)
        prepared = int(phase_gradient_preparation(bits).rotation)
        used[CATALYST] = alpha * synthesis_error(once, prepared)
    if footprint is not None:
        used[FAILURE] = footprint.failure_probability * alpha**2
    return network.error_budget.with_used(used)
