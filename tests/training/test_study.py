import math

import numpy as np
import pytest

from bloqs.networks import NetworkSpec, load_example

torch = pytest.importorskip("torch")

from bloqs.training.study import figures, least_turns, main, median_samples, variants  # noqa: E402
from bloqs.training.train_digits import CONFIGS  # noqa: E402


def test_variants_change_what_they_say():
    base = CONFIGS["digits-1"]
    found = variants(base)
    assert found["bundled"] == base
    assert found["64 rows, margin 0.1"].rows == 64
    assert found["64 rows, margin 0.1"].cost.margin == 0.1
    assert len({repr(config) for config in found.values()}) == len(found)


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
