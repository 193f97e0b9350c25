"""The two surface-code models: how data are laid out, how long they live, how often they fail."""

from __future__ import annotations

import abc
import math

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

from bloqs.checks import number
from bloqs.costs.surface_code.factories import CCZ2T, FIFTEEN_TO_ONE, FactoryKind
from bloqs.registry import Registry


@attrs.frozen
class SurfaceCodeModel(abc.ABC):
    """A model. Time is counted in rounds of error correction ("cycles"), errors are added to first order.

    One of your own joins `SURFACE_CODE_MODELS`.

    A run lasts as long as the slowest of three: making the magic states (cycles of one factory by number of
    factories), consuming them (`consumption_cycles`), and reacting to the measurements (T-depth times
    reaction time).
    """

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """By which it is chosen."""

    @property
    @abc.abstractmethod
    def source(self) -> str:
        """Papers, and what is modelled."""

    @property
    @abc.abstractmethod
    def scheme(self) -> QECScheme:
        """Error of a logical qubit by distance."""

    @property
    @abc.abstractmethod
    def preset(self) -> str:
        """Physical parameters unless others are chosen."""

    @property
    @abc.abstractmethod
    def factory_kinds(self) -> tuple[FactoryKind, ...]:
        """Factories among which is chosen, unless one is asked for; each is in `FACTORY_KINDS`."""

    def with_routing(self, overhead: float) -> SurfaceCodeModel:
        """The model with another routing overhead.

        Args:
            overhead: tiles for routing by tiles for data.

        Raises:
            ValueError: the overhead is out of range, or the model's layout sets its own.
        """
        raise ValueError(
            f"routing_overhead = {overhead} has no meaning in the model {self.name!r}, whose layout sets its "
            "own: leave it out, or take the model 'gidney-fowler'"
        )

    @abc.abstractmethod
    def data_block(self, distance: int) -> DataBlock:
        """Qualtran's layout of the data."""

    @abc.abstractmethod
    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """Cycles to consume all magic states when there are always enough; 0 where it is not modelled."""

    @abc.abstractmethod
    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Summed error of the data over a run of `cycles`."""


@attrs.frozen
class GidneyFowlerModel(SurfaceCodeModel):
    """Gidney and Fowler (2019): square tiles with a stated routing overhead, CCZ -> 2T factories.

    The model does not limit how fast magic states are consumed; the reaction time does. The error of a tile
    is `0.1 (100 p)^((d+1)/2)` *a cycle* (Fowler and Gidney 2018).

    Parameters:
        routing_overhead: tiles for routing by tiles for data.
    """

    routing_overhead: float = 0.5

    def __attrs_post_init__(self) -> None:
        if number(self.routing_overhead, "routing_overhead") > 1e6:
            raise ValueError(f"routing_overhead must be at most 1e6, got {self.routing_overhead:g}")
        if not 0 <= self.routing_overhead < math.inf:
            raise ValueError(f"routing_overhead must not be negative, got {self.routing_overhead}")

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
    r"""Beverland et al. (2022): Litinski's fast block, one logical time step of `d` cycles after another.

    With no rotations left, Eq. (D3) asks for `C_min = M_meas + M_T + 3 M_Tof` logical time steps: the T
    gates are executed one after another, whatever their depth. A run of `C >= C_min` steps on
    `Q = 2 n + ceil(sqrt(8 n)) + 1` tiles fails with `Q C P(d)`, `P = 0.03 (100 p)^((d+1)/2)` a *step*. The
    paper spends a third of its budget on each of data, distillation and synthesis; here data and
    distillation share the whole target, since rotations were synthesised before, in a budget of their own.
    Its distillation in several rounds is not in Qualtran: one level of 15-to-1 is, and the two levels of a
    CCZ -> 2T factory are; the one with fewer qubit-hours is taken and named.
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
        """`C_min` by Qualtran. The budget and the rotation model do not enter, as no rotations are left."""
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

    Raises:
        ValueError: unknown name, or a routing overhead for a model that has a layout of its own.

    >>> surface_code_model("gidney-fowler").data_block(5).routing_overhead
    0.5
    """
    found = model if isinstance(model, SurfaceCodeModel) else SURFACE_CODE_MODELS.find(model)
    return found if routing_overhead is None else found.with_routing(routing_overhead)
