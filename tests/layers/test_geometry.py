"""Registers and padding of a tensor, by hand and by counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bloqs.layers.geometry import Geometry, bits_of


def test_bits() -> None:
    assert [bits_of(size) for size in (1, 2, 3, 4, 5, 8, 9)] == [0, 1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize(
    ("shape", "paths", "expected"),
    [
        # channels, side, channel bits, axis bits, n, entries, combined side
        ((3, 6, 6), 1, (3, 6, 2, 3, 8, 108, 6)),
        ((3, 4, 4), 2, (9, 16, 4, 4, 12, 2304, 16)),
        ((3, 3, 3), 2, (9, 9, 4, 4, 12, 729, 16)),
        ((2, 6, 6), 3, (8, 216, 3, 9, 21, 373248, 512)),
        ((1, 1, 1), 1, (1, 1, 0, 0, 0, 1, 1)),
    ],
)
def test_sizes_by_hand(shape: tuple[int, int, int], paths: int, expected: tuple[int, ...]) -> None:
    g = Geometry(shape, paths)
    found = (g.channels, g.side, g.channel_bits, g.axis_bits, g.bitsize, g.entries, g.combined_side)
    assert found == expected
    assert g.length == 2 ** expected[4]
    assert g.path_axis_bits * paths == g.axis_bits
    assert g.path_channel_bits * paths == g.channel_bits


def test_contiguous_rows() -> None:
    """One path, or sides that fill their registers."""
    assert [Geometry((1, m, m)).is_contiguous for m in (1, 3, 4)] == [True, True, True]
    assert [Geometry((1, m, m), 2).is_contiguous for m in (1, 2, 3, 4, 6, 7, 8)] == [
        *(True, True, False, True, False, False, True)
    ]


def test_image_is_padded_at_the_end_of_each_axis() -> None:
    image = np.arange(1.0, 28).reshape(3, 3, 3)
    padded = Geometry((3, 3, 3), 2).pad_image(image)
    assert padded.shape == (4, 4, 4)
    np.testing.assert_array_equal(padded[:3, :3, :3], image)
    assert np.sum(padded) == np.sum(image)


def test_kernel_channels_are_those_of_the_registers() -> None:
    """Entry (o1 o2, i1 i2) of nine channels goes to (4 o1 + o2, 4 i1 + i2) of sixteen."""
    kernel = np.random.default_rng(0).normal(size=(9, 9, 1, 2))
    wide = Geometry((3, 2, 2), 2).pad_kernel(kernel)
    assert wide.shape == (16, 16, 1, 2)
    for o1, o2, i1, i2 in itertools.product(range(3), repeat=4):
        found = wide[4 * o1 + o2, 4 * i1 + i2]
        np.testing.assert_array_equal(found, kernel[3 * o1 + o2, 3 * i1 + i2])
    assert np.count_nonzero(wide) == kernel.size
    assert Geometry((3, 2, 2)).pad_kernel(kernel) is kernel


@pytest.mark.parametrize(("shape", "paths"), [((3, 3, 3), 1), ((3, 3, 3), 2), ((2, 1, 1), 3)])
def test_vectors_and_tensors_are_inverse(shape: tuple[int, int, int], paths: int) -> None:
    g = Geometry(shape, paths)
    tensors = np.random.default_rng(0).normal(size=(2, g.channels, g.side, g.side))
    vectors = g.to_vectors(tensors)
    assert vectors.shape == (2, g.length)
    np.testing.assert_array_equal(g.to_tensors(vectors), tensors)
    assert np.count_nonzero(vectors) == tensors.size


def test_index_of_two_paths_by_hand() -> None:
    """(c1 c2, r1 r2, q1 q2), big-endian, each index of each path padded to two bits, channels to one."""
    g = Geometry((2, 3, 3), 2)
    tensors = np.zeros((1, 4, 9, 9))
    tensors[0, 2, 3 * 1 + 2, 3 * 2 + 0] = 1.0  # c = (1, 0), r = (1, 2), q = (2, 0)
    (place,) = np.flatnonzero(g.to_vectors(tensors))
    assert place == 0b10_01_10_10_00
