import math

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from bloqs.loading import angles as module
from bloqs.loading.angles import (
    angle_bits_for,
    angle_codes,
    check_angle_bits,
    code_angles,
    rotation_error,
    rounding,
    tree_angle_bits_for,
    tree_angles,
    tree_error,
    tree_vectors,
    walsh_coefficients,
    worst_rotation_error,
    worst_tree_error,
    wrap_angles,
)
from bloqs.loading.loader import loader_name
from tests.loading.reference import ry_matrix

entries = st.floats(-5, 5).map(lambda x: 0.0 if abs(x) < 1e-6 else x)


@pytest.mark.parametrize(
    ("angle", "wrapped"),
    [
        (0.0, 0.0),
        (2 * math.pi, 2 * math.pi),
        (-2 * math.pi, 2 * math.pi),
        (4 * math.pi, 0.0),
        (3 * math.pi, -math.pi),
        (math.pi / 2 + 1e-14, math.pi / 2),
        (-7.0, 4 * math.pi - 7.0),
        (-5.0, -5.0),
        (6.0, 6.0),
        (-2 * math.pi + 1e-14, 2 * math.pi),
    ],
)
def test_wrap_angles_keeps_the_rotation_with_its_sign(angle, wrapped):
    assert wrap_angles(np.array([angle]))[0] == pytest.approx(wrapped, abs=1e-15)
    np.testing.assert_allclose(ry_matrix(angle), ry_matrix(wrapped), atol=1e-13)


def test_walsh_coefficients_match_the_definition():
    angles = np.random.default_rng(5).normal(size=8)
    expected = [
        np.mean([(-1) ** (j & g).bit_count() * angles[j] for j in range(8)]) for g in range(8)
    ]
    np.testing.assert_allclose(walsh_coefficients(angles), expected, atol=1e-15)


@given(st.lists(entries, min_size=8, max_size=8).filter(any))
def test_tree_angles_and_vectors_are_inverse(data):
    vector = np.array(data)
    angles = tree_angles(vector[None, :])
    assert [level.shape for level in angles] == [(1, 1), (1, 2), (1, 4)]
    np.testing.assert_allclose(
        tree_vectors(angles)[0], vector / np.linalg.norm(vector), rtol=0, atol=1e-14
    )


def test_negative_zeros_do_not_turn():
    angles = tree_angles(np.array([[-0.0, -0.0, 1.0, -0.0]]))
    assert angles[0].tolist() == [[math.pi]]
    assert angles[1].tolist() == [[0.0, 0.0]]


@given(st.floats(-20, 20), st.integers(3, 20))
def test_rounded_angle_is_on_the_grid_and_near(angle, bits):
    code = angle_codes(np.array([angle]), bits)
    assert 0 <= code[0] < 2**bits
    error = np.linalg.norm(ry_matrix(angle) - ry_matrix(code_angles(code, bits)[0]), 2)
    assert error <= rotation_error(rounding(np.array([angle]), bits)) + 1e-13
    assert error <= worst_rotation_error(bits) + 1e-13 <= math.pi / 2**bits + 2e-13


@given(st.lists(entries, min_size=16, max_size=16).filter(any), st.integers(3, 14))
def test_tree_error_bounds_the_rounded_vector(data, bits):
    angles = tree_angles(np.array(data)[None, :])
    rounded = [code_angles(angle_codes(level, bits), bits) for level in angles]
    error = np.linalg.norm(tree_vectors(angles) - tree_vectors(rounded))
    assert error <= tree_error([rounding(level, bits) for level in angles]) + 1e-14
    assert error <= worst_tree_error(bits, 4) + 1e-14


def test_tree_error_is_reached_within_a_factor_of_two():
    # Every angle halfway between two points of the grid, each rounded up or down.
    bits, delta = 8, 2 * math.pi / 2**8
    worst = 0.0
    for level_signs in np.ndindex(2, 2, 2):
        angles = [np.full((1, 2**level), 1.0) for level in range(3)]
        moved = [a + delta * (2 * s - 1) for a, s in zip(angles, level_signs, strict=True)]
        worst = max(worst, float(np.linalg.norm(tree_vectors(angles) - tree_vectors(moved))))
    assert worst <= worst_tree_error(bits, 3) + 1e-14
    assert worst >= worst_tree_error(bits, 3) / 2


@pytest.mark.parametrize("epsilon", [0.1, 1e-3, 1e-6])
@pytest.mark.parametrize("count", [1, 6, 63])
def test_bits_for_an_error_are_enough_and_not_one_too_many(epsilon, count):
    bits = angle_bits_for(epsilon, count)
    assert count * worst_rotation_error(bits) <= epsilon
    assert bits == module.MIN_ANGLE_BITS or count * worst_rotation_error(bits - 1) > epsilon
    bits = tree_angle_bits_for(epsilon, count)
    assert worst_tree_error(bits, count) <= epsilon
    assert bits == module.MIN_ANGLE_BITS or worst_tree_error(bits - 1, count) > epsilon


@pytest.mark.parametrize("bits_for", [angle_bits_for, tree_angle_bits_for])
@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((0.0, 3), "epsilon must be a finite positive number, found 0"),
        ((math.nan, 3), "epsilon"),
        ((0.1, 0), "must be an integer from 1 to"),
    ],
)
def test_bits_refuse_bad_input(bits_for, args, message):
    with pytest.raises(ValueError, match=message):
        bits_for(*args)


def test_error_halves_with_every_bit():
    slope = np.polyfit(range(6, 20), np.log2([worst_tree_error(b, 6) for b in range(6, 20)]), 1)[0]
    assert slope == pytest.approx(-1, abs=1e-3)


def test_symbolic_errors_are_the_numeric_ones():
    bits, levels = sympy.symbols("b n", positive=True, integer=True)
    for b in (3, 8, 20):
        found = worst_rotation_error(bits).subs(bits, b)
        assert float(found) == pytest.approx(worst_rotation_error(b), rel=1e-9)
        for n in (1, 6):
            found = worst_tree_error(bits, levels).subs({bits: b, levels: n})
            assert float(found) == pytest.approx(worst_tree_error(b, n), rel=1e-9)
            found = worst_tree_error(b, levels).subs(levels, n)
            assert float(found) == pytest.approx(worst_tree_error(b, n), rel=1e-9)


def test_worst_errors_by_hand():
    """At 3 bits an angle is off by pi/4 at most, a rotation by 2 sin(pi/16)."""
    assert worst_rotation_error(3) == pytest.approx(2 * math.sin(math.pi / 16))
    assert worst_tree_error(3, 2) == pytest.approx(math.sqrt(2 - 2 * math.cos(math.pi / 8) ** 2))
    assert rotation_error(2 * math.pi) == rotation_error(7.0) == 2.0
    # The grid of 4 bits has steps of pi/4: 0.3 is 0.3 off, 1 is 0.215 off.
    assert rounding(np.array([0.3, 1.0]), 4) == pytest.approx(0.3)
    assert rounding(np.array([1.0]), 4) == pytest.approx(1 - math.pi / 4)
    assert rounding(np.array([]), 4) == 0


def test_unknown_loaders_are_refused():
    with pytest.raises(
        ValueError, match="unknown loading 'tape'; choose one of 'rotations', 'qrom'"
    ):
        loader_name("tape")


@pytest.mark.parametrize("bits", [2, 51])
def test_angle_bits_out_of_range_are_refused(bits):
    with pytest.raises(ValueError, match=f"angle_bits must be 3 to 50, got {bits}"):
        check_angle_bits(bits)
