"""What a command refuses: one line, and status 2."""

from pathlib import Path

import numpy as np
import pytest

from tests.commands.running import run
from tests.report.toys import write_tiny


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["report"], "Missing argument"),
        (["report", "digits-1"], "Missing option '--image'"),
        (["report", "digits-9", "--image", "0"], "unknown model 'digits-9'"),
        (["report", "digits-1", "--image", "450"], "test images 0 to 449"),
        (["report", "digits-1", "--image", "no.npy"], "there is no image file"),
        (["report", "digits-1", "--image", "0", "--loading", "disk"], "'disk' is not one of"),
        (["report", "digits-1", "--image", "0", "--epsilon", "0"], "epsilon is a 2-norm error"),
        (["report", "digits-1", "--image", "0", "--epsilon", "x"], "--epsilon"),
        (
            ["report", "digits-1", "--image", "0", "--failure-probability", "1"],
            "failure_probability must lie in",
        ),
        (
            ["report", "digits-1", "--image", "0", "--norm-bounds", "worst-case"],
            "no worst-case bound for the output layer",
        ),
        (["verify", "digits-1", "--images", "0"], "choose 1 to 450"),
        (["verify", "digits-1", "--level", "classical"], "'classical' is not one of"),
        (["sweep", "images", "digits-9"], "unknown model 'digits-9'"),
        (["sweep", "images", "digits-1", "--images", "0"], "choose 1 to 450"),
        (["sweep", "images", "digits-1", "--epsilon", "2"], "epsilon is a 2-norm error"),
        (["sweep", "images", "digits-1", "--workers", "-2"], "workers is the number of processes"),
        (
            ["sweep", "images", "digits-1", "--norm-bounds", "worst-case"],
            "no worst-case bound for the output layer",
        ),
        (
            ["sweep", "images", "digits-1", "--workers", "2", "--scheduler", "tcp://x:1"],
            "give one or the other",
        ),
        (["sweep", "images", "digits-1", "--chunk", "0"], "chunk is the number of tasks"),
        (["sweep", "images", "digits-1", "--out", "/dev/null"], "cannot write"),
        (["sweep", "images", "digits-1", "--scheduler", "x://y"], "no Dask scheduler at 'x://y'"),
        (["sweep", "seeds", "--shape", "2"], "--shape takes two whole numbers C,M"),
        (["sweep", "seeds", "--shape", "2,0"], "input_shape must be"),
        (["sweep", "seeds", "--shape", "2,1", "--seeds", "0"], "at least one task"),
        (["sweep", "seeds", "--shape", "2,1", "--first-seed", "-1"], "a seed is at least 0"),
        (["sweep", "shapes", "--shape", "4,8", "--block-norm", "1"], "--block-norm takes two"),
        (["sweep", "shapes", "--shape", "4,8", "--output-norm", "1,2"], "for every layer or"),
        (["sweep", "shapes", "--shape", "4,8", "--qram", "x"], "'x' is not one of"),
        (["estimate"], "estimate takes a model, or --shape C M: found neither"),
        (["estimate", "digits-1", "--shape", "4", "8"], "or --shape: found both"),
        (
            ["estimate", "digits-2", "--blocks", "1", "--gain", "0.5"],
            "or --blocks, --gain: found both",
        ),
        (["estimate", "digits-1", "--norm", "1,2"], "norm_bounds must hold 2 pairs"),
        (["explore", "digits-9"], "unknown model 'digits-9'"),
        (["explore", "--port", "0"], "port"),
        (["estimate", "--shape", "4", "0"], "input_shape must be"),
        (["estimate", "--shape", "4", "8", "--norm", "1"], "--norm takes two numbers LO,HI"),
        (["estimate", "--shape", "4", "8", "--norm", "1,2"], "norm_bounds must hold 2 pairs"),
        (["estimate", "--shape", "4", "8", "--blocks", "0"], "num_blocks must be at least 1"),
        (["estimate", "--shape", "4", "8", "--activation", "relu"], "relu"),
    ],
)
def test_bad_input_is_one_line_and_status_two(args: list[str], message: str) -> None:
    status, out, err = run(*args)
    assert status == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err


def test_image_outside_the_bounds_is_refused(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path, margin=0.003)
    np.save(tmp_path / "far.npy", [[[-1.0]], [[3.0]]])
    status, _, err = run("report", model, "--image", tmp_path / "far.npy", "--out", tmp_path / "r")
    assert status == 2
    assert "outside the bounds" in err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("damage", ["truncated", "tampered", "pickled", "text"])
def test_damaged_model_file(damage: str, tmp_path: Path) -> None:
    path, image = write_tiny(tmp_path)
    whole = Path(path).read_bytes()
    content = {
        "truncated": whole[: len(whole) // 2],
        "tampered": whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
        "pickled": b"\x80\x04K\x01.",
        "text": b"no model",
    }[damage]
    Path(path).write_bytes(content)
    status, _, err = run("report", path, "--image", image, "--out", tmp_path)
    assert status == 2
    assert err.startswith("error: cannot read the model file") or "was altered" in err


def test_out_that_cannot_be_a_folder(tmp_path: Path) -> None:
    model, image = write_tiny(tmp_path)
    (tmp_path / "file").write_text("kept")
    status, _, err = run(
        "report", model, "--image", image, "--out", tmp_path / "file", "--loading", "rotations"
    )
    assert status == 2
    assert err.startswith("error: cannot write")


def test_traceback_on_demand() -> None:
    with pytest.raises(ValueError, match="--norm takes two numbers"):
        run("--traceback", "estimate", "--shape", 4, 8, "--norm", "1;2")


def test_one_sentence_on_control_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bloqs.report.load_model", interrupt)
    status, out, err = run("verify", "digits-1")
    assert (status, out, err.strip()) == (130, "", "error: interrupted before the command was done")
