"""Images, seeds and shapes: what their tasks measure, and what their keys hang on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest

from bloqs.costs import estimate
from bloqs.networks import NetworkSpec
from bloqs.report import load_model, verify_images
from bloqs.simulation import encoded_vector
from bloqs.sweeps import (
    ImageTask,
    SeedTask,
    ShapeTask,
    image_tasks,
    run_sweep,
    seed_tasks,
    shape_tasks,
    sweep_passed,
)
from bloqs.sweeps.seeds import calibrated_network
from tests.report.toys import tiny_images, tiny_network, write_tiny


def serial(tasks: Any, out: Path) -> pd.DataFrame:
    return run_sweep(tasks, out=out, workers=0)


def tiny_batch(folder: Path, **options: float) -> tuple[str, str]:
    model, _ = write_tiny(folder, **options)
    batch = folder / "batch.npy"
    np.save(batch, np.concatenate([tiny_images(), [[[[-1.0]], [[3.0]]]]]))
    return model, str(batch)


@pytest.mark.slow
def test_images_agree_with_verify_images(tmp_path: Path) -> None:
    frame = serial(image_tasks("digits-1", "12"), tmp_path / "out")
    model = load_model("digits-1")
    sweep = verify_images(model, model.images("12"))
    assert [check.vector_error for check in sweep.checks] == list(frame["vector_error"])
    assert [check.quantum_class for check in sweep.checks] == list(frame["predicted_class"])
    assert [check.success_probability for check in sweep.checks] == list(
        frame["success_probability"]
    )
    assert [image.label for image in sweep.images] == list(frame["label"])
    norms = model.spec.layer_norms(np.stack([image.pixels for image in sweep.images]))
    np.testing.assert_allclose(np.stack(frame["layer_norms"]), norms, rtol=1e-12)
    np.testing.assert_allclose(np.stack(frame["probabilities"]).sum(axis=1), 1.0)
    assert sweep_passed(frame)


def test_images_outside_are_stored_with_their_figures(tmp_path: Path) -> None:
    frame = serial(image_tasks(*tiny_batch(tmp_path, margin=0.003)), tmp_path / "out")
    assert list(frame["status"]) == ["done"] * 3 + ["outside"]
    far = frame.iloc[3]
    assert not far["outside_low"] <= far["outside_value"] <= far["outside_high"]
    assert far["outside_layer"] in far["error"]
    assert pd.isna(far["passed"])
    assert sweep_passed(frame)


def test_gate_level_is_another_task(tmp_path: Path) -> None:
    model, batch = tiny_batch(tmp_path)
    gate, semantic = (
        serial(image_tasks(model, batch, level=level)[:1], tmp_path / "out")
        for level in ("gate", "semantic")
    )
    assert gate["level"].item() == "gate"
    assert abs(gate["vector_error"].item() - semantic["vector_error"].item()) < 1e-9
    assert len(pd.read_parquet(tmp_path / "out" / "results.parquet")) == 2


def test_model_that_changes_under_a_sweep(tmp_path: Path) -> None:
    model, batch = tiny_batch(tmp_path)
    tasks = image_tasks(model, batch)
    tiny_network(seed=8).save(model)
    frame = serial(tasks, tmp_path / "out")
    assert frame["error"].str.contains("is not the one that the sweep was made for").all()
    with pytest.raises(ValueError, match="results of different models or versions are not mixed"):
        serial(image_tasks(model, batch), tmp_path / "out")


def test_image_that_changes_under_a_sweep(tmp_path: Path) -> None:
    model, batch = tiny_batch(tmp_path)
    tasks = image_tasks(model, batch)
    np.save(batch, 1.01 * tiny_images() + 0.01)
    frame = serial(tasks[:1], tmp_path / "out")
    assert "image 0 of" in frame["error"].item()
    assert image_tasks(model, batch)[0].key != tasks[0].key


def test_key_hangs_on_contents_not_on_places(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    here = image_tasks(*tiny_batch(tmp_path))
    there = image_tasks(*tiny_batch(tmp_path / "elsewhere"))
    assert [task.key for task in here] == [task.key for task in there]
    assert len({task.key for task in here}) == len(here)
    assert json.loads(json.dumps(here[0].to_dict()))["model"] == here[0].model
    assert ImageTask(**json.loads(json.dumps(here[0].to_dict()))).key == here[0].key


@pytest.mark.parametrize("field", [f.name for f in attrs.fields(ShapeTask)])
def test_key_hangs_on_every_parameter(field: str) -> None:
    task = ShapeTask(input_shape=(4, 8, 8))
    other = {
        "input_shape": (4, 16, 16),
        "epsilon": 1e-3,
        "skip_weight": 0.6,
        "loading": "qrom",
        "norm_bounds": [(0.9, 1.3), (0.1, 0.3)],
        "qram": "oracle",
        "output_layer": False,
        "query_error": 1e-9,
    }
    changed = attrs.evolve(task, **{field: other.get(field, 2)})
    assert changed.key != task.key
    assert set(task.columns()) > {f.name for f in attrs.fields(ShapeTask)}


def test_key_hangs_on_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    import bloqs.sweeps.tasks as module

    one = ShapeTask(input_shape=(4, 8, 8)).key
    monkeypatch.setattr(module, "versions", lambda: {"resnet-bloqs": "9.9.9"})
    assert ShapeTask(input_shape=(4, 8, 8)).key != one


@pytest.mark.slow
def test_random_networks(tmp_path: Path) -> None:
    tasks = seed_tasks([(2, 1, 1), (1, 2, 2)], range(3), kernel_size=1, epsilon=[1e-1, 1e-2])
    frame = serial(tasks, tmp_path / "out")
    assert len(frame) == 12
    assert set(frame["status"]) == {"done"}
    assert (frame["vector_error"] <= frame["epsilon_stated"]).all()
    assert (frame["epsilon_stated"] <= frame["epsilon"]).all()
    # A network for each shape and seed, whatever its epsilon.
    assert frame["model_digest"].nunique() == 6
    spec, image = calibrated_network(
        (1, 2, 2), num_blocks=1, kernel_size=1, output_layer=True, seed=2
    )
    row = frame.iloc[-1]
    assert (row["model_digest"], row["seed"]) == (spec.digest, 2)
    network = spec.to_bloq(image, epsilon=1e-2)
    norm = float(np.linalg.norm(encoded_vector(network, level="semantic")))
    assert row["success_probability"] == pytest.approx((norm / network.alpha) ** 2)


def test_random_network_without_output_layer_at_gate_level(tmp_path: Path) -> None:
    tasks = seed_tasks((2, 1, 1), [5], kernel_size=1, output_layer=False, level="gate")
    assert sweep_passed(serial(tasks, tmp_path / "out"))


@pytest.mark.slow
def test_shapes_agree_with_estimate(tmp_path: Path) -> None:
    norms = [(0.9, 1.3), (0.1, 0.3)]
    tasks = shape_tasks(
        [(4, 8, 8), (16, 2**20, 2**20)],
        loading=["rotations", "select-swap"],
        block_norm=norms[0],
        output_norm=norms[1],
    )
    frame = serial(tasks, tmp_path / "out")
    for row, task in zip(frame.itertuples(), tasks, strict=True):
        spec = NetworkSpec.from_shapes(input_shape=task.input_shape, num_blocks=1, num_groups=1)
        bloq = spec.cost_bloq(norm_bounds=norms, loading=task.loading)
        report = estimate(bloq)
        counts = json.loads(row.counts)
        assert counts["t_count"] == report.t_count
        assert row.t_count == float(report.t_count)
        assert counts["native"]["clifford"] == report.native.clifford
        assert counts["input_calls"] == report.input_calls == row.input_calls
        assert row.logical_qubits == report.logical_qubits
        assert row.length == spec.length
        assert list(row.activation_degrees) == bloq.assumptions["activation degrees"]
        assert list(row.amplification_degrees) == bloq.assumptions["amplification degrees"]
        assert row.epsilon_stated <= 1e-2
    assert json.loads(frame["counts"].iloc[-1])["native"]["clifford"] > 2**44
    assert json.loads(frame["norm_bounds"].iloc[0]) == [list(pair) for pair in norms]


def test_shape_without_a_circuit_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    frame = serial(shape_tasks((4, 8, 8), skip_weight=0.4), tmp_path / "out")
    assert "no worst-case bound for the output layer" in frame["error"].item()


def test_tasks_are_equal_whatever_sequence_made_them() -> None:
    pairs = [[0.9, 1.3], [0.1, 0.3]]
    one = ShapeTask(input_shape=[4, 8, 8], norm_bounds=pairs)
    two = ShapeTask(input_shape=(4, 8, 8), norm_bounds=tuple(tuple(pair) for pair in pairs))
    assert one == two
    assert one.key == two.key


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: image_tasks("digits-9"), "unknown model"),
        (lambda: image_tasks("digits-1", [450]), "test images 0 to 449"),
        (lambda: image_tasks("digits-1", "no.npy"), "no image file"),
        (lambda: image_tasks("digits-1", [0], level="classical"), "level is one of"),
        (lambda: image_tasks("digits-1", [0], loading="disk"), "unknown loading"),
        (lambda: image_tasks("digits-1", [0], epsilon=0.0), "epsilon is a 2-norm error"),
        (lambda: image_tasks("digits-1", [0], norm_bounds="worst-case"), "no worst-case bound"),
        (lambda: seed_tasks((2, 0, 0), [0]), "input_shape must be"),
        (lambda: seed_tasks((2, 1, 1), [-1], kernel_size=1), "a seed is at least 0"),
        (lambda: shape_tasks((4, 8, 8), num_blocks=[0]), "num_blocks must be at least 1"),
        (lambda: shape_tasks((4, 8, 8), regime=4), "regime is 1, 2 or 3"),
        (lambda: shape_tasks((4, 8, 8), block_norm=(0.9, 1.3)), "for every layer or for none"),
        (lambda: shape_tasks((4, 8, 8), qram="disk"), "unknown memory model 'disk'"),
    ],
)
def test_bad_tasks(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: image_tasks("digits-1", [1.5]), "index of an image is a whole number, found 1.5"),
        (lambda: seed_tasks((2, 1, 1), [1.5], kernel_size=1), "seed is a whole number, found 1.5"),
        (lambda: seed_tasks((2, 1, 1), [2**70], kernel_size=1), "seed .* at most 64 bits"),
        (lambda: seed_tasks((2, 1.5, 1), [0]), "each number of input_shape is a whole number"),
        (lambda: seed_tasks((2, 1, 1), [0], output_layer="no"), "output_layer is True or False"),
        (lambda: shape_tasks((4, 8, 8), num_blocks=1.5), "num_blocks is a whole number, found 1.5"),
        (lambda: shape_tasks((4, 8, 8), skip_weight=2), r"skip_weight must lie in \[0, 1\]"),
        (lambda: shape_tasks((4, 8, 8), skip_weight=float("nan")), "skip_weight is a finite"),
        (lambda: shape_tasks((4, 8, 8), epsilon=["small"]), "epsilon is a number, found 'small'"),
        (lambda: shape_tasks((4, 8, 8), paths=0), "paths must be at least 1"),
        (lambda: without_output((1.3, 0.9)), r"bounds of block 1 .*found \(1.3, 0.9\)"),
        (lambda: without_output((float("nan"), 1.0)), r"bounds of block 1 .*found \(nan, 1.0\)"),
        (lambda: without_output((0.9, 1.0, 1.3)), r"one pair of numbers \(lo, hi\) a layer"),
        (lambda: ShapeTask(input_shape=(4, 8, 8), norm_bounds="x"), "norm_bounds is 'calibrated'"),
        (
            lambda: ShapeTask(input_shape=4),
            "input_shape must be a sequence of whole numbers, found 4",
        ),
    ],
)
def test_numbers_that_no_task_can_have(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def without_output(block_norm: Any) -> list[ShapeTask]:
    return shape_tasks((4, 8, 8), output_layer=False, block_norm=block_norm)


def test_numbers_of_numpy_make_the_same_tasks(tmp_path: Path) -> None:
    images = image_tasks("digits-1", np.arange(2), epsilon=np.float64(0.125))
    assert [(task.index, type(task.index)) for task in images] == [(0, int), (1, int)]
    assert type(images[0].epsilon) is float
    seeds = seed_tasks(
        np.array([[2, 1, 1]]), np.arange(2), kernel_size=np.int64(1), output_layer=np.True_
    )
    assert seeds == seed_tasks((2, 1, 1), range(2), kernel_size=1)
    norms: Any = {"block_norm": np.array([0.9, 1.3]), "output_norm": (np.float32(0.5), 1.0)}
    shapes = shape_tasks(
        np.array([4, 8, 8]),
        num_blocks=np.arange(1, 3),
        paths=np.int64(1),
        regime=np.arange(1, 3),
        epsilon=np.array([0.125]),
        **norms,
    )
    pairs: Any = {"block_norm": (0.9, 1.3), "output_norm": (0.5, 1.0)}
    same = shape_tasks((4, 8, 8), num_blocks=[1, 2], regime=[1, 2], epsilon=0.125, **pairs)
    assert shapes == same
    assert [task.key for task in shapes] == [task.key for task in same]
    assert len(serial(seeds, tmp_path / "out")) == 2


def test_types_of_seed_tasks() -> None:
    (task,) = seed_tasks((2, 1, 1), [np.int64(3)], kernel_size=1)
    assert isinstance(task, SeedTask)
    assert type(task.seed) is int


def test_the_least_degree_reaches_every_kind_of_task(tmp_path: Path) -> None:
    narrow = {"kernel_size": 1, "output_layer": False, "block_norm": (0.9, 1.3), "epsilon": 0.3}
    found = [
        task.measure()["activation_degrees"]
        for least in (0, 5)
        for task in shape_tasks((1, 2, 2), **narrow, min_degree=least)
    ]
    assert found == [[0], [6]]  # of f(x)/x, which is even
    model, batch = tiny_batch(tmp_path)
    usual, least = (image_tasks(model, batch, epsilon=0.1, min_degree=n)[0] for n in (0, 5))
    asked = SeedTask(
        input_shape=(2, 1, 1), num_blocks=1, kernel_size=1, output_layer=False, seed=4,
        epsilon=0.1, level="semantic", loading="qrom",
    )  # fmt: skip
    for one, other in ((usual, least), (asked, attrs.evolve(asked, min_degree=5))):
        assert one.key != other.key
        one_found, other_found = one.measure(), other.measure()
        assert one_found["passed"]
        assert other_found["passed"]
        assert one_found["vector_error"] != other_found["vector_error"]
    for bad in (-1, 10**9, 1.5):
        with pytest.raises(ValueError, match="min_degree"):
            image_tasks(model, batch, min_degree=bad)
