import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.bloqs.basic_gates import XGate, YGate
from qualtran.bloqs.block_encoding import LinearCombination, Unitary
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.combine.matrix_product import MATRIX_VECTOR_PRODUCT_DOC, MatrixVectorProduct
from bloqs.core.encoding import ShapeOnlyError
from bloqs.loading import LoadedVector
from tests.combine.toys import (
    ToyMatrix,
    ToyVector,
    assert_conforms,
    assert_contracts,
    assert_control_and_adjoint,
    assert_costs_agree,
    encoded_block,
    unit,
    unitary,
)
from tests.layers.toys import GivenMatrix, GivenVector, measured_error


def random_product(seed, error=0.0):
    rng = np.random.default_rng(seed)
    vector = ToyVector(rng.normal(size=4), error * rng.normal(size=4), tilt=1.1, temporaries=2)
    return MatrixVectorProduct(ToyMatrix(2, rng.normal(), delta=error, tilt=0.9, scale=1.7), vector)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("error", [0.0, 0.02])
def test_product_contracts_to_numpy(seed, error):
    product = random_product(seed, error)
    assert_contracts(product)
    image = product.matrix.target() @ product.vector.target()
    np.testing.assert_allclose(product.target(), unit(image), atol=1e-12)
    assert product.alpha == pytest.approx(1.7 * product.vector.alpha / np.linalg.norm(image))
    assert product.ancilla_bitsize == 2


def test_product_of_products_contracts():
    inner = random_product(3, 0.01)
    outer = MatrixVectorProduct(ToyMatrix(2, -0.7), inner)
    assert_contracts(outer)
    assert_costs_agree(outer)
    assert outer.ancilla_bitsize == 3


def test_ancillas_are_the_matrix_then_the_vector():
    # The matrix's ancilla alone is dirty when the vector is the eigenvector that it sends there.
    product = MatrixVectorProduct(
        ToyMatrix(1, 0.0, tilt=np.pi / 2), LoadedVector([1.0, -1.0]), norm=1
    )
    column = unitary(product)[:, 0].reshape(2, 2)
    np.testing.assert_allclose(np.linalg.norm(column, axis=0), [0, 1], atol=1e-12)
    tilted = MatrixVectorProduct(ToyMatrix(1, 0.4, tilt=0.8), ToyVector([1.0, 1.0], tilt=1.0))
    column = unitary(tilted)[:, 0].reshape(2, 2, 2)
    # (1, 1) is kept by the matrix's mixing, so where the last ancilla (the vector's) is 0, so is the first.
    assert np.linalg.norm(column[:, 1, 0]) < 1e-12
    assert np.linalg.norm(column[:, :, 1]) == pytest.approx(np.sin(0.5))


@pytest.mark.parametrize(
    "size", [1e-1, *(pytest.param(size, marks=pytest.mark.slow) for size in (1e-2, 1e-3))]
)
def test_error_bound_holds_and_is_tight(size):
    ratios = []
    for seed in range(20):
        product = random_product(seed, size)
        measured = assert_contracts(product)
        ratios.append(measured / product.epsilon)
    # Some seeds saturate the bound, up to rounding.
    assert 0.1 <= max(ratios) <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_formula_is_the_decomposition(seed):
    product = random_product(seed)
    for bloq in (product, product.controlled(), product.adjoint(), product.controlled().adjoint()):
        assert_costs_agree(bloq)


def test_control_and_adjoint():
    assert_control_and_adjoint(random_product(1, 0.02))


def test_stock_block_encoding_with_stated_norm():
    product = MatrixVectorProduct(Unitary(YGate()), LoadedVector([0.6, 0.8]), norm=1.0)
    np.testing.assert_allclose(encoded_block(product), [-0.8j, 0.6j], atol=1e-12)
    assert (product.alpha, product.epsilon, product.ancilla_bitsize) == (1, 0, 0)
    assert get_cost_value(product.controlled(), QECGatesCost()).rotation >= 2
    with pytest.raises(ShapeOnlyError, match=r"entries of .* are not known"):
        product.target()
    with pytest.raises(ShapeOnlyError, match="pass `norm`"):
        _ = MatrixVectorProduct(Unitary(XGate()), LoadedVector([0.6, 0.8])).alpha


