"""The error budget of an assembled network: what each of its parts contributes to the stated epsilon."""

from __future__ import annotations

from collections.abc import Iterator

from bloqs.costs.budget import BudgetItem, ErrorBudget, ErrorSplit
from bloqs.layers import HeraldedVector, NormalizedVector, ResidualBlock, ResidualLinearPooling
from bloqs.networks.bounds import LayerBounds
from bloqs.networks.plan import Parts, rounding_errors, sensitivities
from bloqs.vector_encoding import VectorEncoding

Layer = ResidualBlock | ResidualLinearPooling


def layers_of(
    encoding: VectorEncoding,
) -> Iterator[tuple[NormalizedVector | HeraldedVector, Layer]]:
    """The amplified layers of an assembled network, the last one first."""
    while isinstance(encoding, (NormalizedVector, HeraldedVector)):
        layer = encoding.vector
        assert isinstance(layer, (ResidualBlock, ResidualLinearPooling))
        yield encoding, layer
        encoding = layer.vector


def network_budget(
    encoding: VectorEncoding, parts: Parts, bounds: LayerBounds, epsilon: float, split: ErrorSplit
) -> ErrorBudget:
    r"""Where the epsilon of a network goes.

    The stated epsilon of the assembled bloqs is what polynomials and data use together; it is told apart in
    proportion to first-order effects (a local error times the sensitivity of what follows). What they leave
    of their shares is spread in the same proportion, since degrees and bits are found together.

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
    stated, total = float(encoding.epsilon), sum(effects)
    vector = split.vector * epsilon
    items = tuple(
        BudgetItem(name=name, given=vector * effect / total, used=stated * effect / total)
        for name, effect in zip(names, effects, strict=True)
    )
    polynomials = BudgetItem.of(
        "polynomials", items[:n_polynomials], rule="certified minimax errors, propagated"
    )
    data = BudgetItem.of(
        "data precision", items[n_polynomials:], rule="rounded angles, once per distinct component"
    )
    synthesis = split.synthesis * epsilon
    failure = split.failure * epsilon
    root = BudgetItem.of(
        "network",
        (
            polynomials,
            data,
            BudgetItem(
                name="rotation synthesis",
                given=synthesis,
                used=synthesis,
                rule="per call: alpha times the sum over all rotations",
            ),
            BudgetItem(
                name="magic-state and logical failure",
                given=failure,
                used=failure,
                rule="asked of the surface code",
            ),
        ),
        given=epsilon,
    )
    return ErrorBudget(epsilon=epsilon, root=root, split=split)
