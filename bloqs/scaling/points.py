"""One point: a network built by shape and costed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import attrs

from bloqs.checks import instance, whole_number
from bloqs.scaling.curves import Curve
from bloqs.sweeps.tasks import Task

Row = dict[str, Any]
"""One row of the data."""

DONE, REFUSED = "done", "refused"

MEASURED = (
    "t_count",
    "t_per_sample",
    "toffoli_count",
    "rotation_count",
    "clifford_count",
    "gate_count",
    "t_depth",
    "critical_t_depth",
    "logical_qubits",
    "input_calls",
    "qram_queries",
    "largest_table",
    "largest_table_queries",
    "alpha",
    "success_probability",
    "epsilon_stated",
    "angle_bits",
)
"""Numbers that a row holds, float64, null where the point was refused."""

OUTPUT_NORMS = ("output_norm_low", "output_norm_high", "skip_weight")
"""Assumptions that a network without output weights does not make: null there."""


@attrs.frozen(kw_only=True)
class Point(Task):
    """A network by shape: a task whose result is a row of the study, see `measure`.

    Parameters:
        curve: regime, loaders, norms.
        log2_n: `log2 N`, N the entries `C M^2` of one path; M is a power of two.
        num_blocks: k.
        epsilon: 2-norm error asked for.
        channels: C, a power of two.
        kernel_size: D.
        has_schedule: whether the critical path is found too, which takes seconds to minutes a point.

    Raises:
        ValueError: C no power of two, or no M with `C M^2 = N`.

    >>> from bloqs.scaling.curves import CURVES
    >>> Point(curve=CURVES[0], log2_n=20, num_blocks=1, epsilon=0.01).image_size
    512
    """

    kind: ClassVar[str] = "scaling"
    parameters: ClassVar[Mapping[str, str]] = {
        "curve": "json",
        "log2_n": "int64",
        "num_blocks": "int64",
        "epsilon": "float64",
        "channels": "int64",
        "kernel_size": "int64",
        "has_schedule": "bool",
    }
    results: ClassVar[Mapping[str, str]] = {"row": "json"}

    curve: Curve
    log2_n: int
    num_blocks: int
    epsilon: float
    channels: int = 4
    kernel_size: int = 3
    has_schedule: bool = False

    def __attrs_post_init__(self) -> None:
        instance(self.curve, "curve", Curve, "a Curve")
        super().__attrs_post_init__()
        for name in ("log2_n", "num_blocks", "channels", "kernel_size"):
            whole_number(getattr(self, name), name)
        bits = self.channels.bit_length() - 1
        if self.channels < 1 or self.channels != 1 << bits:
            raise ValueError(f"channels must be a power of two, found {self.channels}")
        if self.log2_n <= bits or (self.log2_n - bits) % 2:
            raise ValueError(
                f"N = C M^2 with C = {self.channels} and M a power of two, at least 2: log2 N is {bits} plus "
                f"an even number, at least {bits + 2}; found {self.log2_n}"
            )

    @property
    def image_size(self) -> int:
        """M."""
        return 1 << (self.log2_n - self.channels.bit_length() + 1) // 2

    @property
    def length(self) -> int:
        """Entries of the vector of the network, `N^d`."""
        return 1 << self.curve.paths * self.log2_n

    @classmethod
    def warm_up(cls) -> None:
        """Qualtran, the networks and the costs."""
        import bloqs.costs
        import bloqs.networks.assembly  # noqa: F401

    def measure(self) -> Mapping[str, Any]:
        """The row of the study; a network that is refused has one too."""
        return {"passed": True, "row": measure(self)}


@lru_cache(maxsize=4)
def _network(point: Point) -> Any:
    """The bloq; memory models share it.

    Bits are those of all pieces alike: along N they stay, where bits chosen by price would move by one or
    two, and the cost with them by a few per cent.
    """
    from bloqs.networks.assembly import network_cost_bloq
    from bloqs.networks.build import Build

    build = Build(
        regime=point.curve.regime,
        epsilon=point.epsilon,
        loading=point.curve.loading,
        output=point.curve.output,
        qram=point.curve.qram,
        has_common_bits=True,
    )
    return network_cost_bloq(spec_of(point), build)


def spec_of(point: Point) -> Any:
    """The network of a point, by shape, with the norms of its curve.

    Args:
        point: the point.

    Returns:
        A `NetworkSpec` without weights.

    Example:
        >>> from bloqs.scaling import CURVES
        >>> spec = spec_of(Point(curve=CURVES[0], log2_n=6, num_blocks=2, epsilon=0.01))
        >>> spec.input_shape, spec.layer_names
        ((4, 4, 4), ('block 1', 'block 2', 'output'))
    """
    from bloqs.networks import NetworkSpec

    curve = point.curve
    return NetworkSpec.from_shapes(
        input_shape=(point.channels, point.image_size, point.image_size),
        num_blocks=point.num_blocks,
        kernel_size=point.kernel_size,
        output_layer=curve.has_output,
        paths=curve.paths,
        num_groups=1,
        skip_weight=curve.norms.skip_weight,
        norm_bounds=curve.norms.layers(point.num_blocks, point.length, curve.has_output),
    )


def measure(point: Point) -> Row:
    """Build and cost one network.

    Counts are float64 for plots and fits (exact up to 2^53) and, exactly, in the JSON text `counts`. A
    network that cannot be built to the epsilon asked is a row with status "refused" and the reason.

    Args:
        point: the network.

    Returns:
        A row: what was asked, the norms, the counts (`MEASURED`), classical operations, seconds.

    Raises:
        UnknownCostError: a part of the network has no known cost.

    Example:
        >>> from bloqs.scaling import CURVES
        >>> (curve,) = (curve for curve in CURVES if curve.name == "r3-d1")
        >>> row = measure(Point(curve=curve, log2_n=6, num_blocks=1, epsilon=0.1))
        >>> row["status"], row["t_count"] == json.loads(row["counts"])["t_count"]
        ('done', True)
    """
    instance(point, "point", Point, "a Point")
    from bloqs.costs.classical import forward_cost

    begin = time.perf_counter()
    spec = spec_of(point)
    classical = forward_cost(spec)
    row = {
        **_asked(point, spec),
        "status": DONE,
        "reason": None,
        **dict.fromkeys(MEASURED),
        "activation_degrees": None,
        "amplification_degrees": None,
        "classical_flops": float(classical.flops),
        "classical_multiplications": float(classical.total.multiplications),
        "counts": None,
        "conventions": None,
    }
    try:
        # The memory model does not change the bloq, only its cost.
        network = _network(attrs.evolve(point, curve=_without_names(point.curve)))
    except ValueError as error:
        row |= {"status": REFUSED, "reason": " ".join(str(error).split())}
    else:
        row |= _costs(point, network, classical.flops)
    row["seconds"] = time.perf_counter() - begin
    return row


def _without_names(curve: Curve) -> Curve:
    return attrs.evolve(curve, name="", label="", qram="oracle", axes=())


def _asked(point: Point, spec: Any) -> Row:
    curve, norms = point.curve, point.curve.norms
    output = norms.output_norm(point.length) if curve.has_output else (None, None)
    return {
        "curve": curve.name,
        "label": curve.label,
        "regime": curve.regime,
        "paths": curve.paths,
        "loading": curve.loading,
        "qram": curve.qram,
        "output": curve.output,
        "log2_n": point.log2_n,
        "n": float(2**point.log2_n),
        "length": float(point.length),
        "num_blocks": point.num_blocks,
        "epsilon": point.epsilon,
        "channels": point.channels,
        "image_size": point.image_size,
        "kernel_size": point.kernel_size,
        "convolution_alpha": float(spec.kernels[0].alpha),
        "norms": norms.name,
        "block_norm_low": norms.block[0],
        "block_norm_high": norms.block[1],
        "output_norm_low": output[0],
        "output_norm_high": output[1],
        "skip_weight": norms.skip_weight if curve.has_output else None,
    }


def _costs(point: Point, network: Any, flops: int) -> Row:
    from bloqs.costs import estimate

    report = estimate(network, qram=point.curve.qram)
    native, queries = attrs.asdict(report.native), report.qram_queries
    gates = sum(n for name, n in native.items() if name != "measurement")
    largest = max(queries, default=None)
    exact: dict[str, Any] = {
        "t_count": report.t_count,
        "toffoli_count": report.toffoli_count,
        "rotation_count": report.rotation_count,
        "clifford_count": native["clifford"],
        "gate_count": gates,
        "t_depth": report.sequential_t_depth,
        "critical_t_depth": report.t_depth if point.has_schedule else None,
        "logical_qubits": report.logical_qubits,
        "input_calls": report.input_calls,
        "qram_queries": report.num_queries,
        "largest_table": largest,
        "largest_table_queries": queries[largest] if queries else 0,
    }
    notes = network.assumptions
    success = 1 / float(network.alpha) ** 2
    counts = exact | {
        "native": native,
        "qram_queries_by_table": {str(size): n for size, n in queries.items()},
        "classical_flops": flops,
    }
    return {
        **{name: None if n is None else float(n) for name, n in exact.items()},
        "alpha": float(network.alpha),
        "success_probability": success,
        "t_per_sample": float(report.t_count) / success,
        "epsilon_stated": float(network.epsilon),
        "angle_bits": None if notes["angle bits"] is None else float(notes["angle bits"]),
        "activation_degrees": list(notes["activation degrees"]),
        "amplification_degrees": list(notes["amplification degrees"]),
        "conventions": report.conventions.name,
        "counts": json.dumps(counts),
    }
