import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.combine.concatenation import VECTOR_CONCATENATION_DOC, VectorConcatenation
from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.combine.select_vectors import SELECT_VECTORS_DOC, SelectVectors
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


def random_parts(rng, number, error=0.0):
    """Parts with no, one and two ancillas in turn."""
    parts = []
    for j in range(number):
        tilt = 0.0 if j % 3 == 0 else rng.uniform(0.3, 1.5)
        part = ToyVector(
            rng.normal(size=2), error * rng.normal(size=2), tilt=tilt, temporaries=j % 2
        )
        if j % 3 == 2:
            part = MatrixVectorProduct(ToyMatrix(1, rng.normal(), delta=error), part)
        parts.append(part)
    return parts


def random_concatenation(seed, number, error=0.0):
    rng = np.random.default_rng(seed)
    return VectorConcatenation(random_parts(rng, number, error), weights=rng.normal(size=number))


@pytest.mark.parametrize("number", [2, 3, 4, 5])
@pytest.mark.parametrize("error", [0.0, 0.02])
def test_concatenation_contracts_to_numpy(number, error):
    whole = random_concatenation(number, number, error)
    assert_contracts(whole)
    weights = unit(whole.weights)
    size = 2 ** int(np.ceil(np.log2(number)))
    expected = np.zeros((size, 2))
    for j, part in enumerate(whole.encodings):
        expected[j] = weights[j] * part.target() / part.alpha
    norm = np.linalg.norm(expected)
    np.testing.assert_allclose(whole.target(), expected.ravel() / norm, atol=1e-12)
    assert whole.alpha == pytest.approx(1 / norm)
    errors = [
        w * part.epsilon / part.alpha for w, part in zip(weights, whole.encodings, strict=True)
    ]
    assert whole.epsilon == pytest.approx(np.linalg.norm(errors) / norm)
    assert whole.ancilla_bitsize == max(part.ancilla_bitsize for part in whole.encodings)


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7, 8])
def test_equal_weights_by_default(number):
    rng = np.random.default_rng(number)
    data = rng.normal(size=(number, 2))
    whole = VectorConcatenation([LoadedVector(row) for row in data])
    assert_contracts(whole)
    rows = data / np.linalg.norm(data, axis=1, keepdims=True)
    np.testing.assert_allclose(
        whole.target()[: 2 * number], rows.ravel() / np.sqrt(number), atol=1e-12
    )
    assert whole.alpha == pytest.approx(1)


def test_weights_alpha_give_the_plain_concatenation():
    parts = random_parts(np.random.default_rng(5), 4)
    whole = VectorConcatenation(parts, weights=[part.alpha for part in parts])
    expected = np.concatenate([part.target() for part in parts]) / 2
    np.testing.assert_allclose(whole.target(), expected, atol=1e-12)


@pytest.mark.parametrize("weights", [(1, 0), (0, -1), (-1, -1), (1e-200, 1e-200), (1e200, 1e200)])
def test_weights_at_the_edges_contract(weights):
    whole = VectorConcatenation([LoadedVector([1, 2]), LoadedVector([3, -4])], weights=weights)
    assert_contracts(whole)
    assert_costs_agree(whole)


def test_concatenation_of_concatenations_contracts():
    inner = random_concatenation(8, 2, 0.01)
    whole = VectorConcatenation([inner, LoadedVector([1, 2, -3, 4])], weights=[1, 2])
    assert_contracts(whole)
    assert_costs_agree(whole)


@pytest.mark.parametrize(
    "size", [1e-1, *(pytest.param(size, marks=pytest.mark.slow) for size in (1e-2, 1e-3))]
)
def test_error_bound_holds_and_is_tight(size):
    ratios = []
    for seed in range(20):
        whole = random_concatenation(seed, 2 + seed % 2, size)
        ratios.append(assert_contracts(whole) / whole.epsilon)
    # Some seeds saturate the bound, up to rounding.
    assert 0.1 <= max(ratios) <= 1 + 1e-9


@pytest.mark.parametrize(
    "number", [2, 3, *(pytest.param(number, marks=pytest.mark.slow) for number in (4, 5))]
)
def test_formula_is_the_decomposition(number):
    whole = random_concatenation(number, number)
    for bloq in (whole, whole.controlled(), whole.adjoint(), whole.controlled().adjoint()):
        assert_costs_agree(bloq)


def test_control_and_adjoint():
    rng = np.random.default_rng(4)
    parts = [ToyVector(rng.normal(size=2), tilt=tilt) for tilt in (0.0, 1.3, 0.4)]
    assert_control_and_adjoint(VectorConcatenation(parts, weights=rng.normal(size=3)))
    assert_control_and_adjoint(SelectVectors.from_encodings(parts))


@pytest.mark.parametrize("number", [2, 3, 4])
def test_select_applies_each_encoding_at_its_index(number):
    parts = random_parts(np.random.default_rng(number), number)
    select = SelectVectors.from_encodings(parts)
    assert select.indices == tuple(range(number))
    a = select.ancilla_bitsize
    blocks = unitary(select).reshape((2**select.select_bitsize, 2 * 2**a) * 2)
    for j, part in enumerate(parts):
        own = np.kron(
            unitary(part)
            .reshape([2, 2**part.ancilla_bitsize] * 2)
            .reshape(2 * 2**part.ancilla_bitsize, -1),
            np.eye(2 ** (a - part.ancilla_bitsize)),
        )
        np.testing.assert_allclose(blocks[j, :, j, :], own, atol=1e-12)
        others = [k for k in range(len(blocks)) if k != j]
        assert np.linalg.norm(blocks[others][:, :, j]) < 1e-12


