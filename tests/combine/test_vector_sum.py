import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.combine.vector_sum import VECTOR_SUM_DOC, VectorSum
from bloqs.core.encoding import ShapeOnlyError
from bloqs.loading import LoadedVector
from tests.combine.toys import (
    ToyMatrix,
    ToyVector,
    assert_conforms,
    assert_contracts,
    assert_control_and_adjoint,
    assert_costs_agree,
    unit,
    unitary,
)


def random_sum(seed, error=0.0, weight=None):
    """A bare vector plus a product: ancillas 0 and 2, both alphas above 1 but for the first."""
    rng = np.random.default_rng(seed)
    first = ToyVector(rng.normal(size=4), error * rng.normal(size=4), temporaries=3)
    inner = ToyVector(rng.normal(size=4), error * rng.normal(size=4), tilt=1.2)
    second = MatrixVectorProduct(ToyMatrix(2, rng.normal(), delta=error, tilt=0.9), inner)
    parts = (first, second) if seed % 2 else (second, first)
    return VectorSum(*parts, weight=rng.uniform(0.2, 0.8) if weight is None else weight)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("error", [0.0, 0.02])
def test_sum_of_subnormalised_parts_contracts_to_numpy(seed, error):
    total = random_sum(seed, error)
    assert_contracts(total)
    w, first, second = total.weight, total.first, total.second
    vector = w * first.target() / first.alpha + (1 - w) * second.target() / second.alpha
    np.testing.assert_allclose(total.target(), unit(vector), atol=1e-12)
    assert total.alpha == pytest.approx(1 / np.linalg.norm(vector))
    assert total.ancilla_bitsize == 3
    expected = w * first.epsilon / first.alpha + (1 - w) * second.epsilon / second.alpha
    assert total.epsilon == pytest.approx(expected * total.alpha)


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 1.0])
def test_weights_at_the_edges_contract(weight):
    total = random_sum(1, 0.01, weight)
    assert_contracts(total)
    assert_costs_agree(total)


def test_equal_weights_turn_by_a_clifford():
    total = VectorSum(LoadedVector([1, 0]), LoadedVector([0, 1]), weight=0.5)
    cost = get_cost_value(total, QECGatesCost())
    assert (cost.rotation, cost.t) == (0, 0)
    shape = VectorSum(LoadedVector([1, 0]), LoadedVector([0, 1]), norm=0.5)
    assert get_cost_value(shape, QECGatesCost()).rotation == 2


def test_sum_of_sums_contracts():
    outer = VectorSum(random_sum(2, 0.01), LoadedVector([0.1, 0.2, -0.3, 0.4]), weight=0.6)
    assert_contracts(outer)
    assert_costs_agree(outer)


@pytest.mark.parametrize(
    "size", [1e-1, *(pytest.param(size, marks=pytest.mark.slow) for size in (1e-2, 1e-3))]
)
def test_error_bound_holds_and_is_tight(size):
    ratios = []
    for seed in range(10):
        total = random_sum(seed, size)
        ratios.append(assert_contracts(total) / total.epsilon)
    # Some seeds saturate the bound, up to rounding.
    assert 0.1 <= max(ratios) <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(2))
def test_formula_is_the_decomposition(seed):
    total = random_sum(seed)
    for bloq in (total, total.controlled(), total.adjoint(), total.controlled().adjoint()):
        assert_costs_agree(bloq)


def test_control_and_adjoint():
    rng = np.random.default_rng(4)
    first, second = (ToyVector(rng.normal(size=4), tilt=tilt) for tilt in (0.0, 1.3))
    assert_control_and_adjoint(VectorSum(first, second, weight=0.3))


def test_control_costs_one_and():
    total = random_sum(0)
    plain, controlled = (
        get_cost_value(bloq, QECGatesCost()) for bloq in (total, total.controlled())
    )
    assert controlled.and_bloq == plain.and_bloq + 1
    assert (controlled.rotation, controlled.t) == (plain.rotation, plain.t)


