import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloqs.convolution.factors import (
    KernelFactors,
    channel_tables,
    channel_vector,
    output_tables,
    output_vectors,
    tap_probabilities,
    tap_tables,
)
from bloqs.convolution.signs import TAP_SIGN_DOC, TapSign
from bloqs.convolution.taps import TapCode, crop_taps, effective_kernel_size, inverse_f2
from bloqs.loading.angles import walsh_coefficients
from bloqs.reference import convolution_matrix
from bloqs.simulation import unitary
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
)
from tests.combine.toys import assert_conforms

SIZES = range(1, 12)


@pytest.mark.parametrize("size", [d for d in SIZES if d != 3])
def test_codes_are_the_offsets_in_twos_complement(size):
    code = TapCode(size)
    offsets = [
        value - 2**code.bitsize if 2 * value >= 2**code.bitsize else value for value in code.codes()
    ]
    if size > 1:
        assert offsets == list(range(-(size // 2), size - size // 2))
    assert len(set(code.codes())) == size


def test_codes_of_three_taps_are_lo_then_hi():
    # -1 = (hi, lo) 11, 0 = 00, +1 = 01, stored as lo, hi.
    assert TapCode(3).codes().tolist() == [0b11, 0b00, 0b10]


@pytest.mark.parametrize("size", SIZES)
def test_free_codes_leave_as_many_walsh_terms_as_taps(size):
    code = TapCode(size)
    values = np.random.default_rng(size).normal(size=(2, size))
    table = code.spread(values, axis=1)
    np.testing.assert_array_equal(table[:, code.codes()], values)
    for row in table:
        assert np.count_nonzero(np.abs(walsh_coefficients(row)) > 1e-12) == size


@pytest.mark.parametrize("size", SIZES)
def test_any_signs_are_a_polynomial_whose_monomials_are_closed_under_division(size):
    code, rng = TapCode(size), np.random.default_rng(size)
    masks = code.monomials()
    assert len(masks) == size
    for mask in masks:
        for bit in range(code.bitsize):
            assert mask & ~(1 << bit) in masks
    negative = rng.random((size, size)) < 0.5
    coefficients = code.sign_polynomial(negative)
    values = np.array([[(c & mask) == mask for mask in masks] for c in code.codes()], dtype=int)
    np.testing.assert_array_equal((values @ coefficients @ values.T) % 2, negative)


def test_a_singular_matrix_over_f2_is_refused():
    with pytest.raises(ValueError, match="singular"):
        inverse_f2(np.ones((2, 2), dtype=bool))


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("image_size", [1, 2, 3, 5])
def test_cropping_leaves_the_convolution(size, image_size):
    kernel = np.random.default_rng(size).normal(size=(1, 1, size, size))
    cropped = crop_taps(kernel, image_size)
    assert cropped.shape[-1] == effective_kernel_size(size, image_size)
    np.testing.assert_array_equal(
        convolution_matrix(cropped, image_size), convolution_matrix(kernel, image_size)
    )


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("seed", range(2))
def test_tap_sign_is_the_sign_on_every_code_that_occurs(size, seed):
    code = TapCode(size)
    negative = np.random.default_rng(seed).random((size, size)) < 0.5
    negative[size // 2, size // 2] = False
    bloq = TapSign(size, negative)
    diagonal = np.diag(unitary(bloq)).reshape(2**code.bitsize, -1)
    codes = code.codes()
    np.testing.assert_allclose(diagonal[np.ix_(codes, codes)], 1.0 - 2.0 * negative, atol=1e-15)
    for one in (bloq, bloq.controlled(), TapSign(size), TapSign(size).controlled()):
        assert_formula_is_decomposition(one)
        assert_qubits_are_decomposition(one)


def test_tap_sign_control_and_adjoint():
    assert_control_and_adjoint(TapSign(5, np.arange(25) % 4 == 3))


def test_tap_sign_is_clifford_up_to_three_taps_and_takes_few_ands_beyond():
    assert [TapSign(d).workspace for d in (2, 3, 4, 5, 7, 8)] == [0, 0, 2, 2, 6, 8]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TapSign(1), "kernel_size must be at least 2, got 1"),
        (lambda: TapSign(2, [0, 1]), "2\\*2 flags, got 2"),
        (lambda: TapSign(3, [0, 0, 0, 0, 1, 0, 0, 0, 0]), "centre tap must not be negative"),
    ],
)
def test_bad_signs_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("example", TAP_SIGN_DOC.examples, ids=lambda e: e.name)
def test_examples_conform(example):
    assert_conforms(example)


@given(
    st.sampled_from([1, 2, 4]),
    st.sampled_from([1, 2, 3, 4, 5]),
    st.integers(0, 2**32 - 1),
    st.floats(0, 0.9),
)
def test_tables_make_up_the_kernel_again(channels, size, seed, sparsity):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(channels, channels, size, size))
    kernel[rng.random(kernel.shape) < sparsity] = 0
    kernel[0, -1, 0, 0] = 1.0
    factors, code = KernelFactors.of(kernel), TapCode(size)
    np.testing.assert_allclose(factors.kernel(), kernel, atol=1e-14)
    taps = tap_probabilities(tap_tables(factors, code), code, channels)
    channel = channel_vector(channel_tables(factors))
    outputs = factors.outputs
    if channels > 1:
        outputs = output_vectors(output_tables(factors, code), code, channels)
    again = KernelFactors(factors.alpha, channel, taps, outputs).kernel()
    np.testing.assert_allclose(again, kernel, atol=1e-13)
