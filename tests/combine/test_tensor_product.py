import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.combine.tensor_product import VECTOR_TENSOR_PRODUCT_DOC, VectorTensorProduct
from bloqs.core.encoding import ShapeOnlyError
from bloqs.loading import LoadedVector
from tests.combine.toys import (
    ToyMatrix,
    ToyVector,
    assert_conforms,
    assert_contracts,
    assert_control_and_adjoint,
    assert_costs_agree,
)


def random_product(seed, error=0.0):
    rng = np.random.default_rng(seed)
    first = ToyVector(rng.normal(size=2), error * rng.normal(size=2), tilt=1.2, temporaries=2)
    second = ToyVector(rng.normal(size=4), error * rng.normal(size=4), tilt=0.4)
    return VectorTensorProduct(first, second)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("error", [0.0, 0.05])
def test_product_contracts_to_numpy(seed, error):
    product = random_product(seed, error)
    assert_contracts(product)
    first, second = product.first, product.second
    expected = [x * y for x in first.target() for y in second.target()]
    np.testing.assert_allclose(product.target(), expected, atol=1e-12)
    assert product.alpha == pytest.approx(1 / np.cos(0.6) / np.cos(0.2))
    assert product.epsilon == pytest.approx((1 + first.epsilon) * (1 + second.epsilon) - 1)
    assert (product.system_bitsize, product.ancilla_bitsize) == (3, 2)


def test_nested_products_contract():
    inner = MatrixVectorProduct(ToyMatrix(1, 0.8), ToyVector([0.3, -0.9], [0.01, 0.0]))
    product = VectorTensorProduct(VectorTensorProduct(inner, LoadedVector([1, 2])), inner)
    assert_contracts(product)
    assert_costs_agree(product)
    assert (product.system_bitsize, product.ancilla_bitsize) == (3, 2)


@pytest.mark.parametrize(
    "size", [1e-1, *(pytest.param(size, marks=pytest.mark.slow) for size in (1e-2, 1e-3))]
)
def test_error_bound_holds_and_is_tight(size):
    ratios = []
    for seed in range(10):
        product = random_product(seed, size)
        ratios.append(assert_contracts(product) / product.epsilon)
    # Some seeds saturate the bound, up to rounding.
    assert 0.1 <= max(ratios) <= 1 + 1e-9


def test_formula_is_the_decomposition():
    product = random_product(0)
    for bloq in (product, product.controlled(), product.adjoint(), product.controlled().adjoint()):
        assert_costs_agree(bloq)


def test_control_and_adjoint():
    product = VectorTensorProduct(ToyVector([0.3, -0.8], tilt=0.7), LoadedVector([1, 2, -3, 4]))
    assert_control_and_adjoint(product)


def test_by_shape_and_symbolic():
    m, n = sympy.symbols("m n")

    def build(first, second):
        vector = LoadedVector(None, bitsize=first)
        product = MatrixVectorProduct(AmplitudeBlockEncoding(vector), vector, norm=0.5)
        return VectorTensorProduct(product, LoadedVector(None, bitsize=second))

    symbolic = build(m, n)
    assert symbolic.system_bitsize == m + n
    assert symbolic.ancilla_bitsize == m
    assert symbolic.alpha == 2
    for sizes in ((1, 1), (2, 1), (3, 5)):
        numeric = build(*sizes)
        values = dict(zip((m, n), sizes, strict=True))
        for bloq, other in ((symbolic, numeric), (symbolic.controlled(), numeric.controlled())):
            gates, numbers = (get_cost_value(b, QECGatesCost()) for b in (bloq, other))
            for key in ("rotation", "clifford", "toffoli", "and_bloq"):
                assert sympy.sympify(getattr(gates, key)).subs(values) == getattr(numbers, key)
            qubits = sympy.sympify(get_cost_value(bloq, QubitCount())).subs(values)
            assert qubits == get_cost_value(other, QubitCount())
    assert_costs_agree(build(2, 1))
    with pytest.raises(ShapeOnlyError):
        build(2, 1).target()


def test_errors_say_what_and_how():
    vector = LoadedVector([0.6, 0.8])
    with pytest.raises(ValueError, match=r"`first` must be a VectorEncoding .* got ToyMatrix"):
        VectorTensorProduct(ToyMatrix(1, 0.3), vector)
    with pytest.raises(
        ValueError, match="`second` has a control of its own; give the uncontrolled"
    ):
        VectorTensorProduct(vector, vector.controlled())


vectors = (
    st.integers(1, 2)
    .flatmap(lambda n: st.lists(st.floats(-1, 1), min_size=2**n, max_size=2**n))
    .filter(lambda v: np.linalg.norm(v) > 0.1)
)


@settings(max_examples=20)
@given(psi=vectors, phi=vectors)
def test_any_product_contracts(psi, phi):
    assert_contracts(VectorTensorProduct(LoadedVector(psi), ToyVector(phi, tilt=0.5)), 1e-10)


@pytest.mark.parametrize("example", VECTOR_TENSOR_PRODUCT_DOC.examples, ids=lambda e: e.name)
def test_examples_conform(example):
    assert_conforms(example)
