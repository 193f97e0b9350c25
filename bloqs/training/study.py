"""Why the bundled networks have their skip weight and penalties: `python -m bloqs.training.study`.

Trains one network per variant on four fifths of the training images and prints a table: accuracy
on the remaining fifth, ranges of the singular values, degrees of the amplitude amplifications,
and the calls of the input encoding that follow from them, to which the cost is nearly
proportional.  The test images are not read.  Half a minute to a minute per variant.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from rich.console import Console

from bloqs.networks.examples import DIGITS, NUM_CLASSES
from bloqs.networks.spec import NetworkSpec
from bloqs.qsvt.polynomials import amplification
from bloqs.reference import forward
from bloqs.tables import Table
from bloqs.training.data import load_split, validation_split
from bloqs.training.train_digits import CONFIGS, TrainingConfig, accuracy, train

FloatArray = npt.NDArray[np.float64]

# Relative accuracies of the amplifications for an error near 1e-2 of the network, and the
# degree of the activation polynomial at these amplitudes: for comparison between variants only.
_BLOCK_DELTA, _OUTPUT_DELTA, _ACTIVATION_DEGREE = 3e-4, 5e-3, 2


def variants(base: TrainingConfig) -> dict[str, TrainingConfig]:
    """The configurations that are compared, by description."""
    changes: dict[str, dict[str, Any]] = {
        "bundled": {},
        "tau 0.005": {"skip_weight": 0.005},
        "tau 0.05": {"skip_weight": 0.05},
        "tau 0.1": {"skip_weight": 0.1},
        "tau 0.2": {"skip_weight": 0.2},
        "tau 0.51": {"skip_weight": 0.51},
        "output_weight 0.02": {"output_weight": 0.02},
        "output_weight 0.3": {"output_weight": 0.3},
        "output_weight 0.5": {"output_weight": 0.5},
        "block_spread 2": {"block_spread": 2.0},
        "no penalties": {"output_weight": 0.0, "block_weight": 0.0},
    }
    return {name: attrs.evolve(base, **change) for name, change in changes.items()}


def subnormalisations(spec: NetworkSpec) -> tuple[float, ...]:
    """What each norm of `spec.layer_norms` is divided by to give its singular value.

    Args:
        spec: a network with weights and an output block.

    Returns:
        `1 + slope*alpha` of each block, `alpha = sqrt(sum_i (sum_t ||K[:, i, t]||_2)^2)`, then
        `tau + (1 - tau) * beta` of the output, `beta` the largest column norm.

    Raises:
        ValueError: the network has no weights or no output block.
    """
    beta = spec.column_norm_bound
    if beta is None or not spec.has_weights:
        raise ValueError("a network with weights and an output block is needed")
    values = []
    for kernel in spec.kernels:
        taps = np.sqrt(np.sum(np.asarray(kernel) ** 2, axis=0))
        alpha = math.sqrt(np.sum(taps.sum(axis=(1, 2)) ** 2))
        values.append(1 + spec.activation.slope * alpha)
    return (*values, spec.skip_weight + (1 - spec.skip_weight) * beta)


def samples_to_tell(probabilities: FloatArray) -> float:
    """Median over images of the samples that tell the two likeliest classes apart.

    Hoeffding's count `2 ln(20) (p1 + p2)/(p1 - p2)^2`: a failure probability of about 5 %.

    Args:
        probabilities: float64 `(B, G)`.
    """
    top = np.sort(probabilities[:, :NUM_CLASSES], axis=1)[:, -2:]
    gap = np.maximum(top[:, 1] - top[:, 0], 1e-9)
    return float(np.median(2 * math.log(20) * top.sum(axis=1) / gap**2))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train every variant and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bloqs.training.study")
    parser.add_argument("--model", choices=DIGITS, default="digits-1")
    parser.add_argument("--epochs", type=int, default=None)
    options = parser.parse_args(arguments)
    base = CONFIGS[options.model]
    if options.epochs is not None:
        base = attrs.evolve(base, epochs=options.epochs)
    console = Console(width=110)
    split = validation_split(load_split())
    held_out = split.pooled(base.pooling)
    rows = []
    for name, config in variants(base).items():
        spec = train(config, split, console)
        scales = subnormalisations(spec)
        intervals: list[tuple[float, float]] = []
        degrees: list[int] = []
        for scale, (lo, hi) in zip(scales, spec.norm_bounds or (), strict=True):
            interval = (lo / scale, min(1.0, hi / scale))
            delta = _OUTPUT_DELTA if len(degrees) == spec.num_blocks else _BLOCK_DELTA
            intervals.append(interval)
            degrees.append(amplification(*interval, delta=delta).polynomial.degree)
        calls = math.prod((_ACTIVATION_DEGREE + 1) * q for q in degrees[:-1])
        calls *= 2 * degrees[-1] * spec.paths
        alphas = [(scale - 1) / spec.activation.slope for scale in scales[:-1]]
        rows.append(
            (
                name,
                f"{accuracy(spec, held_out.test_images, held_out.test_labels):.1%}",
                f"{samples_to_tell(forward(spec, held_out.test_images)):.0f}",
                " ".join(f"{alpha:.2f}" for alpha in alphas),
                " ".join(f"{lo:.3f}-{hi:.3f}" for lo, hi in intervals),
                " ".join(str(q) for q in degrees),
                calls,
            )
        )
    title = f"{options.model}: accuracy on held-out training images"
    heads = ("variant", "accuracy", "samples", "alpha", "s", "degrees", "input calls")
    console.print(Table(title, heads, rows, numeric={6}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
