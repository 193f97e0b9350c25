"""What the encoding costs: by data, by shape, in symbols."""

import numpy as np
import pytest
import sympy
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.convolution.conv2d import CONV2D_DOC
from bloqs.costs.conventions import Conventions, t_count
from bloqs.testing import (
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)
from tests.combine.toys import assert_conforms

LOADERS = [("rotations", None), ("qrom", 8), ("select-swap", 9)]


def random_kernel(seed, c_out, c_in, size):
    return np.random.default_rng(seed).normal(size=(c_out, c_in, size, size))


def gates(bloq):
    return get_cost_value(bloq, QECGatesCost())


@pytest.mark.parametrize("seed", range(3))
def test_eight_by_eight_three_by_three_one_channel(seed):
    encoding = Conv2DBlockEncoding(random_kernel(seed, 1, 1, 3), 8)
    counts = gates(encoding)
    assert (counts.rotation, counts.and_bloq, counts.t, counts.toffoli) == (16, 8, 0, 0)
    # 16 rotations of 37 T and 8 And of 4; the bar is 840.
    assert t_count(counts, Conventions(synthesis_epsilon=1e-6)) == 624
    assert get_cost_value(encoding, QubitCount()) == 17
    shape = Conv2DBlockEncoding.from_shape(1, 3, image_size=8)
    assert gates(shape).rotation == 20
    assert t_count(gates(shape), Conventions(synthesis_epsilon=1e-6)) <= 840


