"""The front of accuracy, samples and T per decision: `python -m bloqs.training.study`.

Trains one network per variant on four fifths of the training images and prints a table: accuracy on the
remaining fifth, the median samples until the plurality is wrong with 1 % or less, expected T of a heralded
sample (by shape, epsilon 1e-2), T of a decision, the ranges of the singular values, the degrees of the
activations and amplifications, and how far each block turns an image. The test images are not read.  A minute
or two per variant on one core; `--only` takes some. One image of that fifth is 0.4 % of accuracy: `--folds 5`
trains five times and gives the accuracy over all training images, each held out once.
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

from bloqs.costs import estimate
from bloqs.costs.plurality import least_samples
from bloqs.networks import natural_regime
from bloqs.networks.examples import DIGITS, NUM_CLASSES
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import forward, forward_vectors
from bloqs.tables import Table
from bloqs.training.data import FOLDS, load_split, validation_split
from bloqs.training.train_digits import CONFIGS, TrainingConfig, accuracy, train

FloatArray = npt.NDArray[np.float64]

ERROR = 0.01
"""Probability that the plurality of the samples of a decision is wrong."""


def variants(base: TrainingConfig, lean: TrainingConfig | None = None) -> dict[str, TrainingConfig]:
    """The configurations that are compared, by description.

    Args:
        base: of the bundled network; most differ from it in one thing or two.
        lean: of fewer T a decision, compared with four that lie beside it; None where there is none.

    Returns:
        Description to configuration.
    """

    def cost(**change: float) -> dict[str, Any]:
        return {"cost": attrs.evolve(base.cost, **change)}

    few: dict[str, float] = {"margin": 0.1, "block_target": 0.75, "block_spread": 1.0}
    small_alpha = cost(**few, output=0.3, alpha_target=0.4)
    turned = cost(**few, output=0.25, alpha_target=0.55, turn=1.0, turn_target=0.235)
    changes: dict[str, dict[str, Any]] = {
        "bundled": {},
        "margin 0.1": cost(margin=0.1),
        "margin 0.3, output 0.3": cost(margin=0.3, output=0.3),
        "64 rows": {"rows": 64},
        "64 rows, margin 0.1": {"rows": 64, **cost(margin=0.1)},
        "64 rows, 2 channels, margin 0.1": {"rows": 64, "channels": 2, **cost(margin=0.1)},
        "64 rows, alpha 0.4": {"rows": 64, **small_alpha},
        "64 rows, alpha 0.55, turn": {"rows": 64, **turned},
        "64 rows, alpha 0.55, turn, rate 0.01": {
            "rows": 64,
            "learning_rate": 0.01,
            **turned,
        },
        "tau 0.005": {"skip_weight": 0.005},
        "tau 0.05": {"skip_weight": 0.05},
        "tau 0.1": {"skip_weight": 0.1},
        "tau 0.2": {"skip_weight": 0.2},
        "tau 0.51": {"skip_weight": 0.51},
        "output 0.02": cost(output=0.02),
        "output 0.3": cost(output=0.3),
        "output 0.5": cost(output=0.5),
        "block_spread 2": cost(block_spread=2.0),
        "no penalties": cost(output=0.0, block=0.0),
    }
    found = {name: attrs.evolve(base, **change) for name, change in changes.items()}
    if lean is not None:
        found["lean"] = lean
        found["lean, augmented to the end"] = attrs.evolve(lean, last_augmentation=None)
        found["lean, output 0.15"] = attrs.evolve(lean, cost=attrs.evolve(lean.cost, output=0.15))
        found["lean, 5x5 windows"] = attrs.evolve(lean, window=5)
        larger = attrs.evolve(lean.cost, alpha_target=1.0, block_target=0.55, block_spread=3.0)
        found["lean, alpha 1.0"] = attrs.evolve(lean, cost=larger)
    return found


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


def median_samples(probabilities: FloatArray) -> float:
    """Median over images of the samples after which the plurality is wrong with `ERROR` or less.

    Args:
        probabilities: float64 `(B, G)`.

    Returns:
        The median; an image that no number of samples decides counts as infinite.
    """
    found = []
    for classes in probabilities[:, :NUM_CLASSES]:
        second, first = np.sort(classes)[-2:]
        least = least_samples(classes, int(np.argmax(classes)), ERROR) if first > second else None
        found.append(math.inf if least is None else least[0])
    return float(np.median(found))


def least_turns(spec: NetworkSpec, images: FloatArray) -> FloatArray:
    """The smallest sine, over images, of the angle between what enters a block and what leaves it.

    Args:
        spec: a network whose blocks keep the shape.
        images: any number.

    Returns:
        One a block.
    """
    vectors = forward_vectors(spec, images)
    found = []
    before = vectors.input
    for after in vectors.blocks:
        cosines = np.sum(before * after, axis=1)
        found.append(math.sqrt(max(0.0, 1 - float(np.max(cosines**2)))))
        before = after
    return np.array(found)


def figures(spec: NetworkSpec, images: FloatArray, labels: npt.NDArray[Any]) -> tuple[Any, ...]:
    """A line of the front, but for the variant's name.

    Args:
        spec: a calibrated network with an output block.
        images: held out.
        labels: theirs.

    Returns:
        Accuracy, samples, T a sample, T a decision, singular values, activation and amplification degrees,
        and `least_turns`.
    """
    network = spec.cost_bloq(regime=natural_regime(spec), output="heralded")
    report = estimate(network)
    per_sample = float(report.t_per_sample or report.t_count)
    samples = median_samples(forward(spec, images))
    told = network.assumptions
    intervals = [
        f"{lo / scale:.3f}-{min(1.0, hi / scale):.3f}"
        for scale, (lo, hi) in zip(subnormalisations(spec), spec.norm_bounds or (), strict=True)
    ]
    return (
        f"{accuracy(spec, images, labels):.1%}",
        f"{samples:.0f}",
        f"{per_sample:.3g}",
        f"{samples * per_sample:.3g}",
        " ".join(intervals),
        " ".join(map(str, told["activation degrees"])),
        " ".join(map(str, told["amplification degrees"])),
        " ".join(f"{turn:.2f}" for turn in least_turns(spec, images)),
    )


def compared(config: TrainingConfig, folds: int, console: Console) -> tuple[Any, ...]:
    """`figures` of the first fold, with the accuracy over the held-out images of all.

    Args:
        config: trained once a fold.
        folds: how many, 1 to 5.
        console: where the progress bars go.

    Returns:
        As `figures`.
    """
    whole = load_split()
    right = count = 0.0
    first: tuple[Any, ...] = ()
    for fold in range(folds):
        split = validation_split(whole, fold)
        spec = train(config, split, console)
        pooled = split.pooled(config.pooling)
        images, labels = pooled.test_images, pooled.test_labels
        right += accuracy(spec, images, labels) * len(images)
        count += len(images)
        first = first or figures(spec, images, labels)
    return (f"{right / count:.1%}", *first[1:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Train every variant and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bloqs.training.study")
    parser.add_argument("--model", choices=DIGITS, default="digits-1")
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--only", nargs="+", help="names of variants; all when not given")
    parser.add_argument(
        "--folds",
        type=int,
        choices=range(1, FOLDS + 1),
        default=1,
        help="held-out fifths, each in turn",
    )
    options = parser.parse_args(arguments)
    base, lean = CONFIGS[options.model], CONFIGS.get(f"{options.model}-lean")
    if options.epochs is not None:
        base = attrs.evolve(base, epochs=options.epochs)
        lean = None if lean is None else attrs.evolve(lean, epochs=options.epochs)
    chosen = variants(base, lean)
    if options.only is not None:
        unknown = [name for name in options.only if name not in chosen]
        if unknown:
            parser.error(f"unknown variant {unknown[0]!r}; the known ones are {', '.join(chosen)}")
        chosen = {name: chosen[name] for name in options.only}
    console = Console(width=140)
    rows = [(name, *compared(config, options.folds, console)) for name, config in chosen.items()]
    title = f"{options.model}: held-out training images, heralded output, by shape"
    heads = (
        "variant",
        "accuracy",
        "samples",
        "T a sample",
        "T a decision",
        "s",
        "activation",
        "calls",
        "turn",
    )
    console.print(Table(title, heads, rows, numeric={1, 2, 3, 4}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
