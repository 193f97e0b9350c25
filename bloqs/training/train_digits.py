"""Train the bundled digit networks: `python -m bloqs.training.train_digits --model digits-1`.

The loss holds the quantum cost.  A layer's amplitude amplification acts on one singular value
`s` per image: `||x + f(Wx)|| / (1 + gamma)` for a block and `||g|| / (tau + (1-tau)*beta)` for the
output, `beta` the largest column norm of `W_out`.  Its degree, which multiplies the cost of
everything below, falls with the smallest `s` over the images and rises with the ratio of the
largest to the smallest.  So the loss is

    cross entropy of p_c^2 / sum_c' p_c'^2   (classes 0 to 9, of the 16 groups)
    + output_weight * [ -log(min s) + output_spread * log(max s / min s) ]     of the output
    + block_weight  * [ relu(log(block_target / min s)) + block_spread * log(max s / min s) ]
    + block_weight  * relu(alpha - alpha_target)                               for each block

with smooth minima and maxima over the batch (log-mean-exp).  The choices, with figures on held-out
training images of the one-block network (`python -m bloqs.training.study` measures them again):

- `tau = 0.02`.  With the columns of `W_out` trained to be nearly parallel, `||W_out (x o x)||` is
  0.04 to 0.07.  A larger skip drowns what was learned (94 % accuracy at tau 0.1, 42 % at 0.2, 17 %
  at 0.51); between 0.005 and 0.05 there is no difference in accuracy (97.4 % to 97.8 %, one image
  being 0.4 %) or in degrees.
- The penalties together take the calls of the input encoding from 29,850 to 306, the accuracy
  from 98.1 % to 97.4 %, and the samples that tell the two likeliest classes apart from 15 to 27.
- A block's amplification has degree 3 when its `s` is at least 1/2 and varies by under 2 % each
  way, and degree 7 at 3 %: the spread is penalised strongly, and a value above `block_target`
  earns nothing.  Without the relu the cheapest block is the trivial one, with W near a multiple
  of the identity.
- The cross entropy is that of squared probabilities: it asks for the right order of the classes
  and less for certainty, which costs `||g||`.
- `alpha_target` keeps the degree of the activation polynomial at 2.

`digits-bilinear` acts on the tensor square of 4x4 images (2x2 pixels summed), so that `N = 256` as in the
others; two paths of 8x8 pixels would need 4,096 x 4,096 output weights.  So few pixels limit what can be
told apart: a support vector machine with Gaussian kernel reaches 95 % on them and a linear classifier 91 %
(five-fold cross-validation on the training images).  Its penalties are weaker and its augmentation is
milder: those of the other networks leave 90.7 % on held-out images at 7.7e5 T (select-swap, epsilon 1e-2),
the mildest tried 96.7 % at 6.4e6 T, those taken 96.7 % at 2.6e6 T.

Only training images are used, for the weights and for the bounds.  Same seed, same weights on
the same build of PyTorch.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.progress import track
from torch import Tensor

from bloqs.activation.activation import Activation
from bloqs.networks.examples import EXAMPLES, NUM_CLASSES, TEST_DATA
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import convolution_norm, forward
from bloqs.training.data import DigitsSplit, load_split
from bloqs.training.model import DigitsNetwork, convolution_alpha, random_affine, unit_input


@attrs.frozen(kw_only=True)
class TrainingConfig:
    """Everything a training run depends on beside the images.

    Parameters:
        num_blocks: residual blocks `k`.
        channels: `C` of one input path.
        paths: input paths `d`.
        pooling: images are summed over windows of so many pixels a side, after the augmentation.
        window: kernel size `D`.
        num_groups: `G`.
        gain: `nu` of the error function.
        skip_weight: `tau`.
        seed: of weights, batches and augmentation.
        epochs: passes over the training images.
        batch_size: images per step.
        learning_rate: peak of the one-cycle schedule of Adam.
        augmentation: strength of the random affine maps.
        output_weight: weight of the output's norm penalty.
        output_spread: weight of the output's spread beside its smallest norm.
        block_weight: weight of the blocks' penalties.
        block_spread: weight of a block's spread.
        block_target: smallest singular value of a block that is not penalised.
        alpha_target: largest subnormalisation of a convolution that is not penalised.
        rank_floor: singular values of `W_out` below this share of the largest are raised to it
            at the end, so that the weights have full rank with condition number `1/rank_floor`.
    """

    num_blocks: int
    channels: int = 4
    paths: int = 1
    pooling: int = 1
    window: int = 3
    num_groups: int = 16
    gain: float = 0.8
    skip_weight: float = 0.02
    seed: int = 0
    epochs: int = 200
    batch_size: int = 64
    learning_rate: float = 3e-3
    augmentation: float = 0.7
    output_weight: float = 0.2
    output_spread: float = 2.0
    block_weight: float = 0.3
    block_spread: float = 30.0
    block_target: float = 0.55
    alpha_target: float = 1.5
    rank_floor: float = 0.01


CONFIGS = {
    "digits-1": TrainingConfig(num_blocks=1),
    "digits-2": TrainingConfig(num_blocks=2),
    "digits-bilinear": TrainingConfig(
        num_blocks=1,
        channels=1,
        paths=2,
        pooling=2,
        augmentation=0.3,
        output_weight=0.1,
        block_weight=0.1,
        block_spread=10.0,
    ),
}
"""The configuration of each bundled network."""

# Steps between projections to spectral norm 1, and sharpness of the smooth extrema of log s: the
# blocks' spread is some per cent, which a softer extremum would not see.
_PROJECT_EVERY = 10
_OUTPUT_SHARPNESS = 20.0
_BLOCK_SHARPNESS = 150.0


def _soft_max(values: Tensor, sharpness: float) -> Tensor:
    """`log(mean(exp(sharpness * v))) / sharpness`, at most the maximum."""
    return (torch.logsumexp(sharpness * values, 0) - math.log(len(values))) / sharpness


def training_loss(
    network: DigitsNetwork, config: TrainingConfig, x: Tensor, labels: Tensor
) -> Tensor:
    """The loss of the module's docstring on one batch.

    Args:
        network: the network.
        config: the penalties.
        x: unit-norm tensors `(B, C, M, M)`.
        labels: int64 `(B,)`.

    Returns:
        Scalar.
    """
    probabilities, singular_values = network(x)
    log_p = 2 * torch.log(probabilities + 1e-9)
    loss = torch.mean(torch.logsumexp(log_p, 1) - log_p.gather(1, labels[:, None])[:, 0])
    *blocks, output = [s.log() for s in singular_values]
    low = -_soft_max(-output, _OUTPUT_SHARPNESS)
    spread = _soft_max(output, _OUTPUT_SHARPNESS) - low
    loss = loss + config.output_weight * (config.output_spread * spread - low)
    for kernel, s in zip(network.kernels, blocks, strict=True):
        low = -_soft_max(-s, _BLOCK_SHARPNESS)
        spread = _soft_max(s, _BLOCK_SHARPNESS) - low
        penalty = F.relu(math.log(config.block_target) - low) + config.block_spread * spread
        penalty = penalty + F.relu(convolution_alpha(kernel) - config.alpha_target)
        loss = loss + config.block_weight * penalty
    return loss


def train(config: TrainingConfig, split: DigitsSplit, console: Console) -> NetworkSpec:
    """Train one network and calibrate it on the training images.

    Args:
        config: the configuration.
        split: the images; the test part is not read.
        console: where the progress bar goes.

    Returns:
        The network with weights and calibrated bounds, every spectral norm at most 1.
    """
    torch.set_num_threads(1)  # sums in a fixed order: reproducible
    torch.use_deterministic_algorithms(True)
    generator = torch.Generator().manual_seed(config.seed)
    size = split.train_images.shape[-1] // config.pooling
    images = torch.tensor(split.train_images, dtype=torch.float32)[:, None]
    labels = torch.tensor(split.train_labels)
    network = DigitsNetwork(
        num_blocks=config.num_blocks,
        channels=config.channels**config.paths,
        window=config.window,
        size=size**config.paths,
        num_groups=config.num_groups,
        gain=config.gain,
        skip_weight=config.skip_weight,
        generator=generator,
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    batches = len(images) // config.batch_size
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.epochs * batches
    )
    step = 0
    for _ in track(range(config.epochs), description="training", console=console):
        order = torch.randperm(len(images), generator=generator)
        for chosen in order[: batches * config.batch_size].reshape(batches, -1):
            x = random_affine(images[chosen], config.augmentation, generator)
            if config.pooling > 1:
                x = F.avg_pool2d(x, config.pooling)
            x = unit_input(x, config.channels, config.paths)
            loss = training_loss(network, config, x, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % _PROJECT_EVERY == 0:
                network.project()
    calibration = split.pooled(config.pooling).train_images
    return _to_spec(network, config, size).calibrate(calibration)


def _to_spec(network: DigitsNetwork, config: TrainingConfig, size: int) -> NetworkSpec:
    """The weights in float64, full rank, with every spectral norm at most 1."""
    kernels = []
    for parameter in network.kernels:
        kernel = parameter.detach().double().numpy()
        kernels.append(kernel / max(1.0, convolution_norm(kernel, size**config.paths)))
    u, s, vh = np.linalg.svd(network.output_weights.detach().double().numpy())
    s = np.maximum(s / max(1.0, s[0]), config.rank_floor * min(1.0, s[0]))
    return NetworkSpec(
        input_shape=(config.channels, size, size),
        kernels=kernels,
        activation=Activation("erf", gain=config.gain),
        output_weights=(u * s) @ vh,
        skip_weight=config.skip_weight,
        num_groups=config.num_groups,
        paths=config.paths,
    )


def accuracy(spec: NetworkSpec, images: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose largest probability among the ten classes is at their label."""
    predicted = np.argmax(forward(spec, images)[:, :NUM_CLASSES], axis=1)
    return float(np.mean(predicted == labels))