@pytest.mark.slow
@given(number=st.integers(2, 40), n=st.integers(1, 3))
def test_select_costs_unary_iteration(number, n):
    whole = VectorConcatenation([LoadedVector(None, bitsize=n)] * number)
    plain, controlled = (
        get_cost_value(bloq, QECGatesCost()) for bloq in (whole, whole.controlled())
    )
    assert plain.and_bloq == number - 2
    assert controlled.and_bloq == number - 1
    load = get_cost_value(LoadedVector(None, bitsize=n).controlled(), QECGatesCost())
    if number & (number - 1) == 0:
        assert (plain.rotation, plain.t) == (number * load.rotation, 0)
        depth = number.bit_length() - 1
        assert (controlled.rotation, controlled.t) == (number * load.rotation, 2 * depth)
    else:
        assert (
            plain.rotation + plain.t <= number * load.rotation + 2**whole.parts.select_bitsize - 1
        )


def test_by_shape_and_symbolic():
    shape = VectorConcatenation([LoadedVector(None, bitsize=2)] * 3)
    assert (shape.alpha, shape.epsilon) == (pytest.approx(1), 0)
    assert_costs_agree(shape)
    assert_costs_agree(shape.controlled())
    with pytest.raises(ShapeOnlyError):
        shape.target()
    n, norm = sympy.symbols("n N")

    def build(size, bound):
        vector = LoadedVector(None, bitsize=size)
        product = MatrixVectorProduct(AmplitudeBlockEncoding(vector), vector, norm=bound)
        return VectorConcatenation([product, vector, vector], weights=[1, 2, 2])

    symbolic = build(n, norm)
    numeric = [build(value, 0.5) for value in (1, 2, 5)]
    assert float(symbolic.alpha.subs({norm: 0.5})) == pytest.approx(numeric[0].alpha)
    for value, number in zip((1, 2, 5), numeric, strict=True):
        for bloq, other in ((symbolic, number), (symbolic.controlled(), number.controlled())):
            gates, numbers = (get_cost_value(b, QECGatesCost()) for b in (bloq, other))
            for key in ("rotation", "t", "and_bloq", "toffoli", "clifford"):
                assert sympy.sympify(getattr(gates, key)).subs({n: value}) == getattr(numbers, key)
            qubits = sympy.sympify(get_cost_value(bloq, QubitCount())).subs({n: value})
            assert qubits == get_cost_value(other, QubitCount())


def test_errors_say_what_and_how():
    vector, other = LoadedVector([0.6, 0.8]), LoadedVector([0.8, 0.6])
    with pytest.raises(ValueError, match="needs two encodings or more, got 1"):
        VectorConcatenation([vector])
    with pytest.raises(
        ValueError, match="must be a sequence of vector encodings, got LoadedVector"
    ):
        VectorConcatenation(vector)
    with pytest.raises(ValueError, match=r"`parts\[1\]` must be a VectorEncoding .* got ToyMatrix"):
        VectorConcatenation([vector, ToyMatrix(1, 0.3)])
    with pytest.raises(ValueError, match=r"`parts\[0\]` has a control of its own"):
        VectorConcatenation([vector.controlled(), other])
    with pytest.raises(ValueError, match="`parts` has a control of its own"):
        VectorConcatenation(SelectVectors(vector, other).controlled())
    with pytest.raises(ValueError, match="`second` has a control of its own"):
        SelectVectors(vector, SelectVectors(vector, other).controlled())
    with pytest.raises(ValueError, match="equally many qubits, got 1 and 2"):
        VectorConcatenation([vector, LoadedVector([1, 0, 0, 0])])
    with pytest.raises(ValueError, match="2 parts need as many weights, got 3"):
        VectorConcatenation([vector, other], weights=[1, 2, 3])
    with pytest.raises(ValueError, match="must be finite numbers"):
        VectorConcatenation([vector, other], weights=[1, np.nan])
    with pytest.raises(ValueError, match="all weights are zero"):
        VectorConcatenation([vector, other], weights=[0, 0])


@settings(max_examples=20)
@given(
    weights=st.lists(st.floats(-1, 1), min_size=2, max_size=5).filter(
        lambda w: np.linalg.norm(w) > 0.1
    ),
    seed=st.integers(0, 1000),
)
def test_any_concatenation_contracts(weights, seed):
    rng = np.random.default_rng(seed)
    parts = [ToyVector(rng.normal(size=2), tilt=rng.uniform(0.1, 1)) for _ in weights]
    assert_contracts(VectorConcatenation(parts, weights=weights), 1e-10)


@pytest.mark.parametrize(
    "example",
    [*SELECT_VECTORS_DOC.examples, *VECTOR_CONCATENATION_DOC.examples],
    ids=lambda e: e.name,
)
def test_examples_conform(example):
    assert_conforms(example)
