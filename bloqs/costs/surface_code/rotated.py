"""Machines of this decade: rotated patches, cultivated states, errors per `d` rounds."""

from __future__ import annotations

import math

import attrs
from qualtran.surface_code import AlgorithmSummary, DataBlock, LogicalErrorModel, QECScheme

from bloqs.checks import real_number
from bloqs.costs.surface_code.cultivation import CULTIVATED_CCX, CULTIVATION
from bloqs.costs.surface_code.factories import FactoryKind
from bloqs.costs.surface_code.models import SURFACE_CODE_MODELS, BeverlandModel, SurfaceCodeModel


@attrs.frozen
class RotatedTiles(DataBlock):
    """Patches of the rotated surface code, `2 d^2 - 1` physical qubits each.

    Parameters:
        data_d: code distance.
        routing_overhead: tiles for routing by tiles for data; None for the fast block of Litinski (2019),
            `2 n + ceil(sqrt(8 n)) + 1` tiles.

    Example:
        >>> RotatedTiles(19, None).n_physical_qubits(1337)  # 2,779 tiles
        2003659
        >>> RotatedTiles(19, 0.5).n_tiles(100)
        150
    """

    data_d: int
    routing_overhead: float | None
    n_steps_to_consume_a_magic_state = 1

    def n_tiles(self, n_algo_qubits: int) -> int:
        """Tiles of data and routing."""
        if self.routing_overhead is None:
            return 2 * n_algo_qubits + math.ceil(math.sqrt(8 * n_algo_qubits)) + 1
        return math.ceil((1 + self.routing_overhead) * n_algo_qubits)

    def n_physical_qubits(self, n_algo_qubits: int) -> int:
        """Tiles times `2 d^2 - 1`."""
        return self.n_tiles(n_algo_qubits) * (2 * self.data_d**2 - 1)


class _PerDRounds:
    """What the models here share: an error per `d` rounds, Gidney-2025 hardware, cultivated states."""

    preset = "gidney-2025"
    scheme = QECScheme.make_beverland_et_al()
    factory_kinds: tuple[FactoryKind, ...] = (CULTIVATED_CCX, CULTIVATION)


PER_D_ROUNDS = (
    "error 0.03 (p/0.01)^((d+1)/2) a patch in d rounds, 2 d^2 - 1 physical qubits a patch"
)


@attrs.frozen
class RotatedGridModel(_PerDRounds, SurfaceCodeModel):
    """Square tiles with a stated routing overhead; as `GidneyFowlerModel`, with the figures of 2024.

    Magic states are consumed at any rate; factories and the reaction time set the time of a run.

    Parameters:
        routing_overhead: tiles for routing by tiles for data, 0 or more.

    Raises:
        ValueError: the overhead is out of range.

    Example:
        >>> RotatedGridModel().data_block(21).n_physical_qubits(100)
        132150
    """

    routing_overhead: float = 0.5
    name = "rotated-grid"
    source = (
        f"square grid of rotated patches, {PER_D_ROUNDS}; routing as Gidney and Fowler (2019), "
        "arXiv:1812.01238; magic states by cultivation, arXiv:2409.17595, distilled where that is too weak; "
        "errors added to first order; left out: the time of lattice surgery and of Clifford gates"
    )

    def __attrs_post_init__(self) -> None:
        real_number(self.routing_overhead, "routing_overhead", low=0, high=1e6)

    def with_routing(self, overhead: float) -> RotatedGridModel:
        """Another number of tiles for routing."""
        return RotatedGridModel(overhead)

    def data_block(self, distance: int) -> RotatedTiles:
        """Tiles of data and routing."""
        return RotatedTiles(distance, self.routing_overhead)

    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """Not modelled."""
        return 0

    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Tiles times `d` rounds times the error of a patch in them."""
        tiles = self.data_block(distance).n_tiles(summary.n_algo_qubits)
        return float(tiles * (cycles / distance) * error(distance))


@attrs.frozen
class RotatedFastBlockModel(_PerDRounds, SurfaceCodeModel):
    """Litinski's fast block: `BeverlandModel` with `2 d^2 - 1` qubits a patch and cultivated states.

    Example:
        >>> RotatedFastBlockModel().data_block(19).n_physical_qubits(1337)
        2003659
    """

    name = "rotated-fast-block"
    source = (
        f"fast block of Litinski (2019), arXiv:1808.02892, of rotated patches, {PER_D_ROUNDS}; logical time "
        "steps M_meas + M_T + 3 M_Tof, Beverland et al. (2022), arXiv:2211.07629; magic states by "
        "cultivation, arXiv:2409.17595, distilled where that is too weak; errors added to first order"
    )

    def data_block(self, distance: int) -> RotatedTiles:
        """The fast block."""
        return RotatedTiles(distance, None)

    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """`C_min` steps of `d` cycles."""
        return BeverlandModel().consumption_cycles(summary, distance)

    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Tiles times logical time steps times the error of a patch in a step."""
        return BeverlandModel().data_error(summary, distance, cycles, error)


for _model in (RotatedGridModel(), RotatedFastBlockModel()):
    SURFACE_CODE_MODELS.register(_model)
