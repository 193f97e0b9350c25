import numpy as np
import pytest
from rich.console import Console

torch = pytest.importorskip("torch")

from bloqs.reference import forward  # noqa: E402
from bloqs.training import DecisionCost, ResidualNet, distill  # noqa: E402
from bloqs.training.data import load_split  # noqa: E402

QUIET = Console(quiet=True)


class Halves(torch.nn.Module):
    """Left or right half brighter: exact, and no network of ours."""

    def forward(self, images):
        left, right = images[..., :2].sum((1, 2, 3)), images[..., 2:].sum((1, 2, 3))
        return 4 * torch.stack([left, right], dim=1)


def data(count=400):
    images = np.random.default_rng(0).uniform(0, 1, size=(count, 4, 4))
    left = images[..., :2].sum((1, 2)) > images[..., 2:].sum((1, 2))
    return images, 1 - left.astype(int)


def test_a_student_learns_its_teacher():
    images, labels = data()
    student = ResidualNet((1, 4, 4), 1, num_groups=2, num_classes=2, seed=0)
    cheap = DecisionCost(margin=0.0, output=0.01, block=0.01)
    found = distill(
        Halves(), student, images, labels, epochs=25, learning_rate=0.02, cost=cheap, console=QUIET
    )
    assert found.teacher_accuracy == 1.0
    assert found.accuracy > max(0.85, found.accuracy_before + 0.1)
    assert found.agreement == found.accuracy
    assert found.calibrated_share > 0.9
    assert f"{found.accuracy:.2%}" in str(found)
    assert forward(found.spec, images[0]).shape == (2,)
    assert np.linalg.norm(found.spec.output_weights, 2) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"held_out": 1.0}, r"held_out must lie in \(0, 1\), found 1.0"),
        ({"teacher_weight": 2.0}, "teacher_weight must lie in"),
        ({"temperature": 0.0}, "temperature must be positive"),
        ({"images": np.ones((4, 5, 5))}, r"images must be \(B, 4, 4\)"),
        ({"images": np.zeros((400, 4, 4))}, "none all zero"),
        ({"labels": np.full(400, 2)}, "labels must lie in 0 to 1"),
        ({"labels": np.zeros(3, int)}, "labels must be 400 whole numbers"),
        ({"teacher": lambda x: torch.zeros(len(x), 3)}, "the teacher must give 2 logits an image"),
        ({"student": torch.nn.Linear(1, 1)}, "the student must be a ResidualNet, found Linear"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    images, labels = data()
    arguments = {
        "teacher": Halves(),
        "student": ResidualNet((1, 4, 4), 1, num_groups=2, num_classes=2),
        "images": images,
        "labels": labels,
        "console": QUIET,
    }
    with pytest.raises(ValueError, match=message):
        distill(**{**arguments, **change})


@pytest.mark.slow
def test_a_plain_network_of_the_digits_becomes_one_of_ours():
    """Conv, ReLU, skip and linear layers, 97 % and more; the student is within 1.5 points of it."""

    class Plain(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = torch.nn.Conv2d(1, 8, 3, padding=1)
            self.block = torch.nn.Conv2d(8, 8, 3, padding=1)
            self.head = torch.nn.Linear(512, 10)

        def forward(self, x):
            x = torch.relu(self.stem(x / 16))
            return self.head((x + torch.relu(self.block(x))).flatten(1))

    torch.manual_seed(0)
    split, teacher = load_split(), Plain()
    x = torch.tensor(split.train_images, dtype=torch.float32)[:, None]
    y = torch.tensor(split.train_labels)
    optimizer = torch.optim.Adam(teacher.parameters(), lr=3e-3)
    for _ in range(20):
        for chosen in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(teacher(x[chosen]), y[chosen]).backward()
            optimizer.step()
    student = ResidualNet((4, 8, 8), 1, seed=0)
    found = distill(teacher, student, split.train_images, split.train_labels, console=QUIET)
    assert found.teacher_accuracy >= 0.97
    assert found.accuracy >= found.teacher_accuracy - 0.015
