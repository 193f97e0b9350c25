"""Bounds around what was measured: widths by hand, guards at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.networks.calibration import check_margin, widened_amplitudes, widened_norms


def test_norms_widen_with_their_spread() -> None:
    """Three layers of spread 1, 1.1**8 and 2 at a margin of 0.2: by 1.003, by 1.1 and by 2**(1/8)."""
    norms = np.array([[1.0, 1.1**8, 0.5], [1.0, 1.0, 1.0]])
    factors = [1.003, 1.1, 2**0.125]
    ends = [(1.0, 1.0), (1.0, 1.1**8), (0.5, 1.0)]
    wanted = [(lo / w, hi * w) for (lo, hi), w in zip(ends, factors, strict=True)]
    for found, bounds in zip(widened_norms(norms, 0.2), wanted, strict=True):
        assert found == pytest.approx(bounds, rel=1e-12)
    # The margin is the most.
    assert widened_norms(norms, 0.05)[1:] == [
        pytest.approx((1 / 1.05, 1.1**8 * 1.05)),
        pytest.approx((0.5 / 1.05, 1.05)),
    ]


def test_amplitudes_are_the_largest_with_the_margin() -> None:
    amplitudes = np.array([[0.1, 0.4, 0.0], [0.2, 0.3, 0.0]])
    assert widened_amplitudes(amplitudes, 0.25) == pytest.approx([0.25, 0.5, 1e-12], rel=1e-12)


def test_margins() -> None:
    check_margin(0.003)
    check_margin(10.0)
    for margin in (0.0029999, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match=r"margin must be at least 0\.003 and finite"):
            check_margin(margin)


@pytest.mark.parametrize("tail", [-1e-9, 0.1000001, math.nan, math.inf, None, "0"])
def test_tails_out_of_range(tail: object) -> None:
    check_margin(0.1, 0.1)
    with pytest.raises(ValueError, match="tail must"):
        check_margin(0.1, tail)  # type: ignore[arg-type]


def test_a_tail_leaves_out_its_share_at_each_end() -> None:
    norms = np.random.default_rng(15).normal(loc=1.0, scale=[0.01, 0.1], size=(1000, 2))
    for (lo, hi), found in zip(widened_norms(norms, 0.1, 0.005), norms.T, strict=True):
        assert (np.sum(found < lo), np.sum(found > hi)) == (5, 5)
