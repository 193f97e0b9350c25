import itertools
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from bloqs.reference import (
    embed_images,
    forward,
    forward_vectors,
    group_probabilities,
)
from bloqs.testing import random_network


def network(kernels, shape, weights=None, tau=0.3, groups=2, paths=1, name="erf", gain=0.8):
    return SimpleNamespace(
        input_shape=shape,
        kernels=tuple(kernels),
        activation=SimpleNamespace(name=name, gain=gain),
        output_weights=weights,
        skip_weight=tau,
        num_groups=groups,
        paths=paths,
    )


def network_of(shape, size, output=True, seed=0):
    made = random_network(
        seed,
        shape,
        num_blocks=2,
        kernel_size=size,
        output_layer=output,
        num_groups=2,
        kernel_norms=(1.0, 1.0),
        skip_weights=(0.3, 0.3),
    )
    return made.spec


def slow_forward(spec, image):
    """The network by loops over scalars, from its definition."""
    c, m, _ = spec.input_shape
    norm = math.sqrt(sum(v * v for v in image.ravel().tolist()))
    x = {index: image[index] / norm for index in itertools.product(range(c), range(m), range(m))}
    for kernel in spec.kernels:
        d = kernel.shape[-1]
        z = {}
        for o, r, q in x:
            y = sum(
                kernel[o, i, a, b] * x.get((i, r + a - d // 2, q + b - d // 2), 0.0)
                for i, a, b in itertools.product(range(c), range(d), range(d))
            )
            z[o, r, q] = x[o, r, q] + math.erf(spec.activation.gain * y)
        norm = math.sqrt(sum(v * v for v in z.values()))
        x = {index: v / norm for index, v in z.items()}
    cp, mp = (1 << math.ceil(math.log2(v)) for v in (c, m))
    vector = [x.get(index, 0.0) for index in itertools.product(range(cp), range(mp), range(mp))]
    g = vector
    if spec.output_weights is not None:
        g = [
            spec.skip_weight * vector[i]
            + (1 - spec.skip_weight)
            * sum(spec.output_weights[i, j] * vector[j] ** 2 for j in range(len(vector)))
            for i in range(len(vector))
        ]
    total = sum(v * v for v in g)
    width = len(g) // spec.num_groups
    return [sum(v * v for v in g[k * width :][:width]) / total for k in range(spec.num_groups)]


@pytest.mark.parametrize("shape", [(1, 2, 2), (2, 4, 4), (3, 3, 3), (2, 1, 1)])
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("output", [True, False])
def test_forward_equals_slow_loops(shape, size, output):
    spec = network_of(shape, size, output=output, seed=size)
    image = np.random.default_rng(7).standard_normal(shape)
    p = forward(spec, image)
    assert p.shape == (2,)
    np.testing.assert_allclose(p, slow_forward(spec, image), atol=1e-13)
    assert p.sum() == pytest.approx(1.0, abs=1e-13)


def test_intermediate_vectors():
    spec = network_of((2, 4, 4), 3)
    image = np.random.default_rng(1).standard_normal((2, 4, 4))
    v = forward_vectors(spec, image)
    assert v.input.shape == (32,)
    assert [b.shape for b in v.blocks] == [(32,), (32,)]
    assert v.block_norms.shape == v.amplitudes.shape == (2,)
    assert v.output_norm.shape == ()
    for unit in (v.input, *v.blocks, v.output):
        assert np.linalg.norm(unit) == pytest.approx(1.0, abs=1e-13)
    np.testing.assert_allclose(v.input, image.ravel() / np.linalg.norm(image))
    x = v.blocks[1]
    g = 0.3 * x + 0.7 * spec.output_weights @ (x * x)
    assert v.output_norm == pytest.approx(np.linalg.norm(g))
    np.testing.assert_allclose(v.output * v.output_norm, g, atol=1e-14)
    np.testing.assert_allclose(v.probabilities, group_probabilities(v.output, 2))
    for array in (v.input, v.blocks[0], v.output, v.probabilities):
        assert not array.flags.writeable


def test_block_norm_and_amplitude_of_a_known_block():
    # W = 1/2: every amplitude is scaled alike where the image is constant.
    spec = network([np.full((1, 1, 1, 1), 0.5)], (1, 2, 2))
    v = forward_vectors(spec, np.ones((2, 2)))
    assert v.amplitudes[0] == pytest.approx(0.25)
    assert v.block_norms[0] == pytest.approx(1 + 2 * math.erf(0.8 * 0.25))
    np.testing.assert_allclose(v.blocks[0], 0.5)


def test_without_output_weights_the_output_is_the_last_block():
    spec = network_of((2, 2, 2), 3, output=False)
    v = forward_vectors(spec, np.eye(2))
    np.testing.assert_array_equal(v.output, v.blocks[-1])
    assert v.output_norm == 1.0


def test_norm_is_bounded_below_by_the_skip_connection():
    for seed in range(20):
        spec = network_of((2, 3, 3), 3, seed=seed, output=False)
        v = forward_vectors(spec, np.random.default_rng(seed).standard_normal((2, 3, 3)))
        assert v.block_norms.min() >= 1 - 1.6 / math.sqrt(math.pi)


def test_image_without_channels_goes_into_channel_zero():
    spec = network_of((3, 4, 4), 3)
    image = np.random.default_rng(0).random((4, 4))
    tensor = np.zeros((3, 4, 4))
    tensor[0] = image
    np.testing.assert_array_equal(forward(spec, image), forward(spec, tensor))
    np.testing.assert_allclose(forward(spec, 17.0 * image), forward(spec, image), atol=1e-14)


def test_batch_equals_one_image_at_a_time():
    spec = network_of((2, 4, 4), 3)
    images = np.random.default_rng(0).random((5, 4, 4))
    batch = forward_vectors(spec, images)
    assert batch.probabilities.shape == (5, 2)
    assert batch.block_norms.shape == (5, 2)
    assert batch.output_norm.shape == (5,)
    for i, image in enumerate(images):
        one = forward_vectors(spec, image)
        np.testing.assert_allclose(batch.blocks[1][i], one.blocks[1], atol=1e-14)
        np.testing.assert_allclose(batch.output_norm[i], one.output_norm, atol=1e-14)
    assert forward(spec, images[:1]).shape == (1, 2)


def test_padding_stays_zero_when_sizes_are_no_powers_of_two():
    spec = network_of((3, 6, 6), 3, output=False)
    v = forward_vectors(spec, np.random.default_rng(0).standard_normal((3, 6, 6)))
    for vector in (v.input, *v.blocks):
        tensor = vector.reshape(4, 8, 8)
        assert not tensor[3].any()
        assert not tensor[:, 6:].any()
        assert not tensor[:, :, 6:].any()
        assert tensor[:3, :6, :6].all()


def test_groups_are_runs_of_the_leading_bits():
    v = np.array([0.5, -0.5, 0.1, 0.7])
    np.testing.assert_allclose(group_probabilities(v, 2), [0.5, 0.5])
    np.testing.assert_allclose(group_probabilities(1j * v, 4), v**2)


def test_two_paths_tensor_the_image_axis_by_axis():
    c, m = 2, 3
    rng = np.random.default_rng(3)
    image = rng.standard_normal((c, m, m))
    identity = np.eye(c * c).reshape(c * c, c * c, 1, 1) * 1e-9
    v = forward_vectors(network([identity], (c, m, m), paths=2), image)
    x = image / np.linalg.norm(image)
    big = np.zeros((2, 2, 4, 4, 4, 4))  # (c1, c2, r1, r2, q1, q2), each axis padded on its own
    for c1, c2, r1, r2, q1, q2 in itertools.product(range(c), range(c), *[range(m)] * 4):
        big[c1, c2, r1, r2, q1, q2] = x[c1, r1, q1] * x[c2, r2, q2]
    np.testing.assert_allclose(v.input, big.ravel(), atol=1e-15)


def test_two_paths_convolve_the_combined_image():
    # One tap that moves the combined 4x4 image of a 2x2 one by one combined column.
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 1, 0] = 1.0
    image = np.array([[1.0, 2.0], [3.0, 4.0]]) / math.sqrt(30)
    v = forward_vectors(network([kernel], (1, 2, 2), paths=2), image)
    combined = np.kron(image, image)
    moved = np.zeros((4, 4))
    moved[:, 1:] = combined[:, :-1]
    z = combined + np.vectorize(math.erf)(0.8 * moved)
    np.testing.assert_allclose(v.blocks[0], z.ravel() / np.linalg.norm(z), atol=1e-14)


@pytest.mark.parametrize("name", ["tanh", "sigmoid2"])
def test_other_activations(name):
    spec = network([np.full((1, 1, 1, 1), 1.0)], (1, 1, 2), name=name)
    spec.input_shape = (1, 2, 2)
    v = forward_vectors(spec, np.array([[1.0, 0.0], [0.0, 0.0]]))
    f = {"tanh": math.tanh(0.8), "sigmoid2": math.tanh(0.4)}[name]
    assert v.block_norms[0] == pytest.approx(1 + f)


def test_tiny_and_huge_images_keep_their_direction():
    image = np.array([[3.0, 0.0], [4.0, 0.0]])
    for scale in (1e-300, 1e300):
        x = embed_images(scale * image, (1, 2, 2))
        np.testing.assert_allclose(x[0, 0], image / 5, rtol=1e-14)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.ones((3, 3)), r"shape \(2, 4, 4\) or \(4, 4\).*found \(3, 3\)"),
        (np.full((4, 4), np.nan), "must be finite, found 16 NaN or infinite pixels"),
        (np.full((4, 4), np.inf), "must be finite"),
        (np.zeros((4, 4)), "must not be all zero"),
        (np.stack([np.ones((4, 4)), np.zeros((4, 4)), np.ones((4, 4))]), "must not be all zero"),
    ],
)
def test_malformed_image_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        forward(network_of((2, 4, 4), 3), image)


def test_spec_without_weights_is_refused():
    spec = network([SimpleNamespace(channels=1)], (1, 2, 2))
    with pytest.raises(ValueError, match="shapes but no weights"):
        forward(spec, np.ones((2, 2)))


def test_vanishing_output_is_refused():
    spec = network([np.zeros((1, 1, 1, 1))], (1, 2, 2), np.zeros((4, 4)), tau=0.0)
    with pytest.raises(ValueError, match="output vector g is zero"):
        forward(spec, np.ones((2, 2)))


def test_groups_must_divide_the_length():
    with pytest.raises(ValueError, match="num_groups=3 does not divide N=4"):
        forward(network([np.zeros((1, 1, 1, 1))], (1, 2, 2), groups=3), np.ones((2, 2)))


def test_reference_imports_neither_qualtran_nor_scipy():
    code = (
        "import sys, bloqs.reference\n"
        "print([m for m in ('qualtran', 'cirq', 'scipy', 'attrs', 'torch') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"
