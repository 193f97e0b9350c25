"""A whole network at gate level, as large as a workstation bears: `python -m bloqs.simulation.flagship`.

By default N = 8: two 2x2 channels, 3x3 kernels, one residual block and the output layer, 25 qubits alive at
once, within minutes to an hour. Random weights and a random image; the vector of every gate's tensor is
compared with the reference's forward pass. The exit code is 0 for PASS, 1 for FAIL, and 2 for what does not
fit or is no network.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bloqs.core.encoding import VectorEncoding
from bloqs.networks import NetworkSpec
from bloqs.networks.random_network import random_network as gaussian_network
from bloqs.reference import forward_vectors
from bloqs.reference.convolution import convolution_norm, convolution_norm_bound
from bloqs.statevector.limits import SimulationTooLargeError
from bloqs.statevector.run import Progress as ProgressCallback
from bloqs.statevector.simulator import SimulationPlan, Simulator
from bloqs.tables import Table
from bloqs.verify.gate_level import encoded_vector_gate

FloatArray = NDArray[np.float64]

MARGIN = 0.1
"""Norm bounds lie this far, relatively, on either side of the image's norms."""

LARGE_SIDE = 8
"""From this image side on, kernels are scaled by the bound of their norm, quick and nearly tight."""

PASSED, FAILED, REFUSED = 0, 1, 2
"""Exit codes."""


@attrs.frozen
class RandomNetwork:
    """A network of random weights, and an image.

    Parameters:
        spec: the network.
        image: float64 `(C, M, M)`.
        norm_bounds: pairs around the norms of this image, one for each layer that has one.

    Example:
        >>> network = random_network(0, (2, 1, 1), 1, kernel_size=1)
        >>> network.exact.shape, network.to_bloq(epsilon=1e-2).epsilon <= 1e-2
        ((2,), True)
    """

    spec: NetworkSpec
    image: FloatArray
    norm_bounds: tuple[tuple[float, float], ...]

    def to_bloq(self, epsilon: float = 1e-2, loading: str = "rotations") -> VectorEncoding:
        """The coherent network on the image.

        Args:
            epsilon: 2-norm error asked.
            loading: name of a loader.

        Returns:
            The encoding of the network's output.
        """
        return self.spec.to_bloq(
            self.image, epsilon=epsilon, norm_bounds=self.norm_bounds, loading=loading
        )

    @property
    def exact(self) -> FloatArray:
        """The reference's normalised output, `(N,)`."""
        return forward_vectors(self.spec, self.image).output


def random_network(
    seed: int,
    input_shape: tuple[int, int, int],
    num_blocks: int,
    *,
    kernel_size: int = 3,
    has_output: bool = False,
    activation: str = "erf",
    margin: float = MARGIN,
) -> RandomNetwork:
    """Gaussian kernels of spectral norm 1/2 to 1, dense Gaussian output weights of norm 1, a Gaussian image.

    Args:
        seed: of everything.
        input_shape: `(C, M, M)`.
        num_blocks: residual blocks.
        kernel_size: `D`.
        has_output: whether there is an output layer, `tau = 0.51`.
        activation: its name, gain 0.8.
        margin: of the norm bounds, relative.

    Returns:
        The network with its image.

    Example:
        >>> random_network(0, (2, 1, 1), 1, kernel_size=1).spec.length
        2
    """
    side = input_shape[1]
    made = gaussian_network(
        seed,
        input_shape,
        num_blocks=num_blocks,
        kernel_size=kernel_size,
        output_layer=has_output,
        activation=activation,
        num_groups=2,
        kernel_norm=convolution_norm if side < LARGE_SIDE else convolution_norm_bound,
    )
    return RandomNetwork(made.spec, made.image, made.norm_bounds(margin))


