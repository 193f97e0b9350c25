"""The error budget of an assembled network: what each of its parts contributes to the stated epsilon."""

from __future__ import annotations

from collections.abc import Sequence

from bloqs.core.budget import (
    CATALYST,
    CATALYST_SHARE,
    FAILURE,
    ROTATIONS,
    SYNTHESIS,
    BudgetItem,
    ErrorBudget,
)
from bloqs.layers.facts import ErrorPart
from bloqs.networks.build import Build
from bloqs.networks.solver import Degrees, Plan


def network_budget(plan: Plan, degrees: Degrees, build: Build, exact_epsilon: float) -> ErrorBudget:
    """Where the epsilon of a network goes.

    Two figures are bounds that the assembled bloqs state: the epsilon of the network with exact data, all of
    which is due to the polynomials, and how much larger it is with the data rounded. Each is shared among its
    causes in proportion to their first-order effects (a local error times the sensitivity of what follows).
    Data that need more than their share are given what the polynomials leave of theirs.

    Rounded data are another real image, kernel or matrix, the same at every call, and each adjoint is exact:
    they count once per distinct component, propagated like an error of the image. A synthesised rotation is
    no rotation by another angle, so that this argument does not hold for it: synthesis is budgeted per call,
    `alpha` times the sum over all rotations of the circuit; of channels, `alpha**2` times half the sum of
    their diamond distances (`ResidualNetwork.channel_epsilon`). What synthesis and the machine use of their
    shares is not known before the network is costed.

    Args:
        plan: what the network is assembled from.
        degrees: its choices.
        build: epsilon and how it is shared out.
        exact_epsilon: stated by the same network with exact data, by shape.

    Returns:
        The budget.

    Raises:
        BudgetError: the stated epsilon exceeds the share of polynomials and data.

    Example:
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq(epsilon=0.05)  # makes its budget by this
        >>> [part.name for part in network.error_budget.root.parts]
        ['polynomials', 'data precision', 'rotation synthesis', 'magic-state and logical failure']
    """
    epsilon, split = build.epsilon, build.split
    sensitivities = plan.sensitivities()
    encodings = plan.encodings(degrees)
    polynomials: list[ErrorPart] = []
    rounded = [ErrorPart("rounded input", sensitivities[0] * float(plan.input.epsilon))]
    for stage, after, encoding in zip(plan.stages, sensitivities[1:], encodings, strict=True):
        for parts, part in (
            (polynomials, stage.layer.polynomial_error(encoding, stage)),
            (rounded, stage.layer.rounding_error(stage)),
        ):
            if part is not None:
                parts.append(ErrorPart(part.name, after * part.size))
    stated = float(encodings[-1].epsilon)
    used_by_polynomials = min(exact_epsilon, stated)
    used_by_data = stated - used_by_polynomials
    handed_on = max(0.0, used_by_data - split.data * epsilon)
    synthesis = split.synthesis * epsilon
    root = BudgetItem.of(
        "network",
        (
            BudgetItem.of(
                "polynomials",
                _shared(polynomials, split.polynomial * epsilon - handed_on, used_by_polynomials),
                rule="certified minimax errors, propagated",
            ),
            BudgetItem.of(
                "data precision",
                _shared(rounded, split.data * epsilon + handed_on, used_by_data),
                rule="rounded angles, once per distinct component",
            ),
            BudgetItem.of(
                SYNTHESIS,
                tuple(
                    BudgetItem(name=name, given=part * synthesis, used=None)
                    for name, part in (
                        (ROTATIONS, 1 - CATALYST_SHARE),
                        (CATALYST, CATALYST_SHARE),
                    )
                ),
                rule="per call: alpha times the sum over all rotations",
            ),
            BudgetItem(
                name=FAILURE,
                given=split.failure * epsilon,
                used=None,
                rule="asked of the surface code, over the success probability",
            ),
        ),
        given=epsilon,
    )
    return ErrorBudget(epsilon=epsilon, root=root, split=split)


def _shared(parts: Sequence[ErrorPart], given: float, used: float) -> tuple[BudgetItem, ...]:
    """Shares in proportion to first-order effects."""
    total = sum(part.size for part in parts)
    return tuple(
        BudgetItem(name=part.name, given=given * part.size / total, used=used * part.size / total)
        for part in parts
        if part.size > 0
    )
