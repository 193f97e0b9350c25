"""Parallel efficiency of the image sweep, measured and printed, never asserted.

`python -m pytest -m slow -s tests/benchmarks/test_sweep.py`; there is more in the benchmark's extra
information.

    efficiency      serial seconds / (2 * parallel seconds), the same images, every process warm
    cpu_efficiency  serial CPU seconds / CPU seconds of workers, scheduler and client together

Warm: every process has imported the library and run images of the same model before, as it has after the
first seconds of a long sweep; `startup_seconds` is what that costs once. Run it on a quiet machine: where
others compete for the cores, the processes of one session may share one share of them. The second figure
suffers less from that; it leaves out waiting.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bloqs.sweeps import image_tasks, run_sweep, sweep_passed
from bloqs.sweeps.cluster import local_cluster

pytestmark = pytest.mark.slow

WORKERS = 2


@pytest.mark.parametrize("chunk", [None, 1], ids=["batches", "one-by-one"])
def test_image_sweep_on_two_workers(benchmark: Any, tmp_path: Path, chunk: int | None) -> None:
    """All 450 test images of `digits-1`."""
    from distributed import Client

    tasks, warm = image_tasks("digits-1"), image_tasks("digits-1", range(16), epsilon=0.0101)
    run_sweep(warm, out=tmp_path / "serial", workers=0)
    cpu = time.process_time()
    serial = run_sweep(tasks, out=tmp_path / "serial", workers=0).attrs["sweep"]
    serial_cpu = time.process_time() - cpu

    begin = time.perf_counter()
    with (
        local_cluster(WORKERS) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        address, out = cluster.scheduler_address, tmp_path / "parallel"
        run_sweep(warm, out=out, scheduler=address, chunk=1)
        startup = time.perf_counter() - begin

        def cpu_seconds() -> float:
            """Of the workers, and of this process, in which the scheduler and the client run."""
            return sum(client.run(time.process_time).values()) + time.process_time()

        cpu = cpu_seconds()
        frame = benchmark.pedantic(
            lambda: run_sweep(tasks, out=out, scheduler=address, chunk=chunk),
            rounds=1,
            iterations=1,
        )
        parallel_cpu = cpu_seconds() - cpu
    parallel = frame.attrs["sweep"]
    assert parallel["computed"] == serial["computed"] == len(tasks)
    assert sweep_passed(frame)
    efficiency = serial["seconds"] / (WORKERS * parallel["seconds"])
    text = f"efficiency {efficiency:.2f}, of CPU {serial_cpu / parallel_cpu:.2f}"
    print(f"\n{benchmark.name}: {text}")  # noqa: T201
    benchmark.extra_info |= {
        "images": len(tasks),
        "serial_seconds": serial["seconds"],
        "parallel_seconds": parallel["seconds"],
        "efficiency": efficiency,
        "cpu_efficiency": serial_cpu / parallel_cpu,
        "busy": parallel["busy"],
        "startup_seconds": startup,
    }
