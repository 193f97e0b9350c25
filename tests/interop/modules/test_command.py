"""The command that brings in a model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from bloqs.cli import app
from tests.interop.modules.models import Builder, result
from tests.interop.modules.test_from_onnx import C, M, images, plain


def files(folder: Path) -> list[str]:
    b = Builder()
    path = b.save(folder / "model.onnx", plain(b), (C, M, M))
    np.save(folder / "x.npy", images(40))
    np.save(folder / "y.npy", result(path, images(40)).argmax(axis=1))
    return [
        "import",
        str(path),
        "--images",
        str(folder / "x.npy"),
        "--out",
        str(folder / "net.npz"),
    ]


def test_a_model_comes_in_with_its_accuracy(tmp_path: Path) -> None:
    words = [*files(tmp_path), "--labels", str(tmp_path / "y.npy")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Accuracy falls from 100.0 % to ")
    assert "What became of each layer" in done.stdout
    assert done.stdout.splitlines()[-1] == f"wrote {tmp_path / 'net.npz'}"
    read = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert (read["original_accuracy"], read["is_exact"], read["images"]) == (1.0, False, 8)


def test_bad_files_are_one_line_and_leave_nothing(tmp_path: Path) -> None:
    words = files(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    np.save(tmp_path / "half.npy", np.full(40, 0.5))
    for more in ([], ["--labels", str(tmp_path / "half.npy")], ["--relu-gap", "2"]):
        done = CliRunner().invoke(app, [*words, *more])
        assert done.exit_code == 2
        assert done.stderr.startswith("error: ")
        assert not (tmp_path / "net.npz").exists()
