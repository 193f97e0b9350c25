import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bloqs
from bloqs.networks import NetworkSpec, load_example
from bloqs.reference import forward
from tests.commands.running import run
from tests.golden.regenerate import stored
from tests.report.toys import tiny_images, write_tiny


def test_version() -> None:
    assert run("--version") == (0, f"resnet-bloqs {bloqs.__version__}\n", "")


def test_help_lists_the_commands() -> None:
    status, out, _ = run()
    assert status == 0
    for command in ("report", "decide", "verify", "sweep", "estimate", "models", "explore"):
        assert command in out


def test_report_writes_both_files_and_says_pass(tmp_path: Path) -> None:
    model, image = write_tiny(tmp_path)
    out = tmp_path / "reports"
    status, text, _ = run("report", model, "--image", image, "--out", out, "--loading", "rotations")
    assert status == 0
    assert text.splitlines()[-1] == "PASS"
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert f"{data['cost']['t_count']:,}" in text
    assert f"{data['footprint']['physical_qubits']:,}" in text
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
def test_report_with_tabulated_loaders(loading: str, tmp_path: Path) -> None:
    model, image = write_tiny(tmp_path)
    status, text, _ = run(
        "report", model, "--image", image, "--out", tmp_path, "--loading", loading
    )
    assert status == 0
    assert loading in text


def test_report_fails_with_status_one_when_the_circuit_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bloqs.report.verification as verification

    exact = verification.encoded_vector
    monkeypatch.setattr(
        verification, "encoded_vector", lambda ve, level: exact(ve, level=level)[::-1]
    )
    model, image = write_tiny(tmp_path)
    status, text, _ = run(
        "report", model, "--image", image, "--out", tmp_path, "--loading", "rotations"
    )
    assert status == 1
    assert "FAIL: vector error" in text
    assert json.loads((tmp_path / "report.json").read_text())["verification"]["passed"] is False


def test_verify_lists_images_outside(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path, margin=0.003)
    batch = np.concatenate([tiny_images(), [[[[-1.0]], [[3.0]]]]])
    np.save(tmp_path / "batch.npy", batch)
    status, text, _ = run("verify", model, "--images", tmp_path / "batch.npy")
    assert status == 0
    assert "Images outside the bounds" in text
    assert "PASS" in text


def test_accuracy_stands_beside_pass_where_labels_are_given(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path)
    np.save(tmp_path / "batch.npy", tiny_images())
    classes = forward(NetworkSpec.load(model), tiny_images()).argmax(axis=1)
    words = ("verify", model, "--images", tmp_path / "batch.npy")
    status, text, _ = run(*words)
    assert status == 0
    assert "not known: these images have no labels" in text
    assert "PASS says" in text
    np.save(tmp_path / "y.npy", [*classes[:2], 1 - classes[2]])
    status, text, _ = run(*words, "--labels", tmp_path / "y.npy", "--json")
    figures = json.loads(text)
    assert (status, figures["passed"]) == (0, True)
    assert figures["accuracy"] == figures["exact_accuracy"] == pytest.approx(2 / 3)
    for wrong, said in (
        ([0, 1], "3 classes"),
        ([0, 1, 2], "from 0 to 1, found 2"),
        ([0, 1, 0.5], "0.5"),
    ):
        np.save(tmp_path / "y.npy", wrong)
        status, _, err = run(*words, "--labels", tmp_path / "y.npy")
        assert status == 2
        assert said in err


def test_verify_at_gate_level(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path)
    np.save(tmp_path / "batch.npy", tiny_images()[:1])
    status, text, _ = run("verify", model, "--images", tmp_path / "batch.npy", "--level", "gate")
    assert status == 0
    assert "at gate level" in text


def test_verify_without_an_image_inside_fails(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path, margin=0.003)
    np.save(tmp_path / "batch.npy", [[[[-1.0]], [[3.0]]]])
    status, text, _ = run("verify", model, "--images", tmp_path / "batch.npy")
    assert status == 1
    assert "FAIL" in text


def test_sample_draws_and_says_how_often_it_failed(tmp_path: Path) -> None:
    model, image = write_tiny(tmp_path)
    status, text, _ = run("sample", model, "--image", image, "--shots", 50, "--seed", 3)
    assert status == 0
    assert "50 class samples" in text
    assert "success probability" in text
    assert run("sample", model, "--image", image, "--shots", 50, "--seed", 3)[1] == text


