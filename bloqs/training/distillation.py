"""From a normal network to one of ours, which learns its probabilities at a cost that is counted."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.progress import track
from torch import Tensor

from bloqs.networks.spec import NetworkSpec
from bloqs.reference import forward
from bloqs.training.loss import DecisionCost, decision_loss
from bloqs.training.network import ResidualNet, project_

_PROJECT_EVERY = 10


@attrs.frozen(eq=False)
class Distilled:
    """What became of a teacher.

    Parameters:
        spec: the student, calibrated on the training images, every spectral norm at most 1.
        teacher_accuracy: share of the held-out images that the teacher gets right.
        accuracy_before: the student's, before training.
        accuracy: the student's, by the exact forward pass of `spec`.
        agreement: share of the held-out images on which student and teacher give the same class.
        calibrated_share: share of the held-out images inside the calibrated bounds.
    """

    spec: NetworkSpec
    teacher_accuracy: float
    accuracy_before: float
    accuracy: float
    agreement: float
    calibrated_share: float

    def __str__(self) -> str:
        return (
            f"teacher {self.teacher_accuracy:.2%}, student {self.accuracy:.2%} (before training "
            f"{self.accuracy_before:.2%}), the same class on {self.agreement:.2%} of the held-out images, "
            f"{self.calibrated_share:.2%} of them inside the calibrated bounds"
        )


def _class_probabilities(student: ResidualNet, images: Tensor) -> Tensor:
    with torch.no_grad():
        return student(images)[:, : student.num_classes]


def distill(
    teacher: Callable[[Tensor], Tensor],
    student: ResidualNet,
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    held_out: float = 0.2,
    epochs: int = 60,
    batch_size: int = 64,
    learning_rate: float = 3e-3,
    temperature: float = 1.0,
    teacher_weight: float = 0.5,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    cost: DecisionCost | None = None,
    seed: int = 0,
    console: Console | None = None,
) -> Distilled:
    """Train a network of ours on the logits of a normal one.

    The target of an image is `teacher_weight * softmax(logits / temperature) + (1 - teacher_weight) * one-hot
    label`; the loss is `decision_loss`. The student is trained in place, by Adam with a one-cycle schedule.

    Args:
        teacher: gives logits `(B, classes)` of images as they are given here, `(B, 1, M, M)` where they
            have no channels; an `nn.Module` is put into its evaluation mode. Never trained.
        student: the network to train; its `num_classes` leading groups are the classes.
        images: `(B, M, M)` or `(B, c, M, M)`, of any scale.
        labels: `(B,)`, whole numbers below `num_classes`.
        held_out: share of the images that is never trained on, nor calibrated on, drawn by the seed.
        epochs: passes over the images.
        batch_size: images a step.
        learning_rate: its peak.
        temperature: of the teacher's softmax.
        teacher_weight: of the teacher beside the labels, in [0, 1].
        augment: random map of a batch `(B, c, M, M)`, such as `random_affine` with its strength fixed; the
            teacher sees the images that the student sees.
        cost: weights of the loss; None for `DecisionCost()`.
        seed: of the split, the batches and the augmentation.
        console: where the progress bar and the accuracies go; None for standard output.

    Returns:
        The student's spec, and the accuracies before and after on the held-out images.

    Raises:
        ValueError: images and labels that do not fit together, logits of another number of classes, or an
            option out of range.
    """
    console = Console() if console is None else console
    x, y = _checked(student, images, labels)
    if not 0 < held_out < 1:
        raise ValueError(f"held_out must lie in (0, 1), found {held_out}")
    if not 0 <= teacher_weight <= 1:
        raise ValueError(f"teacher_weight must lie in [0, 1], found {teacher_weight}")
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, found {temperature}")
    if isinstance(teacher, torch.nn.Module):
        teacher.eval()
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(x), generator=generator)
    count = max(1, round(held_out * len(x)))
    tests, trained = order[:count], order[count:]
    if len(trained) < 1:
        raise ValueError(f"{len(x)} images leave none to train on beside {count} held out")
    with torch.no_grad():
        teachers = teacher(x[tests])
    if teachers.shape != (count, student.num_classes):
        raise ValueError(
            f"the teacher must give {student.num_classes} logits an image, the student's num_classes; found "
            f"shape {tuple(teachers.shape)} for {count} images"
        )
    predicted = teachers.argmax(dim=1)
    before = _class_probabilities(student, x[tests]).argmax(dim=1)

    def target(batch: Tensor, truth: Tensor) -> Tensor:
        with torch.no_grad():
            soft = F.softmax(teacher(batch) / temperature, dim=1)
        hard = F.one_hot(truth, student.num_classes)
        return teacher_weight * soft + (1 - teacher_weight) * hard

    size = min(batch_size, len(trained))
    batches = len(trained) // size
    optimizer = torch.optim.Adam(student.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=epochs * batches
    )
    step = 0
    for _ in track(range(epochs), description="distilling", console=console):
        shuffled = trained[torch.randperm(len(trained), generator=generator)]
        for chosen in shuffled[: batches * size].reshape(batches, -1):
            batch = x[chosen] if augment is None else augment(x[chosen], generator)
            loss = decision_loss(student, batch, target(batch, y[chosen]), cost)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            if step % _PROJECT_EVERY == 0:
                project_(student)
    project_(student)
    raw = x.double().numpy()
    spec = student.to_spec().calibrate(raw[trained.numpy()])
    ours = np.argmax(forward(spec, raw[tests.numpy()])[:, : student.num_classes], axis=1)
    truth = y[tests].numpy()
    found = Distilled(
        spec=spec,
        teacher_accuracy=float(np.mean(predicted.numpy() == truth)),
        accuracy_before=float(np.mean(before.numpy() == truth)),
        accuracy=float(np.mean(ours == truth)),
        agreement=float(np.mean(ours == predicted.numpy())),
        calibrated_share=share_inside(spec, raw[tests.numpy()]),
    )
    console.print(str(found))
    return found


def are_inside(spec: NetworkSpec, images: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether the norms of each image lie inside the calibrated bounds; the others are refused."""
    lo, hi = np.array(spec.norm_bounds).T
    norms = spec.layer_norms(images)
    return np.asarray(np.all((lo <= norms) & (norms <= hi), axis=1))


