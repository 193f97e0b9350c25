import math

import numpy as np
import pytest

from bloqs.costs import estimate
from bloqs.networks import NetworkSpec, load_example
from bloqs.reference import forward

torch = pytest.importorskip("torch")

from bloqs.training.data import load_split  # noqa: E402
from bloqs.training.study import figures, least_turns, main, median_samples, variants  # noqa: E402
from bloqs.training.train_digits import CONFIGS, accuracy  # noqa: E402
from tests.benchmarks.decisions import DATA  # noqa: E402


def test_variants_change_what_they_say():
    base = CONFIGS["digits-1"]
    found = variants(base)
    assert found["bundled"] == base
    assert found["64 rows, margin 0.1"].rows == 64
    assert found["64 rows, margin 0.1"].cost.margin == 0.1
    assert len({repr(config) for config in found.values()}) == len(found)


def test_a_lean_configuration_stands_beside_the_others():
    lean = CONFIGS["digits-2-lean"]
    found = variants(CONFIGS["digits-2"], lean)
    assert found["lean"] == lean
    assert found["lean, augmented to the end"].last_augmentation is None
    assert found["lean, output 0.15"].cost.output == 0.15
    assert len({repr(config) for config in found.values()}) == len(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits-1", "digits-2"])
def test_lean_weights_take_two_thirds_of_the_t_of_a_decision(name):
    """At half a per cent of accuracy, which is why they are not bundled; every block turns its image."""
    lean, example = NetworkSpec.load(DATA / f"{name}-lean.npz"), load_example(name)
    assert len(lean.output_weights) == CONFIGS[f"{name}-lean"].rows
    assert lean.calibrate(load_split().train_images) == lean
    assert accuracy(lean, example.images, example.labels) >= example.accuracy() - 0.007
    assert np.all(least_turns(lean, load_split().train_images) > 0.18)

    def decision(spec):
        sample = estimate(spec.cost_bloq(output="heralded")).t_per_sample
        return sample * median_samples(forward(spec, example.images[::3]))

    assert decision(lean) <= decision(example.spec) / 1.5


@pytest.mark.slow
def test_a_lean_sample_of_nine_bits_by_data():
    example = load_example("digits-1")
    lean = NetworkSpec.load(DATA / "digits-1-lean.npz").quantized(9)
    network = lean.to_bloq(example.images[0], output="heralded", loading="select-swap")
    assert estimate(network).t_per_sample <= 2e5


def test_samples_of_a_tie_are_infinite():
    certain, tie = np.zeros(16), np.zeros(16)
    certain[3] = 1.0
    tie[[2, 3]] = 0.5
    assert median_samples(np.array([certain])) == 1
    assert median_samples(np.array([tie])) == math.inf


def test_decision_is_samples_times_a_sample():
    example = load_example("digits-1")
    accuracy, samples, t_sample, t_decision, *_ = figures(
        example.spec, example.images[:40].astype(float), example.labels[:40]
    )
    assert accuracy.endswith("%")
    assert float(t_decision) == pytest.approx(float(samples) * float(t_sample), rel=0.02)


def test_blocks_of_the_bundled_networks_turn_their_images():
    """W near the identity costs least and does nothing: an angle of less than 0.2 or so."""
    example = load_example("digits-2")
    assert np.all(least_turns(example.spec, example.images) > 0.2)
    kernel = np.zeros((4, 4, 3, 3))
    kernel[range(4), range(4), 1, 1] = 1e-3
    same = NetworkSpec(input_shape=(4, 8, 8), kernels=(kernel, kernel), num_groups=16)
    assert np.all(least_turns(same, example.images[:5]) < 1e-3)


def test_unknown_variant_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nonsense"])
    assert "unknown variant 'nonsense'; the known ones are bundled, " in capsys.readouterr().err
