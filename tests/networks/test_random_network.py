"""Random networks: norms in their ranges, bounds around the image, the same again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.networks.random_network import random_network
from bloqs.reference import convolution_norm, forward_vectors, matrix_norm


def test_norms_lie_in_their_ranges() -> None:
    made = random_network(
        1,
        (2, 2, 2),
        num_blocks=3,
        kernel_norms=(0.3, 0.4),
        output_norms=(0.6, 0.7),
        skip_weights=(0.1, 0.2),
        num_images=4,
    )
    spec = made.spec
    assert made.images.shape == (4, 2, 2, 2)
    np.testing.assert_array_equal(made.image, made.images[0])
    norms = [convolution_norm(kernel, 2) for kernel in spec.kernels]
    assert all(0.3 <= norm <= 0.4 for norm in norms)
    assert len({round(norm, 9) for norm in norms}) == 3
    assert 0.6 <= matrix_norm(np.asarray(spec.output_weights)) <= 0.7
    assert 0.1 <= spec.skip_weight <= 0.2


def test_a_range_of_one_number_is_that_number() -> None:
    spec = random_network(2, (1, 2, 2), kernel_norms=(0.9, 0.9), output_norms=(0.5, 0.5)).spec
    assert convolution_norm(spec.kernels[0], 2) == pytest.approx(0.9)
    assert matrix_norm(np.asarray(spec.output_weights)) == pytest.approx(0.5)
    assert (spec.skip_weight, spec.num_groups) == (0.51, 2)


def test_bounds_around_the_image() -> None:
    made = random_network(3, (2, 1, 1), kernel_size=1, num_blocks=2)
    vectors = forward_vectors(made.spec, made.image)
    norms = [*vectors.block_norms, vectors.output_norm]
    for (lo, hi), norm in zip(made.norm_bounds(0.25), norms, strict=True):
        assert (lo, hi) == pytest.approx((0.75 * norm, 1.25 * norm))
    without = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
    assert len(without.norm_bounds(0.1)) == 1


def test_options() -> None:
    """One entry makes one group; two paths square the channels; the seed decides."""
    assert random_network(0, (1, 1, 1), kernel_size=1).spec.num_groups == 1
    assert random_network(0, (4, 1, 1), kernel_size=1, num_groups=4).spec.num_groups == 4
    paths = random_network(0, (2, 1, 1), kernel_size=1, paths=2).spec
    assert np.shape(paths.kernels[0]) == (4, 4, 1, 1)
    assert paths.activation.gain == 0.8
    one, again, other = (random_network(seed, (2, 2, 2)) for seed in (5, 5, 6))
    assert one.spec == again.spec != other.spec
    np.testing.assert_array_equal(one.images, again.images)
    assert not np.array_equal(one.images, other.images)
