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
from bloqs.reference import convolution_matrix, convolution_norm
from bloqs.simulation import encoded_matrix
from bloqs.testing import assert_symbolic_is_numeric

BUILT_IN = ["columns", "rows", "columns-or-rows", "balanced"]
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
    expected = convolution_matrix(kernel, image_size)
    np.testing.assert_allclose(encoded_matrix(encoding), expected, atol=1e-11)


def test_alpha_bound_holds(strategy: ConvolutionStrategy) -> None:
    for channels, image_size, size in ((1, 4, 3), (4, 4, 3), (2, 2, 3), (2, 1, 1)):
        bound = strategy.alpha_bound(channels, size, image_size)
        assert strategy.encode_shape(channels, size, image_size).alpha == bound
        for seed in range(20):
            kernel = random_kernel(seed, channels, size)
            norm = convolution_norm(kernel, image_size)
            assert norm * (1 - 1e-9) <= strategy.encode(kernel, image_size).alpha <= bound * norm


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
    found = {name: STRATEGIES[name].encode(kernel, 4) for name in BUILT_IN}
    columns = np.linalg.norm(np.linalg.norm(kernel, axis=0).sum(axis=(1, 2)))
    rows = np.linalg.norm(np.linalg.norm(kernel, axis=1).sum(axis=(1, 2)))
    balanced = np.linalg.norm(np.abs(kernel).sum(axis=(2, 3)), 2)
    alphas = {name: encoding.alpha for name, encoding in found.items()}
    expected = [columns, rows, min(columns, rows), balanced]
    assert alphas == pytest.approx(dict(zip(BUILT_IN, expected, strict=True)))
    assert len({columns, rows, balanced}) == 3
    assert [found[name].runs_backwards for name in BUILT_IN] == [False, True, rows < columns, False]


def test_symbols_are_the_numbers(strategy: ConvolutionStrategy) -> None:
    assert strategy.has_symbols
    symbols = C, D, m, b = sympy.symbols("C D m b")
    everything = strategy.encode_shape(C, D, 2**m, loading="select-swap", angle_bits=b)
    for values in ((4, 3, 3, 8), (1, 3, 2, 9), (2, 1, 1, 6)):
        channels, size, axis_bits, bits = values
        concrete = strategy.encode_shape(
            channels, size, 2**axis_bits, loading="select-swap", angle_bits=bits
        )
        substitution = dict(zip(symbols, values, strict=True))
        assert_symbolic_is_numeric(everything, concrete, substitution)
    assert strategy.alpha_bound(C, D, 2**m) == D * sympy.sqrt(C)
    assert strategy.alpha_bound(C, D, 1) == sympy.sqrt(C)


def test_a_symbolic_image_size_is_a_power_of_two(strategy: ConvolutionStrategy) -> None:
    with pytest.raises(ValueError, match=r"must have the form 2\*\*m, got 3\*M"):
        strategy.encode_shape(1, 3, 3 * sympy.Symbol("M"))


def test_bound_with_symbols() -> None:
    C = sympy.Symbol("C")
    assert float(shape_alpha_bound(C, 3, 8).subs(C, 4)) == shape_alpha_bound(4, 3, 8) == 6