def test_by_shape_and_symbolic():
    n, norm = sympy.symbols("n N")
    shape = MatrixVectorProduct(ToyMatrix(3, 0.3), LoadedVector(None, bitsize=3), norm=0.5)
    assert shape.alpha == 2
    assert_costs_agree(shape)
    with pytest.raises(ShapeOnlyError):
        shape.target()
    with pytest.raises(ShapeOnlyError, match="pass `norm`, a lower bound"):
        _ = MatrixVectorProduct(ToyMatrix(3, 0.3), LoadedVector(None, bitsize=3)).epsilon
    vector = LoadedVector(None, bitsize=n)
    symbolic = MatrixVectorProduct(AmplitudeBlockEncoding(vector), vector, norm=norm)
    assert symbolic.alpha == 1.0 / norm
    for value in (1, 2, 5):
        vector = LoadedVector(None, bitsize=value)
        numeric = MatrixVectorProduct(AmplitudeBlockEncoding(vector), vector)
        for bloq, other in ((symbolic, numeric), (symbolic.controlled(), numeric.controlled())):
            gates = get_cost_value(bloq, QECGatesCost())
            numbers = get_cost_value(other, QECGatesCost())
            for key in ("rotation", "toffoli", "clifford"):
                assert sympy.sympify(getattr(gates, key)).subs({n: value}) == getattr(numbers, key)
            qubits = sympy.sympify(get_cost_value(bloq, QubitCount())).subs({n: value})
            assert qubits == get_cost_value(other, QubitCount())


def test_errors_say_what_and_how():
    vector, matrix = LoadedVector([0.6, 0.8]), ToyMatrix(1, 0.3)
    with pytest.raises(ValueError, match="`matrix` must be a BlockEncoding, got LoadedVector"):
        MatrixVectorProduct(vector, vector)
    with pytest.raises(ValueError, match=r"`vector` must be a VectorEncoding .* got ToyMatrix"):
        MatrixVectorProduct(matrix, matrix)
    with pytest.raises(ValueError, match="equally many qubits, got 1 and 2"):
        MatrixVectorProduct(matrix, LoadedVector([1, 0, 0, 0]))
    with pytest.raises(ValueError, match="`matrix` has a control of its own"):
        MatrixVectorProduct(matrix.controlled(), vector)
    with pytest.raises(ValueError, match="`vector` has a control of its own"):
        MatrixVectorProduct(matrix, vector.controlled())
    for norm in (np.inf, np.nan, 1j):
        with pytest.raises(ValueError, match="norm must be a finite real number, found"):
            MatrixVectorProduct(matrix, vector, norm=norm)
    for norm in (0, -1.0):
        with pytest.raises(ValueError, match="must be positive, got"):
            MatrixVectorProduct(matrix, vector, norm=norm)
    with pytest.raises(ValueError, match="lower bound of the norm of the result, which is 1"):
        _ = MatrixVectorProduct(ToyMatrix(1, 0.3), LoadedVector([1, 1]), norm=1.5).alpha
    with pytest.raises(ValueError, match="zero vector"):
        MatrixVectorProduct(ToyMatrix(1, 0.3, tilt=np.pi / 2), LoadedVector([1, -1])).target()
    lcu = LinearCombination((Unitary(XGate()), Unitary(YGate())), (0.5, 0.5), lambd_bits=1)
    with pytest.raises(ValueError, match="no resource register, got one of"):
        MatrixVectorProduct(lcu, vector)


@settings(max_examples=15)
@given(
    data=st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(
        lambda v: np.linalg.norm(v) > 0.1
    ),
    angle=st.floats(-6, 6),
    tilt=st.floats(0.1, 1.2),
)
def test_any_product_contracts(data, angle, tilt):
    assert_contracts(MatrixVectorProduct(ToyMatrix(2, angle, tilt=tilt), LoadedVector(data)), 1e-10)


@pytest.mark.parametrize("example", MATRIX_VECTOR_PRODUCT_DOC.examples, ids=lambda e: e.name)
def test_examples_conform(example):
    assert_conforms(example)


@pytest.mark.parametrize(("e", "e_matrix"), [(0.25, 0.0), (0.0, 0.25), (0.25, 0.25)])
def test_both_terms_of_the_error_are_reached(e, e_matrix):
    """The matrix is encoded as alpha I, too long by its error, the vector too long by its own."""
    psi = np.array([1.0, 0.0])
    matrix = GivenMatrix(1, 2.0 - e_matrix, e_matrix, alpha=2.0)
    product = MatrixVectorProduct(matrix, GivenVector(psi, e * psi, alpha=1 + e))
    assert measured_error(product) == pytest.approx(e_matrix + 2 * e, abs=1e-12)
    assert product.absolute_error == pytest.approx(e_matrix + 2 * e)
    assert product.epsilon == pytest.approx((e_matrix + 2 * e) / (2 - e_matrix))
    assert product.sensitivity == pytest.approx(2 / (2 - e_matrix))
    assert product.alpha == pytest.approx(2 * (1 + e) / (2 - e_matrix))
