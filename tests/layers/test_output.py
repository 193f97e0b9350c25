"""The output layer as the unit of a network: what it tells the solver, the budget and the tables."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from bloqs.activation import Activation
from bloqs.convolution import DEFAULT_STRATEGY
from bloqs.layers import ResidualLinearPooling
from bloqs.layers.geometry import Geometry
from bloqs.layers.operations import OperationCounts
from bloqs.layers.output import Output
from bloqs.layers.shapes import OutputShape
from bloqs.loading import LoadedVector
from tests.layers.toys import GivenVector, identity_columns, one_hot, stage_of

ERF = Activation("erf", gain=0.8)
GEOMETRY = Geometry((1, 2, 2))
RNG = np.random.default_rng(1)
WEIGHTS = RNG.normal(size=(4, 4))
WEIGHTS /= np.linalg.norm(WEIGHTS, 2)
LAYER = Output(WEIGHTS, skip_weight=0.25)
SHAPE = Output(OutputShape(4, 0.5), skip_weight=0.25)


def test_map_is_the_formula() -> None:
    x = RNG.normal(size=(3, 4))
    wanted = [0.25 * row + 0.75 * WEIGHTS @ row**2 for row in x]
    np.testing.assert_allclose(LAYER.apply(x, GEOMETRY, ERF), wanted)
    np.testing.assert_array_equal(LAYER.amplitudes(x, GEOMETRY, ERF), np.zeros(3))
    with pytest.raises(ValueError, match="shape only; give it output weights"):
        SHAPE.apply(x, GEOMETRY, ERF)


def test_operations_by_hand() -> None:
    """Three entries of four: 3 squares; 4 rows of 3 products and 2 sums; tau, 1 - tau; the norm of 4."""
    found = LAYER.operations(Geometry((3, 1, 1)))
    assert found == OperationCounts(
        multiplications=3 + 12 + (4 + 3) + 4,
        additions=8 + 3 + 3,
        divisions=4,
        roots=1,
    )


def test_default_is_the_published_weight() -> None:
    assert Output(WEIGHTS).skip_weight == 0.51


def test_worst_case_norms() -> None:
    assert Output(WEIGHTS, skip_weight=0.51).worst_case_norms(ERF) == pytest.approx((0.02, 1.0))
    assert Output(WEIGHTS, skip_weight=1).worst_case_norms(ERF) == (1.0, 1.0)
    with pytest.raises(ValueError, match=r"tau = 0\.5 <= 1/2"):
        Output(WEIGHTS, skip_weight=0.5).worst_case_norms(ERF)


def test_sensitivity_by_hand() -> None:
    """(1/4 + 2 * 3/4) / (1/2)."""
    assert LAYER.sensitivity(stage_of(LAYER)) == pytest.approx(3.5)


def test_rounding_error_is_reached() -> None:
    """The identity on one entry; its column is rounded sideways."""
    psi, rounding = one_hot(2), 1e-4
    piece = identity_columns(rounding * one_hot(2, 1))
    part = LAYER.rounding_error(stage_of(LAYER, norms=(1.0, 1.0), piece=piece))
    assert part.name == "rounded output columns"
    layer = ResidualLinearPooling(GivenVector(psi, 0 * psi), piece, skip_weight=0.25)
    block = layer.block()
    change = np.linalg.norm(block / np.linalg.norm(block) - psi)
    assert 0.999 <= change / part.size <= 1
    half = LAYER.rounding_error(stage_of(LAYER, norms=(0.5, 1.0), piece=piece))
    assert half.size == pytest.approx(2 * part.size)


def test_no_polynomial_and_no_choice() -> None:
    stage = stage_of(LAYER)
    assert LAYER.polynomial_error(LoadedVector([1.0, 0.0]), stage) is None
    assert LAYER.smallest_degree(LoadedVector([1.0, 0.0]), stage, 0.1) is None
    assert LAYER.lowered(None) is None
    assert not LAYER.has_polynomial
    assert (LAYER.calls(5, None), LAYER.calls(1, None)) == (11, 3)
    assert (LAYER.rank, LAYER.is_numbered, LAYER.fills_padding) == (0, False, True)
    assert LAYER.weights_name(3) == "output_weights"


def test_by_shape_keeps_the_largest_column() -> None:
    shape = LAYER.by_shape(GEOMETRY, 2, DEFAULT_STRATEGY)
    largest = max(math.hypot(*column) for column in WEIGHTS.T)
    assert LAYER.column_norm_bound == pytest.approx(largest)
    assert shape.weights == OutputShape(4, LAYER.column_norm_bound)
    assert shape.skip_weight == 0.25
    assert SHAPE.column_norm_bound == 0.5
    assert SHAPE.by_shape(GEOMETRY, 2, DEFAULT_STRATEGY) is SHAPE
    with pytest.raises(ValueError, match="all zero: there is nothing to encode"):
        Output(np.zeros((4, 4))).by_shape(GEOMETRY, 2, DEFAULT_STRATEGY)


def test_loaded_by_shape_and_by_data() -> None:
    by_data = LAYER.load(stage_of(LAYER, geometry=GEOMETRY))
    by_shape = SHAPE.load(stage_of(SHAPE, geometry=GEOMETRY))
    assert (by_data.index_bitsize, by_shape.index_bitsize) == (2, 2)
    assert by_shape.beta == 0.5
    assert by_data.has_data
    assert not by_shape.has_data
    tables = stage_of(LAYER, geometry=GEOMETRY, column_loading="qrom", angle_bits=6)
    assert LAYER.load(tables).epsilon > by_data.epsilon == 0
    # A network without columns has no loader of them.
    assert LAYER.load(attrs.evolve(tables, column_loading=None, angle_bits=None)) == by_data


def test_encode_passes_the_choices_on() -> None:
    stage = stage_of(LAYER, geometry=GEOMETRY).loaded()
    found = LAYER.encode(LoadedVector([0.5, 0.5, 0.5, -0.5]), stage, None)
    assert (found.skip_weight, found.norm, found.peak) == (0.25, None, 1.0)
    by_shape = SHAPE.encode(LoadedVector(None, bitsize=2), stage, None)
    assert by_shape.norm_bounds == found.norm_bounds == (0.5, 1.5)
    assert by_shape.image_norm == 0.5


@pytest.mark.parametrize(("layer", "origin"), [(LAYER, "measured"), (SHAPE, "from shapes")])
def test_facts(layer: Output, origin: str) -> None:
    facts = layer.facts(stage_of(layer, piece=identity_columns([0.0, 0.0], beta=1.5)), None)
    assert (facts.name, facts.norms, facts.degree) == ("block 1", (0.5, 1.5), None)
    assert (facts.alpha, facts.amplitude) == (None, None)
    assert facts.notes == {
        "skip weight tau": 0.25,
        "column norm bound beta": {"value": 1.5, "origin": origin},
    }


def test_weights_are_checked() -> None:
    LAYER.check(GEOMETRY, "output_weights")
    Output(WEIGHTS * (1 + 0.9e-6)).check(GEOMETRY, "output_weights")
    with pytest.raises(ValueError, match=r"\|\|W_out\|\|_2 must be at most 1"):
        Output(WEIGHTS * (1 + 2e-6)).check(GEOMETRY, "output_weights")
    with pytest.raises(ValueError, match="must have length 8, found 4"):
        SHAPE.check(Geometry((2, 2, 2)), "output_weights")
    SHAPE.check(GEOMETRY, "output_weights")
    with pytest.raises(ValueError, match=r"must have shape \(N, N\) = \(4, 4\)"):
        Output(WEIGHTS[:, :2]).check(GEOMETRY, "output_weights")
    Output(WEIGHTS[:2]).check(GEOMETRY, "output_weights")
    with pytest.raises(
        ValueError, match="a power of two between 1 and N = 4, found 3; add rows of"
    ):
        Output(WEIGHTS[:3]).check(GEOMETRY, "output_weights")
    with pytest.raises(ValueError, match="a power of two between 1 and N = 4, found 8"):
        OutputShape(4, rows=8)
    broken = WEIGHTS.copy()
    broken[0, 0], broken[1, 2] = math.nan, math.inf
    with pytest.raises(ValueError, match="must be finite, found 2 NaN"):
        Output(broken).check(GEOMETRY, "output_weights")


def test_stored_and_restored() -> None:
    again = Output.restored(LAYER.stored())
    np.testing.assert_array_equal(again.weights, WEIGHTS)
    assert again.skip_weight == 0.25
    shape = Output.restored({"weights": attrs.asdict(OutputShape(4, 0.5)), "skip_weight": 0.25})
    assert (shape.weights, shape.skip_weight) == (OutputShape(4, 0.5), 0.25)
