"""The command, on an application of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from bloqs.commands.scaling import scaling
from bloqs.scaling import Study

pytestmark = pytest.mark.slow

app = typer.Typer(pretty_exceptions_enable=False)
app.command("scaling")(scaling)

SMALL = ["--min-log2-n=4", "--max-log2-n=8", "--regimes=3", "--blocks=1", "--epsilon=0.1"]
SMALL += ["--epsilon=1e-12", "--at-log2-n=6", "--at-blocks=1", "--workers=0"]


def test_command_measures_writes_and_prints(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*SMALL, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    frame = pd.read_parquet(tmp_path / "out" / "scaling.parquet")
    assert set(frame["log2_n"]) == {4, 6, 8}
    assert set(frame["regime"]) == {3}
    assert set(frame["status"]) == {"done", "refused"}
    text = " ".join(result.output.split())
    assert "block norms in [1.2, 1.35]; no output weights" in text
    assert "NOT JUDGED" in text
    assert "Refused" in text
    last = result.output.splitlines()[-1]
    assert last == f"NOT JUDGED: 4 NOT JUDGED; {len(frame)} points, 2 of them refused"
    assert len([line for line in result.output.splitlines() if line.startswith("wrote ")]) == 15


def test_options_reach_the_settings(tmp_path: Path) -> None:
    arguments = [*SMALL, "--out", str(tmp_path), "--channels", "1", "--kernel", "2"]
    arguments += ["--clock", "1e5", "--flops", "1e9", "--at-epsilon", "0.2"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    settings = json.loads((tmp_path / "scaling.json").read_text(encoding="utf-8"))["settings"]
    assert (settings["channels"], settings["kernel_size"]) == (1, 2)
    assert (settings["clocks"], settings["flop_rates"]) == ([1e5], [1e9])
    assert settings["at_epsilon"] == 0.2
    frame = pd.read_csv(tmp_path / "scaling.csv")
    assert set(frame["channels"]) == {1}
    assert set(frame.loc[frame["axis"] == "N", "epsilon"]) == {0.2}


def test_status_one_when_a_claim_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Study, "passed", property(lambda study: False))
    result = CliRunner().invoke(app, [*SMALL, "--out", str(tmp_path)])
    assert result.exit_code == 1


def test_bad_input_is_a_value_error_before_any_work(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--regimes", "4", "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, ValueError)
    assert "some of 1, 2 and 3, found (4,)" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--clock", "--flops"])
@pytest.mark.parametrize("value", ["nan", "inf", "0"])
def test_rates_are_finite_before_any_work(option: str, value: str, tmp_path: Path) -> None:
    rates = [option, "1e6", option, value]
    result = CliRunner().invoke(app, [*SMALL, *rates, "--out", str(tmp_path / "out")])
    assert isinstance(result.exception, ValueError)
    what = {"--clock": "clocks", "--flops": "flop_rates"}[option]
    wanted = f"each of {what} must be a finite positive number, found {float(value)}"
    assert str(result.exception) == wanted
    assert not (tmp_path / "out").exists()
