"""Speed, measured and printed, never asserted: `python -m pytest -m slow tests/benchmarks`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from qualtran.resource_counting import QECGatesCost, get_cost_value

from bloqs.costs import estimate
from bloqs.networks import NetworkSpec, load_example
from bloqs.qsvt import minimax, polynomials
from bloqs.scaling import StudySettings, measure, points
from bloqs.verify.gate_level import Simulator, encoded_vector_gate

pytestmark = pytest.mark.slow

COLD = (
    "from bloqs.networks import load_example; from bloqs.costs import estimate; "
    "print(estimate(load_example('digits-2').spec.cost_bloq()).t_count)"
)


def test_cost_of_digits_2_from_cold(benchmark: Any) -> None:
    """A new interpreter: imports, degrees, call graph, counts."""

    def run() -> str:
        done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, check=True)
        return done.stdout.decode()

    output = benchmark.pedantic(run, rounds=3, iterations=1)
    benchmark.extra_info["T"] = int(output)


@pytest.mark.parametrize("log2_side", [3, 10, 20])
def test_cost_by_shape(benchmark: Any, log2_side: int) -> None:
    """One block and the output layer at N = 2**(2 + 2 log2_side): the weights are never there."""
    spec = NetworkSpec.from_shapes(
        input_shape=(4, 2**log2_side, 2**log2_side),
        num_blocks=1,
        kernel_size=3,
        norm_bounds=((1.2, 1.35), (0.1, 0.2)),
    )
    network = spec.cost_bloq()
    counts = benchmark(lambda: get_cost_value(network, QECGatesCost()))
    benchmark.extra_info["rotations"] = int(counts.rotation)
    benchmark.extra_info["nodes"] = len(network.call_graph()[0])


@pytest.mark.parametrize("start", ["alone", "from a similar problem"])
def test_degrees_of_two_blocks(benchmark: Any, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Regime 2 at N = 2**20, where hundreds of polynomials are tried; nothing cached."""
    if start == "alone":
        monkeypatch.setattr(minimax, "_reference", lambda *_: None)
    point = next(
        asked
        for _, asked in StudySettings(max_log2_n=20).points()
        if (asked.curve.name, asked.log2_n, asked.num_blocks) == ("r2-d2", 20, 2)
    )

    def cold() -> None:
        kept = (points._network, polynomials._amplification, polynomials._activation_quotient)
        for solved in kept:
            solved.cache_clear()
        if start != "alone":
            minimax._reference.cache_clear()

    row = benchmark.pedantic(lambda: measure(point), setup=cold, rounds=2, iterations=1)
    benchmark.extra_info["degrees"] = [*row["activation_degrees"], *row["amplification_degrees"]]


def test_gate_level_of_one_small_block(benchmark: Any) -> None:
    """Every gate of a block at N = 4 (one 2x2 channel, 3x3 kernel), nothing cached."""
    import numpy as np

    kernel = np.array([[[[0.0, 0.1, 0.05], [0.2, 0.3, -0.1], [0.0, 0.1, 0.0]]]])
    spec = NetworkSpec(input_shape=(1, 2, 2), kernels=(kernel,), num_groups=2)
    network = spec.to_bloq([[0.5, -0.1], [0.7, 0.3]], norm_bounds=[(0.9, 1.7)])
    benchmark.pedantic(
        lambda: encoded_vector_gate(network, simulator=Simulator()), rounds=3, iterations=1
    )


def test_estimate_of_digits_1_by_data(benchmark: Any) -> None:
    """The report's own cost, data included."""
    example = load_example("digits-1")
    network = example.spec.to_bloq(example.images[0], loading="select-swap")
    report = benchmark.pedantic(lambda: estimate(network), rounds=3, iterations=1)
    benchmark.extra_info["T"] = int(report.t_count)
