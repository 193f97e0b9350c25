"""Does the circuit compute the network? The encoded vector against the numpy forward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.checks import real_number
from bloqs.core.encoding import VectorEncoding
from bloqs.messages import shown
from bloqs.networks import NormBoundsError, natural_regime
from bloqs.reference import forward_vectors, group_probabilities
from bloqs.report.inputs import Model, NamedImage
from bloqs.simulation import encoded_vector
from bloqs.verify.levels import check_level

FloatArray = npt.NDArray[np.float64]

PASS_SAYS = "the circuit computes what the network does; nothing about how good the network is"
"""What the word PASS means, for tables and pages."""


@attrs.frozen(eq=False)
class Verification:
    """One image: what the network bloq encodes, compared with the reference.

    Parameters:
        level: "semantic" (encoded blocks composed) or "gate" (every gate contracted).
        epsilon_asked: 2-norm error that was asked for.
        epsilon_stated: `epsilon` of the bloq, a bound.
        vector_error: measured, `||alpha <0|U|0> - reference||_2`.
        success_probability: of finding zeros on the ancilla, `||<0|U|0>||_2^2`.
        quantum: group probabilities of the encoded vector, given success; float64 `(G,)`.
        classical: group probabilities of the reference; float64 `(G,)`.
        num_classes: leading groups that stand for a class.
        loading: the loader of the circuit that was looked at; None where it does not tell.

    Example:
        >>> check = Verification(
        ...     level="semantic", epsilon_asked=0.01, epsilon_stated=0.02, vector_error=0.001,
        ...     success_probability=0.9, quantum=np.array([0.7, 0.3]), classical=np.array([0.6, 0.4]),
        ...     num_classes=2,
        ... )
        >>> check.verdict
        'FAIL: vector error 0.001, stated epsilon 0.02, asked 0.01'
    """

    level: str
    epsilon_asked: float
    epsilon_stated: float
    vector_error: float
    success_probability: float
    quantum: FloatArray = attrs.field(repr=False)
    classical: FloatArray = attrs.field(repr=False)
    num_classes: int
    loading: str | None = None

    @property
    def quantum_class(self) -> int:
        """Class with the largest probability on the quantum side."""
        return int(np.argmax(self.quantum[: self.num_classes]))

    @property
    def classical_class(self) -> int:
        """Class with the largest probability in the reference."""
        return int(np.argmax(self.classical[: self.num_classes]))

    @property
    def margin(self) -> float:
        """How far the reference's first class is ahead of its second."""
        top = np.sort(self.classical[: self.num_classes])[::-1]
        return float(top[0] - top[1]) if len(top) > 1 else 1.0

    @property
    def is_within_epsilon(self) -> bool:
        """Measured error <= stated epsilon <= epsilon asked for. False for a NaN."""
        return self.vector_error <= self.epsilon_stated <= self.epsilon_asked

    @property
    def is_same_class(self) -> bool:
        """Same class, or a reference whose first two classes differ by less than `2 epsilon`."""
        return self.quantum_class == self.classical_class or self.margin < 2 * self.epsilon_asked

    @property
    def passed(self) -> bool:
        """Both checks."""
        return self.is_within_epsilon and self.is_same_class

    @property
    def verdict(self) -> str:
        """The word PASS, or FAIL and why."""
        if self.passed:
            return "PASS"
        reasons = []
        if not self.is_within_epsilon:
            reasons.append(
                f"vector error {self.vector_error:.3g}, stated epsilon {self.epsilon_stated:.3g}, asked "
                f"{self.epsilon_asked:.3g}"
            )
        if not self.is_same_class:
            reasons.append(
                f"class {self.quantum_class}, reference {self.classical_class} with a margin of "
                f"{self.margin:.3g}"
            )
        return f"FAIL: {'; '.join(reasons)}"

    def to_dict(self) -> dict[str, Any]:
        """All figures, ready for JSON."""
        return {
            "level": self.level,
            "loading": self.loading,
            "passed": self.passed,
            "verdict": self.verdict,
            "epsilon_asked": self.epsilon_asked,
            "epsilon_stated": self.epsilon_stated,
            "vector_error": self.vector_error,
            "success_probability": self.success_probability,
            "num_classes": self.num_classes,
            "quantum_class": self.quantum_class,
            "classical_class": self.classical_class,
            "classical_margin": self.margin,
            "quantum_probabilities": self.quantum.tolist(),
            "classical_probabilities": self.classical.tolist(),
        }


