"""What a caller may choose, at the edges of what is allowed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bloqs.core.budget import DEFAULT_SPLIT
from bloqs.networks.build import Build


@pytest.mark.parametrize("epsilon", [1e-300, 0.5, 1 - 1e-12])
def test_errors_inside(epsilon: float) -> None:
    assert Build(epsilon=epsilon).epsilon == epsilon


@pytest.mark.parametrize(
    "epsilon", [0.0, 1.0, -1e-9, 1 + 1e-9, math.nan, math.inf, True, "0.1", None]
)
def test_errors_outside(epsilon: Any) -> None:
    with pytest.raises(ValueError, match=r"epsilon is a 2-norm error in \(0, 1\), got"):
        Build(epsilon=epsilon)


def test_bounds() -> None:
    assert Build(norm_bounds="anything").norm_bounds == "anything"  # looked up where they are found
    assert Build(norm_bounds=[[1, 2], (3, 4)]).norm_bounds == ((1.0, 2.0), (3.0, 4.0))


@pytest.mark.parametrize(
    "bounds",
    [3.0, None, [1.0, 2.0], [(1.0,)], [(1, 2, 3)], [("a", 2)], [(1, None)], [(1, math.nan)]],
)
def test_bounds_that_are_none(bounds: Any) -> None:
    with pytest.raises(ValueError, match=r"norm_bounds is 'calibrated', 'worst-case' or one pair"):
        Build(norm_bounds=bounds)


def test_defaults() -> None:
    build = Build()
    assert (build.regime, build.epsilon, build.norm_bounds) == (1, 1e-2, "calibrated")
    assert (build.loading, build.output.name, build.split) == (
        None,
        "coherent",
        DEFAULT_SPLIT,
    )


def test_words_are_looked_up() -> None:
    assert Build(output="heralded").output.name == "heralded"
    with pytest.raises(ValueError, match="unknown output 'loud'"):
        Build(output="loud")
    with pytest.raises(ValueError, match="'folded'"):
        Build(convolution="folded")


def test_split_is_a_split() -> None:
    with pytest.raises(ValueError, match=r"split is a bloqs\.costs\.ErrorSplit, .* got 0\.5"):
        Build(split=0.5)
