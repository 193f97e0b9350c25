"""`compare`, `citation`, the command and the generated page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bloqs.activation import NonlinearTransform
from bloqs.cli import app
from bloqs.costs import estimate
from bloqs.layers import NormalizedVector
from bloqs.loading import LoadedVector
from bloqs.networks import NetworkSpec, load_example
from bloqs.published import EntrywiseConv2D, KPTreeState, SkipNormNetwork, citation, compare
from bloqs.published.citations import BIBTEX, RESTS_ON
from bloqs.published.comparison import COLUMNS, OUR_BOUNDS, OURS, PAPER_BOUNDS
from bloqs.published.document import PATH, compare_networks, comparison_table
from bloqs.published.one_call import one_call

README = Path(__file__).parents[2] / "README.md"


def tiny() -> tuple[NetworkSpec, np.ndarray]:
    kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 3)) / 8
    weights = np.random.default_rng(1).normal(size=(8, 8))
    spec = NetworkSpec(
        input_shape=(2, 2, 2),
        kernels=(kernel,),
        output_weights=weights / np.linalg.norm(weights, 2),
        num_groups=2,
    )
    image = np.array([[0.3, 0.9], [0.1, 0.5]])
    return spec.calibrate([image, np.ones((2, 2)), np.eye(2)], margin=0.1), image


@pytest.mark.slow
def test_every_lemma_has_both_forms_and_keeps_its_bound() -> None:
    spec, image = tiny()
    frame = compare(spec, image, epsilon=2e-2)
    assert tuple(frame.columns) == COLUMNS
    assert set(frame["lemma"]) == {
        *("B3", "B4", "B14", "B15", "B16", "B17", "B18", "B18/NLAT", "B19"),
        *("C1", "D1", "L5", "L6", "L7", "Th2"),
    }
    for lemma, rows in frame.groupby("lemma"):
        assert OURS in set(rows["form"]), lemma
        assert len(set(rows["form"])) > 1, lemma
    known = frame[frame["measured"].notna()]
    assert (known["measured"] <= known["stated"] + 1e-9).all()
    parts = frame[frame["lemma"].isin(["B15", "B16", "B17", "B18", "B18/NLAT", "L6", "C1"])]
    for (lemma, size), rows in parts.groupby(["lemma", "size"]):
        published, ours = rows["t_count"].iloc[:2]
        assert published > ours, (lemma, size)
    whole = frame[frame["lemma"] == "Th2"]
    assert list(whole["form"]) == [PAPER_BOUNDS, OUR_BOUNDS, OURS]
    assert whole["t_count"].is_monotonic_decreasing


def test_the_paper_s_blocks_cost_a_thousand_times_ours_on_digits() -> None:
    frame = compare_networks("digits-1")
    whole = frame[frame["lemma"] == "Th2"].set_index("form")["t_count"]
    assert whole[PAPER_BOUNDS] >= 1000 * whole[OURS]
    assert whole[PAPER_BOUNDS] > whole[OUR_BOUNDS] > whole[OURS]
    blocks = frame[(frame["lemma"] == "L7") & (frame["form"] == PAPER_BOUNDS)]
    example = load_example("digits-1")
    by_data = SkipNormNetwork(example.spec, example.images[0])
    # The solver shares epsilon between the two polynomials, Lemma 6 halves it.
    assert 0.5 < int(blocks["calls"].iloc[0]) / by_data.encoding.num_calls <= 1


@pytest.mark.slow
def test_bounds_of_the_paper_need_a_tau_above_one_half_or_calibration() -> None:
    spec, _ = tiny()
    by_shape = NetworkSpec.from_shapes(input_shape=(2, 2, 2), num_blocks=2, num_groups=1)
    options = {"form": "published", "loading": "rotations"}
    cost = estimate(by_shape.cost_bloq(norm_bounds="worst-case", **options))
    assert cost.input_calls > 10**12
    with pytest.raises(ValueError, match="no calibrated norm bounds"):
        by_shape.cost_bloq(**options)
    odd = NetworkSpec.from_shapes(input_shape=(2, 3, 3), num_blocks=1, num_groups=1)
    with pytest.raises(ValueError, match="powers of two"):
        compare(odd)
    with pytest.raises(ValueError, match="epsilon must lie"):
        compare(spec, epsilon=0)
    with pytest.raises(ValueError, match="NetworkSpec"):
        compare(3)  # type: ignore[arg-type]


def test_one_call_is_printed_for_other_sizes_too() -> None:
    call = one_call(4, 3, 8)
    assert call.entrywise_ratio > 2
    assert call.amplified_alpha < call.ours_alpha < call.entrywise_alpha


@pytest.mark.slow
def test_the_page_is_what_its_command_writes() -> None:
    """In a process of its own: strategies that other tests register would be rows of its table."""
    code = "import sys; from bloqs.published.document import document; sys.stdout.write(document())"
    found = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert found.stdout == PATH.read_text(encoding="utf-8")


def test_the_rows_of_the_readme_and_of_one_model_are_on_the_page() -> None:
    page = PATH.read_text(encoding="utf-8")
    frame = compare_networks("digits-1")
    for line in comparison_table(frame, "T").to_markdown().splitlines()[2:]:
        assert line in page
    section = README.read_text(encoding="utf-8").split("## Beside the paper")[1].split("\n## ")[0]
    figures = re.findall(r"\d\.\d+e\+\d+", section)
    assert len(figures) >= 9
    for figure in figures:
        assert f" {figure} " in page, figure


def test_citation() -> None:
    for keys in RESTS_ON.values():
        assert set(keys) <= set(BIBTEX)
    kernel = np.ones((1, 1, 1, 1))
    assert citation(EntrywiseConv2D(kernel, 2)).startswith("@inproceedings{rattew2026,")
    assert "kerenidis2016" in citation(KPTreeState([1.0, 2.0], 5))
    layer = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
    ours = citation(NormalizedVector(layer, s_lo=0.9, s_hi=1.0, degree=3).adjoint())
    assert "gilyen2019" in ours
    assert "yoder2014" in ours
    assert ours.count("{") == ours.count("}")
    with pytest.raises(ValueError, match="bloq must be"):
        citation(3)  # type: ignore[arg-type]


@pytest.mark.slow
def test_command(tmp_path: Path) -> None:
    spec, _ = tiny()
    model = tmp_path / "tiny.npz"
    spec.save(model)
    out = tmp_path / "table.csv"
    result = CliRunner().invoke(app, ["compare", str(model), "--json", "--out", str(out)])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["rows"]
    assert rows[-1]["lemma"] == "Th2"
    assert rows[-1]["measured"] is None
    assert len(out.read_text(encoding="utf-8").splitlines()) == len(rows) + 1


@pytest.mark.slow
def test_command_by_shape() -> None:
    result = CliRunner().invoke(app, ["compare", "--shape", "1", "2", "--epsilon", "0.1"])
    assert result.exit_code == 0, result.output
    for lemma in ("B14", "L5", "L6", "Th2"):
        assert lemma in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digits-1", "--shape", "2", "4"], "not both"),
        (["--shape", "2", "4", "--image", "0"], "a shape has no images"),
        (["--shape", "2", "3"], "powers of two"),
        (["--epsilon", "2"], "epsilon"),
    ],
)
def test_command_refuses(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["compare", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr
