"""By how much a process grows while a network is built by data and counted, and how long that takes:
`python -m tests.benchmarks.build_memory select-swap 4 16 1 1024`, loader, channels, image size, blocks, rows.

Prints one line of JSON: bytes that it has grown by at most, and bytes that are stated; seconds of the
processor, and seconds that are stated. On Linux.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from bloqs import estimate, load_example
from bloqs.networks import NetworkSpec
from bloqs.networks.computer import bytes_by_data, seconds_by_data
from tests.benchmarks.process_memory import process_bytes

KERNEL_SIZE = 3


def dense_network(
    channels: int, size: int, blocks: int, rows: int
) -> tuple[NetworkSpec, np.ndarray]:
    """A network of dense random weights within the norms, and an image; without a head for 0 rows."""
    rng = np.random.default_rng(0)
    shape = (channels, channels, KERNEL_SIZE, KERNEL_SIZE)
    length = channels * size**2
    image = rng.normal(size=(channels, size, size))
    spec = NetworkSpec(
        input_shape=(channels, size, size),
        kernels=tuple(rng.normal(size=shape) / (3 * KERNEL_SIZE * channels) for _ in range(blocks)),
        output_weights=rng.normal(size=(rows, length)) / (1.1 * (rows**0.5 + length**0.5))
        if rows
        else None,
        skip_weight=0.8,
        num_groups=1,
    )
    return spec.calibrate(image[None]), image


def main(loading: str, *sizes: str) -> None:
    example = load_example("digits-1")
    estimate(example.spec.to_bloq(example.images[0], loading=loading))  # what is made once
    spec, image = dense_network(*map(int, sizes))
    before = process_bytes("VmRSS")
    start = time.process_time()
    estimate(spec.to_bloq(image, loading=loading))
    found = {
        "grown": process_bytes("VmHWM") - before,
        "stated": bytes_by_data(spec, has_tables=loading != "rotations"),
        "seconds": time.process_time() - start,
        "stated seconds": seconds_by_data(spec),
    }
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
