import itertools

import numpy as np
import pytest
import sympy

from bloqs.convolution.shift import (
    COORDINATE_SHIFT_DOC,
    PADDING_FLAG_DOC,
    CoordinateShift,
    PaddingFlag,
)
from bloqs.simulation import unitary
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)
from tests.combine.toys import assert_conforms


def signed(value, bits):
    return value - 2**bits if value >> (bits - 1) else value


@pytest.mark.parametrize(("m", "b"), [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (3, 4)])
def test_shift_adds_the_signed_offset_and_flags_what_leaves_the_axis(m, b):
    matrix = unitary(CoordinateShift(m, b))
    expected = np.zeros_like(matrix)
    for offset, x, flag in itertools.product(range(2**b), range(2**m), range(2)):
        total = (flag * 2**m + x + signed(offset, b)) % 2 ** (m + 1)
        column = (offset * 2**m + x) * 2 + flag
        row = (offset * 2**m + total % 2**m) * 2 + (total >> m)
        expected[row, column] = 1
        if flag == 0:
            inside = 0 <= x + signed(offset, b) < 2**m
            assert (total >> m == 0) == inside
    np.testing.assert_allclose(matrix, expected, atol=1e-15)
    np.testing.assert_array_equal(CoordinateShift(m, b).permutation(), expected.argmax(axis=0))


def test_shift_of_a_large_axis_by_simulation_of_bits():
    shift = CoordinateShift(10, 3)
    assert shift.call_classically(offset=0b101, coordinate=1, overflow=0) == (0b101, 1022, 1)
    assert shift.call_classically(offset=0b011, coordinate=1021, overflow=0) == (0b011, 0, 1)
    assert shift.call_classically(offset=0b111, coordinate=512, overflow=0) == (0b111, 511, 0)


@pytest.mark.parametrize("size", [3, 5, 6, 7, 12])
@pytest.mark.parametrize("control", [None, 0, 1])
def test_padding_flag_is_raised_on_the_padding_alone(size, control):
    flag = PaddingFlag(size, is_controlled=control is not None)
    values = {} if control is None else {"ctrl": control}
    edges = sorted({0, 1, size - 1, size, 2**flag.axis_bitsize - 1})
    for row, column, target in itertools.product(edges, edges, range(2)):
        found = flag.call_classically(**values, row=row, column=column, target=target)
        padded = (row >= size or column >= size) and control != 0
        assert found[-3:] == (row, column, target ^ padded)


@pytest.mark.parametrize(
    "bloq",
    [CoordinateShift(1, 1), CoordinateShift(2, 2), CoordinateShift(1, 2), PaddingFlag(3)],
    ids=str,
)
def test_control_and_adjoint_agree_with_the_matrix(bloq):
    assert_control_and_adjoint(bloq)


@pytest.mark.parametrize(
    "bloq",
    [CoordinateShift(m, b) for m in (1, 3, 6) for b in (1, 2)]
    + [PaddingFlag(s) for s in (3, 6, 11)],
    ids=str,
)
def test_counts_are_those_of_the_decomposition(bloq):
    for one in (bloq, bloq.controlled()):
        assert_formula_is_decomposition(one)
        assert_qubits_are_decomposition(one)


@pytest.mark.parametrize("controlled", [False, True])
def test_symbolic_counts_are_the_numbers(controlled):
    m, b = sympy.symbols("m b")
    symbolic = CoordinateShift(m, b, controlled)
    for values in ((1, 1), (2, 3), (5, 2), (9, 4), (20, 3)):
        concrete = CoordinateShift(*values, controlled)
        assert_symbolic_is_numeric(symbolic, concrete, dict(zip((m, b), values, strict=True)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CoordinateShift(0, 1), "axis_bitsize must be at least 1, got 0"),
        (lambda: CoordinateShift(2, 0), "offset_bitsize must be at least 1, got 0"),
        (lambda: CoordinateShift(2, 4), "at most axis_bitsize \\+ 1 = 3, got 4"),
        (lambda: PaddingFlag(8), "not a power of two, got 8"),
        (lambda: PaddingFlag(1), "at least 3 and not a power of two, got 1"),
    ],
)
def test_bad_sizes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "example", [*COORDINATE_SHIFT_DOC.examples, *PADDING_FLAG_DOC.examples], ids=lambda e: e.name
)
def test_examples_conform(example):
    assert_conforms(example)


@pytest.mark.parametrize(("m", "b"), [(1, 2), (2, 1), (2, 2)])
def test_the_permutation_of_a_controlled_shift(m, b):
    bloq = CoordinateShift(m, b, is_controlled=True)
    np.testing.assert_array_equal(bloq.permutation(), abs(unitary(bloq)).argmax(axis=0))


def test_a_permutation_needs_a_size_that_fits():
    for bloq in (CoordinateShift(30, 3), CoordinateShift(sympy.Symbol("m"), 2)):
        with pytest.raises(ValueError, match="at most 20, and no symbols"):
            bloq.permutation()
