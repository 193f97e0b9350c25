import math

import numpy as np
import pytest

from bloqs.networks import load_example

torch = pytest.importorskip("torch")

from bloqs.training.study import figures, main, median_samples, variants  # noqa: E402
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


def test_unknown_variant_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nonsense"])
    assert "unknown variant 'nonsense'; the known ones are bundled, " in capsys.readouterr().err