def verify_image(
    model: Model,
    image: NamedImage,
    network: VectorEncoding,
    *,
    epsilon: float,
    level: str = "semantic",
) -> Verification:
    """Compare what `network` encodes with the reference's forward pass of the same image.

    Args:
        model: the network as data.
        image: the image that `network` was built from.
        network: `model.spec.to_bloq(image.pixels, ...)`.
        epsilon: 2-norm error that was asked for.
        level: "semantic" or "gate".

    Returns:
        Errors, probabilities, classes and the verdict.

    Raises:
        ValueError: unknown level, or a circuit too large for the gate level.

    Example:
        >>> from bloqs.report import load_model
        >>> model = load_model("digits-1")
        >>> image = model.image("0")
        >>> network = model.spec.to_bloq(image.pixels, epsilon=1e-2)
        >>> check = verify_image(model, image, network, epsilon=1e-2)
        >>> check.verdict, check.quantum_class, check.vector_error < check.epsilon_stated
        ('PASS', 2, True)
    """
    for argument, name in ((model, "model"), (image, "image")):
        if not hasattr(argument, "spec" if name == "model" else "pixels"):
            raise ValueError(f"{name} must be what load_model gives, found {shown(argument)}")
    epsilon = real_number(epsilon, "epsilon", low=0, high=1)
    # The encoding that is contracted, chosen here, needs no word of warning: `loading` tells.
    check_level(level)
    if level == "gate" and isinstance(network, VectorEncoding):
        network = network.at_gate_level
    encoded = np.asarray(encoded_vector(network, level=level))
    exact = forward_vectors(model.spec, image.pixels)
    if encoded.shape != exact.output.shape:
        raise ValueError(
            f"network must be the bloq of the model, whose vector has {exact.output.size} entries, found one "
            f"of {encoded.size}"
        )
    norm, alpha = float(np.linalg.norm(encoded)), float(network.alpha)
    groups = model.spec.num_groups
    # Dividing by the norm conditions on success; a vector of norm zero has no conditional distribution.
    conditioned = encoded / norm if norm > 0 else encoded
    return Verification(
        level=level,
        epsilon_asked=epsilon,
        epsilon_stated=float(network.epsilon),
        vector_error=float(np.linalg.norm(encoded - exact.output)),
        success_probability=(norm / alpha) ** 2,
        quantum=group_probabilities(conditioned, groups),
        classical=np.asarray(exact.probabilities),
        num_classes=model.num_classes,
        loading=getattr(getattr(network, "facts", None), "loading", None),
    )


@attrs.frozen
class Outside:
    """An image that the bounds refuse.

    Parameters:
        image: its name.
        layer: the first layer whose norm lies outside, "block 1".
        value: the norm found.
        bounds: `(lo, hi)`.

    Example:
        >>> Outside("7", layer="output", value=0.04, bounds=(0.05, 0.2)).layer
        'output'
    """

    image: str
    layer: str
    value: float
    bounds: tuple[float, float]


