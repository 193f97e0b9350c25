"""What a network by data takes of this computer: memory, stated and refused where there is less, and time."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from bloqs import load_example
from bloqs.networks import NetworkSpec, assembly, computer
from bloqs.networks.computer import (
    FACTOR,
    LARGE,
    LongBuildWarning,
    bytes_by_data,
    check_computer,
    seconds_by_data,
)
from bloqs.report.build import Settings
from bloqs.report.headline import readable
from tests.benchmarks.build_memory import dense_network
from tests.benchmarks.test_build_memory import measured
from tests.commands.running import run


@pytest.fixture(scope="module")
def large() -> tuple[NetworkSpec, np.ndarray]:
    return dense_network(4, 16, 1, 512)


def small_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computer, "computer_bytes", lambda: LARGE)


def test_it_grows_with_every_entry_of_a_table(large: tuple[NetworkSpec, np.ndarray]) -> None:
    spec, _ = large
    bare = spec.without_output_layer()
    rows, columns = 512, 1024
    assert bytes_by_data(spec) - bytes_by_data(bare) == 220 * rows * columns
    exact = bytes_by_data(spec, has_tables=False) - bytes_by_data(bare, has_tables=False)
    assert exact == 150 * rows * columns
    kernels = [np.zeros((3, 3, 3, 3)), np.zeros((3, 3, 3, 3))]
    wide = NetworkSpec(input_shape=(3, 4, 4), kernels=kernels, num_groups=1)
    assert bytes_by_data(wide) - computer.BASE_BYTES == 2 * 450 * 4**4
    shapes = NetworkSpec.from_shapes(input_shape=(64, 1024, 1024), num_blocks=3)
    assert bytes_by_data(shapes) == computer.BASE_BYTES


def test_what_has_no_room_is_refused_before_the_work(
    large: tuple[NetworkSpec, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, image = large
    small_computer(monkeypatch)

    def reached(*_: object) -> None:
        raise AssertionError("the image was looked at")

    monkeypatch.setattr(assembly, "check_image_norms", reached)
    with pytest.raises(
        ValueError, match=r"takes up to 0\.\d+ GiB of memory, and this computer"
    ) as why:
        spec.to_bloq(image)
    assert "this computer has 0.125 GiB" in str(why.value)
    assert "NetworkSpec.cost_bloq" in str(why.value)
    assert (
        float(spec.cost_bloq(norm_bounds=spec.norm_bounds).alpha) > 1
    )  # what the message names, works


def test_a_command_refuses_it_too(
    large: tuple[NetworkSpec, np.ndarray], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec, image = large
    spec.save(tmp_path / "large.npz")
    np.save(tmp_path / "image.npy", image)
    small_computer(monkeypatch)
    out = tmp_path / "out"
    words = ("report", tmp_path / "large.npz", "--image", tmp_path / "image.npy", "--out", out)
    status, text, error = run(*words)
    assert (status, text) == (2, "")
    assert "GiB of memory" in error
    assert "resnet-bloqs estimate" in error
    by_shape = Settings().shape_cost(spec)
    assert by_shape.t_per_sample is not None
    assert f"By shape, with these settings: {readable(by_shape.t_per_sample)} T a sample, " in error
    assert f"{readable(by_shape.logical_qubits)} logical qubits" in error
    assert not out.exists()


def test_what_takes_long_is_said_before_the_work(
    large: tuple[NetworkSpec, np.ndarray], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec, _ = large
    weights, kernel = 512 * 1024, 4 * 4 * 4 * 4
    assert seconds_by_data(spec) == pytest.approx(1.5e-6 * weights + 12e-6 * kernel)
    monkeypatch.setattr(computer, "LONG", 0.8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_computer(spec)
    monkeypatch.setattr(computer, "LONG", 0.5)
    with pytest.warns(
        LongBuildWarning, match="about 1 seconds to build and count, and up to 0.17 GiB"
    ):
        check_computer(spec)
    # A command says it in one line, without a file's name and a line of code; the image ends it.
    spec.save(tmp_path / "large.npz")
    np.save(tmp_path / "image.npy", np.ones((4, 16, 16)))
    words = ("report", tmp_path / "large.npz", "--image", tmp_path / "image.npy", "--out", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as in a command's own process
        _, _, error = run(*words)
    assert [line.split(":")[0] for line in error.splitlines()] == ["note", "error"]


def test_a_small_network_asks_nothing_of_the_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computer, "computer_bytes", lambda: 0)
    example = load_example("digits-1")
    assert example.spec.to_bloq(example.images[0], loading="rotations").alpha > 1


@pytest.mark.slow
def test_the_stated_memory_is_the_measured_one_within_its_factor() -> None:
    told = measured("select-swap", 8, 16, 1, 2048)
    grown, stated = told["grown"], told["stated"]
    assert stated >= 512 * 2**20
    assert stated / FACTOR <= grown <= stated
