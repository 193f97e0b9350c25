"""The simulator against `tensor_contract`, cirq and its own estimates; printed, never asserted.

All ratios include planning from cold: a new `Simulator`, whose first call takes the bloq apart, compiles
and runs it. Times are of the processor, since machines are shared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import cirq
import numpy as np
import pytest
from qualtran import BloqBuilder, CompositeBloq
from qualtran.bloqs.basic_gates import ZeroState

from bloqs.verify.gate_level import Simulator
from tests.statevector.circuits import cirq_circuit, final_state, flat_circuit, mixed_circuit

pytestmark = pytest.mark.slow

CIRCUITS = {"flat": flat_circuit, "mixed": mixed_circuit}


def process_seconds(run: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def measure(
    benchmark: Any, circuit: CompositeBloq, dtype: type, *, rounds: int = 3
) -> tuple[np.ndarray, float]:
    """The contraction by a cold simulator, and the least processor time that it took."""
    # What is compiled at first use is no part of it.
    Simulator(dtype=dtype).contract(flat_circuit(3, 10, 0))
    seconds: list[float] = []

    def run() -> np.ndarray:
        found, taken = process_seconds(lambda: Simulator(dtype=dtype).contract(circuit))
        seconds.append(taken)
        return found

    found = benchmark.pedantic(run, rounds=rounds, iterations=1)
    return found, min(seconds)


def record(benchmark: Any, ours: float, reference: float, what: str) -> None:
    benchmark.extra_info |= {"seconds": ours, what: reference, "ratio": reference / ours}
    name = benchmark.name
    print(f"\n{name}: {ours:.3g} s, {what} {reference:.3g} s, {reference / ours:.3g} times")  # noqa: T201


def from_zeros(circuit: CompositeBloq) -> CompositeBloq:
    """The circuit on |0...0>, so that its tensor is a state."""
    bb = BloqBuilder()
    zeros = {register.name: bb.add(ZeroState()) for register in circuit.signature}
    return bb.finalize(**dict(zip(zeros, bb.add_t(circuit, **zeros), strict=True)))


def test_state_of_12_qubits_and_3000_gates_against_tensor_contract(benchmark: Any) -> None:
    """Of the flat circuit: `tensor_contract` takes more than five minutes for the nested one."""
    kind = "flat"
    circuit = from_zeros(CIRCUITS[kind](12, 3000, 0))
    assert Simulator().plan(circuit).leaf_gates >= 3000
    found, ours = measure(benchmark, circuit, np.complex128)
    expected, reference = process_seconds(circuit.tensor_contract)
    np.testing.assert_allclose(found, expected.reshape(-1), atol=1e-10)
    record(benchmark, ours, reference, "tensor_contract")


@pytest.mark.parametrize(
    ("n", "kind"),
    [(11, "flat"), (14, "flat"), (16, "flat"), (18, "flat"), (11, "mixed")],
)
def test_10000_gates_against_cirq(benchmark: Any, n: int, kind: str) -> None:
    """Of cirq, the call of `simulate` alone is timed, its circuit being at hand.

    Nested circuits of more qubits take cirq minutes each.
    """
    circuit = CIRCUITS[kind](n, 10_000, 0)
    translated, qubits = cirq_circuit(circuit)
    found, ours = measure(benchmark, circuit, np.complex64)
    simulator = cirq.Simulator(dtype=np.complex64)
    result, reference = process_seconds(lambda: simulator.simulate(translated))
    np.testing.assert_allclose(found, final_state(result, qubits), atol=1e-4)
    record(benchmark, ours, reference, "cirq")


@pytest.mark.parametrize("kind", CIRCUITS)
@pytest.mark.parametrize(
    ("n", "num_gates"), [(11, 10_000), (14, 10_000), (16, 10_000), (18, 10_000), (24, 300)]
)
def test_memory(benchmark: Any, n: int, num_gates: int, kind: str) -> None:
    """Most memory that a run allocates, result and tables included, per byte of the longest state.

    `tracemalloc` sees the arrays of numpy and the objects of Python, but not the scratch of the compiled
    loops, which is a strip of 64 amplitudes for each row of a map: see `test_memory_of_the_process`. The bloq
    and its plan were there before.
    """
    circuit = CIRCUITS[kind](n, num_gates if kind == "flat" else min(num_gates, 2000), 0)
    simulator = Simulator(dtype=np.complex64)
    simulator.contract(CIRCUITS[kind](n, 50, 1))  # what is compiled at first use is no part of it
    plan = simulator.plan(circuit)

    def run() -> int:
        tracemalloc.start()
        try:
            simulator.contract(circuit)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak = benchmark.pedantic(run, rounds=1, iterations=1)
    state = 2**plan.peak_qubits * np.dtype(np.complex64).itemsize
    benchmark.extra_info |= {"state_bytes": state, "peak_bytes": peak, "ratio": peak / state}
    text = f"{peak / state:.2f} times the state vector of {state / 2**20:.3g} MiB"
    print(f"\n{benchmark.name}: {text}")  # noqa: T201


@pytest.mark.parametrize(
    ("kind", "n", "num_gates"), [("flat", 22, 300), ("mixed", 22, 200), ("shuffled", 20, 40)]
)
def test_memory_of_the_process(benchmark: Any, kind: str, n: int, num_gates: int) -> None:
    """The same of the whole process, and so with the scratch of the loops; where a page is little."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.process_memory",
        kind,
        str(n),
        str(num_gates),
    ]
    # A cluster started by another benchmark leaves settings behind by which memory is not given back.
    environment = {key: value for key, value in os.environ.items() if "MALLOC" not in key}

    def run() -> dict[str, int]:
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        found: dict[str, int] = json.loads(done.stdout)
        return found

    found = benchmark.pedantic(run, rounds=1, iterations=1)
    benchmark.extra_info |= found
    grown, planned = (found[name] / found["state"] for name in ("grown", "planned"))
    print(f"\n{benchmark.name}: {grown:.2f} times the state vector, planned {planned:.2f}")  # noqa: T201


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("n", [12, 16, 20, 23])
def test_estimated_time(benchmark: Any, n: int, dtype: type) -> None:
    """How much longer a run takes than its plan says."""
    circuit = mixed_circuit(n, 300, 0)
    simulator = Simulator(dtype=dtype)
    simulator.contract(mixed_circuit(6, 100, 1))  # what is compiled at first use is no part of it
    plan = simulator.plan(circuit)

    def run() -> float:
        return process_seconds(lambda: simulator.contract(circuit))[1]

    seconds = benchmark.pedantic(run, rounds=1, iterations=1)
    record(benchmark, plan.seconds, seconds, "run")
