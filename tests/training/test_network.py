import math
import subprocess
import sys

import numpy as np
import pytest

from bloqs.networks import NetworkSpec
from bloqs.reference import convolution_matrix, forward_vectors

torch = pytest.importorskip("torch")

from bloqs.activation import Activation  # noqa: E402
from bloqs.training import ResidualNet, project_  # noqa: E402
from bloqs.training.network import convolution_alpha  # noqa: E402

KINDS = {
    "digits": {"input_shape": (4, 8, 8), "num_blocks": 2},
    "two paths": {
        "input_shape": (2, 2, 2),
        "num_blocks": 2,
        "num_groups": 4,
        "num_classes": 3,
        "paths": 2,
    },
    "two paths, padded": {
        "input_shape": (1, 3, 3),
        "num_blocks": 1,
        "num_groups": 2,
        "num_classes": 2,
        "paths": 2,
    },
    "padded": {"input_shape": (3, 6, 6), "num_blocks": 1, "num_groups": 4, "num_classes": 3},
    "few rows": {"input_shape": (2, 6, 6), "num_blocks": 2, "output_rows": 32, "skip_weight": 0.0},
    "few rows, skip": {
        "input_shape": (2, 6, 6),
        "num_blocks": 1,
        "output_rows": 16,
        "skip_weight": 0.1,
    },
    "no block": {"input_shape": (1, 6, 6), "num_blocks": 0, "output_rows": 16, "skip_weight": 0.0},
    "tanh": {"input_shape": (1, 4, 4), "num_blocks": 1, "activation": Activation("tanh", gain=1.2)},
    "sigmoid2": {
        "input_shape": (1, 4, 4),
        "num_blocks": 1,
        "activation": Activation("sigmoid2", gain=2.0),
    },
}


def images_of(network, count=5):
    size = network.input_shape[1]
    pixels = np.random.default_rng(0).uniform(0, 16, size=(count, size, size))
    return pixels.astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_forward_pass_is_that_of_the_reference(kind, monkeypatch):
    """Probabilities and singular values in torch, against the forward pass of the exported network."""
    monkeypatch.setattr("bloqs.training.network.RANK_FLOOR", 0.0)  # initial weights are below it
    network = ResidualNet(seed=3, **KINDS[kind])
    project_(network)
    images = images_of(network)
    with torch.no_grad():
        probabilities, singular_values = network.amplitudes(torch.tensor(images))
    spec = network.to_spec()
    v = forward_vectors(spec, images.astype(float))
    np.testing.assert_allclose(probabilities.numpy(), v.probabilities, atol=3e-5)
    for i, kernel in enumerate(spec.kernels):
        alpha = math.sqrt(np.sum(np.sqrt(np.sum(kernel**2, axis=0)).sum(axis=(1, 2)) ** 2))
        assert float(convolution_alpha(network.kernels[i].detach())) == pytest.approx(
            alpha, rel=1e-4
        )
        expected = v.block_norms[:, i] / (1 + spec.activation.slope * alpha)
        np.testing.assert_allclose(singular_values[i].numpy(), expected, rtol=2e-4)
    tau = spec.skip_weight
    expected = v.output_norm / (tau + (1 - tau) * spec.column_norm_bound)
    np.testing.assert_allclose(singular_values[-1].numpy(), expected, rtol=2e-4)


def test_projection_brings_every_norm_to_one_and_is_not_that_of_the_reshaped_kernel():
    network = ResidualNet((4, 8, 8), 2, seed=3)
    with torch.no_grad():
        for kernel in network.kernels:
            kernel.mul_(5.0)
        network.output_weights.mul_(3.0)
    found = project_(network)
    assert min(found) > 1
    for kernel in network.kernels:
        matrix = convolution_matrix(kernel.detach().double().numpy(), 8)
        assert np.linalg.norm(matrix, 2) == pytest.approx(1.0, abs=1e-5)
        reshaped = torch.linalg.matrix_norm(kernel.detach().reshape(4, -1), ord=2)
        assert abs(float(reshaped) - 1) > 0.05
    norm = torch.linalg.matrix_norm(network.output_weights.detach(), ord=2)
    assert float(norm) == pytest.approx(1.0, abs=1e-5)
    assert project_(network) == pytest.approx([1.0] * 3, abs=1e-5)


def test_square_output_weights_get_full_rank():
    s = np.linalg.svd(ResidualNet((1, 4, 4), 1).to_spec().output_weights, compute_uv=False)
    assert s[-1] >= 0.0099 * s[0]
    assert s[0] <= 1 + 1e-9


def test_projection_leaves_what_is_below_one():
    network = ResidualNet((1, 4, 4), 1)
    with torch.no_grad():
        network.kernels[0].mul_(0.1)
        network.output_weights.mul_(7.0)
    kernel, weights = network.kernels[0].clone(), network.output_weights.clone()
    found = project_(network, has_output=False)
    assert len(found) == 1
    assert torch.equal(kernel, network.kernels[0])
    assert torch.equal(weights, network.output_weights)


def test_head_of_few_rows_is_stored_in_half_the_bytes(tmp_path):
    spec = ResidualNet((2, 8, 8), 1, output_rows=32, skip_weight=0.0).to_spec()
    weights = spec.output_weights
    np.testing.assert_array_equal(weights, weights.astype(np.float32))
    assert np.linalg.norm(weights, 2) <= 1
    spec.save(tmp_path / "net.npz")
    assert NetworkSpec.load(tmp_path / "net.npz").digest == spec.digest


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(ValueError, match="kernel_size must be odd, found 2"):
        ResidualNet((1, 4, 4), 1, kernel_size=2)
    with pytest.raises(
        ValueError, match="project_ knows the weights of a ResidualNet only, found Conv2d"
    ):
        project_(torch.nn.Conv2d(1, 1, 3))


def test_package_is_imported_without_torch():
    code = (
        "import sys, bloqs.training as t; assert 'torch' not in sys.modules; dir(t); "
        "sys.modules['torch'] = None\n"
        "try: t.ResidualNet\n"
        "except ModuleNotFoundError as e: assert \"'resnet-bloqs[train]'\" in str(e), e\n"
        "else: raise SystemExit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