def main(arguments: Sequence[str] | None = None, *, console: Console | None = None) -> int:
    """The command: build the network, plan its simulation, run it, compare.

    Args:
        arguments: of the command line; None for those of the process.
        console: where it prints; None for the terminal.

    Returns:
        The exit code: 0 for PASS, 1 for FAIL, 2 for what does not fit or is no network.

    Example:
        >>> import io
        >>> console = Console(file=io.StringIO(), width=100)
        >>> main(["--plan", "--side", "1", "--no-output"], console=console)
        0
        >>> "peak qubits" in console.file.getvalue()
        True
    """
    options = _parser().parse_args(arguments)
    console = console or Console()
    try:
        network = random_network(
            options.seed,
            (options.channels, options.side, options.side),
            options.blocks,
            kernel_size=options.kernel_size if options.side > 1 else 1,
            has_output=not options.no_output,
        )
        bloq = network.to_bloq(options.epsilon)
    except ValueError as refusal:
        console.print(f"no such network: {refusal}", style="red", markup=False)
        return REFUSED
    simulator = Simulator(dtype=options.dtype)
    started = time.perf_counter()
    try:
        with console.status("taking the network apart, merging gates"):
            plan = simulator.plan(bloq)
    except SimulationTooLargeError as refusal:
        console.print(f"does not fit: {refusal}", style="red", markup=False)
        return REFUSED
    planning = time.perf_counter() - started
    console.print(_plan_table(network, bloq, plan, options, planning))
    if options.plan:
        return PASSED
    started = time.perf_counter()
    with _progress(console) as progress:
        found = encoded_vector_gate(bloq, simulator=simulator, progress=progress)
    seconds = time.perf_counter() - started
    error = float(np.linalg.norm(found - network.exact))
    # Written so that a NaN fails.
    is_within = error <= float(bloq.epsilon) <= options.epsilon
    console.print(_result_table(error, float(bloq.epsilon), options.epsilon, seconds, plan.seconds))
    console.print("PASS" if is_within else "FAIL", style="bold green" if is_within else "bold red")
    return PASSED if is_within else FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bloqs.simulation.flagship",
        description="Verify a whole random network, every gate's tensor contracted, against the reference.",
    )
    parser.add_argument("--plan", action="store_true", help="print what it would take, do not run")
    parser.add_argument("--epsilon", type=float, default=1e-2, help="2-norm error asked (1e-2)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and image (0)")
    parser.add_argument("--channels", type=int, default=2, help="channels C (2)")
    parser.add_argument("--side", type=int, default=2, help="image side M (2)")
    parser.add_argument("--kernel-size", type=int, default=3, help="D; 1 for one pixel (3)")
    parser.add_argument("--blocks", type=int, default=1, help="residual blocks k (1)")
    parser.add_argument("--no-output", action="store_true", help="without the output layer")
    parser.add_argument(
        "--dtype",
        default="complex128",
        choices=("complex64", "complex128"),
        help="of the state; complex64 takes half the memory (complex128)",
    )
    return parser


def _plan_table(
    network: RandomNetwork,
    bloq: VectorEncoding,
    plan: SimulationPlan,
    options: argparse.Namespace,
    planning: float,
) -> Table:
    spec = network.spec
    layers = ", ".join(spec.layer_names)
    return Table(
        "",
        ("figure", "value"),
        [
            (
                "network",
                f"N = {spec.length}, input {spec.input_shape}, {layers}, seed {options.seed}",
            ),
            ("registers", f"{bloq.system_bitsize} system, {bloq.ancilla_bitsize} ancilla qubits"),
            ("peak qubits", f"{plan.peak_qubits}"),
            ("leaf gates", f"{plan.leaf_gates:,}"),
            ("maps after merging", f"{plan.maps:,}"),
            ("memory of the state, with buffers", f"{plan.peak_bytes / 2**20:,.0f} MiB"),
            ("planned in", f"{planning:,.1f} s"),
            ("estimated time", f"{plan.seconds:,.1f} s"),
        ],
        numeric={1},
    )


def _result_table(
    error: float, stated: float, asked: float, seconds: float, estimated: float
) -> Table:
    return Table(
        "",
        ("figure", "value"),
        [
            ("real time", f"{seconds:,.1f} s (estimated {estimated:,.1f} s)"),
            ("memory of the process, at most", f"{_peak_memory() / 2**20:,.0f} MiB"),
            ("measured error", f"{error:.3e}"),
            ("stated epsilon", f"{stated:.3e}"),
            ("asked epsilon", f"{asked:.3e}"),
        ],
        numeric={1},
    )


def _peak_memory() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else 1024 * int(peak)


@contextmanager
def _progress(console: Console) -> Iterator[ProgressCallback]:
    """A bar on a terminal, a line every tenth elsewhere."""
    if not console.is_terminal:
        reached = 0

        def tell(fraction: float) -> None:
            nonlocal reached
            if int(10 * fraction) > reached:
                reached = int(10 * fraction)
                console.print(f"{10 * reached} % of the maps applied")

        yield tell
        tell(1.0)
        return
    columns = (TextColumn("contracting"), BarColumn(), TextColumn("{task.percentage:.1f} %"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("contracting", total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)
        bar.update(task, completed=1.0)


if __name__ == "__main__":
    raise SystemExit(main())
