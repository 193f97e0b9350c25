"""What the golden files hold: which bloqs are costed, and which of their figures are kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import attrs
import sympy
from qualtran import Bloq

from bloqs import NetworkSpec, VectorEncoding, estimate, load_example
from bloqs.catalogue import CATALOGUE

EPSILON = 1e-2
"""Error asked of every network."""

IMAGE = 0
"""Test image of every network by data."""

REGIMES = {"digits-1": 1, "digits-2": 1, "digits-bilinear": 2}
"""Bundled model -> its regime. Each is costed in regime 3 too, without its output layer."""

LOADERS = ("rotations", "qrom", "select-swap", "qram")
OUTPUTS = ("coherent", "heralded")
BASES = ("data", "shape")
MEMORIES = ("oracle", "bucket-brigade")
"""Memory models beside the default one, select-swap."""

Figures = dict[str, Any]


@attrs.frozen
class Configuration:
    """One line of a golden file.

    Parameters:
        file: name of the golden file, without ending.
        name: of the line.
        make: makes the bloq; a ValueError is a refusal, which is kept as such.
        costing: arguments of `estimate`.
        has_critical_path: whether the schedule by critical path is kept, which takes seconds.
        is_quick: whether the quick tests hold its counts.
        is_quick_path: whether they hold its critical path too.
    """

    file: str
    name: str
    make: Callable[[], Bloq]
    costing: Mapping[str, Any] = attrs.field(factory=dict)
    has_critical_path: bool = True
    is_quick: bool = False
    is_quick_path: bool = False

    def figures(self) -> Figures:
        """Everything that is kept, ready for JSON: expressions in symbols as text."""
        try:
            bloq = self.make()
        except ValueError:
            return {"refused": True}
        report = estimate(bloq, **self.costing)
        native = {name: plain(n) for name, n in attrs.asdict(report.native).items()}
        found: Figures = {
            "t_count": plain(report.t_count),
            "toffoli_count": plain(report.toffoli_count),
            "rotation_count": plain(report.rotation_count),
            "native": native,
            "logical_qubits": plain(report.logical_qubits),
            "sequential_t_depth": plain(report.sequential_t_depth),
            "input_calls": plain(report.input_calls),
            "qram_queries": {str(size): plain(n) for size, n in report.qram_queries.items()},
            "synthesis_epsilon": report.conventions.total_error,
            "success_probability": report.success_probability,
            "failure_probability": report.failure_probability,
            "alpha": plain(getattr(bloq, "alpha", None)),
            "epsilon": plain(getattr(bloq, "epsilon", None)),
        }
        if self.has_critical_path and not report.is_symbolic:
            schedule = report.schedule
            found["critical_path"] = {
                "t_depth": schedule.t_depth,
                "qubits": schedule.qubits,
                "exact": schedule.exact,
            }
        if isinstance(bloq, VectorEncoding):
            found |= choices(bloq)
        return found


def plain(value: Any) -> Any:
    """A figure as a number or None; in symbols, where it holds some, as text."""
    if isinstance(value, sympy.Basic):
        if value.free_symbols:
            return str(value)
        return int(value) if value.is_Integer else float(value)
    return value


def choices(network: VectorEncoding) -> Figures:
    """Degrees and bits of a network, none of another encoding; nothing else here knows where they stand."""
    told = getattr(network, "assumptions", {})
    if "activation degrees" not in told:
        return {}
    return {
        "activation_degrees": told["activation degrees"],
        "amplification_degrees": told["amplification degrees"],
        "angle_bits": told["angle bits"],
    }


def worst_case_bounds(spec: NetworkSpec, regime: int) -> list[tuple[float, float]]:
    """Worst-case norms of the blocks, read off the network that ends with them, and the output's as it is."""
    blocks = spec.without_output_layer().cost_bloq(regime=regime, norm_bounds="worst-case")
    told = blocks.assumptions["norm bounds"]
    assert spec.norm_bounds is not None
    return [*(told[f"block {i}"] for i in range(1, spec.num_blocks + 1)), spec.norm_bounds[-1]]


@cache
def model(name: str) -> Any:
    """A bundled model, loaded once."""
    return load_example(name)


def network(
    name: str, regime: int, basis: str, *, has_worst_case: bool = False, **options: Any
) -> VectorEncoding:
    """The network of a bundled model, without its output layer where the regime has none."""
    example = model(name)
    spec = example.spec
    if regime == 3:
        spec = spec.without_output_layer()
    if has_worst_case:
        options["norm_bounds"] = worst_case_bounds(spec, regime)
    if basis == "data":
        return spec.to_bloq(example.images[IMAGE], regime=regime, epsilon=EPSILON, **options)
    return spec.cost_bloq(regime=regime, epsilon=EPSILON, **options)


def networks(name: str) -> Iterator[Configuration]:
    """All configurations of one bundled model."""
    for regime, loading, output, basis in itertools.product(
        (REGIMES[name], 3), LOADERS, OUTPUTS, BASES
    ):
        if regime == 3 and loading == "qram":
            continue  # regime 3 is the one without a memory
        title = f"regime {regime}, {loading}, {output}, by {basis}"
        is_main = (name, regime, loading) == ("digits-1", 1, "select-swap")
        one = Configuration(
            name,
            title,
            partial(network, name, regime, basis, loading=loading, output=output),
            # Of the other networks with an output layer the paths together take some ten minutes.
            has_critical_path=regime == 3 or loading == "select-swap" or name == "digits-1",
            is_quick=basis == "shape" or is_main,
        )
        yield one
        yield from variants(one, regime, loading)


THREE_BLOCKS = "digits-3"
"""The bundled model that shows growth with k; of the main configurations only, which take seconds each."""


def three_blocks() -> Iterator[Configuration]:
    """By select-swap, in regime 1; no critical paths."""
    for output, basis in itertools.product(OUTPUTS, BASES):
        yield Configuration(
            THREE_BLOCKS,
            f"regime 1, select-swap, {output}, by {basis}",
            partial(network, THREE_BLOCKS, 1, basis, loading="select-swap", output=output),
            has_critical_path=False,
        )


def variants(one: Configuration, regime: int, loading: str) -> Iterator[Configuration]:
    """The same network under other memory models, measured uncomputation and worst-case norms."""

    def variant(what: str, **changes: Any) -> Configuration:
        slow = {"has_critical_path": False, "is_quick": False, "is_quick_path": False}
        return attrs.evolve(one, name=f"{one.name}, {what}", **slow, **changes)

    if regime == 3:
        return
    if loading == "qram":
        for memory in MEMORIES:
            yield variant(f"{memory} memory", costing={"qram": memory})
    if loading in ("select-swap", "qram"):
        way = {"uncompute": "measured"}
        yield variant("measured uncomputation", make=partial(one.make, **way), costing=way)
    if loading == "select-swap":
        yield variant("worst-case norms of the blocks", make=partial(one.make, has_worst_case=True))


def catalogue() -> Iterator[Configuration]:
    """Every example of every bloq, those in symbols too."""
    for entry in CATALOGUE:
        for example in entry.examples:
            yield Configuration(
                "catalogue", example.name, example.make, is_quick=True, is_quick_path=True
            )


FILES: dict[str, tuple[Configuration, ...]] = {
    **{name: tuple(networks(name)) for name in REGIMES},
    THREE_BLOCKS: tuple(three_blocks()),
    "catalogue": tuple(catalogue()),
}
"""Golden file -> its configurations, in their order."""
