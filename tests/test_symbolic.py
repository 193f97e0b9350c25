"""Costs in symbols, with numbers put in, are the costs by shape: gates and qubits, exactly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy
from qualtran import Bloq

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.convolution import Conv2DBlockEncoding, WindowMean
from bloqs.layers import (
    ActivatedMap,
    NormalizedVector,
    ReshapedProduct,
    ResidualBlock,
    ResidualLinearPooling,
)
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.qsvt import QSVT, MixedQSVT
from bloqs.testing import assert_symbolic_is_numeric

LOADERS = ("rotations", "qrom", "select-swap")
Size = int | sympy.Symbol


def loaded(loading: str, n: Size, b: Size) -> LoadedVector:
    return LoadedVector(None, loading, b, bitsize=n)


def amplitude(loading: str, n: Size, b: Size) -> Bloq:
    return AmplitudeBlockEncoding(loaded(loading, n, b))


def qsvt(loading: str, n: Size, b: Size, d: Size) -> Bloq:
    return QSVT(AmplitudeBlockEncoding(loaded(loading, n, b)), degree=d, parity=0)


def mixed(loading: str, n: Size, b: Size, d: Size) -> Bloq:
    diagonal = AmplitudeBlockEncoding(loaded(loading, n, b))
    return MixedQSVT(diagonal, degree=d, is_constant=False)


def convolution(loading: str, C: Size, D: Size, m: Size, b: Size) -> Conv2DBlockEncoding:
    return Conv2DBlockEncoding.from_shape(C, D, axis_bits=m, loading=loading, angle_bits=b)


def block(loading: str, C: Size, D: Size, m: Size, b: Size, d: Size) -> Bloq:
    weights = convolution(loading, C, D, m, b)
    return ResidualBlock(loaded(loading, weights.system_bitsize, b), weights, degree=d, norm=1.0)


def activated(loading: str, C: Size, D: Size, m: Size, b: Size, d: Size) -> Bloq:
    """A down-sampling block that keeps its channels, with GELU."""
    weights = convolution(loading, C, D, m, b)
    n = weights.system_bitsize
    options = {"is_halved": True, "has_skip": True, "activation": "gelu", "gain": 1.0}
    sizes = {"axis_bits": m, "channel_bits": n - 2 * m}
    return ActivatedMap(loaded(loading, n, b), weights, degree=d, norm=1.0, **sizes, **options)


def reshaped(loading: str, n: Size, m: Size, c: Size, b: Size) -> Bloq:
    mean = WindowMean(n, axis_bits=m)
    sizes = {"axis_bits": m, "channel_bits": c, "is_halved": True}
    return ReshapedProduct(mean, loaded(loading, n, b), norm=0.5, **sizes)


def output(loading: str, n: Size, b: Size, q: Size) -> Bloq:
    columns = ColumnOracle(None, loading, b, bitsize=n)
    pooling = ResidualLinearPooling(loaded(loading, n, b), columns, norm=0.5)
    return NormalizedVector(pooling, s_lo=0.3, s_hi=0.7, degree=q)


CASES: dict[str, tuple[Callable[..., Bloq], str, list[tuple[int, ...]]]] = {
    "LoadedVector": (loaded, "n b", [(1, 5), (2, 6), (4, 9), (6, 12), (8, 16)]),
    "AmplitudeBlockEncoding": (amplitude, "n b", [(2, 6), (4, 9), (6, 12), (3, 8), (8, 16)]),
    "QSVT": (qsvt, "n b d", [(2, 6, 2), (4, 9, 4), (6, 12, 8), (3, 8, 12), (8, 16, 2)]),
    "MixedQSVT": (mixed, "n b d", [(2, 6, 1), (4, 9, 5), (6, 12, 7), (3, 8, 11), (8, 16, 3)]),
    "Conv2DBlockEncoding": (
        convolution,
        "C D m b",
        [(2, 3, 2, 8), (4, 3, 3, 9), (4, 2, 2, 6), (1, 3, 3, 7), (4, 5, 4, 12)],
    ),
    "ResidualBlock": (
        block,
        "C D m b d",
        [(2, 3, 2, 8, 4), (4, 3, 3, 9, 2), (4, 2, 2, 6, 6), (1, 3, 3, 7, 2), (4, 5, 4, 12, 4)],
    ),
    "ActivatedMap": (
        activated,
        "C D m b d",
        [(2, 3, 2, 8, 5), (4, 3, 3, 9, 1), (4, 2, 2, 6, 7), (1, 3, 3, 7, 3), (4, 5, 4, 12, 5)],
    ),
    "ReshapedProduct": (
        reshaped,
        "n m c b",
        [(4, 1, 2, 6), (5, 2, 0, 9), (6, 2, 2, 12), (9, 4, 1, 8), (8, 3, 1, 16)],
    ),
    "ResidualLinearPooling": (
        output,
        "n b q",
        [(2, 6, 3), (4, 9, 5), (6, 12, 9), (3, 8, 13), (8, 16, 3)],
    ),
}


@pytest.mark.parametrize("loading", LOADERS)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.slow) if n in ("ResidualBlock", "ActivatedMap") else n
        for n in CASES
    ],
)
def test_symbolic_is_numeric(name: str, loading: str) -> None:
    make, names, values = CASES[name]
    symbols = sympy.symbols(names)
    symbolic = make(loading, *symbols)
    for numbers in values:
        concrete = make(loading, *numbers)
        assert_symbolic_is_numeric(symbolic, concrete, dict(zip(symbols, numbers, strict=True)))
