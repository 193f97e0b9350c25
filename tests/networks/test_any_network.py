"""Networks over all options: each is built or refused with a reason; measured <= stated <= asked.

The seed chooses everything. `bash ci/any-network` runs 1,500 of them.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from bloqs.activation import Activation
from bloqs.loading import LOADERS
from bloqs.networks import NetworkSpec, NormBoundsError
from bloqs.reference import convolution_matrix, forward_vectors
from bloqs.simulation import encoded_vector

SAMPLE = 12
"""Of the quick tests; the night takes as many as `ANY_NETWORK` says."""

REASONS = (
    "out of reach",
    "no worst-case bound",
    "contiguous",
    "half turn",
    "needs more than",
    "the kernel is all zero",
)


def random_case(seed: int) -> tuple[NetworkSpec, np.ndarray, dict[str, Any]]:
    """A small network, an image and the choices of `to_bloq`, some of them at an edge."""
    rng = np.random.default_rng(seed)
    paths = 2 if rng.random() < 0.15 else 1
    channels = int(rng.integers(1, 4)) if paths == 1 else int(rng.integers(1, 3))
    size = int(rng.integers(1, 6)) if paths == 1 else int(rng.choice([1, 2]))
    if channels * size == 1:
        channels = 2
    taps = int(rng.integers(1, 5))
    blocks = int(rng.choice([0, 1, 1, 2]))
    kernels = []
    for _ in range(blocks):
        c = channels**paths
        kernel = rng.normal(size=(c, c, taps, taps))
        kernel[rng.random(size=kernel.shape) < 0.3] = 0.0
        norm = np.linalg.norm(convolution_matrix(kernel, size**paths), 2)
        kernels.append(kernel * (rng.uniform(0.05, 1.0) / max(norm, 1e-3)) * (1 - 1e-9))
    # Every axis padded to a power of two.
    length = (1 << ((channels - 1).bit_length() + 2 * (size - 1).bit_length())) ** paths
    weights = None
    if blocks == 0 or rng.random() < 0.5:
        weights = rng.normal(size=(length, length))
        weights /= np.linalg.norm(weights, 2) * (1 + 1e-9)
    spec = NetworkSpec(
        input_shape=(channels, size, size),
        kernels=kernels,
        activation=Activation(
            str(rng.choice(["erf", "tanh", "sigmoid2"])), gain=float(rng.uniform(0.1, 0.9))
        ),
        output_weights=weights,
        skip_weight=float(rng.choice([0.1, 0.51, 0.8, 1.0])),
        num_groups=int(rng.choice([1, 2])),
        paths=paths,
    )
    image = rng.normal(size=(channels, size, size))
    if channels > 1 and rng.random() < 0.3:
        image[1:] = 0.0
    norms = spec.layer_norms([image])[0]
    bounds: Any = rng.choice(["calibrated", "worst-case", "touching", "wide"])
    if bounds == "calibrated":
        spec = spec.calibrate([image], margin=float(rng.choice([0.003, 0.1])))
    elif bounds != "worst-case":
        wide = 1.0 if bounds == "touching" else 1.5
        bounds = [(norm / wide, norm * wide) for norm in norms.tolist()]
    options = {
        "norm_bounds": bounds if isinstance(bounds, list) else str(bounds),
        "loading": rng.choice(np.array([None, *LOADERS], dtype=object)),
        "output": str(rng.choice(["coherent", "heralded"])),
        "epsilon": float(10 ** rng.uniform(-3, -0.5)),
        "regime": int(rng.choice([2, 3])) if paths > 1 else int(rng.choice([1, 1, 2, 3])),
    }
    if options["regime"] == 3 and (weights is not None or options["loading"] == "qram"):
        options["regime"] = 2
    return spec, image, options


def check(seed: int) -> str:
    """ "built", or the reason why not."""
    spec, image, options = random_case(seed)
    try:
        network = spec.to_bloq(image, **options)
    except NormBoundsError:
        raise AssertionError(
            f"seed {seed}: bounds around the image's own norms refuse it"
        ) from None
    except ValueError as error:
        reason = str(error)
        assert any(words in reason for words in REASONS), f"seed {seed}: {reason}"
        return reason
    found = encoded_vector(network, level="semantic")
    error = float(np.linalg.norm(found - forward_vectors(spec, image).output))
    stated = float(network.epsilon)
    assert error <= stated + 1e-9, f"seed {seed}: measured {error}, stated {stated}"
    assert stated <= options["epsilon"] * (1 + 1e-9), f"seed {seed}: stated {stated}"
    return "built"


AMPLITUDE_OF_ONE = 22
"""A network that is all skip, whose norm is computed one unit in the last place above 1."""


@pytest.mark.parametrize("seed", [*range(SAMPLE), AMPLITUDE_OF_ONE])
def test_built_within_epsilon_or_refused_with_a_reason(seed: int) -> None:
    check(seed)


@pytest.mark.slow
def test_many_networks_over_all_options() -> None:
    count = int(os.environ.get("ANY_NETWORK", "100"))
    outcomes = [check(seed) for seed in range(SAMPLE, SAMPLE + count)]
    assert outcomes.count("built") > 0.6 * count
