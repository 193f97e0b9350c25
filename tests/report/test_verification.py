from pathlib import Path

import numpy as np
import pytest

from bloqs.report import Model, Verification, load_model, verify_image, verify_images
from tests.report.toys import tiny_images, tiny_network, write_tiny


def check_of(quantum: list[float], classical: list[float], **changes: float) -> Verification:
    figures = {"epsilon_asked": 1e-2, "epsilon_stated": 8e-3, "vector_error": 1e-3} | changes
    return Verification(
        level="semantic",
        success_probability=0.9,
        quantum=np.array(quantum),
        classical=np.array(classical),
        num_classes=len(quantum),
        **figures,
    )


def test_other_class_fails_when_the_reference_is_decided() -> None:
    check = check_of([0.4, 0.6], [0.55, 0.45])
    assert not check.passed
    assert "class 1, reference 0" in check.verdict


def test_other_class_passes_when_the_reference_is_undecided_within_two_epsilon() -> None:
    check = check_of([0.499, 0.501], [0.509, 0.491])
    assert check.margin == pytest.approx(0.018)
    assert check.passed


def test_margin_of_two_epsilon_is_decided() -> None:
    assert not check_of([0.49, 0.51], [0.5125, 0.4875]).passed


@pytest.mark.parametrize(
    "changes",
    [
        {"vector_error": 9e-3},  # above what the bloq states
        {"vector_error": 0.011, "epsilon_stated": 0.012},  # the bloq states more than was asked
        {"vector_error": float("nan")},
        {"epsilon_stated": float("nan")},
    ],
)
def test_error_beyond_its_bound_fails(changes: dict[str, float]) -> None:
    check = check_of([0.7, 0.3], [0.7, 0.3], **changes)
    assert not check.passed
    assert "vector error" in check.verdict


def test_one_class_has_a_margin() -> None:
    assert check_of([1.0], [1.0]).passed


@pytest.mark.parametrize("level", ["semantic", "gate"])
def test_levels_agree_on_a_small_network(level: str, tmp_path: Path) -> None:
    path, image = write_tiny(tmp_path)
    model = load_model(path)
    pixels = model.image(image)
    network = model.spec.to_bloq(pixels.pixels, epsilon=1e-2)
    check = verify_image(model, pixels, network, epsilon=1e-2, level=level)
    assert check.passed
    assert check.success_probability == pytest.approx(1 / float(network.alpha) ** 2, rel=0.03)


def test_a_wrong_image_fails(tmp_path: Path) -> None:
    path, image = write_tiny(tmp_path)
    model = load_model(path)
    network = model.spec.to_bloq(tiny_images()[1], epsilon=1e-3)
    check = verify_image(model, model.image(image), network, epsilon=1e-3)
    assert not check.passed
    assert check.verdict.startswith("FAIL")


def test_sweep_lists_the_images_outside() -> None:
    model = Model("tiny", tiny_network(margin=0.003))
    batch = [*tiny_images(), np.array([-1.0, 3.0]).reshape(2, 1, 1)]
    images = [NamedImageOf(i, pixels) for i, pixels in enumerate(batch)]
    done: list[int] = []
    sweep = verify_images(model, images, progress=done.append)
    assert done == [1, 2, 3, 4]
    assert len(sweep.checks) == 3
    assert sweep.passed
    assert sweep.num_same_class == 3
    (outside,) = sweep.outside
    assert outside.image == "3"
    assert not outside.bounds[0] <= outside.value <= outside.bounds[1]
    assert sweep.worst is not None
    assert sweep.worst[1].vector_error == max(check.vector_error for check in sweep.checks)


def test_sweep_without_an_image_inside_does_not_pass() -> None:
    model = Model("tiny", tiny_network(margin=0.003))
    sweep = verify_images(model, [NamedImageOf(0, np.array([-1.0, 3.0]).reshape(2, 1, 1))])
    assert sweep.worst is None
    assert not sweep.passed


def NamedImageOf(index: int, pixels: np.ndarray) -> object:
    from bloqs.report import NamedImage

    return NamedImage(name=str(index), pixels=pixels)
