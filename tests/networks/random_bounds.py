"""Stated against measured in random small networks: `python -m tests.networks.random_bounds --count 10000`.

Every layer of every network: the direction of what it encodes is off by at most what it states, and its
amplitude lies in the band that it states. Bounds are not centred on the image, so the input of a layer is
not at the amplitude that it is built for. Results go into a file of one line a network; a run goes on
where the last one stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from rich.console import Console

from bloqs.core.chain import chain
from bloqs.networks.random_network import random_network
from bloqs.reference import forward_vectors
from bloqs.reference.network import last_peak

SHAPES = ((2, 1, 1), (1, 2, 2), (2, 2, 2), (4, 2, 2))
ROUNDING = 1e-9


@attrs.frozen
class Checked:
    """What was found of one network: is every bound kept, and measured over stated at its end."""

    seed: int
    is_kept: bool
    ratio: float
    worst_layer: float
    choices: list[int | None]


def drawn_network(seed: int) -> tuple[Any, Any, float, str]:
    """A network with bounds around its image, the image, epsilon and the output."""
    rng = np.random.default_rng([seed, 14])
    has_output = bool(rng.random() < 0.5)
    made = random_network(
        seed,
        SHAPES[rng.integers(len(SHAPES))],
        num_blocks=int(rng.integers(1, 4)),
        kernel_size=int(rng.choice([1, 3])),
        output_layer=has_output,
        activation=str(rng.choice(["erf", "tanh", "sigmoid2"])),
        kernel_norms=(0.3, 1.0),
        output_norms=(0.5, 1.0),
        skip_weights=(0.0, 0.6),
    )
    found = forward_vectors(made.spec, made.image)
    norms = [*np.ravel(found.block_norms), *([float(found.output_norm)] if has_output else [])]
    widths = rng.uniform(0.003, 0.12, size=(len(norms), 2))
    pairs = [(n * (1 - lo), n * (1 + hi)) for n, (lo, hi) in zip(norms, widths, strict=True)]
    wider = 1 + rng.uniform(0, 0.2)
    spec = attrs.evolve(
        made.spec,
        norm_bounds=pairs,
        amplitude_bounds=[float(a * wider) for a in np.ravel(found.amplitudes)],
        argument_bounds=[float(b * wider) for b in np.ravel(found.argument_norms)],
        peak_bound=float(last_peak(found) * wider) if has_output else None,
    )
    epsilon = float(10 ** rng.uniform(-3, -1.3))
    return spec, made.image, epsilon, str(rng.choice(["coherent", "heralded"]))


def check(seed: int) -> Checked:
    """One network, by the blocks of its bloqs."""
    spec, image, epsilon, output = drawn_network(seed)
    network = spec.to_bloq(image, epsilon=epsilon, output=output, loading="rotations")
    ratios, kept = [], True
    for link in chain(network):
        for encoding in (link.layer, link.whole):
            block = encoding.block()
            length = float(np.linalg.norm(block))
            error = float(np.linalg.norm(block / length - encoding.target()))
            lo, hi = encoding.amplitude_band
            kept &= error <= encoding.direction_error + ROUNDING
            kept &= lo * (1 - ROUNDING) <= length <= hi * (1 + ROUNDING)
            if encoding.direction_error > 1e-6:
                ratios.append(error / encoding.direction_error)
    error = float(np.linalg.norm(network.alpha * network.block() - network.target()))
    kept &= error <= network.epsilon + ROUNDING
    kept &= network.epsilon <= epsilon
    facts = network.facts
    choices = [c for layer in facts.layers for c in (layer.degree, layer.amplification)]
    return Checked(seed, bool(kept), error / network.epsilon, max(ratios, default=0.0), choices)


def main(arguments: list[str] | None = None) -> int:
    """The command; status 1 where a bound is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.networks.random_bounds")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("reports/random_bounds.jsonl"))
    options = parser.parse_args(arguments)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = options.out.read_text(encoding="utf-8").splitlines() if options.out.exists() else []
    found = [Checked(**json.loads(line)) for line in lines]
    done = {one.seed for one in found}
    with options.out.open("a", encoding="utf-8") as stream:
        for seed in range(options.count):
            if seed not in done:
                found.append(check(seed))
                stream.write(json.dumps(attrs.asdict(found[-1])) + "\n")
                stream.flush()
    broken = [one.seed for one in found if not one.is_kept]
    console = Console()
    shares = [0, 10, 50, 90, 99, 100]
    for what in ("ratio", "worst_layer"):
        quantiles = np.percentile([getattr(one, what) for one in found], shares)
        told = ", ".join(f"{p} %: {q:.3g}" for p, q in zip(shares, quantiles, strict=True))
        console.print(f"measured/stated, {what.replace('_', ' ')}: {told}")
    unamplified = sum(1 in one.choices[1:-1:2] for one in found)
    console.print(
        f"{len(found)} networks, {unamplified} with a layer that is not amplified; broken: {broken}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
