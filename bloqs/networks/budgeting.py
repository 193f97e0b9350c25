"""The error budget of an assembled network: what each of its parts contributes to the stated epsilon."""

from __future__ import annotations

from bloqs.core.encoding import VectorEncoding
from bloqs.costs.budget import CATALYST_SHARE, BudgetItem, ErrorBudget, ErrorSplit
from bloqs.layers import NormalizedVector, ResidualBlock
from bloqs.networks.bounds import LayerBounds
from bloqs.networks.plan import Parts, layers_of, rounding_errors, sensitivities


def network_budget(
    encoding: VectorEncoding,
    parts: Parts,
    bounds: LayerBounds,
    epsilon: float,
    split: ErrorSplit,
    exact_epsilon: float,
) -> ErrorBudget:
    r"""Where the epsilon of a network goes.

    Two figures are bounds that the assembled bloqs state: the epsilon of the network with exact data, which
    the polynomials use, and how much more it is with the data rounded. Each is told apart in proportion to
    first-order effects (a local error times the sensitivity of what follows). Data that need more than their
    share are given what the polynomials leave of theirs.

    Rounded data are another real image, kernel or matrix, the same at every call, and each adjoint is exact:
    they count once per distinct component, propagated like an error of the image. A synthesised rotation is
    no rotation by another angle, so that this argument does not hold for it: synthesis is budgeted per call,
    `alpha` times the sum over all rotations of the circuit.

    Args:
        encoding: the assembled network.
        parts: what it was assembled from.
        bounds: of its layers.
        epsilon: asked for.
        split: the shares.
        exact_epsilon: stated by the same network with exact data, by shape.

    Raises:
        BudgetError: the stated epsilon exceeds the share of polynomials and data.
    """
    names, effects = [], []
    sens = sensitivities(parts, bounds)
    for i, (amplified, layer) in enumerate(reversed(list(layers_of(encoding)))):
        if isinstance(layer, ResidualBlock):
            local = layer.quotient.delta * layer.gamma / layer.quotient.kappa / bounds.norms[i][0]
            names.append(f"activation of block {i + 1}")
            effects.append(sens[i + 1] * local)
        where = f"block {i + 1}" if isinstance(layer, ResidualBlock) else "the output"
        if isinstance(amplified, NormalizedVector):
            names.append(f"amplification of {where}")
            effects.append(sens[i + 1] * amplified.amplification.delta)
    n_polynomials = len(names)
    for name, effect in rounding_errors(parts, bounds).items():
        names.append(f"rounded {name}")
        effects.append(effect)
    stated = float(encoding.epsilon)
    used_by_polynomials = min(exact_epsilon, stated)
    used_by_data = stated - used_by_polynomials
    handed_on = max(0.0, used_by_data - split.data * epsilon)

    def shared(which: slice, given: float, used: float) -> tuple[BudgetItem, ...]:
        total = sum(effects[which])
        return tuple(
            BudgetItem(name=name, given=given * effect / total, used=used * effect / total)
            for name, effect in zip(names[which], effects[which], strict=True)
            if effect > 0
        )

    polynomials = BudgetItem.of(
        "polynomials",
        shared(
            slice(0, n_polynomials), split.polynomial * epsilon - handed_on, used_by_polynomials
        ),
        rule="certified minimax errors, propagated",
    )
    data = BudgetItem.of(
        "data precision",
        shared(slice(n_polynomials, None), split.data * epsilon + handed_on, used_by_data),
        rule="rounded angles, once per distinct component",
    )
    synthesis = split.synthesis * epsilon
    failure = split.failure * epsilon
    root = BudgetItem.of(
        "network",
        (
            polynomials,
            data,
            BudgetItem.of(
                "rotation synthesis",
                tuple(
                    BudgetItem(name=name, given=part * synthesis, used=part * synthesis)
                    for name, part in (
                        ("rotations of the circuit", 1 - CATALYST_SHARE),
                        ("phase-gradient state", CATALYST_SHARE),
                    )
                ),
                rule="per call: alpha times the sum over all rotations",
            ),
            BudgetItem(
                name="magic-state and logical failure",
                given=failure,
                used=failure,
                rule="asked of the surface code, over the success probability",
            ),
        ),
        given=epsilon,
    )
    return ErrorBudget(epsilon=epsilon, root=root, split=split)
