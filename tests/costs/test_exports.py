"""A cost as a data frame, CSV and LaTeX, and back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import sympy
from qualtran import QUInt
from qualtran.bloqs.arithmetic import Add

from bloqs import estimate, load_example
from bloqs.costs import CostReport


@pytest.fixture(scope="module")
def report() -> CostReport:
    return estimate(load_example("digits-1").spec.cost_bloq())


def test_frame_sums_to_the_totals(report: CostReport) -> None:
    frame = report.to_frame()
    assert frame["t_count"].sum() == report.t_count
    assert frame["native_clifford"].sum() == report.native.clifford
    assert frame["share"].sum() == pytest.approx(1)
    assert [*frame["component"]] == [row.component for row in report.breakdown()]
    assert frame.attrs == {"bloq": "ResidualNetwork", "basis": report.basis}


def test_csv_is_read_back(report: CostReport, tmp_path: Path) -> None:
    path = report.to_csv(tmp_path / "cost.csv")
    pd.testing.assert_frame_equal(pd.read_csv(path), report.to_frame(), check_dtype=False)
    with pytest.raises(ValueError, match=str(tmp_path)):
        report.to_csv(tmp_path)


@pytest.mark.slow
def test_latex_has_both_tables(report: CostReport) -> None:
    text = report.to_latex()
    assert text.count("\\begin{table}") == text.count("\\end{table}") == 2
    assert f"{report.t_count:,}" in text
    assert "share of T" in text


def test_symbols_stay_expressions() -> None:
    n = sympy.Symbol("n", positive=True, integer=True)
    frame = estimate(Add(QUInt(n))).to_frame()
    assert frame["t_count"][0] == 4 * n - 4
    assert "n" in estimate(Add(QUInt(n))).to_latex()
