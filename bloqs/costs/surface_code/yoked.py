"""A machine in two parts: hot qubits in surface-code patches, idle ones in yoked storage."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import attrs
from qualtran.surface_code import AlgorithmSummary, DataBlock, LogicalErrorModel

from bloqs.costs.surface_code.cultivation import patch_error
from bloqs.costs.surface_code.footprint import Demand
from bloqs.costs.surface_code.models import SURFACE_CODE_MODELS, SurfaceCodeModel
from bloqs.costs.surface_code.rotated import PER_D_ROUNDS, RotatedTiles, _PerDRounds

MEMORY_DISTANCES = range(5, 32, 2)
"""Code distances of the patches in storage that are tried."""

LEAST_SIDE = 2
"""Rows and columns of stored qubits, at least: the formulas are for grids, and 0 for less."""


@attrs.frozen
class YokedGrid:
    """Stored qubits in a grid of patches, with rows (1-D) or rows and columns (2-D) of yokes.

    Parameters:
        dimensions: 1 or 2.
        stored: logical qubits in it.
        distance: code distance of its patches.

    References:
        [Yoked surface codes](https://arxiv.org/abs/2312.04522). Gidney, Newman, Brooks and Jones (2023); the
        formulas as in qdk 1.33.

    Example:
        >>> grid = YokedGrid(1, 96, 13)
        >>> grid.shape, grid.patches
        ((7, 18), 126)
    """

    dimensions: int
    stored: int
    distance: int

    @property
    def shape(self) -> tuple[int, int]:
        """Sides of the grid, yokes included: the smallest 1-D grid, the squarest 2-D one."""
        return _shape(self.dimensions, self.stored)

    @property
    def patches(self) -> int:
        """Of stored qubits and yokes."""
        return math.prod(self.shape)

    @property
    def period(self) -> int:
        """Rounds in which each yoke is measured: `8 d (a - 1) + 2 d`, or `8 d max(a - 2, b - 2) + 2 d`."""
        a, b = self.shape
        length = a - 1 if self.dimensions == 1 else max(a - 2, b - 2)
        return 8 * self.distance * length + 2 * self.distance

    def error(self, physical_error: float) -> float:
        """Probability that the storage fails in one period.

        Args:
            physical_error: of a gate.

        Returns:
            With P the error of a patch in d rounds: `(2 (a-2))^2 (a b)^2 (8/15) P 6.4^(-(d+1)/2)` in 1-D,
            `(2 max(a-3, b-3))^4 (a b)^2 (5/600) P 250^(-(d+1)/2)` in 2-D.
        """
        a, b = self.shape
        patch = patch_error(self.distance, physical_error) * (a * b) ** 2
        half = (self.distance + 1) / 2
        if self.dimensions == 1:
            return float((2 * (a - 2)) ** 2 * (8 / 15) * patch * 6.4**-half)
        return float((2 * max(a - 3, b - 3)) ** 4 * (5 / 600) * patch * 250.0**-half)


@functools.cache
def _shape(dimensions: int, stored: int) -> tuple[int, int]:
    side = max(LEAST_SIDE, math.isqrt(stored - 1) + 1)
    if dimensions == 2:
        return side + 2, max(LEAST_SIDE, math.ceil(stored / side)) + 2
    # (a + 1) (b + 2) is smallest near b = sqrt(2 n), so that more rows than columns never win.
    rows = range(LEAST_SIDE, side + 1)
    return min(((a + 1, max(LEAST_SIDE, math.ceil(stored / a)) + 2) for a in rows), key=math.prod)


@attrs.frozen
class SplitBlock(DataBlock):
    """Hot qubits in tiles with routing, the others in yoked storage.

    Parameters:
        data_d: code distance of the hot part.
        dimensions: of the yokes.
        hot: logical qubits of the hot part.
        memory_distance: code distance of the storage.

    Example:
        >>> SplitBlock(21, 1, 3, 13).n_physical_qubits(99)  # 5 * 881 + 126 * 337
        46867
    """

    data_d: int
    dimensions: int
    hot: int
    memory_distance: int
    n_steps_to_consume_a_magic_state = 3

    def parts(self, n_algo_qubits: int) -> tuple[RotatedTiles, int, YokedGrid | None]:
        """The hot part, its qubits, and the storage; None where nothing is idle."""
        tiles = RotatedTiles(self.data_d, 0.5)
        idle = n_algo_qubits - self.hot
        if idle <= 0:
            return tiles, n_algo_qubits, None
        return tiles, self.hot, YokedGrid(self.dimensions, idle, self.memory_distance)

    def n_tiles(self, n_algo_qubits: int) -> int:
        """Patches of both parts, of two sizes."""
        tiles, hot, grid = self.parts(n_algo_qubits)
        return tiles.n_tiles(hot) + (0 if grid is None else grid.patches)

    def n_physical_qubits(self, n_algo_qubits: int) -> int:
        """Of both parts."""
        tiles, hot, grid = self.parts(n_algo_qubits)
        stored = 0 if grid is None else grid.patches * (2 * grid.distance**2 - 1)
        return tiles.n_physical_qubits(hot) + stored


@attrs.frozen
class YokedModel(_PerDRounds, SurfaceCodeModel):
    """Qubits that no layer of T touches are idle, and idle qubits are stored in yoked patches.

    How many are hot is the schedule's: with T-depth L, `ceil(gates/L)` magic states are consumed in a
    layer, each on three qubits (one for a T gate). For every gate its qubits are read, used, and written:
    three lattice surgeries, layer after layer. The code distance of the storage is the one that makes the
    fewest qubits.

    Parameters:
        dimensions: of the yokes, 1 or 2.
        hot: logical qubits in the hot part; None for what the schedule says.
        memory_distance: code distance of the storage; None for the best.

    References:
        [Yoked surface codes](https://arxiv.org/abs/2312.04522). Gidney, Newman, Brooks and Jones (2023).

    Example:
        >>> from qualtran.resource_counting import GateCounts
        >>> from bloqs.costs.surface_code import surface_code_footprint
        >>> counts = GateCounts(toffoli=10**5)
        >>> stored = surface_code_footprint(counts, 1000, model="yoked-2d")
        >>> stored.data_qubits < surface_code_footprint(counts, 1000, model="rotated-grid").data_qubits / 2
        True
    """

    dimensions: int = 1
    hot: int | None = None
    memory_distance: int | None = None

    @property
    def name(self) -> str:
        """By which it is chosen."""
        return f"yoked-{self.dimensions}d"

    @property
    def source(self) -> str:
        """Papers, what is modelled, and what is left out."""
        told = "" if self.hot is None else f" {self.hot} hot qubits by the schedule's layers of T,"
        if self.memory_distance is not None:
            told += f" storage of code distance {self.memory_distance},"
        return (
            f"Gidney, Newman, Brooks and Jones (2023), arXiv:2312.04522, {self.dimensions}-D yokes:{told} "
            f"idle qubits in yoked storage; {PER_D_ROUNDS}; hot part with half a routing tile a qubit; each "
            "gate reads, uses and writes its qubits; magic states by cultivation, arXiv:2409.17595, "
            "distilled where that is too weak; left "
            "out: ways into the storage, and Clifford gates on stored qubits"
        )

    def variants(self, demand: Demand) -> Iterator[YokedModel]:
        """One for each code distance of the storage, the hot qubits by the schedule."""
        gates = sum(demand.states.values())
        width = 3 if demand.states["n_ccz"] else 1
        hot = self.hot or width * math.ceil(gates / demand.t_depth)
        found = self.memory_distance
        for distance in MEMORY_DISTANCES if found is None else (found,):
            yield YokedModel(self.dimensions, hot, distance)

    def data_block(self, distance: int) -> SplitBlock:
        """Both parts.

        Args:
            distance: of the hot part.

        Returns:
            Tiles and storage.

        Raises:
            ValueError: the model stands for several distances; take one of `variants`.
        """
        if self.hot is None or self.memory_distance is None:
            raise ValueError(
                f"{self.name} has a layout once hot and memory_distance are chosen: variants"
            )
        return SplitBlock(distance, self.dimensions, self.hot, self.memory_distance)

    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """Three lattice surgeries a layer, by the larger of the two distances."""
        hot = self.hot or 3
        states = summary.n_logical_gates.total_t_and_ccz_count()
        gates = int(states["n_ccz"] + states["n_t"])
        at_once = max(1, hot // (3 if states["n_ccz"] else 1))
        return 3 * max(distance, self.memory_distance or 0) * math.ceil(gates / at_once)

    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Tiles of the hot part as in a grid, and the storage for each of its periods."""
        tiles, hot, grid = self.data_block(distance).parts(summary.n_algo_qubits)
        total = tiles.n_tiles(hot) * (cycles / distance) * error(distance)
        if grid is not None:
            total += math.ceil(cycles / grid.period) * grid.error(error.physical_error)
        return float(total)


for _dimensions in (1, 2):
    SURFACE_CODE_MODELS.register(YokedModel(_dimensions))
