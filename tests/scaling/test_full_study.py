"""The whole study, as the command runs it, held to its bars; its rows are on file."""

from __future__ import annotations

import pytest

from bloqs.scaling import Study
from bloqs.scaling.bars import PASS, along
from tests.golden.study import stored_study
from tests.test_readme_numbers import SCALING, assert_row_says, scaling


@pytest.fixture(scope="module")
def study() -> Study:
    return stored_study()


def test_every_bar_is_judged_and_passes(study: Study) -> None:
    found = {bar.name: (bar.verdict, bar.found, bar.quality) for bar in study.bars}
    assert all(verdict == PASS for verdict, *_ in found.values()), found
    assert len(found) == 9


def test_readme_prints_its_numbers(study: Study) -> None:
    assert_row_says(SCALING, scaling(study))


def test_bars_hold_by_their_own_figures(study: Study) -> None:
    """The numbers again, without the verdicts."""
    exponents = {key: fit.exponent for key, fit in study.exponents.items()}
    assert exponents["r1-oracle", "t_count"] < 0.15
    for curve, classical in (("r2-d2", 4.0), ("r3-d2", 2.0)):
        assert exponents[curve, "gate_count"] <= 1.05
        assert exponents[curve, "classical_flops"] == pytest.approx(classical, abs=0.05)
        assert 0.45 <= exponents[curve, "t_count"] <= 0.55


def test_the_gain_is_smaller_where_the_output_norm_falls(study: Study) -> None:
    """With tau = 0 the last amplification brings `L**(1/2)` more calls: N**(1/2), and N at d = 2."""
    for constant, fading, extra in (
        ("r1-oracle", "r1-oracle-fading", 0.5),
        ("r2-d2", "r2-d2-fading", 1.0),
    ):
        slopes = [study.exponents[name, "t_count"].exponent for name in (constant, fading)]
        assert slopes[1] - slopes[0] > 0.8 * extra


def test_nothing_is_dropped(study: Study) -> None:
    assert len(study.frame) == len(study.settings.points())
    assert study.refused["reason"].notna().all()
    for curve in study.settings.curves:
        if curve.norms.name == "constant":
            assert len(along(study.frame, "N", curve.name)) == len(study.settings.log2_ns)
            assert len(along(study.frame, "k", curve.name)) == len(study.settings.blocks)
