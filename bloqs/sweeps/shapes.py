"""The cost of a network by its shape: a task of a shape sweep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from bloqs.sweeps.tasks import Task
from bloqs.sweeps.verified import check_settings

if TYPE_CHECKING:
    from bloqs.loading import MemoryModel
    from bloqs.networks import NetworkSpec

COUNTS = (
    "t_count",
    "toffoli_count",
    "rotation_count",
    "logical_qubits",
    "input_calls",
)


def _to_bounds(bounds: Any) -> str | tuple[tuple[float, float], ...]:
    if isinstance(bounds, str):
        return bounds
    try:
        return tuple((float(low), float(high)) for low, high in bounds)
    except (TypeError, ValueError):
        raise ValueError(
            f"norm_bounds is 'worst-case' or one pair of numbers (lo, hi) a layer, found {bounds!r}"
        ) from None


@attrs.frozen(kw_only=True)
class ShapeTask(Task):
    """The cost of a network without weights: an upper bound, no image.

    The counts are stored twice: as float64, for plots and fits (exact up to 2^53), and exactly, whatever
    their size, as the JSON text `counts`.

    Parameters:
        input_shape: `(C, M, M)` of one path.
        num_blocks: residual blocks.
        kernel_size: `D`.
        output_layer: whether a dense output layer follows.
        skip_weight: tau of the output layer.
        paths: input encodings that are tensored.
        regime: how data reach the machine: 1, 2 or 3.
        epsilon: 2-norm error asked for.
        loading: how data are loaded.
        norm_bounds: "worst-case", or one pair (lo, hi) a layer.
        qram: how a query of a hardware memory is charged.
        query_error: probability that a query of a hardware memory fails, in [0, 1].
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.

    Raises:
        ValueError: a shape, a number of blocks or paths or a skip weight that no network has, an unknown
            loader, regime or memory model, bounds that are too few, inverted or not finite, an epsilon
            outside (0, 1), a query_error outside [0, 1], or a degree that no polynomial has.

    Example:
        >>> task = ShapeTask(input_shape=(4, 8, 8), output_layer=False, norm_bounds=[(0.9, 1.3)])
        >>> found = task.measure()
        >>> found["activation_degrees"], found["t_count"] == json.loads(found["counts"])["t_count"]
        ([4], True)
    """

    kind: ClassVar[str] = "shapes"
    parameters: ClassVar[Mapping[str, str]] = {
        "input_shape": "list<int64>",
        "num_blocks": "int64",
        "kernel_size": "int64",
        "output_layer": "bool",
        "skip_weight": "float64",
        "paths": "int64",
        "regime": "int64",
        "epsilon": "float64",
        "loading": "string",
        "norm_bounds": "json",
        "qram": "string",
        "query_error": "float64",
        "min_degree": "int64",
    }
    later: ClassVar[Mapping[str, Any]] = {"query_error": 0.0, "min_degree": 0}
    results: ClassVar[Mapping[str, str]] = {
        "length": "float64",
        **dict.fromkeys(COUNTS, "float64"),
        "clifford_count": "float64",
        "qram_query_count": "float64",
        "activation_degrees": "list<int64>",
        "amplification_degrees": "list<int64>",
        "alpha": "float64",
        "epsilon_stated": "float64",
        "synthesis_epsilon": "float64",
        "conventions": "string",
        "counts": "json",
    }

    input_shape: tuple[int, ...]
    num_blocks: int = 1
    kernel_size: int = 3
    output_layer: bool = True
    skip_weight: float = 0.51
    paths: int = 1
    regime: int = 1
    epsilon: float = 1e-2
    loading: str = "select-swap"
    norm_bounds: str | tuple[tuple[float, float], ...] = attrs.field(
        default="worst-case", converter=_to_bounds
    )
    qram: str = "select-swap"
    query_error: float = 0.0
    min_degree: int = 0

    def __attrs_post_init__(self) -> None:
        from bloqs.networks.bounds import layer_bounds

        super().__attrs_post_init__()
        check_settings("semantic", self.epsilon, self.loading, self.min_degree)
        if self.regime not in (1, 2, 3):
            raise ValueError(f"regime is 1, 2 or 3, found {self.regime!r}")
        self._memory()
        network = self._network()
        # Whether there are worst-case bounds is a finding of the sweep, see `measure`.
        if self.norm_bounds != "worst-case":
            layer_bounds(network, self.norm_bounds)

    def _network(self) -> NetworkSpec:
        """The network without weights, which refuses what none has."""
        from bloqs.networks import NetworkSpec

        return NetworkSpec.from_shapes(
            input_shape=self.input_shape,
            num_blocks=self.num_blocks,
            kernel_size=self.kernel_size,
            output_layer=self.output_layer,
            skip_weight=self.skip_weight,
            paths=self.paths,
            num_groups=1,
        )

    def _memory(self) -> MemoryModel:
        """The memory model with the error of a query."""
        from bloqs.loading import memory_model

        return attrs.evolve(memory_model(self.qram), query_error=self.query_error)

    @classmethod
    def warm_up(cls) -> None:
        """Qualtran, the networks and the costs."""
        import bloqs.costs
        import bloqs.networks.assembly  # noqa: F401

    def measure(self) -> Mapping[str, Any]:
        """As `bloqs.costs.estimate` of `NetworkSpec.cost_bloq`."""
        from bloqs.costs import estimate
        from bloqs.costs.unknown import Unknown

        spec = self._network()
        network = spec.cost_bloq(
            regime=self.regime,
            epsilon=self.epsilon,
            norm_bounds=self.norm_bounds,
            loading=self.loading,
            qram=self.qram,
            min_degree=self.min_degree,
        )
        report = estimate(network, qram=self._memory())
        counts: dict[str, Any] = {name: getattr(report, name) for name in COUNTS}
        counts["native"] = attrs.asdict(report.native)
        counts["qram_queries"] = {str(size): n for size, n in report.qram_queries.items()}
        assumptions = getattr(network, "assumptions", {})
        stated, queries = float(network.epsilon), report.num_queries
        return {
            "passed": stated <= self.epsilon,
            "error": None
            if stated <= self.epsilon
            else f"stated epsilon {stated:.3g}, asked {self.epsilon:.3g}",
            "length": float(spec.length),
            **{name: float(counts[name]) for name in COUNTS},
            "clifford_count": float(report.native.clifford),
            "qram_query_count": None if isinstance(queries, Unknown) else float(queries),
            "activation_degrees": assumptions.get("activation degrees"),
            "amplification_degrees": assumptions.get("amplification degrees"),
            "alpha": float(network.alpha),
            "epsilon_stated": stated,
            "synthesis_epsilon": getattr(network, "synthesis_epsilon", None),
            "conventions": report.conventions.name,
            "counts": json.dumps(counts),
        }
