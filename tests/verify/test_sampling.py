"""Samples as the machine draws them: groups by chi-square, attempts geometric, wrong laws refused."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from qualtran.bloqs.basic_gates import XGate
from scipy import stats

from bloqs.activation import NonlinearTransform
from bloqs.core.encoding import ShapeOnlyError, VectorEncoding
from bloqs.layers import ResidualLinearPooling
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.networks import NetworkSpec
from bloqs.reference import forward, forward_vectors
from bloqs.verify import ClassSamples, sample_classes

SIGNIFICANCE = 1e-4
"""A sound sampler fails one test in ten thousand; the seeds are fixed, so it fails none of these forever."""

SEEDS = range(5)
SHOTS = 20_000

FloatArray = NDArray[np.float64]


def weak_layer() -> ResidualLinearPooling:
    """An output layer that is not amplified: its good branch has a probability of about 5 %."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(8, 8))
    columns = ColumnOracle(0.9 * weights / np.linalg.norm(weights, 2))
    return ResidualLinearPooling(LoadedVector(rng.normal(size=8)), columns, skip_weight=0.05)


ENCODINGS: dict[str, tuple[VectorEncoding, int]] = {
    "loaded": (LoadedVector([0.1, -0.5, 0.7, 0.5, 0.2, 0.0, -0.3, 0.05]), 4),
    "activation": (NonlinearTransform(LoadedVector([0.6, -0.8, 0.1, 0.0]), degree=2), 2),
    "weak": (weak_layer(), 8),
}


def chi_square(counts: NDArray[np.int64], probabilities: FloatArray) -> float:
    """P-value that counts follow the probabilities; groups of less than 5 expected shots are merged."""
    order = np.argsort(probabilities)
    expected = probabilities[order] * counts.sum()
    few = int(np.searchsorted(np.cumsum(expected), 5)) + 1
    observed = counts[order]
    return float(
        stats.chisquare(
            [observed[:few].sum(), *observed[few:]], [expected[:few].sum(), *expected[few:]]
        ).pvalue
    )


def geometric_p_value(samples: ClassSamples, success: float) -> float:
    """P-value that attempts per shot are geometric, by chi-square on bins of at least 20 expected shots."""
    edges = sorted({int(stats.geom.ppf(q, success)) for q in np.linspace(0.02, 0.98, 25)})
    cumulative = np.concatenate([[0], stats.geom.cdf(edges, success), [1]])
    probabilities = np.diff(cumulative)
    bins = np.searchsorted(edges, samples.attempts_per_shot, side="left")
    return chi_square(np.bincount(bins, minlength=len(probabilities)), probabilities)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ENCODINGS)
def test_groups_follow_the_conditioned_vector(kind: str, seed: int) -> None:
    encoding, num_groups = ENCODINGS[kind]
    samples = sample_classes(encoding, num_groups, SHOTS, seed=seed)
    # Written from the definition: entries of the block, squared, summed over runs, conditioned.
    squares = (encoding.block() ** 2).reshape(num_groups, -1).sum(axis=1)
    np.testing.assert_allclose(samples.probabilities, squares / squares.sum(), rtol=1e-12)
    assert samples.counts.sum() == SHOTS == samples.shots
    assert chi_square(samples.counts, samples.probabilities) > SIGNIFICANCE
    # The test has the power to see probabilities that are a little wrong.
    wrong = samples.probabilities + 0.02 * (-1.0) ** np.arange(num_groups)
    wrong = np.clip(wrong, 1e-3, None)
    assert chi_square(samples.counts, wrong / wrong.sum()) < 1e-6


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["activation", "weak"])
def test_attempts_are_geometric(kind: str, seed: int) -> None:
    encoding, num_groups = ENCODINGS[kind]
    samples = sample_classes(encoding, num_groups, SHOTS, seed=seed)
    success = float(np.sum(encoding.block() ** 2))
    assert samples.success_probability == pytest.approx(success, rel=1e-12)
    assert samples.success_probability == pytest.approx(1 / float(encoding.alpha) ** 2, rel=1e-2)
    assert geometric_p_value(samples, success) > SIGNIFICANCE
    assert geometric_p_value(samples, 0.93 * success) < 1e-6
    # Mean 1/p, standard deviation sqrt(1-p)/p: 4.5 standard errors.
    error = np.sqrt((1 - success) / SHOTS) / success
    assert abs(samples.attempts / SHOTS - 1 / success) < 4.5 * error


def test_groups_and_attempts_are_independent() -> None:
    samples = sample_classes(*ENCODINGS["weak"], SHOTS, seed=7)
    median = np.median(samples.attempts_per_shot)
    table = [
        np.bincount(samples.groups[late], minlength=8)[samples.counts > 50]
        for late in (samples.attempts_per_shot > median, samples.attempts_per_shot <= median)
    ]
    assert stats.chi2_contingency(np.array(table)).pvalue > SIGNIFICANCE


def test_weak_layer_is_far_from_unit_norm() -> None:
    samples = sample_classes(*ENCODINGS["weak"], 500, seed=0)
    assert samples.success_probability < 0.06
    assert samples.attempts > 10 * 500
    assert samples.failures == samples.attempts - 500
    assert samples.observed_success == 500 / samples.attempts