def save_test_data(split: DigitsSplit, path: Path) -> None:
    """Write the test images and labels, uint8, that are bundled with the networks."""
    np.savez_compressed(
        path,
        images=split.test_images.astype(np.uint8),
        labels=split.test_labels.astype(np.uint8),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one bundled network from its seed, write it, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bloqs.training.train_digits")
    parser.add_argument("--model", choices=EXAMPLES, required=True)
    parser.add_argument("--out", type=Path, required=True, help="directory for the .npz files")
    parser.add_argument("--seed", type=int, default=None, help="default: that of the bundled one")
    parser.add_argument("--epochs", type=int, default=None)
    options = parser.parse_args(arguments)
    config = CONFIGS[options.model]
    if options.seed is not None:
        config = attrs.evolve(config, seed=options.seed)
    if options.epochs is not None:
        config = attrs.evolve(config, epochs=options.epochs)
    console = Console()
    split = load_split()
    spec = train(config, split, console)
    options.out.mkdir(parents=True, exist_ok=True)
    spec.save(options.out / f"{options.model}.npz")
    save_test_data(split, options.out / TEST_DATA)
    pooled = split.pooled(config.pooling)
    console.print(f"test accuracy   {accuracy(spec, pooled.test_images, pooled.test_labels):.2%}")
    console.print(f"train accuracy  {accuracy(spec, pooled.train_images, pooled.train_labels):.2%}")
    for name, bounds in zip(spec.layer_names, spec.norm_bounds or (), strict=True):
        console.print(f"norm of {name:8} in [{bounds[0]:.5f}, {bounds[1]:.5f}]")
    console.print(f"digest          {spec.digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
