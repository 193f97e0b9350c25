"""The residual layer as the unit of a network: what it tells the solver, the budget and the tables."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from bloqs.activation import Activation
from bloqs.convolution import DEFAULT_STRATEGY
from bloqs.layers import LayerFacts, ResidualBlock
from bloqs.layers.activation_degree import LARGEST_ACTIVATION_ERROR
from bloqs.layers.facts import InadmissibleError
from bloqs.layers.geometry import Geometry
from bloqs.layers.operations import OperationCounts
from bloqs.layers.residual import Residual
from bloqs.layers.shapes import KernelShape
from bloqs.loading import LoadedVector
from bloqs.qsvt import activation_quotient
from bloqs.reference.convolution import convolution_matrix, convolution_norm
from tests.layers.toys import GivenMatrix, GivenVector, one_hot, stage_of

ERF = Activation("erf", gain=0.8)
LIPSCHITZ = 2 * 0.8 / math.sqrt(math.pi)
GEOMETRY = Geometry((2, 2, 2))
RNG = np.random.default_rng(0)
KERNEL = RNG.normal(size=(2, 2, 3, 3))
KERNEL *= 0.9 / convolution_norm(KERNEL, 2)
SHAPE = Residual(KernelShape(2, 3, 4.0))


def normalised_change(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.linalg.norm(after / np.linalg.norm(after) - before / np.linalg.norm(before)))


def test_map_is_the_formula() -> None:
    x = RNG.normal(size=(3, 8))
    y = x @ convolution_matrix(KERNEL, 2).T
    layer = Residual(KERNEL)
    np.testing.assert_allclose(layer.apply(x, GEOMETRY, ERF), x + np.vectorize(math.erf)(0.8 * y))
    np.testing.assert_allclose(layer.amplitudes(x, GEOMETRY, ERF), abs(y).max(axis=1))
    with pytest.raises(ValueError, match="known by its shape only; give it a kernel"):
        SHAPE.apply(x, GEOMETRY, ERF)


@pytest.mark.parametrize(
    ("side", "window", "taps"),
    # By hand, per pair of channels and axis: 1x1 has M taps, 3x3 has 3 M - 2.
    [(2, 1, 2), (2, 3, 4), (4, 3, 10)],
)
def test_operations_by_hand(side: int, window: int, taps: int) -> None:
    """Two channels: 4 taps^2 products, a sum less for each of 2 M^2 outputs; then x + f; then the norm."""
    found = Residual(KernelShape(2, window, 1.0)).operations(Geometry((2, side, side)))
    products, n = 4 * taps**2, 2 * side**2
    assert found == OperationCounts(
        multiplications=products + n,
        additions=(products - n) + n + (n - 1),
        divisions=n,
        roots=1,
        activations=n,
    )
    assert Residual(np.zeros((2, 2, window, window))).operations(Geometry((2, side, side))) == found


def test_worst_case_norms() -> None:
    assert SHAPE.worst_case_norms(ERF) == pytest.approx((1 - LIPSCHITZ, 1 + LIPSCHITZ))
    # tanh has slope 1 at 0: at gain 1 the image may vanish, a little below it may not.
    assert SHAPE.worst_case_norms(Activation("tanh", gain=0.999)) == pytest.approx((0.001, 1.999))
    with pytest.raises(ValueError, match="no worst-case bound for a block: the Lipschitz constant"):
        SHAPE.worst_case_norms(Activation("tanh", gain=1.0))


def test_sensitivity_is_reached() -> None:
    """W = I: an error beside the vector passes both branches, at the slope of f at 0."""
    layer, small = Residual(np.ones((1, 1, 1, 1))), 1e-5
    geometry = Geometry((1, 2, 2))
    lo = 1 + math.erf(0.8)
    before = layer.apply(np.array([[1.0, 0, 0, 0]]), geometry, ERF)
    after = layer.apply(np.array([[1.0, small, 0, 0]]), geometry, ERF)
    found = layer.sensitivity(stage_of(layer, norms=(lo, 2.0)))
    assert found == pytest.approx(normalised_change(before, after) / small, rel=1e-6)
    assert found == pytest.approx((1 + LIPSCHITZ) / lo)


def test_rounding_error_is_reached() -> None:
    """W = 0 is rounded to a matrix that sends the vector beside itself, where f is steepest."""
    psi, rounding = one_hot(2), 1e-4
    piece = GivenMatrix(2, swapped_error=rounding)
    part = SHAPE.rounding_error(stage_of(SHAPE, norms=(1.0, 2.0), piece=piece, number=7))
    assert part.name == "rounded kernel 7"
    block = ResidualBlock(GivenVector(psi, 0 * psi), piece, degree=8)
    change = normalised_change(psi, block.scale * block.block())
    assert 0.999 <= change / part.size <= 1
    half = SHAPE.rounding_error(stage_of(SHAPE, norms=(0.5, 2.0), piece=piece))
    assert half.size == pytest.approx(2 * part.size)


def test_polynomial_error_is_reached() -> None:
    """Exact parts, equal entries, degree 0: all of the block's error is the polynomial's."""
    psi = np.full(4, 0.5)
    stage = stage_of(SHAPE, norms=(0.5, 2.0), amplitude=0.5, piece=GivenMatrix(2, 1.0))
    block = SHAPE.encode(GivenVector(psi, 0 * psi), stage, 0)
    part = SHAPE.polynomial_error(block, stage)
    assert part.name == "activation of block 1"
    error = np.linalg.norm(block.scale * block.block() - (psi + np.vectorize(math.erf)(0.8 * psi)))
    assert 0.999 <= error / 0.5 / part.size <= 1


def test_calls_and_steps() -> None:
    assert SHAPE.calls(5, 4) == 5 * 6
    assert SHAPE.calls(1, 0) == SHAPE.calls(1, None) == 2
    assert [SHAPE.lowered(d) for d in (None, 0, 2, 4)] == [None, None, 0, 2]
    assert SHAPE.has_polynomial
    assert (SHAPE.rank, SHAPE.is_numbered, SHAPE.fills_padding) == (0, True, False)


@pytest.mark.parametrize(("share", "amplitude"), [(1e-3, None), (1e-3, 0.2), (1e-6, 0.6)])
def test_smallest_degree_meets_its_share(share: float, amplitude: float | None) -> None:
    """The error with that degree is within the share; with two less it is not."""
    psi = one_hot(2)
    vector = GivenVector(psi, 0 * psi, alpha=1.5)
    stage = stage_of(SHAPE, amplitude=amplitude, piece=GivenMatrix(2, 1.0, alpha=2.0))
    degree = SHAPE.smallest_degree(vector, stage, share)
    part = SHAPE.polynomial_error(SHAPE.encode(vector, stage, degree), stage)
    # gamma exceeds L kappa by a little; so does its error.
    assert part.size <= share * 1.01
    assert degree >= 2
    below = SHAPE.encode(vector, stage, degree - 2)
    assert SHAPE.polynomial_error(below, stage).size > share


def test_smallest_degree_at_both_ends_of_the_accuracy() -> None:
    psi = one_hot(2)
    vector, stage = GivenVector(psi, 0 * psi), stage_of(SHAPE, piece=GivenMatrix(2, 1.0, alpha=4.0))
    # However large the share, what is asked of the polynomial is the largest error that is allowed.
    floor = activation_quotient(ERF, 4.0, 0.25, delta=LARGEST_ACTIVATION_ERROR).polynomial.degree
    assert SHAPE.smallest_degree(vector, stage, 100.0) == floor
    with pytest.raises(InadmissibleError, match="1e-11 is the least"):
        SHAPE.smallest_degree(vector, stage, 1e-12)


def test_encode_passes_the_choices_on() -> None:
    psi = one_hot(2)
    stage = stage_of(
        SHAPE, activation=Activation("tanh", gain=0.7), amplitude=0.3, piece=GivenMatrix(2, 1.0)
    )
    block = SHAPE.encode(GivenVector(psi, 0 * psi), stage, 2)
    assert (block.activation, block.gain, block.degree) == ("tanh", 0.7, 2)
    assert (block.amplitude_bound, block.norm) == (0.3, None)
    by_shape = SHAPE.encode(LoadedVector(None, bitsize=2), stage, 2)
    assert by_shape.norm_bounds == block.norm_bounds == (0.5, 1.5)
    assert by_shape.image_norm == 0.5  # the lower bound


def test_by_shape_keeps_the_subnormalisation() -> None:
    shape = Residual(KERNEL).by_shape(GEOMETRY, 1, DEFAULT_STRATEGY)
    alpha = float(DEFAULT_STRATEGY.encode(KERNEL, 2).alpha)
    assert shape.kernel == KernelShape(2, 3, alpha)
    assert SHAPE.by_shape(GEOMETRY, 1, DEFAULT_STRATEGY) is SHAPE
    zero = Residual(np.zeros((2, 2, 3, 3)))
    with pytest.raises(ValueError, match=r"^kernel 3 of kernels: .*; leave out the block$"):
        zero.by_shape(GEOMETRY, 3, DEFAULT_STRATEGY)
    # A tensor of one entry has no register: to leave out the block mends nothing.
    with pytest.raises(ValueError, match=r"kernel 1 of kernels") as caught:
        Residual(np.ones((1, 1, 1, 1))).by_shape(Geometry((1, 1, 1)), 1, DEFAULT_STRATEGY)
    assert "leave out" not in str(caught.value)
    two = Geometry((2, 1, 1))
    with pytest.raises(ValueError, match="leave out the block"):
        Residual(np.zeros((2, 2, 1, 1))).by_shape(two, 1, DEFAULT_STRATEGY)


def test_loaded_by_shape_and_by_data() -> None:
    by_data = Residual(KERNEL).load(stage_of(Residual(KERNEL)))
    by_shape = SHAPE.load(stage_of(SHAPE))
    assert (by_data.system_bitsize, by_shape.system_bitsize) == (3, 3)
    assert by_shape.alpha == 4.0
    # Two paths of 3 channels: each path's channels are padded to 4, the two to 16.
    paths = Geometry((3, 2, 2), paths=2)
    wide = Residual(KernelShape(9, 1, 4.0))
    assert wide.load(stage_of(wide, geometry=paths)).system_bitsize == paths.bitsize == 8
    # One path: the encoding pads its 3 channels itself.
    three = Residual(KernelShape(3, 1, 4.0))
    assert three.load(stage_of(three, geometry=Geometry((3, 2, 2)))).system_bitsize == 4
    tables = stage_of(SHAPE, kernel_loading="qrom", angle_bits=6)
    assert SHAPE.load(tables).epsilon > by_shape.epsilon == 0


def test_facts() -> None:
    stage = stage_of(SHAPE, piece=GivenMatrix(3, 1.0, alpha=2.5), amplitude=0.3)
    wanted = LayerFacts(
        name="block 1",
        norms=(0.5, 1.5),
        degree=6,
        amplitude=0.3,
        alpha=2.5,
        is_alpha_measured=False,
        argument=1.0,
    )
    assert SHAPE.facts(stage, 6) == wanted
    assert SHAPE.facts(attrs.evolve(stage, argument=0.4), 6) == attrs.evolve(wanted, argument=0.4)
    assert "degree 0 suffices" in SHAPE.facts(stage, 0).notes["block 1 is linear"]
    proved = Residual(KERNEL).facts(attrs.evolve(stage, amplitude=None), 6)
    assert proved == attrs.evolve(wanted, amplitude=1.0, is_alpha_measured=True)


def test_kernels_are_checked_at_the_size_of_the_image() -> None:
    name = "kernel 1"
    norm = convolution_norm(KERNEL, 2)
    Residual(KERNEL / norm).check(GEOMETRY, name)
    Residual(KERNEL * (1 + 0.9e-6) / norm).check(GEOMETRY, name)
    with pytest.raises(ValueError, match=r"\|\|Conv\|\|_2 of kernel 1 must be at most 1"):
        Residual(KERNEL * (1 + 2e-6) / norm).check(GEOMETRY, name)
    with pytest.raises(ValueError, match=r"keeps its shape\), found shape \(2, 1, 3, 3\)"):
        Residual(KERNEL[:, :1]).check(GEOMETRY, name)
    with pytest.raises(ValueError, match="kernel 1 must have 2 channels, found 3"):
        Residual(KernelShape(3, 3, 1.0)).check(GEOMETRY, name)
    SHAPE.check(GEOMETRY, name)
    with pytest.raises(ValueError, match=r"^kernel 1: "):
        Residual(KERNEL * math.nan).check(GEOMETRY, name)


def test_stored_and_restored() -> None:
    again = Residual.restored(Residual(KERNEL).stored())
    np.testing.assert_array_equal(again.kernel, KERNEL)
    assert Residual.restored({"kernel": attrs.asdict(SHAPE.kernel)}).kernel == SHAPE.kernel  # type: ignore[arg-type]
    assert Residual(KERNEL).has_weights
    assert not SHAPE.has_weights
    assert SHAPE.weights_name(2) == "kernel 2"