SHAPES = [
    pytest.param(1, 1, 8, 3, marks=pytest.mark.slow),
    (1, 1, 6, 3),
    pytest.param(4, 4, 8, 3, marks=pytest.mark.slow),
    (2, 3, 5, 2),
    (2, 2, 1, 1),
    pytest.param(1, 1, 4, 5, marks=pytest.mark.slow),
    pytest.param(4, 2, 2, 4, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("c_out", "c_in", "image_size", "size"), SHAPES)
@pytest.mark.parametrize(
    ("loading", "bits", "transposed"),
    [
        ("rotations", None, False),
        ("rotations", None, True),
        ("qrom", 8, False),
        pytest.param("select-swap", 9, True, marks=pytest.mark.slow),
    ],
)
def test_counts_are_those_of_the_decomposition(
    c_out, c_in, image_size, size, loading, bits, transposed
):
    kernel = random_kernel(0, c_out, c_in, size)
    data = Conv2DBlockEncoding(kernel, image_size, loading, bits, transposed=transposed)
    shape = Conv2DBlockEncoding.from_shape(
        max(c_out, c_in), size, image_size=image_size, loading=loading, angle_bits=bits
    )
    for bloq in (data, data.adjoint(), data.controlled(), shape, shape.controlled()):
        assert_formula_is_decomposition(bloq)
    for bloq in (data, data.controlled(), shape, shape.controlled()):
        assert_qubits_are_decomposition(bloq)
        n_qubits = bloq.signature.n_qubits()
        assert get_cost_value(bloq, QubitCount()) == n_qubits + bloq.workspace
    assert data.ancilla_bitsize == shape.ancilla_bitsize
    by_data, by_shape = gates(data), gates(shape)
    assert by_data.and_bloq <= by_shape.and_bloq
    assert by_data.rotation + by_data.t <= by_shape.rotation


@pytest.mark.slow
@pytest.mark.parametrize(
    ("c_out", "c_in", "image_size", "size"),
    [(4, 4, 8, 3), (2, 3, 5, 2), (2, 2, 1, 1), (1, 1, 4, 5)],
)
@pytest.mark.parametrize(("loading", "bits"), LOADERS)
def test_counts_of_the_balanced_factorisation_too(c_out, c_in, image_size, size, loading, bits):
    kernel = random_kernel(0, c_out, c_in, size)
    data = Conv2DBlockEncoding(kernel, image_size, loading, bits, balanced=True)
    shape = Conv2DBlockEncoding.from_shape(
        max(c_out, c_in),
        size,
        image_size=image_size,
        loading=loading,
        angle_bits=bits,
        balanced=True,
    )
    for bloq in (data, data.controlled(), shape, shape.controlled()):
        assert_formula_is_decomposition(bloq)
        assert_qubits_are_decomposition(bloq)
    assert gates(data).and_bloq <= gates(shape).and_bloq
    assert gates(data).rotation + gates(data).t <= gates(shape).rotation


def test_tables_address_only_the_channels_that_are_used():
    kernel = np.zeros((4, 4, 3, 3))
    kernel[:, 0] = random_kernel(0, 4, 1, 3)[:, 0]
    for balanced in (False, True):
        single, full = (
            gates(
                Conv2DBlockEncoding(k, 8, "qrom", 10, transposed=False, balanced=balanced)
            ).and_bloq
            for k in (kernel, random_kernel(0, 4, 4, 3))
        )
        # The largest table has 4 or 5 address qubits instead of 6 or 7.
        assert single < full - 2 * (2**7 - 2**5)


def test_free_codes_and_channels_save_rotations():
    # (1) and (4): 8 a channel; (2): 9 taps, 3 angles, a channel; (6): 3.
    full = gates(Conv2DBlockEncoding(random_kernel(0, 4, 4, 3), 8)).rotation
    assert full == 4 * 16 + 4 * 9 * 3 + 3
    shape = Conv2DBlockEncoding.from_shape(4, 3, image_size=8)
    assert gates(shape).rotation == 4 * 20 + 4 * 16 * 3 + 3
    # Only channel 0 goes in: (6) has nothing to undo.
    single = Conv2DBlockEncoding(random_kernel(0, 4, 1, 3), 8, transposed=False)
    assert gates(single).rotation == 16 + 9 * 3


@pytest.mark.parametrize(("loading", "bits"), LOADERS)
def test_control_touches_neither_the_tap_preparation_nor_the_adders(loading, bits):
    for c in (1, 4):
        encoding = Conv2DBlockEncoding(random_kernel(0, c, c, 3), 8, loading, bits)
        plain, controlled = gates(encoding), gates(encoding.controlled())
        if c == 1:
            # Blanking the codes is all: three And.
            assert controlled.and_bloq - plain.and_bloq == 3
            assert controlled.rotation == plain.rotation
        assert controlled.cswap - plain.cswap == c.bit_length() - 1
        assert controlled.rotation <= plain.rotation + (4 * 9 * 3 + 3)


def test_padding_and_the_absent_axes_show_in_the_ancillas():
    def ancillas(c, image_size, size):
        return Conv2DBlockEncoding.from_shape(c, size, image_size=image_size).ancilla_bitsize

    assert ancillas(1, 8, 3) == 4 + 2
    assert ancillas(4, 8, 3) == 2 + 4 + 2
    assert ancillas(4, 8, 1) == 2
    assert ancillas(1, 6, 3) == 4 + 2 + 2
    assert ancillas(1, 6, 1) == 1
    assert ancillas(2, 1, 3) == 1
    assert ancillas(1, 8, 5) == 6 + 2


ASSIGNMENTS = [
    (1, 3, 3, 8),
    (1, 1, 2, 5),
    (2, 2, 1, 6),
    (3, 3, 3, 13),
    (4, 1, 5, 7),
    (4, 5, 4, 9),
    (1, 5, 3, 6),
    (2, 7, 6, 14),
    (16, 3, 20, 10),
]


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("balanced", [False, True])
def test_symbolic_counts_are_the_numbers(loading, controlled, balanced):
    symbols = sympy.symbols("C D m b")

    def encoding(channels, size, axis_bits, bits):
        bloq = Conv2DBlockEncoding.from_shape(
            channels,
            size,
            axis_bits=axis_bits,
            loading=loading,
            angle_bits=bits,
            balanced=balanced,
        )
        return bloq.controlled() if controlled else bloq

    everything = encoding(*symbols)
    for values in ASSIGNMENTS:
        substitution = dict(zip(symbols, values, strict=True))
        assert_symbolic_is_numeric(everything, encoding(*values), substitution)


@pytest.mark.parametrize(
    "values",
    [
        (4, 3, 3, 8),
        ("C", 3, 3, 8),
        (4, "D", 3, 8),
        (4, 3, "m", 8),
        (4, 3, 3, "b"),
        ("C", "D", 3, 8),
    ],
)
@pytest.mark.parametrize("loading", ["rotations", "select-swap"])
def test_symbols_and_numbers_mix(values, loading):
    def encoding(channels, size, axis_bits, bits):
        return Conv2DBlockEncoding.from_shape(
            channels, size, axis_bits=axis_bits, loading=loading, angle_bits=bits
        )

    symbolic = encoding(*(sympy.Symbol(v) if isinstance(v, str) else v for v in values))
    for numbers in ((4, 3, 3, 8), (1, 1, 3, 8), (2, 5, 4, 6)):
        at = [n if isinstance(v, str) else v for v, n in zip(values, numbers, strict=True)]
        substitution = {
            sympy.Symbol(v): n for v, n in zip(values, at, strict=True) if isinstance(v, str)
        }
        assert_symbolic_is_numeric(symbolic, encoding(*at), substitution)


def test_symbolic_alpha_and_ancillas():
    c, d, m = sympy.symbols("C D m")
    encoding = Conv2DBlockEncoding.from_shape(c, d, axis_bits=m)
    at = {c: 4, d: 3, m: 3}
    assert encoding.alpha.subs(at) == 6
    assert encoding.ancilla_bitsize.subs(at) == 8
    assert encoding.ancilla_bitsize.subs({c: 4, d: 1, m: 3}) == 2
    assert encoding.system_bitsize.subs(at) == 8


def test_costs_grow_with_the_shape():
    for loading, bits in LOADERS:
        totals = [
            t_count(
                gates(
                    Conv2DBlockEncoding.from_shape(
                        c, 3, image_size=m, loading=loading, angle_bits=bits
                    )
                )
            )
            for c, m in ((1, 4), (1, 8), (2, 8), (4, 8), (4, 16), (8, 16))
        ]
        assert totals == sorted(totals)


def test_table_costs_stay_the_same_from_kernel_to_kernel():
    first, second = (
        Conv2DBlockEncoding(random_kernel(seed, 4, 4, 3), 8, "select-swap", 12) for seed in (0, 1)
    )
    a, b = gates(first), gates(second)
    assert (a.and_bloq, a.cswap, a.rotation) == (b.and_bloq, b.cswap, b.rotation)


@pytest.mark.parametrize("example", CONV2D_DOC.examples[:-1], ids=lambda e: e.name)
def test_examples_conform(example):
    assert_conforms(example)


def test_kernels_hash_compare_and_say_what_they_are():
    kernel = random_kernel(0, 2, 2, 3)
    one, other = Conv2DBlockEncoding(kernel, 4), Conv2DBlockEncoding(kernel.copy(), np.int64(4))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Conv2DBlockEncoding(2 * kernel, 4)
    assert one.component == "convolution"