def test_an_encoding_that_cannot_fail() -> None:
    samples = sample_classes(LoadedVector([0.0, 0.0, 1.0, 0.0]), 4, 100, seed=0)
    assert samples.success_probability == 1.0
    assert samples.failures == 0
    assert samples.counts.tolist() == [0, 0, 100, 0]
    assert samples.most_frequent == 2


def test_same_seed_same_samples() -> None:
    encoding, num_groups = ENCODINGS["weak"]
    one, same, other = (sample_classes(encoding, num_groups, 50, seed=s) for s in (4, 4, 5))
    np.testing.assert_array_equal(one.groups, same.groups)
    np.testing.assert_array_equal(one.attempts_per_shot, same.attempts_per_shot)
    assert not np.array_equal(one.attempts_per_shot, other.attempts_per_shot)


def test_network_at_both_levels() -> None:
    kernel = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
    spec = NetworkSpec(
        input_shape=(2, 1, 1),
        kernels=(kernel,),
        output_weights=[[0.5, -0.4], [0.2, 0.6]],
        num_groups=2,
    )
    image = np.array([[[0.6]], [[-0.8]]])
    vectors = forward_vectors(spec, image)
    norms = [*vectors.block_norms, vectors.output_norm]
    network = spec.to_bloq(image, norm_bounds=[(0.9 * r, 1.1 * r) for r in norms])
    semantic, gate = (
        sample_classes(network, 2, SHOTS, seed=1, level=level) for level in ("semantic", "gate")
    )
    np.testing.assert_allclose(semantic.probabilities, gate.probabilities, atol=1e-9)
    assert semantic.success_probability == pytest.approx(gate.success_probability, abs=1e-9)
    for samples in (semantic, gate):
        assert chi_square(samples.counts, forward(spec, image)) > SIGNIFICANCE
        assert samples.most_frequent == int(np.argmax(forward(spec, image)))


def test_record_as_text_and_html() -> None:
    samples = sample_classes(*ENCODINGS["weak"], 1000, seed=2)
    text, page = str(samples), samples._repr_html_()
    for words in ("1,000 class samples (semantic level, seed 2)", "not heralded", "probability"):
        assert words in text
        assert words in page
    assert f"{samples.attempts:,} runs" in text
    assert len(samples.table().rows) == 8
    assert repr(samples).startswith(f"ClassSamples(counts={samples.counts.tolist()}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_groups": 3}, "power of two, got 3"),
        ({"num_groups": 0}, "num_groups must be an integer of at least 1, found 0"),
        ({"num_groups": 16}, "at most the vector's length 8, got 16"),
        ({"shots": 0}, "shots must be an integer of at least 1, found 0"),
        ({"shots": 10.0}, "shots must be an integer, found 10.0"),
        ({"shots": 10**9}, "at most 100,000,000, got 1,000,000,000; draw them in parts"),
        ({"seed": -1}, "seed must be an integer of at least 0, found -1"),
        ({"level": "pulse"}, "level is one of"),
        ({"network": XGate()}, "no register 'system'"),
    ],
)
def test_bad_input(changes: dict[str, object], message: str) -> None:
    arguments = {"network": ENCODINGS["loaded"][0], "num_groups": 4, "shots": 10, "seed": 0}
    with pytest.raises(ValueError, match=message):
        sample_classes(**{**arguments, **changes})  # type: ignore[arg-type]


def test_nothing_to_sample() -> None:
    with pytest.raises(ShapeOnlyError):
        sample_classes(LoadedVector(None, bitsize=2), 2, 10, seed=0)

    class Empty(LoadedVector):
        """Whose good branch holds nothing."""

        def block(self) -> FloatArray:
            return np.zeros(4)

    with pytest.raises(ValueError, match="probability 0: it is never heralded"):
        sample_classes(Empty([0.5, 0.5, 0.5, 0.5]), 2, 10, seed=0)


class Faint(LoadedVector):
    """Whose good branch has a probability of `FAINT`."""

    FAINT = 2e-12

    def block(self) -> FloatArray:
        return np.sqrt(self.FAINT) * self.target()


def test_attempts_beyond_64_bits_are_counted() -> None:
    samples = sample_classes(Faint([0.5, 0.5, 0.5, 0.5]), 2, 20_000, seed=0)
    assert samples.attempts == sum(samples.attempts_per_shot.tolist())
    assert samples.attempts_per_shot.min() >= 1
    assert samples.attempts == pytest.approx(20_000 / Faint.FAINT, rel=0.04)
    # The sum is above 2**63.
    many = attrs.evolve(samples, attempts_per_shot=np.full(1000, 2**60 + 3), groups=np.zeros(1000))
    assert many.attempts == 1000 * (2**60 + 3) > 2**63
    assert many.failures == many.attempts - 1000
    assert 0 < many.observed_success < 1e-15


def test_a_probability_that_no_machine_waits_for() -> None:
    class Fainter(Faint):
        FAINT = 1e-14

    with pytest.raises(ValueError, match=r"probability 1e-14: it is never .* at least 1e-12"):
        sample_classes(Fainter([0.5, 0.5, 0.5, 0.5]), 2, 10, seed=0)
