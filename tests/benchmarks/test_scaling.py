"""Cost of a large image from cold, measured and printed, never asserted.

`python -m pytest -m slow tests/benchmarks/test_scaling.py`; figures: its extra information.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.slow

COLD = """
import json, sys, time
begin = time.perf_counter(), time.process_time()
from bloqs.costs import estimate
from bloqs.networks import NetworkSpec
regime = int(sys.argv[1])
imported = time.perf_counter() - begin[0]
has_output = regime != 3
spec = NetworkSpec.from_shapes(
    input_shape=(4, 224, 224), num_blocks=3, output_layer=has_output, paths=1 if regime == 1 else 2,
    norm_bounds=[(1.2, 1.35)] * 3 + [(0.5, 0.7)] * has_output,
)
network = spec.cost_bloq(regime=regime, loading="select-swap" if regime == 3 else "qram")
built = time.perf_counter() - begin[0]
report = estimate(network, qram="oracle")
t_count = report.t_count
counted = time.perf_counter() - begin[0]
print(json.dumps({
    "import_seconds": imported, "build_seconds": built - imported, "estimate_seconds": counted - built,
    "cpu_seconds": time.process_time() - begin[1], "t_count": float(t_count),
    "logical_qubits": float(report.logical_qubits),
}))
"""


@pytest.mark.parametrize("regime", [1, 2, 3])
def test_cost_of_224x224x4_from_cold(benchmark: Any, regime: int) -> None:
    """A new interpreter: imports, degrees, call graph, counts of three blocks."""

    def run() -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-c", COLD, str(regime)], capture_output=True, check=True
        )
        found: dict[str, float] = json.loads(done.stdout)
        return found

    found = benchmark.pedantic(run, rounds=3, iterations=1)
    benchmark.extra_info |= found
    assert found["t_count"] > 0