def test_decide_prints_both_tables_and_writes_both_files(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path)
    np.save(tmp_path / "batch.npy", tiny_images())
    out = tmp_path / "out"
    status, text, _ = run("decide", model, "--images", tmp_path / "batch.npy", "--out", out)
    assert status == 0
    data = json.loads((out / "decisions.json").read_text(encoding="utf-8"))
    assert f"{data['t_count']['median']:,.0f}" in text
    assert "Accuracy against samples" in text
    assert (out / "decisions.html").exists()


@pytest.mark.slow
def test_budget_prints_before_and_after(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path)
    args = ("budget", model, "--loading", "qrom", "--objective", "t_count")
    status, text, _ = run(*args)
    assert status == 0
    assert text.count("rotation synthesis") == 2
    assert "even split" in text
    assert "optimised" in text


@pytest.mark.slow
def test_estimate_by_shape(tmp_path: Path) -> None:
    out = tmp_path / "cost.json"
    status, text, _ = run(
        "estimate", "--shape", 4, 8, "--norm", "1.1,1.3", "--norm", "0.1,0.3", "--out", out
    )
    assert status == 0
    data = json.loads(out.read_text())
    assert f"{data['cost']['t_count']:,}" in text
    assert data["assumptions"]["gate counts"].startswith("by shape")
    assert data["cost"]["t_count"] == sum(part["t_count"] for part in data["cost"]["breakdown"])


@pytest.mark.slow
def test_estimate_uses_worst_case_bounds_by_default() -> None:
    status, text, _ = run("estimate", "--shape", 1, 2, "--loading", "rotations")
    assert status == 0
    assert "worst-case" in text


@pytest.mark.slow
def test_sweep_of_images_resumes(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path, margin=0.003)
    np.save(tmp_path / "batch.npy", np.concatenate([tiny_images(), [[[[-1.0]], [[3.0]]]]]))
    options = ("--images", tmp_path / "batch.npy", "--out", tmp_path / "sweeps")
    status, text, _ = run("sweep", "images", model, *options, "--workers", 2)
    assert status == 0
    assert "2, " in text
    file = tmp_path / "sweeps" / "images-tiny" / "results.parquet"
    assert text.splitlines()[-1] == f"results in {file}"
    stored = file.read_bytes()
    assert list(pd.read_parquet(file)["status"]) == ["done", "done", "done", "outside"]
    status, text, _ = run("sweep", "images", model, *options, "--workers", 2)
    assert status == 0
    figures = {cells[1].strip(): cells[2].strip() for cells in map(split_row, text.splitlines())}
    assert figures["resumed from the folder"] == "4"
    assert figures["computed now"] == "0"
    assert figures["errors within the stated epsilon"] == "3 of 3"
    assert figures["verdict"] == "PASS"
    assert file.read_bytes() == stored


def split_row(line: str) -> list[str]:
    return [*line.split("│"), "", "", ""]


def test_sweep_fails_with_status_one_when_a_bound_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bloqs.report.verification as verification

    exact = verification.encoded_vector
    monkeypatch.setattr(
        verification, "encoded_vector", lambda ve, level: exact(ve, level=level)[::-1]
    )
    args = ("--shape", "2,1", "--kernel", 1, "--seeds", 2, "--out", tmp_path, "--workers", 0)
    status, text, _ = run("sweep", "seeds", *args)
    assert status == 1
    assert "Tasks that do not pass" in text
    assert "seed 1, 2x1x1, k=1" in text


def test_sweep_of_seeds(tmp_path: Path) -> None:
    args = ("--shape", "2,1", "--shape", "1,2", "--kernel", 1, "--seeds", 2, "--epsilon", "0.05")
    status, text, _ = run("sweep", "seeds", *args, "--out", tmp_path, "--workers", 0)
    assert status == 0
    frame = pd.read_parquet(tmp_path / "seeds" / "results.parquet")
    assert len(frame) == 4
    assert (frame["vector_error"] <= frame["epsilon_stated"]).all()
    assert f"{frame['vector_error'].max():.3e}" in text


