"""The study: rows, fits, bars, files."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest

from bloqs.costs.unknown import UnknownCostError
from bloqs.scaling import CURVES, Study, StudySettings, measure, run_study, write_study
from bloqs.scaling.bars import FAIL, NOT_JUDGED, PASS, all_bars, along, slope
from bloqs.scaling.study import FITTED
from bloqs.scaling.summary import study_tables, to_markdown, verdict
from tests.scaling.toys import TINY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study() -> Study:
    return run_study(TINY)


def full_range(**columns: object) -> pd.DataFrame:
    """Rows over the bars' range for every curve, as a study has them, with columns put in by hand."""
    rows = []
    for curve in CURVES:
        for n in range(6, 41, 2):
            power = {1: 0.0, 2: 0.5, 3: 0.5}[curve.regime]
            classical = {1: 2.0, 2: 4.0, 3: 2.0}[curve.regime]
            rows.append(
                {
                    "axis": "N",
                    "curve": curve.name,
                    "regime": curve.regime,
                    "norms": curve.norms.name,
                    "status": "done",
                    "log2_n": n,
                    "num_blocks": 1,
                    "t_count": 2.0 ** (power * n) if power else 100 + 5.0 * n + n**2,
                    "gate_count": 2.0**n,
                    "classical_flops": 2.0 ** (classical * n),
                    "activation_degrees": [6],
                    "amplification_degrees": [15, 7],
                }
            )
    return pd.DataFrame(rows).assign(**columns)


def verdicts(frame: pd.DataFrame) -> list[str]:
    return [bar.verdict for bar in all_bars(frame)]


def test_rows_are_those_asked_for(study: Study) -> None:
    asked = [(axis, p.curve.name, p.log2_n, p.num_blocks, p.epsilon) for axis, p in TINY.points()]
    columns = ["axis", "curve", "log2_n", "num_blocks", "epsilon"]
    assert [tuple(row) for row in study.frame[columns].to_numpy()] == asked
    done = study.frame[study.frame["status"] == "done"]
    assert (done["epsilon_stated"] <= done["epsilon"]).all()


def test_refused_points_stay_with_their_reason(study: Study) -> None:
    refused = study.refused
    assert set(refused["epsilon"]) == {1e-12}
    assert len(refused) == len({c.name for c in CURVES if "epsilon" in c.axes})
    assert refused["reason"].str.len().min() > 10
    assert refused["t_count"].isna().all()


def test_norms_are_in_every_row(study: Study) -> None:
    frame = study.frame
    assert frame[["block_norm_low", "block_norm_high"]].notna().all(axis=None)
    has_output = frame["regime"] != 3
    assert frame["output_norm_low"].notna().equals(has_output)


def test_degrees_of_blocks_are_those_of_the_smallest_n(study: Study) -> None:
    """The relative-error construction: same degrees at every N."""
    rows = study.frame[(study.frame["axis"] == "N") & (study.frame["norms"] == "constant")]
    for name, part in rows.groupby("curve"):
        assert len({tuple(d) for d in part["activation_degrees"]}) == 1, name
        assert len({tuple(d) for d in part["amplification_degrees"]}) == 1, name


def test_a_point_at_n_2_to_the_40_has_the_degrees_of_2_to_the_6() -> None:
    curves = [c for c in CURVES if c.norms.name == "constant" and c.qram == "oracle"]
    settings = StudySettings()
    points = {
        (p.curve.name, p.log2_n): attrs.evolve(p, num_blocks=1)
        for axis, p in settings.points()
        if axis == "N" and p.curve in curves
    }
    for curve in curves:
        small, large = (measure(points[curve.name, n]) for n in (6, 40))
        assert small["activation_degrees"] == large["activation_degrees"]
        assert small["amplification_degrees"] == large["amplification_degrees"]
        assert large["length"] == 2.0 ** (40 * curve.paths)


def test_costs_rise_along_every_axis(study: Study) -> None:
    for curve in study.settings.curves:
        for axis in curve.axes:
            counts = along(study.frame, axis, curve.name)["t_count"].to_numpy()
            assert (np.diff(counts) > 0).all(), (curve.name, axis)


def test_exponents_are_fits_of_the_rows(study: Study) -> None:
    settings = attrs.evolve(study.settings, max_log2_n=14)
    longer = run_study(attrs.evolve(settings, regimes=[3], blocks=[1], epsilons=[0.1]))
    rows = along(longer.frame, "N", "r3-d2")
    rows = rows[rows["log2_n"] >= 10]
    expected = np.polyfit(rows["log2_n"], np.log2(rows["gate_count"]), 1)[0]
    assert longer.exponents["r3-d2", "gate_count"].exponent == pytest.approx(expected)
    assert ("r3-d2", "qram_queries") not in longer.exponents  # there are none


def test_short_ranges_decide_nothing(study: Study) -> None:
    assert {bar.verdict for bar in study.bars} == {NOT_JUDGED}
    assert verdict(study).startswith("NOT JUDGED: 9 NOT JUDGED; ")
    assert study.passed


def test_bars_pass_on_curves_that_hold_them() -> None:
    assert verdicts(full_range()) == [PASS] * 9


