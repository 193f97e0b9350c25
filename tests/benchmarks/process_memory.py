"""By how much a process grows while it simulates: `python -m tests.benchmarks.process_memory flat 22 300`.

Prints one line of JSON: bytes that the process has grown by at most, bytes that the plan says, and bytes of
the state. What numba and the C library allocate is in it, and pages that are kept for later. On Linux.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from bloqs.verify.gate_level import Simulator
from tests.statevector.circuits import flat_circuit, mixed_circuit, shuffled_circuit

CIRCUITS = {"flat": flat_circuit, "mixed": mixed_circuit, "shuffled": shuffled_circuit}


def process_bytes(what: str) -> int:
    """`VmRSS`, what the process has in memory, or `VmHWM`, the most that it had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no {what} in /proc/self/status")


def main(kind: str, n: str, num_gates: str) -> None:
    simulator = Simulator(dtype=np.complex64)
    simulator.contract(CIRCUITS[kind](12, 40, 1))  # what is compiled at first use is no part of it
    circuit = CIRCUITS[kind](int(n), int(num_gates), 0)
    plan = simulator.plan(circuit)
    before = process_bytes("VmRSS")
    simulator.contract(circuit)
    found = {
        "grown": process_bytes("VmHWM") - before,
        "planned": plan.peak_bytes,
        "state": 2**plan.peak_qubits * np.dtype(np.complex64).itemsize,
    }
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