@pytest.mark.slow
def test_sweep_of_shapes(tmp_path: Path) -> None:
    args = ("--shape", "4,8", "--shape", "4,16", "--epsilon", "1e-1", "--epsilon", "1e-2")
    norms = ("--block-norm", "1.1,1.3", "--output-norm", "0.1,0.3")
    status, text, _ = run("sweep", "shapes", *args, *norms, "--out", tmp_path, "--workers", 0)
    assert status == 0
    frame = pd.read_parquet(tmp_path / "shapes" / "results.parquet")
    assert list(frame["length"]) == [256.0, 256.0, 1024.0, 1024.0]
    assert f"{frame['t_count'].min():.3g} to {frame['t_count'].max():.3g}" in text


def test_models_computes_accuracy() -> None:
    status, text, _ = run("models")
    assert status == 0
    for name in ("digits-1", "digits-2"):
        assert f"{load_example(name).accuracy():.2%}" in text


@pytest.mark.slow
def test_main_job(tmp_path: Path) -> None:
    status, text, _ = run("report", "digits-1", "--image", "0", "--out", tmp_path)
    assert status == 0
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data["model"]["accuracy"] >= 0.94
    assert data["settings"]["loading"] == "select-swap"
    golden = stored("digits-1")["regime 1, select-swap, coherent, by data"]
    assert data["cost"]["t_count"] == golden["t_count"]
    check = data["verification"]
    assert check["passed"]
    assert check["vector_error"] <= check["epsilon_stated"] <= 1e-2
    assert data["image"]["label"] == int(load_example("digits-1").labels[0])
    calibrated, heralded, blocks, every = data["variants"]
    assert calibrated["t_count"] == data["cost"]["t_count"] < blocks["t_count"]
    assert heralded["t_per_sample"] < calibrated["t_per_sample"] / 2
    assert "no worst-case bound for the output layer" in every["error"]
    # In a terminal the words are broken over lines of a cell; the page has them whole.
    assert "worst-case norms of every layer" in text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "no worst-case bound for the output layer" in page


@pytest.mark.slow
def test_verify_digits() -> None:
    status, text, _ = run("verify", "digits-1", "--images", "60")
    assert status == 0
    assert "PASS" in text


@pytest.mark.slow
def test_image_sweep_killed_halfway_and_resumed(tmp_path: Path) -> None:
    """SIGKILL: no stored result is lost or computed again, none is missing in the end."""
    command = ("sweep", "images", "digits-1", "--workers", "2", "--out", str(tmp_path))
    folder = tmp_path / "images-digits-1"
    sweep = subprocess.Popen(
        [sys.executable, "-c", "from bloqs.cli import app; app()", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def stored() -> pd.DataFrame:
        parts = [pd.read_parquet(part) for part in (folder / "parts").glob("*.parquet")]
        return pd.concat(parts) if parts else pd.DataFrame()

    end = time.monotonic() + 300
    try:
        while len(stored()) < 200:
            assert sweep.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        sweep.kill()
        sweep.wait()
    before = stored().set_index("key")
    assert 200 <= len(before) < 450
    status, text, _ = run(*command)
    assert status == 0
    assert f"{len(before)}" in text
    after = pd.read_parquet(folder / "results.parquet").set_index("key")
    assert len(after) == 450
    assert sorted(after["index"]) == list(range(450))
    same = ["finished", "worker", "vector_error"]
    pd.testing.assert_frame_equal(after.loc[before.index, same], before[same])


def test_rotation_models_by_name(tmp_path: Path) -> None:
    """Fewer T a rotation, the same circuit; an unknown one is refused before any work."""
    args = ("estimate", "--shape", 4, 8, "--norm", "1.2,1.35", "--norm", "0.5,0.7")
    args = (*args, "--loading", "rotations", "--rotation-model")
    found = {}
    for name in ("repeat-until-success", "mixed-fallback"):
        path = tmp_path / f"{name}.json"
        status, text, _ = run(*args, name, "--out", path)
        assert status == 0
        assert f"toffoli-4T/{name}" in text
        found[name] = json.loads(path.read_text())["cost"]
    usual, mixed = found["repeat-until-success"], found["mixed-fallback"]
    assert mixed["rotation_count"] == usual["rotation_count"]
    # Of the same share, channels may have twice the diamond distance, over alpha**2 and not over alpha.
    shares = [one["conventions"]["synthesis_epsilon"] for one in (usual, mixed)]
    assert shares[1] == pytest.approx(2 * shares[0] * usual["success_probability"] ** 0.5, rel=1e-3)
    assert mixed["t_count"] < usual["t_count"]
    status, _, error = run(*args, "nothing")
    assert status == 2
    assert "'nothing' is not one of 'repeat-until-success'" in error