def share_inside(spec: NetworkSpec, images: npt.ArrayLike) -> float:
    """Share of images whose norms lie inside the calibrated bounds."""
    return float(np.mean(are_inside(spec, images)))


def _checked(
    student: ResidualNet, images: npt.ArrayLike, labels: npt.ArrayLike
) -> tuple[Tensor, Tensor]:
    """Images `(B, c, M, M)` float32, and labels int64 `(B,)`."""
    if not isinstance(student, ResidualNet):
        raise ValueError(f"the student must be a ResidualNet, found {type(student).__name__}")
    pixels, truth = np.asarray(images), np.asarray(labels)
    c, m, _ = student.input_shape
    if pixels.ndim == 3:
        pixels = pixels[:, None]
    if pixels.ndim != 4 or pixels.shape[1] > c or pixels.shape[2:] != (m, m):
        raise ValueError(
            f"images must be (B, {m}, {m}) or (B, c, {m}, {m}) with c at most {c}, found "
            f"{np.shape(images)}"
        )
    if truth.shape != (len(pixels),) or truth.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {len(pixels)} whole numbers, one an image, found shape {truth.shape}, "
            f"{truth.dtype}"
        )
    if len(truth) and not 0 <= truth.min() <= truth.max() < student.num_classes:
        raise ValueError(
            f"labels must lie in 0 to {student.num_classes - 1}, the student's classes, found "
            f"{truth.min()} to {truth.max()}"
        )
    x = torch.tensor(pixels, dtype=torch.float32)
    if not bool(torch.isfinite(x).all()) or bool((x.flatten(1).abs().amax(dim=1) == 0).any()):
        raise ValueError("images must be finite, and none all zero")
    return x, torch.tensor(truth.astype(np.int64))
