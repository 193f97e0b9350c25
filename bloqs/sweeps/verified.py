"""Columns that verification tasks share: what the circuit encodes against the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bloqs.sweeps.tasks import OutsideBounds

if TYPE_CHECKING:
    from bloqs.report import Model, NamedImage

VERIFICATION = {
    "vector_error": "float64",
    "epsilon_stated": "float64",
    "success_probability": "float64",
    "predicted_class": "int64",
    "reference_class": "int64",
    "margin": "float64",
    "label": "int64",
    "layer_norms": "list<float64>",
    "probabilities": "list<float64>",
    "reference_probabilities": "list<float64>",
    "outside_layer": "string",
    "outside_value": "float64",
    "outside_low": "float64",
    "outside_high": "float64",
}
"""Result columns of an image or a random network.

`vector_error` is `||alpha <0|U|0> - reference||_2`; `layer_norms` are the reference's `||x + f(Wx)||` of each
block and `||g||` of the output; `probabilities` are those of the groups, given success.
"""


def check_settings(level: str, epsilon: float, loading: str, min_degree: int = 0) -> None:
    """Refuse bad settings before any work.

    Args:
        level: "semantic" or "gate".
        epsilon: 2-norm error, in (0, 1).
        loading: a name of `bloqs.loading.LOADERS`.
        min_degree: least degree of an activation's polynomial.

    Raises:
        ValueError: unknown level or loader, an epsilon outside (0, 1), or a degree that no polynomial has.

    Example:
        >>> check_settings("gate", 0.01, "rotations")
        >>> check_settings("gate", 2.0, "rotations")
        Traceback (most recent call last):
        ...
        ValueError: epsilon is a 2-norm error in (0, 1), found 2.0
    """
    from bloqs.checks import whole_number
    from bloqs.loading import LOADERS
    from bloqs.qsvt.degree_search import LARGEST_DEGREE
    from bloqs.verify.levels import check_level

    check_level(level)
    if epsilon is None or not 0 < epsilon < 1:
        raise ValueError(f"epsilon is a 2-norm error in (0, 1), found {epsilon}")
    LOADERS.find(loading)
    whole_number(min_degree, "min_degree", low=0, high=LARGEST_DEGREE)


def loader_at(level: str, loading: str | None) -> str:
    """The loader of the circuits of a sweep, so that its results name the one that was run.

    Args:
        level: "semantic" or "gate".
        loading: the loader asked for; None for none.

    Returns:
        The one asked for, or the one that a network without a named loader has at this level.

    Example:
        >>> loader_at("semantic", None), loader_at("gate", None), loader_at("gate", "qrom")
        ('select-swap', 'rounded-rotations', 'qrom')
    """
    from bloqs.networks.build import DEFAULT_LOADER, GATE_LEVEL_LOADER

    if loading is not None:
        return loading
    is_gate = isinstance(level, str) and level == "gate"  # what is no level is refused by the task
    return GATE_LEVEL_LOADER if is_gate else DEFAULT_LOADER


def verified(
    model: Model,
    image: NamedImage,
    *,
    epsilon: float,
    level: str,
    loading: str,
    norm_bounds: str | Sequence[tuple[float, float]],
    min_degree: int = 0,
) -> dict[str, Any]:
    """Build the network of an image and compare it with the reference, as result columns.

    Args:
        model: the network, with weights.
        image: the input.
        epsilon: 2-norm error asked for.
        level: "semantic" or "gate".
        loading: the loader that is verified.
        norm_bounds: "calibrated", "worst-case", or one pair (lo, hi) a layer.
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.

    Returns:
        `passed`, `error` (why not, or None), and the columns of `VERIFICATION`.

    Raises:
        OutsideBounds: a norm of the image lies outside the bounds.
        ValueError: the circuit is too large for the gate level, or a malformed argument.

    Example:
        >>> from bloqs.report import load_model
        >>> model = load_model("digits-1")
        >>> options = {"epsilon": 0.01, "level": "semantic", "loading": "rotations"}
        >>> found = verified(model, model.image("3"), norm_bounds="calibrated", **options)
        >>> found["passed"], found["label"], len(found["probabilities"])
        (True, 9, 16)
    """
    from bloqs.networks import NormBoundsError
    from bloqs.report.verification import verify_image

    norms = model.spec.layer_norms([image.pixels])[0]
    try:
        network = model.spec.to_bloq(
            image.pixels,
            epsilon=epsilon,
            norm_bounds=norm_bounds,
            loading=loading,
            min_degree=min_degree,
        )
    except NormBoundsError as error:
        low, high = error.bounds
        raise OutsideBounds(
            " ".join(str(error).split()),
            {
                "label": image.label,
                "layer_norms": norms.tolist(),
                "outside_layer": error.layer,
                "outside_value": error.value,
                "outside_low": low,
                "outside_high": high,
            },
        ) from error
    check = verify_image(model, image, network, epsilon=epsilon, level=level)
    return {
        "passed": check.passed,
        "error": None if check.passed else check.verdict,
        "vector_error": check.vector_error,
        "epsilon_stated": check.epsilon_stated,
        "success_probability": check.success_probability,
        "predicted_class": check.quantum_class,
        "reference_class": check.classical_class,
        "margin": check.margin,
        "label": image.label,
        "layer_norms": norms.tolist(),
        "probabilities": check.quantum.tolist(),
        "reference_probabilities": check.classical.tolist(),
    }
