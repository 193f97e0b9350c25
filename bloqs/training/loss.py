r"""A loss that counts the T of a decision.

The T of a decision are (samples) x (calls of the loaded pieces a sample) x (T of a call), and training
moves all three. The loss of a batch is

    cross entropy of p_c^2 / sum_c' p_c'^2   (over all groups, against the labels)
    + margin * mean log n,                   n = log(1/error) / -log(1 - (sqrt p_1 - sqrt p_2)^2)
    + output * [ log(1 / min s) + output_spread * log(max s / min s) ]                of the output
    + block  * [ relu(log(block_target / min s)) + block_spread * log(max s / min s) ] of each block
    + block  * relu(alpha - alpha_target)                                             of each block
    + turn   * relu(log(turn_target / min sin(x, x')))                                of each block

- *Margin, hence samples.* `n` is Chernoff's count of the samples after which the likelier of the first two
  classes is ahead but for the probability `error`. Images that the network decides wrongly are left out of
  its mean: they should lose their margin, not gain one.
- *Amplitudes, hence calls.* A layer's amplification acts on one singular value `s` an image, `||x + f(Wx)||
  / (1 + gamma)` of a block and `||g|| / (tau + (1 - tau) beta)` of the output. A heralded output takes 1.38/s
  calls of everything below, at a number of rounds that is the same for all images, so that a spread costs
  as well.
- *Width of the bands.* The degree of a block's amplification is 3 when its `s` is at least 1/2 and varies
  by less than 2 % each way, 7 at 3 %, and falls no further with a larger `s`: hence a large weight of the
  spread, and the relu. Without the relu the cheapest block is the trivial one, with W near a multiple of the
  identity.
- *alpha of the convolutions* enters `gamma`, hence `s`; above `alpha_target` the degree of the activation
  grows too.
- *Turn.* What is cheapest of all is a block that multiplies by a number, W near the identity, which a small
  alpha leads to. `turn` asks that the vector x' that goes out stand at an angle to the x that came in.

Minima and maxima over the batch are smooth (log-mean-exp). The cross entropy is that of squared
probabilities: it asks for the right order of the classes, and leaves certainty, which costs amplitude, to
the term that counts it.
"""

from __future__ import annotations

import math

import attrs
import torch
import torch.nn.functional as F
from torch import Tensor

from bloqs.training.network import ResidualNet, convolution_alpha

_OUTPUT_SHARPNESS = 20.0
_BLOCK_SHARPNESS = 150.0
"""Of the smooth extrema of log s; the blocks' spread is some per cent, which a softer extremum would not
see."""

_LEAST_GAP = 1e-3
"""Of `(sqrt p_1 - sqrt p_2)^2`: an image closer to a tie is counted as if it were so far from one."""


_LEAST_TURN = 1e-6
"""Of the squared sine: a block that does nothing yet has a finite penalty."""


@attrs.frozen(kw_only=True)
class DecisionCost:
    """How much the T of a decision weigh beside the cross entropy.

    Parameters:
        margin: of log(samples).
        output: of the output's smallest singular value.
        output_spread: of its largest over its smallest, beside that.
        block: of a block's penalties.
        block_spread: of a block's spread, beside its smallest singular value.
        block_target: smallest singular value of a block that is not penalised.
        alpha_target: largest subnormalisation of a convolution that is not penalised.
        turn: of a block's smallest angle between what comes in and what goes out.
        turn_target: sine of the smallest angle that is not penalised.
        error: probability that the plurality of the samples is wrong.

    Example:
        >>> DecisionCost(margin=0.1).error
        0.01
    """

    margin: float = 0.05
    output: float = 0.05
    output_spread: float = 1.0
    block: float = 0.1
    block_spread: float = 1.0
    block_target: float = 0.55
    alpha_target: float = 1.5
    turn: float = 0.0
    turn_target: float = 0.25
    error: float = 0.01


def soft_max(values: Tensor, sharpness: float) -> Tensor:
    """`log(mean(exp(sharpness * v))) / sharpness`, at most the maximum."""
    return (torch.logsumexp(sharpness * values, 0) - math.log(len(values))) / sharpness


def log_samples(probabilities: Tensor, error: float = 0.01) -> Tensor:
    """Logarithm of the samples that tell the two likeliest classes apart, by Chernoff's bound.

    Args:
        probabilities: of the classes, `(B, classes)`.
        error: probability to be wrong.

    Returns:
        `(B,)`, differentiable.
    """
    root = torch.sqrt(torch.topk(probabilities, 2, dim=1).values + 1e-12)
    gap = ((root[:, 0] - root[:, 1]) ** 2).clamp(_LEAST_GAP, 1 - 1e-6)
    return math.log(math.log(1 / error)) - torch.log(-torch.log1p(-gap))


def decision_loss(
    network: ResidualNet, images: Tensor, labels: Tensor, cost: DecisionCost | None = None
) -> Tensor:
    """The loss of the module's docstring on one batch.

    Args:
        network: the network.
        images: float32 `(B, M, M)` or `(B, c, M, M)`.
        labels: int64 `(B,)`, or float `(B, classes)`, probabilities that a teacher gives.
        cost: the weights; None for `DecisionCost()`.

    Returns:
        Scalar.

    Example:
        >>> network = ResidualNet((1, 4, 4), 1, num_groups=2, num_classes=2)
        >>> loss = decision_loss(network, torch.ones(3, 4, 4), torch.tensor([0, 1, 0]))
        >>> loss.backward(), bool(network.kernels[0].grad.isfinite().all())
        (None, True)
    """
    cost = DecisionCost() if cost is None else cost
    probabilities, singular_values, turns = network.traced(images)
    log_p = F.log_softmax(2 * torch.log(probabilities + 1e-9), dim=1)
    classes = probabilities[:, : network.num_classes]
    if labels.is_floating_point():
        loss = -torch.mean(torch.sum(labels * log_p[:, : labels.shape[1]], dim=1))
        truth = labels.argmax(dim=1)
    else:
        loss, truth = F.nll_loss(log_p, labels), labels
    if cost.margin:
        right = (classes.detach().argmax(dim=1) == truth).float()
        samples = torch.sum(right * log_samples(classes, cost.error)) / right.sum().clamp(min=1)
        loss = loss + cost.margin * samples
    *blocks, output = [s.log() for s in singular_values]
    low = -soft_max(-output, _OUTPUT_SHARPNESS)
    spread = soft_max(output, _OUTPUT_SHARPNESS) - low
    loss = loss + cost.output * (cost.output_spread * spread - low)
    for kernel, s, turn in zip(network.kernels, blocks, turns, strict=True):
        low = -soft_max(-s, _BLOCK_SHARPNESS)
        spread = soft_max(s, _BLOCK_SHARPNESS) - low
        penalty = F.relu(math.log(cost.block_target) - low) + cost.block_spread * spread
        penalty = penalty + F.relu(convolution_alpha(kernel) - cost.alpha_target)
        loss = loss + cost.block * penalty
        if cost.turn:
            least = -soft_max(-turn.clamp(min=_LEAST_TURN).log() / 2, _OUTPUT_SHARPNESS)
            loss = loss + cost.turn * F.relu(math.log(cost.turn_target) - least)
    return loss
