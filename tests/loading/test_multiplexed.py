import math

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran import CtrlSpec
from qualtran.resource_counting import get_cost_value

from bloqs.loading import MultiplexedRy
from tests.loading.reference import (
    BUILT_IN,
    GATES,
    assert_costs,
    assert_symbolic,
    controlled,
    decomposed_gates,
    rotate_matrix,
)


def expected_matrix(bloq):
    s = bloq.select_bitsize
    matrix = rotate_matrix(s + 1, range(s), s, bloq.effective_angles())
    return controlled(matrix) if bloq.is_controlled else matrix


@pytest.mark.parametrize("s", [0, 1, 2, 3])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_rotations_contract_to_the_definition(s, is_controlled):
    angles = np.random.default_rng(s).uniform(-7, 7, 2**s)
    bloq = MultiplexedRy(angles, s, is_controlled=is_controlled)
    matrix = bloq.tensor_contract()
    np.testing.assert_allclose(matrix, expected_matrix(bloq), atol=1e-13)
    np.testing.assert_allclose(bloq.adjoint().tensor_contract(), matrix.T, atol=1e-13)


@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
@pytest.mark.parametrize(("s", "bits"), [(0, 3), (1, 3), (2, 3), (3, 3), (1, 4)])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_tables_contract_to_the_rounded_angles(loading, s, bits, is_controlled):
    angles = np.random.default_rng(s).uniform(-7, 7, 2**s)
    bloq = MultiplexedRy(angles, s, loading, bits, is_controlled)
    matrix = bloq.tensor_contract()
    np.testing.assert_allclose(matrix, expected_matrix(bloq), atol=1e-13)
    exact = rotate_matrix(s + 1, range(s), s, angles)
    exact = controlled(exact) if is_controlled else exact
    error = np.linalg.norm(matrix - exact, 2)
    assert error <= bloq.error + 1e-13 <= math.pi / 2**bits + 2e-13
    # By data, the bound is the error itself.
    assert error == pytest.approx(bloq.error)


@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
def test_error_has_the_slope_of_one_half_a_bit(loading):
    angles = np.random.default_rng(3).uniform(-7, 7, 64)
    bits = np.arange(4, 16)
    errors = []
    for b in bits:
        bloq = MultiplexedRy(angles, 6, loading, int(b))
        worst = MultiplexedRy(None, 6, loading, int(b)).error
        assert worst / 2 <= bloq.error <= worst
        errors.append(bloq.error)
    assert np.polyfit(bits, np.log2(errors), 1)[0] == pytest.approx(-1, abs=0.05)


@pytest.mark.parametrize("loading", BUILT_IN)
def test_control_and_adjoint_commute_and_agree(loading):
    bloq = MultiplexedRy([0.3, -1.7], 1, loading, 3)
    matrix = bloq.tensor_contract()
    both = bloq.adjoint().controlled()
    assert both == bloq.controlled().adjoint()
    np.testing.assert_allclose(both.tensor_contract(), controlled(matrix.conj().T), atol=1e-13)
    off = bloq.controlled(CtrlSpec(cvs=0)).tensor_contract()
    np.testing.assert_allclose(off[:4, :4], matrix, atol=1e-13)


@pytest.mark.parametrize("loading", BUILT_IN)
@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("s", [0, 1, 2, 5])
def test_formula_equals_decomposition(loading, is_controlled, s):
    angles = np.random.default_rng(s).uniform(-7, 7, 2**s)
    by_data, qubits = assert_costs(MultiplexedRy(angles, s, loading, 5, is_controlled))
    by_shape, shape_qubits = assert_costs(MultiplexedRy(None, s, loading, 5, is_controlled))
    assert qubits == shape_qubits
    assert by_data.and_bloq == by_shape.and_bloq
    assert by_data.cswap == by_shape.cswap
    assert by_data.rotation == by_shape.rotation
    assert by_data.clifford <= by_shape.clifford
    if loading == "rotations":
        assert by_shape.rotation == 2 ** (s + is_controlled)
    if loading == "qrom":
        ands = 2**s - 1 if is_controlled else max(2**s - 2, 0)
        assert by_shape.and_bloq == 2 * ands + 5 - 2