@pytest.mark.parametrize(
    ("column", "curve", "values", "failing"),
    [
        ("t_count", "r1-oracle", lambda n: 2.0 ** (0.2 * n), [0, 1]),
        ("gate_count", "r2-d2", lambda n: 2.0 ** (1.06 * n), [2]),
        ("classical_flops", "r2-d2", lambda n: 2.0 ** (3.5 * n), [3]),
        ("t_count", "r2-d2", lambda n: 2.0 ** (0.44 * n), [4]),
        ("gate_count", "r3-d2", lambda n: 2.0 ** (1.06 * n), [5]),
        ("t_count", "r3-d2", lambda n: 2.0 ** (0.56 * n), [7]),
    ],
)
def test_bars_fail_where_they_should(
    column: str, curve: str, values: object, failing: list[int]
) -> None:
    frame = full_range()
    here = frame["curve"] == curve
    frame.loc[here, column] = values(frame.loc[here, "log2_n"])  # type: ignore[operator]
    found = verdicts(frame)
    assert [i for i, word in enumerate(found) if word == FAIL] == failing
    assert found.count(PASS) == 9 - len(failing)
    assert not Study(settings=StudySettings(), frame=frame).passed


def test_degree_bar_fails_when_a_block_degree_moves() -> None:
    frame = full_range()
    at = frame.index[(frame["curve"] == "r2-d1") & (frame["log2_n"] == 40)][0]
    frame.at[at, "amplification_degrees"] = [17, 7]
    assert verdicts(frame)[-1] == FAIL
    frame.at[at, "amplification_degrees"] = [15, 9]  # the output's own
    assert verdicts(frame)[-1] == PASS


def test_a_refused_point_in_the_range_leaves_the_bar_open() -> None:
    frame = full_range()
    frame.loc[(frame["curve"] == "r3-d2") & (frame["log2_n"] == 24), "status"] = "refused"
    assert [i for i, word in enumerate(verdicts(frame)) if word == NOT_JUDGED] == [5, 6, 7]


def test_fits_leave_out_what_is_below_their_range() -> None:
    frame = full_range()
    frame.loc[frame["log2_n"] < 10, "gate_count"] *= 2.0**30
    fit = slope(frame, "r2-d2", "gate_count")
    assert fit is not None
    assert fit.exponent == pytest.approx(1.0)


def test_two_processes_find_the_same(study: Study) -> None:
    small = attrs.evolve(TINY, regimes=[3], max_log2_n=8)
    told: list[tuple[int, int]] = []
    found = run_study(small, workers=2, progress=lambda *done: told.append(done)).frame
    expected = study.frame[study.frame["regime"] == 3]
    expected = expected[(expected["axis"] != "N") | (expected["log2_n"] <= 8)]
    pd.testing.assert_frame_equal(
        found.drop(columns="seconds"),
        expected.drop(columns="seconds").reset_index(drop=True),
    )
    total = len({point for _, point in small.points()})
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_refuses_a_negative_number_of_workers() -> None:
    with pytest.raises(ValueError, match="found -1"):
        run_study(TINY, workers=-1)


def test_files_hold_the_data(study: Study, tmp_path: Path) -> None:
    written = write_study(study, tmp_path / "new")
    assert {path.suffix for path in written} == {
        ".csv",
        ".parquet",
        ".json",
        ".png",
        ".svg",
        ".md",
        ".html",
    }
    assert sorted(written) == sorted((tmp_path / "new").iterdir())
    frame = study.frame
    parquet = pd.read_parquet(tmp_path / "new" / "scaling.parquet")
    csv = pd.read_csv(tmp_path / "new" / "scaling.csv")
    for name in ("t_count", "logical_qubits", "classical_flops", "output_norm_low"):
        np.testing.assert_array_equal(parquet[name], frame[name])
        np.testing.assert_allclose(csv[name], frame[name], rtol=1e-15)
    assert json.loads(csv["activation_degrees"].dropna().iloc[0]) == list(
        frame["activation_degrees"].dropna().iloc[0]
    )
    summary = json.loads((tmp_path / "new" / "scaling.json").read_text(encoding="utf-8"))
    assert len(summary["refused"]) == len(study.refused)
    assert summary["norms"].keys() == {curve.name for curve in study.settings.curves}
    assert len(summary["crossovers"]) == len(study.crossovers) > 0


def test_page_and_markdown_say_the_same(study: Study, tmp_path: Path) -> None:
    write_study(study, tmp_path)
    markdown = (tmp_path / "scaling.md").read_text(encoding="utf-8")
    page = (tmp_path / "scaling.html").read_text(encoding="utf-8")
    for text in (verdict(study), "Refused", "tau = 0.51", "Crossover", "not all its probabilities"):
        assert text in markdown
        assert text in page
    assert page.count("<svg") == 5
    assert "http://" not in page.replace("http://www.w3.org", "")
    for name in ("against-n.png", "crossover.png"):
        assert f"![{name}]({name})" in markdown


def test_tables_have_a_row_for_every_curve_and_reason(study: Study) -> None:
    by_title = {table.title.split(" (")[0].split(":")[0]: table for table in study_tables(study)}
    assert len(by_title["Exponents in N"].rows) == len(CURVES)
    assert len(by_title["Exponents in N"].columns) == len(FITTED) + 1
    assert len(by_title["Refused"].rows) == len(study.refused)
    assert len(by_title["Claims"].rows) == len(study.bars)
    text = to_markdown(by_title.values(), "Title", "PASS", [])
    rows = [line for line in text.splitlines() if line.startswith("| r1-oracle |")]
    assert len(rows) == 1  # the refused one


def test_regimes_can_be_left_out() -> None:
    settings = attrs.evolve(TINY, regimes=[3], blocks=[1], epsilons=[0.1], max_log2_n=6)
    study = run_study(settings)
    assert set(study.frame["regime"]) == {3}
    assert all("regime 1" not in bar.name for bar in study.bars)
    assert len(study_tables(study)) == 5


def test_a_point_that_fails_is_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnknownCostError("no known cost")

    monkeypatch.setattr("bloqs.scaling.points._costs", fail)
    with pytest.raises(RuntimeError, match="UnknownCostError: no known cost"):
        run_study(attrs.evolve(TINY, regimes=[3]))
