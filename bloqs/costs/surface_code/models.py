"""The two surface-code models: how data are laid out, how long they live, how often they fail."""

from __future__ import annotations

import abc
import math
from collections.abc import Iterable

import attrs
from qualtran.surface_code import (
    AlgorithmSummary,
    BeverlandEtAlRotationCost,
    DataBlock,
    FastDataBlock,
    LogicalErrorModel,
    QECScheme,
    SimpleDataBlock,
)
from qualtran.surface_code.beverland_et_al_model import minimum_time_steps

from bloqs.checks import real_number
from bloqs.costs.surface_code.factories import CCZ2T, FIFTEEN_TO_ONE, FactoryKind
from bloqs.costs.surface_code.footprint import Demand
from bloqs.costs.surface_code.three_levels import THREE_LEVELS
from bloqs.registry import Registry

MAX_ROUTING_OVERHEAD = 1e6
"""Tiles for routing by tiles for data, at most."""


@attrs.frozen
class SurfaceCodeModel(abc.ABC):
    """How data are laid out on a surface code, how long a run takes and how often it fails.

    Time is counted in rounds of error correction ("cycles"), errors are added to first order. A run lasts as
    long as the slowest of three: making the magic states (cycles of one factory by number of factories),
    consuming them (`consumption_cycles`), and reacting to the measurements (T-depth times reaction time).

    One of your own states `name`, `source`, `scheme`, `preset`, `factory_kinds` (all five may be class
    attributes), `data_block`, `consumption_cycles` and `data_error`. Register an instance,
    `SURFACE_CODE_MODELS.register(...)`, or pass it, `report.surface_code(model=...)`. Let it be an
    `attrs.frozen` class, so that two objects with the same fields are equal.

    Example:
        >>> @attrs.frozen
        ... class Walled(SurfaceCodeModel):
        ...     name = "walled"
        ...     source = "made up: three routing tiles a data tile, one magic state at a time"
        ...     scheme = QECScheme.make_gidney_fowler()
        ...     preset = "gidney-fowler"
        ...     factory_kinds = (CCZ2T,)
        ...
        ...     def data_block(self, distance):
        ...         return SimpleDataBlock(distance, 3.0)
        ...
        ...     def consumption_cycles(self, summary, distance):
        ...         return distance * int(sum(summary.n_logical_gates.total_t_and_ccz_count().values()))
        ...
        ...     def data_error(self, summary, distance, cycles, error):
        ...         return self.data_block(distance).data_error(summary.n_algo_qubits, cycles, error)
        >>> from qualtran.resource_counting import GateCounts
        >>> from bloqs.costs.surface_code import surface_code_footprint
        >>> surface_code_footprint(GateCounts(t=10**6), 100, model=Walled()).routing_overhead
        3.0
    """

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """By which it is chosen."""

    @property
    @abc.abstractmethod
    def source(self) -> str:
        """The papers, and what is modelled, for the assumptions of a cost."""

    @property
    @abc.abstractmethod
    def scheme(self) -> QECScheme:
        """The error of a logical qubit as a function of distance, and the threshold."""

    @property
    @abc.abstractmethod
    def preset(self) -> str:
        """Name of the physical parameters (`PRESETS`) that are taken where no others are chosen."""

    @property
    @abc.abstractmethod
    def factory_kinds(self) -> tuple[FactoryKind, ...]:
        """The factories to choose from where none is asked for; each must be in `FACTORY_KINDS`."""

    @property
    def deeper_kinds(self) -> tuple[FactoryKind, ...]:
        """The factories to choose from where those of `factory_kinds` do not reach the target."""
        return (THREE_LEVELS,)

    def with_routing(self, overhead: float) -> SurfaceCodeModel:
        """The model with another routing overhead.

        Args:
            overhead: tiles for routing by tiles for data.

        Returns:
            A new model.

        Raises:
            ValueError: the overhead is out of range, or the model's layout sets its own.
        """
        raise ValueError(
            f"routing_overhead = {overhead} has no meaning in the model {self.name!r}, whose layout sets its "
            "own: leave it out, or take the model 'gidney-fowler'"
        )

    def variants(self, demand: Demand) -> Iterable[SurfaceCodeModel]:
        """The layouts to choose from for what is asked; the one with the fewest qubits is taken.

        Args:
            demand: gates, qubits and T-depth.

        Returns:
            This model, where it has one layout.
        """
        return (self,)

    @abc.abstractmethod
    def data_block(self, distance: int) -> DataBlock:
        """Qualtran's layout of the data at a code distance, from which tiles and physical qubits follow."""

    @abc.abstractmethod
    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """Cycles that it takes to consume all magic states when there are always enough.

        Args:
            summary: logical qubits and gates, rotations converted.
            distance: code distance of the data.

        Returns:
            The number; 0 where the model sets no limit.
        """

    @abc.abstractmethod
    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Summed error of the data over a run.

        Args:
            summary: logical qubits and gates, rotations converted.
            distance: code distance of the data.
            cycles: rounds of error correction of the run.
            error: error of a physical gate, and of a logical qubit at a distance.

        Returns:
            The probability, to first order.
        """


@attrs.frozen
class GidneyFowlerModel(SurfaceCodeModel):
    """Gidney and Fowler (2019): square tiles with a stated routing overhead, CCZ -> 2T factories.

    The model does not limit how fast magic states are consumed; the reaction time does. The error of a tile
    is `0.1 (100 p)^((d+1)/2)` *a cycle* (Fowler and Gidney 2018).

    Parameters:
        routing_overhead: tiles for routing by tiles for data, 0 or more.

    Raises:
        ValueError: the overhead is no number, negative or above `MAX_ROUTING_OVERHEAD`.

    References:
        [Efficient magic state factories with a catalyzed |CCZ> to 2|T> transformation](
        https://arxiv.org/abs/1812.01238). Gidney and Fowler (2019).

        [Low overhead quantum computation using lattice surgery](https://arxiv.org/abs/1808.06709).
        Fowler and Gidney (2018).

    Example:
        >>> GidneyFowlerModel(0.5).data_block(5).n_physical_qubits(100)
        7500
    """

    routing_overhead: float = 0.5

    def __attrs_post_init__(self) -> None:
        real_number(self.routing_overhead, "routing_overhead", low=0, high=MAX_ROUTING_OVERHEAD)

    @property
    def name(self) -> str:
        """By which it is chosen."""
        return "gidney-fowler"

    @property
    def source(self) -> str:
        """Papers, and what is modelled."""
        return (
            "Gidney and Fowler (2019), arXiv:1812.01238, as in Qualtran; errors added to first order; time "
            "set by the factories, or by T-depth x reaction time where that is longer"
        )

    @property
    def scheme(self) -> QECScheme:
        """0.1 (100 p)^((d+1)/2) a cycle."""
        return QECScheme.make_gidney_fowler()

    @property
    def preset(self) -> str:
        """Error rate 1e-3, 1 us a cycle."""
        return "gidney-fowler"

    @property
    def factory_kinds(self) -> tuple[FactoryKind, ...]:
        """CCZ -> 2T."""
        return (CCZ2T,)

    def with_routing(self, overhead: float) -> GidneyFowlerModel:
        """Another number of tiles for routing."""
        return GidneyFowlerModel(overhead)

    def data_block(self, distance: int) -> SimpleDataBlock:
        """Square tiles."""
        return SimpleDataBlock(distance, self.routing_overhead)

    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """Not modelled."""
        return 0

    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Tiles times cycles times the error of a tile in a cycle."""
        return float(self.data_block(distance).data_error(summary.n_algo_qubits, cycles, error))


@attrs.frozen
class BeverlandModel(SurfaceCodeModel):
    """Beverland et al. (2022): Litinski's fast block, one logical time step of `d` cycles after another.

    With no rotations left, Eq. (D3) asks for `C_min = M_meas + M_T + 3 M_Tof` logical time steps: the T
    gates are executed one after another, whatever their depth. A run of `C >= C_min` steps on
    `Q = 2 n + ceil(sqrt(8 n)) + 1` tiles fails with `Q C P(d)`, `P = 0.03 (100 p)^((d+1)/2)` a *step*. The
    paper spends a third of its budget on each of data, distillation and synthesis; here data and
    distillation share the whole target, since rotations were synthesised before, in a budget of their own.
    Its distillation in several rounds is not in Qualtran: one level of 15-to-1 is, and the two levels of a
    CCZ -> 2T factory are; the one with fewer qubit-hours is taken and named.

    References:
        [Assessing requirements to scale to practical quantum advantage](https://arxiv.org/abs/2211.07629).
        Beverland et al. (2022), Eq. (D3).

    Example:
        >>> from qualtran.resource_counting import GateCounts
        >>> summary = AlgorithmSummary(n_algo_qubits=100, n_logical_gates=GateCounts(t=10, toffoli=5))
        >>> BeverlandModel().time_steps(summary)  # 10 + 3 * 5
        25
    """

    @property
    def name(self) -> str:
        """By which it is chosen."""
        return "beverland"

    @property
    def source(self) -> str:
        """Papers, and what is modelled."""
        return (
            "Beverland et al. (2022), arXiv:2211.07629, as in Qualtran; fast block of Litinski (2019), "
            "arXiv:1808.02892; logical time steps M_meas + M_T + 3 M_Tof, T one after another; errors added "
            "to first order"
        )

    @property
    def scheme(self) -> QECScheme:
        """0.03 (100 p)^((d+1)/2) a logical time step."""
        return QECScheme.make_beverland_et_al()

    @property
    def preset(self) -> str:
        """Superconducting qubits, realistic."""
        return "superconducting-realistic"

    @property
    def factory_kinds(self) -> tuple[FactoryKind, ...]:
        """15-to-1, and CCZ -> 2T."""
        return (FIFTEEN_TO_ONE, CCZ2T)

    def data_block(self, distance: int) -> FastDataBlock:
        """The fast block."""
        return FastDataBlock(distance)

    def time_steps(self, summary: AlgorithmSummary) -> int:
        """`C_min` by Qualtran; budget and rotation model do not enter, as no rotations are left."""
        return int(
            minimum_time_steps(
                error_budget=1.0, alg=summary, rotation_model=BeverlandEtAlRotationCost
            )
        )

    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """`C_min` steps of `d` cycles."""
        return distance * self.time_steps(summary)

    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Tiles times logical time steps times the error of a tile in a step."""
        steps = math.ceil(cycles / distance)
        return float(
            self.data_block(distance).n_tiles(summary.n_algo_qubits) * steps * error(distance)
        )


SURFACE_CODE_MODELS: Registry[SurfaceCodeModel] = Registry("surface-code model", SurfaceCodeModel)  # type: ignore[type-abstract]
"""Surface-code models by name."""

for _model in (GidneyFowlerModel(), BeverlandModel()):
    SURFACE_CODE_MODELS.register(_model)


def surface_code_model(
    model: str | SurfaceCodeModel, routing_overhead: float | None = None
) -> SurfaceCodeModel:
    """The model of a name; a model as it stands.

    Args:
        model: a name of `SURFACE_CODE_MODELS`, or a model, registered or not.
        routing_overhead: tiles for routing by tiles for data; None for what the model has.

    Returns:
        The model, with that overhead.

    Raises:
        ValueError: unknown name, or a routing overhead for a model that has a layout of its own.

    Example:
        >>> surface_code_model("gidney-fowler").data_block(5).routing_overhead
        0.5
    """
    found = model if isinstance(model, SurfaceCodeModel) else SURFACE_CODE_MODELS.find(model)
    return found if routing_overhead is None else found.with_routing(routing_overhead)