@attrs.frozen(eq=False)
class Sweep:
    """Many images: those inside the bounds verified, the others listed.

    Parameters:
        model: its name.
        epsilon: 2-norm error asked for.
        level: of the simulation.
        images: the images inside the bounds.
        checks: their verifications, in the same order.
        outside: the images outside the bounds.

    Example:
        >>> from bloqs.report import load_model, verify_images
        >>> model = load_model("digits-1")
        >>> sweep = verify_images(model, model.images("2"))
        >>> sweep.passed, sweep.num_same_class, sweep.accuracy
        (True, 2, 1.0)
    """

    model: str
    epsilon: float
    level: str
    images: tuple[NamedImage, ...]
    checks: tuple[Verification, ...]
    outside: tuple[Outside, ...]

    @property
    def failures(self) -> tuple[tuple[NamedImage, Verification], ...]:
        """Images inside the bounds that do not pass."""
        return tuple(
            (image, check)
            for image, check in zip(self.images, self.checks, strict=True)
            if not check.passed
        )

    @property
    def passed(self) -> bool:
        """Every image inside the bounds passes, and there is one."""
        return bool(self.checks) and not self.failures

    def to_dict(self) -> dict[str, Any]:
        """The figures, ready for JSON, each image with its own."""
        return {
            "model": self.model,
            "level": self.level,
            "epsilon_asked": self.epsilon,
            "passed": self.passed,
            "accuracy": self.accuracy,
            "exact_accuracy": self.exact_accuracy,
            "same_class": self.num_same_class,
            "inside": [
                {"image": image.name, "label": image.label, **check.to_dict()}
                for image, check in zip(self.images, self.checks, strict=True)
            ],
            "outside": [attrs.asdict(one) for one in self.outside],
        }

    @property
    def worst(self) -> tuple[NamedImage, Verification] | None:
        """The image of the largest vector error; None when all are outside."""
        pairs = list(zip(self.images, self.checks, strict=True))
        # A NaN error is the worst of all, whatever its place.
        return max(
            pairs, key=lambda pair: np.nan_to_num(pair[1].vector_error, nan=np.inf), default=None
        )

    @property
    def num_same_class(self) -> int:
        """Images inside the bounds whose class is that of the reference."""
        return sum(check.quantum_class == check.classical_class for check in self.checks)

    @property
    def close_calls(self) -> tuple[NamedImage, ...]:
        """Images of another class whose reference is undecided within `2 epsilon`."""
        return tuple(
            image
            for image, check in zip(self.images, self.checks, strict=True)
            if check.quantum_class != check.classical_class and check.is_same_class
        )

    @property
    def exact_accuracy(self) -> float | None:
        """Share of the labelled images inside the bounds that the exact network classifies correctly."""
        hits = [
            check.classical_class == image.label
            for image, check in zip(self.images, self.checks, strict=True)
            if image.label is not None
        ]
        return sum(hits) / len(hits) if hits else None

    @property
    def accuracy(self) -> float | None:
        """Share of the labelled images inside the bounds that the circuit classifies correctly."""
        hits = [
            check.quantum_class == image.label
            for image, check in zip(self.images, self.checks, strict=True)
            if image.label is not None
        ]
        return sum(hits) / len(hits) if hits else None


def verify_images(
    model: Model,
    images: Sequence[NamedImage],
    *,
    epsilon: float = 1e-2,
    level: str = "semantic",
    loading: str | None = None,
    norm_bounds: str = "calibrated",
    min_degree: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Build the network of each image and verify it.

    Args:
        model: the network as data.
        images: what to run.
        epsilon: 2-norm error asked for.
        level: "semantic" or "gate".
        loading: the loader that is verified; None for select-swap, at gate level for rotations by the same
            rounded angles.
        norm_bounds: "calibrated" or "worst-case".
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.
        progress: is told the number of images done.

    Returns:
        A verification for each image inside the bounds, and the list of those outside.

    Raises:
        ValueError: a malformed argument, or bounds that do not exist. Images outside are listed, not raised.

    Example:
        >>> from bloqs.report import load_model
        >>> model = load_model("digits-1")
        >>> sweep = verify_images(model, model.images("2"), epsilon=1e-3)
        >>> image, worst = sweep.worst
        >>> worst.vector_error <= worst.epsilon_stated <= 1e-3
        True
    """
    inside, checks, outside = [], [], []
    for done, image in enumerate(images, start=1):
        try:
            network = model.spec.to_bloq(
                image.pixels,
                regime=natural_regime(model.spec),
                epsilon=epsilon,
                norm_bounds=norm_bounds,
                loading=loading,
                min_degree=min_degree,
            )
        except NormBoundsError as error:
            outside.append(Outside(image.name, error.layer, error.value, error.bounds))
        else:
            inside.append(image)
            checks.append(verify_image(model, image, network, epsilon=epsilon, level=level))
        if progress is not None:
            progress(done)
    return Sweep(model.name, epsilon, level, tuple(inside), tuple(checks), tuple(outside))