def test_by_shape_and_symbolic():
    shape = VectorSum(LoadedVector(None, bitsize=2), LoadedVector(None, bitsize=2), norm=0.25)
    assert (shape.alpha, shape.epsilon, shape.has_data) == (4, 0, False)
    assert_costs_agree(shape)
    with pytest.raises(ShapeOnlyError, match="the weight is None"):
        VectorSum(LoadedVector([1, 0]), LoadedVector([0, 1])).target()
    with pytest.raises(ShapeOnlyError, match="pass `norm`, a lower bound"):
        _ = VectorSum(LoadedVector([1, 0]), LoadedVector([0, 1])).alpha
    n, norm = sympy.symbols("n N")

    def build(size, bound):
        vector = LoadedVector(None, bitsize=size)
        product = MatrixVectorProduct(AmplitudeBlockEncoding(vector), vector, norm=1.0)
        return VectorSum(product, vector, norm=bound)

    symbolic = build(n, norm)
    assert symbolic.alpha == 1 / norm
    for value in (1, 2, 5):
        for bloq, other in (
            (symbolic, build(value, 0.1)),
            (symbolic.controlled(), build(value, 0.1).controlled()),
        ):
            gates, numbers = (get_cost_value(b, QECGatesCost()) for b in (bloq, other))
            for key in ("rotation", "and_bloq", "toffoli", "clifford"):
                assert sympy.sympify(getattr(gates, key)).subs({n: value}) == getattr(numbers, key)
            qubits = sympy.sympify(get_cost_value(bloq, QubitCount())).subs({n: value})
            assert qubits == get_cost_value(other, QubitCount())


def test_epsilon_of_an_unknown_weight_bounds_every_weight():
    known = [random_sum(3, 0.05, weight) for weight in (0.0, 0.3, 1.0)]
    unknown = VectorSum(known[0].first, known[0].second, norm=0.01)
    assert unknown.alpha == 100
    assert unknown.epsilon == pytest.approx(
        max(total.epsilon / total.alpha for total in known) / 0.01
    )


def test_errors_say_what_and_how():
    first, second = LoadedVector([0.6, 0.8]), LoadedVector([0.8, 0.6])
    for weight in (np.nan, 1j, True, "1"):
        with pytest.raises(ValueError, match="weight must be a finite real number, found"):
            VectorSum(first, second, weight)
    for weight in (-0.1, 1.5):
        with pytest.raises(
            ValueError, match=r"must be from 0 to 1, got .* for a difference negate"
        ):
            VectorSum(first, second, weight=weight)
    with pytest.raises(ValueError, match=r"`second` must be a VectorEncoding .* got ToyMatrix"):
        VectorSum(first, ToyMatrix(1, 0.3), weight=0.5)
    with pytest.raises(ValueError, match="`first` has a control of its own"):
        VectorSum(first.controlled(), second, weight=0.5)
    with pytest.raises(ValueError, match="equally many qubits, got 1 and 2"):
        VectorSum(first, LoadedVector([1, 0, 0, 0]), weight=0.5)
    with pytest.raises(ValueError, match="must be positive, got 0"):
        VectorSum(first, second, weight=0.5, norm=0)
    opposite = VectorSum(first, LoadedVector([-0.6, -0.8]), weight=0.5)
    with pytest.raises(ValueError, match="the result is the zero vector"):
        opposite.target()
    with pytest.raises(ValueError, match="the result is the zero vector"):
        _ = opposite.alpha
    with pytest.raises(ValueError, match=r"lower bound .* which is 0\.98.*; got 1\.5"):
        _ = VectorSum(first, second, weight=0.5, norm=1.5).epsilon


vectors = st.lists(st.floats(-1, 1), min_size=2, max_size=2).filter(
    lambda v: np.linalg.norm(v) > 0.1
)


@settings(max_examples=20)
@given(psi=vectors, phi=vectors, weight=st.floats(0, 1), tilt=st.floats(0.1, 2))
def test_any_sum_contracts(psi, phi, weight, tilt):
    first, second = ToyVector(psi, tilt=tilt), ToyVector(phi)
    total = VectorSum(first, second, weight=weight)
    block = unitary(total)[:: 2**total.ancilla_bitsize, 0]
    expected = weight * first.block() + (1 - weight) * second.block()
    np.testing.assert_allclose(block, expected, atol=1e-10)
    np.testing.assert_allclose(total.block(), expected, atol=1e-10)


@pytest.mark.parametrize("example", VECTOR_SUM_DOC.examples, ids=lambda e: e.name)
def test_examples_conform(example):
    assert_conforms(example)
