"""What every registered convolution strategy is held to, and what the built-in ones are."""

import numpy as np
import pytest
import sympy

from bloqs.convolution import (
    DEFAULT_STRATEGY,
    STRATEGIES,
    Conv2DBlockEncoding,
    ConvolutionStrategy,
    shape_alpha_bound,
)
from bloqs.core.counts import t_estimate
from bloqs.reference import convolution_matrix, convolution_norm
from bloqs.simulation import encoded_matrix
from bloqs.testing import assert_symbolic_is_numeric

FACTORED = ["columns", "rows", "columns-or-rows", "balanced"]
BUILT_IN = [*FACTORED, "tap-lcu", "entrywise", "amplified", "amplified-tap-lcu", "auto"]
WITH_SYMBOLS = [*FACTORED, "tap-lcu", "entrywise"]
LOADERS = [("rotations", None), ("qrom", 7), ("select-swap", 8)]


@pytest.fixture(params=BUILT_IN)
def strategy(request: pytest.FixtureRequest) -> ConvolutionStrategy:
    return STRATEGIES.find(request.param)


def random_kernel(seed: int, channels: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(channels, channels, size, size))


@pytest.mark.parametrize(("channels", "image_size", "size"), [(1, 2, 3), (2, 2, 2), (2, 1, 1)])
def test_the_matrix_is_the_convolution(
    strategy: ConvolutionStrategy, channels: int, image_size: int, size: int
) -> None:
    kernel = random_kernel(size, channels, size)
    encoding = strategy.encode(kernel, image_size)
    gap = encoded_matrix(encoding) - convolution_matrix(kernel, image_size)
    assert np.linalg.norm(gap, 2) <= encoding.epsilon + 1e-11
    assert encoding.epsilon <= 2e-6 * encoding.alpha  # exact but for an amplification


def test_alpha_bound_holds(strategy: ConvolutionStrategy) -> None:
    for channels, image_size, size in ((1, 4, 3), (4, 4, 3), (2, 2, 3), (2, 1, 1)):
        bound = strategy.alpha_bound(channels, size, image_size)
        assert strategy.encode_shape(channels, size, image_size).alpha == bound
        for seed in range(20 if strategy.name in WITH_SYMBOLS else 1):  # others solve a polynomial
            kernel = random_kernel(seed, channels, size)
            norm = convolution_norm(kernel, image_size)
            alpha = strategy.encode(kernel, image_size).alpha
            assert norm * (1 - 1e-9) <= alpha <= bound * norm * (1 + 1e-9)


@pytest.mark.parametrize(("loading", "bits"), LOADERS)
def test_the_default_is_the_bloq_without_options(loading: str, bits: int | None) -> None:
    kernel = random_kernel(0, 2, 3)
    assert DEFAULT_STRATEGY.encode(kernel, 4, loading=loading, angle_bits=bits) == (
        Conv2DBlockEncoding(kernel, 4, loading=loading, angle_bits=bits)
    )
    for alpha in (None, 2.5):
        assert DEFAULT_STRATEGY.encode_shape(
            2, 3, 4, loading=loading, angle_bits=bits, alpha=alpha
        ) == Conv2DBlockEncoding.from_shape(
            2, 3, image_size=4, loading=loading, angle_bits=bits, alpha=alpha
        )


def test_each_name_is_another_factorisation() -> None:
    kernel = random_kernel(3, 4, 3)
    found = {name: STRATEGIES[name].encode(kernel, 4) for name in FACTORED}
    columns = np.linalg.norm(np.linalg.norm(kernel, axis=0).sum(axis=(1, 2)))
    rows = np.linalg.norm(np.linalg.norm(kernel, axis=1).sum(axis=(1, 2)))
    balanced = np.linalg.norm(np.abs(kernel).sum(axis=(2, 3)), 2)
    alphas = {name: encoding.alpha for name, encoding in found.items()}
    expected = [columns, rows, min(columns, rows), balanced]
    assert alphas == pytest.approx(dict(zip(FACTORED, expected, strict=True)))
    assert len({columns, rows, balanced}) == 3
    assert [found[name].runs_backwards for name in FACTORED] == [False, True, rows < columns, False]