@pytest.mark.parametrize("is_controlled", [False, True])
def test_select_swap_never_takes_more_t_than_qrom(is_controlled):
    for s in range(12):
        for bits in (3, 8, 14):
            cost = {
                loading: get_cost_value(
                    MultiplexedRy(None, s, loading, bits, is_controlled), GATES
                ).total_t_count()
                for loading in ("qrom", "select-swap")
            }
            assert cost["select-swap"] <= cost["qrom"]
            if s >= 9:
                assert cost["select-swap"] < cost["qrom"]


def test_special_angles_are_cliffords_t_gates_or_nothing():
    pi = math.pi
    gates, _ = assert_costs(MultiplexedRy([0.0] * 8, 3))
    assert (gates.rotation, gates.t, gates.clifford) == (0, 0, 0)
    # Walsh coefficients: mask 0 alone, then masks 0 and 2.
    assert assert_costs(MultiplexedRy([pi / 2] * 4, 2))[0].clifford == 1
    assert assert_costs(MultiplexedRy([2 * pi], 0))[0].clifford == 1
    assert assert_costs(MultiplexedRy([4 * pi], 0))[0].clifford == 0
    assert assert_costs(MultiplexedRy([pi / 4], 0))[0].t == 1
    gates, _ = assert_costs(MultiplexedRy([pi / 2, pi / 2, 0, 0], 2))
    assert (gates.t, gates.rotation, gates.clifford) == (2, 0, 2)
    gates, _ = assert_costs(MultiplexedRy([0.3, 0.3, 0.1, 0.1], 2))
    assert (gates.rotation, gates.clifford) == (2, 2)


@given(
    st.lists(
        st.sampled_from([0.0, math.pi, math.pi / 2, 0.4, -2 * math.pi]), min_size=8, max_size=8
    )
)
def test_costs_by_data_with_many_special_angles(angles):
    # An all-zero table touches no wire: Qualtran's own width of idle wires is then not the formula's.
    if any(angles):
        bloq = MultiplexedRy(angles, 3)
        gates = get_cost_value(bloq, GATES)
        assert gates == decomposed_gates(bloq, {})
        assert gates.rotation + gates.t + gates.clifford <= 16


@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_symbolic_equals_by_shape(loading, is_controlled):
    s, b = sympy.symbols("s b")
    for values in [(1, 3), (2, 9), (4, 6), (7, 13), (11, 16)]:
        concrete = MultiplexedRy(None, values[0], loading, values[1], is_controlled)
        assert_symbolic(
            MultiplexedRy(None, s, loading, b, is_controlled),
            concrete,
            dict(zip((s, b), values, strict=True)),
        )
        # One size a symbol, the other a number.
        assert_symbolic(
            MultiplexedRy(None, s, loading, values[1], is_controlled), concrete, {s: values[0]}
        )
        assert_symbolic(
            MultiplexedRy(None, values[0], loading, b, is_controlled), concrete, {b: values[1]}
        )


def test_symbolic_error_equals_the_number():
    b = sympy.Symbol("b")
    symbolic = MultiplexedRy(None, 3, "qrom", b).error
    for bits in (3, 8, 13, 20, 30):
        expected = MultiplexedRy(None, 3, "qrom", bits).error
        assert float(symbolic.subs({b: bits})) == pytest.approx(expected)


def test_angle_bits_default_to_sixteen():
    assert MultiplexedRy([0.1, 0.2], 1, "qrom").tabulated.angle_bits == 16


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([0.1, 0.2, 0.3], 1), "1 select qubits need 2 angles, got 3"),
        (([0.1, math.nan], 1), "finite"),
        (([0.1, 0.2j], 1), "angles must be real"),
        ((["a", "b"], 1), "real numbers"),
        (([0.1], -1), "must not be negative"),
        (([0.1], 0, "tape"), "unknown loading 'tape'"),
        (([0.1], 0, "qrom", 2), "angle_bits must be 3 to 50, got 2"),
        (([0.1], sympy.Symbol("s")), "select_bitsize must be a number"),
    ],
)
def test_bad_input_is_refused(args, message):
    with pytest.raises(ValueError, match=message):
        MultiplexedRy(*args)


def test_by_shape_has_no_angles():
    with pytest.raises(ValueError, match="given by shape"):
        MultiplexedRy(None, 2).effective_angles()
    with pytest.raises(ValueError, match="given by shape"):
        MultiplexedRy(None, 2, "qrom", 4).effective_angles()
