import attrs
import numpy as np
import pytest

from bloqs.costs.plurality import least_samples

torch = pytest.importorskip("torch")

from bloqs.training import DecisionCost, ResidualNet, decision_loss, project_  # noqa: E402
from bloqs.training.loss import log_samples  # noqa: E402

NOTHING = DecisionCost(margin=0.0, output=0.0, block=0.0)


@pytest.fixture
def network():
    return ResidualNet((1, 4, 4), 1, num_groups=4, num_classes=3, seed=1)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return torch.rand(24, 4, 4, generator=generator), torch.arange(24) % 3


def test_samples_are_those_of_the_plurality_within_a_factor():
    """Chernoff's count of two classes: never fewer than are needed, and not three times as many."""
    for first in (0.9, 0.7, 0.6, 0.55):
        p = np.array([first, 1 - first])
        found = float(log_samples(torch.tensor(p)[None])[0].exp())
        needed, _, _ = least_samples(p, 0, 0.01)
        assert needed <= found + 1 <= 3 * needed + 1


def test_loss_without_cost_is_the_cross_entropy(network, batch):
    images, labels = batch
    p = network(images).detach().numpy() ** 2
    expected = -np.mean(np.log(p[np.arange(24), labels] / p.sum(axis=1)))
    assert decision_loss(network, images, labels, NOTHING).item() == pytest.approx(
        expected, abs=1e-5
    )
    soft = torch.nn.functional.one_hot(labels, 3).float()
    assert decision_loss(network, images, soft, NOTHING).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("term", ["margin", "output", "block", "turn"])
def test_each_term_lowers_what_it_counts(network, batch, term):
    """A few steps on one term alone (the cross entropy taken off): the figure it stands for falls."""
    images, labels = batch
    cost = attrs.evolve(NOTHING, turn_target=1.0, **{term: 1.0})
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    with torch.no_grad():
        labels = network(images)[:, :3].argmax(dim=1)  # the margin counts images decided rightly

    def figure():
        with torch.no_grad():
            p, (block, output), (turn,) = network.traced(images)
        return {
            "margin": float(log_samples(p[:, :3]).mean()),
            "output": -float(output.log().min()),
            "block": float(block.max() / block.min()),
            "turn": -float(turn.min()),
        }[term]

    before = figure()
    for _ in range(30):
        loss = decision_loss(network, images, labels, cost)
        loss = loss - decision_loss(network, images, labels, NOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        project_(network)
    assert figure() < before - 1e-3


def test_a_tie_has_finite_gradients(network):
    images, labels = torch.ones(2, 4, 4), torch.tensor([0, 1])
    with torch.no_grad():
        network.output_weights.fill_(0.01)
    decision_loss(network, images, labels).backward()
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters())