@pytest.mark.parametrize("name", WITH_SYMBOLS)
def test_symbols_are_the_numbers(name: str) -> None:
    strategy = STRATEGIES[name]
    assert strategy.has_symbols
    symbols = C, D, m, b = sympy.symbols("C D m b")
    everything = strategy.encode_shape(C, D, 2**m, loading="select-swap", angle_bits=b)
    special = [(1, 3, 2, 9), (2, 1, 1, 6)] if name in FACTORED else [(8, 3, 3, 9)]
    for values in ((4, 3, 3, 8), *special):
        channels, size, axis_bits, bits = values
        concrete = strategy.encode_shape(
            channels, size, 2**axis_bits, loading="select-swap", angle_bits=bits
        )
        substitution = dict(zip(symbols, values, strict=True))
        assert_symbolic_is_numeric(everything, concrete, substitution)
    expected = {
        "tap-lcu": sympy.Min(D * sympy.sqrt(C), D**2),
        "entrywise": C * D * sympy.sqrt(C),
    }
    assert strategy.alpha_bound(C, D, 2**m) == expected.get(name, D * sympy.sqrt(C))
    assert strategy.alpha_bound(9, D, 1) == {"tap-lcu": 1, "entrywise": 27}.get(name, 3)


@pytest.mark.parametrize("name", ["amplified", "amplified-tap-lcu"])
def test_a_strategy_with_a_degree_takes_no_symbols(name: str) -> None:
    with pytest.raises(ValueError, match="takes no symbols: its degree is found for numbers; take"):
        STRATEGIES[name].encode_shape(sympy.Symbol("C"), 3, 4)


@pytest.mark.parametrize("name", WITH_SYMBOLS)
def test_a_symbolic_image_size_is_a_power_of_two(name: str) -> None:
    with pytest.raises(ValueError, match=r"must have the form 2\*\*m, got 3\*M"):
        STRATEGIES[name].encode_shape(1, 3, 3 * sympy.Symbol("M"))


def test_bound_with_symbols() -> None:
    C = sympy.Symbol("C")
    assert float(shape_alpha_bound(C, 3, 8).subs(C, 4)) == shape_alpha_bound(4, 3, 8) == 6


@pytest.mark.parametrize("name", ["amplified", "amplified-balanced", "amplified-tap-lcu"])
@pytest.mark.parametrize(("loading", "bits"), [("rotations", None), ("select-swap", 16)])
def test_an_amplified_convolution_keeps_what_it_states(
    name: str, loading: str, bits: int | None
) -> None:
    """Alpha is twice the norm, the error linear in that of the tables, by shape no cheaper."""
    kernel = random_kernel(4, 4, 3)
    kernel /= convolution_norm(kernel, 4)  # a shape is that of kernels of norm 1 at most
    strategy = STRATEGIES[name]
    plain = STRATEGIES[strategy.base].encode(kernel, 4, loading=loading, angle_bits=bits)
    encoding = strategy.encode(kernel, 4, loading=loading, angle_bits=bits)
    assert plain.alpha > 2.1
    assert encoding.alpha == pytest.approx(2, rel=1e-5)
    gap = encoding.alpha * encoding.apply_block(np.eye(64)) - encoding.target()
    assert np.linalg.norm(gap, 2) <= encoding.epsilon <= plain.epsilon + 2e-6 * encoding.alpha
    shape = strategy.encode_shape(
        4, 3, 4, loading=loading, angle_bits=bits, alpha=float(encoding.alpha)
    )
    assert t_estimate(shape) >= t_estimate(encoding)
    assert shape.ancilla_bitsize == encoding.ancilla_bitsize


def test_auto_takes_the_least_cost_of_an_amplitude() -> None:
    for seed in range(3):
        kernel = random_kernel(seed, 4, 1)
        found = STRATEGIES["auto"].encode(kernel, 4)
        least = min(
            t_estimate(other) * other.alpha
            for other in (way.encode(kernel, 4) for way in STRATEGIES["auto"].alternatives())
        )
        assert t_estimate(found) * found.alpha == least
    odd = random_kernel(0, 1, 3)  # "entrywise" refuses three pixels a row
    assert STRATEGIES["auto"].encode(odd, 3).alpha == pytest.approx(np.abs(odd).sum())
    with pytest.raises(ValueError, match="zero"):
        STRATEGIES["auto"].encode(np.zeros((1, 1, 3, 3)), 4)
