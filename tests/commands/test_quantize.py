"""The command that rounds a model's weights to few bits: its table, its file, its refusals."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from typer.testing import CliRunner

from bloqs import NetworkSpec
from bloqs.cli import app
from bloqs.networks import load_example
from bloqs.networks.random_network import random_network

SMALL = ("--epsilon", "0.05", "--loading", "qrom")


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["quantize", *words])
    return result.exit_code, result.output


@pytest.mark.slow
def test_a_row_a_number_of_bits() -> None:
    status, text = invoke("digits-1", "--bits", "9", "--bits", "8", *SMALL)
    rows = [line.split("│")[1:-1] for line in text.splitlines() if line.startswith("│")]
    found = {row[0].strip(): [cell.strip() for cell in row] for row in rows if row[0].strip()}
    assert status == 0
    assert list(found) == ["as it is", "9", "8"]
    assert found["as it is"][1] == found["9"][1] == "98.00%"
    costs, shares = {}, {}
    for name, row in found.items():  # measured by default, the unitary figure beside it
        measured, costs[name] = (int(cell.replace(",", "")) for cell in row[4:6])
        assert 0 < measured < costs[name]
        shares[name] = float(row[6].rstrip("%"))
    # Bits are chosen by the cost of measured unloads, which is what is charged.
    assert costs["8"] < costs["9"] < costs["as it is"]
    assert shares["8"] <= shares["9"] < shares["as it is"] == 100


def test_the_network_is_saved(tmp_path) -> None:
    made = random_network(2, (2, 2, 2))
    bounds = {"norm_bounds": made.norm_bounds(0.3), "amplitude_bounds": [1.0]}
    spec = attrs.evolve(made.spec, **bounds)
    spec.save(tmp_path / "model.npz")
    np.save(tmp_path / "image.npy", made.image)
    model, image = str(tmp_path / "model.npz"), str(tmp_path / "image.npy")
    words = (model, "--image", image, "--out", str(tmp_path / "few.npz"), *SMALL)
    status, text = invoke(*words, "--bits", "8")
    assert (status, "few.npz" in text) == (0, True)
    assert NetworkSpec.load(tmp_path / "few.npz") == spec.quantized(8)


def test_an_image_outside_the_bounds_of_few_bits_has_no_cost(tmp_path) -> None:
    made = random_network(2, (2, 2, 2))
    spec = made.spec.calibrate(made.images)  # narrow: on one image
    spec.save(tmp_path / "model.npz")
    np.save(tmp_path / "image.npy", made.image)
    words = (str(tmp_path / "model.npz"), "--image", str(tmp_path / "image.npy"), *SMALL)
    status, text = invoke(*words, "--bits", "4")
    assert status == 0
    assert "image outside" in text


def test_refusals(tmp_path) -> None:
    out = ("--out", str(tmp_path / "few.npz"))
    for words, message in (
        (("digits-1", *out), "--out takes the network of one number of bits, found 0"),
        (("digits-1", *out, "--bits", "7", "--bits", "8"), "found 2; give --bits once"),
        (("digits-1", "--bits", "2"), "bits must be 3 to 50, found 2"),
        (("digits-1", "--image", "450"), "found the index 450"),
        (("no-such-model",), "no-such-model"),
    ):
        status, text = invoke(*words)
        assert status == 2
        assert message in " ".join(text.split())
    assert not list(tmp_path.iterdir())
    assert load_example("digits-1").spec.has_weights
