"""An estimate for the two-gross bicycle code, which says what it leaves out."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import AlgorithmSummary, DataBlock, LogicalErrorModel, QECScheme

from bloqs.costs.surface_code.factories import FACTORY_KINDS, Candidate, FactoryKind
from bloqs.costs.surface_code.models import SURFACE_CODE_MODELS, SurfaceCodeModel

LOGICAL_QUBITS = 11
"""Of a block [[288, 12, 18]]; the twelfth serves the measurements."""

BLOCK_QUBITS = 2 * 288
"""Physical qubits of a block, data and checks."""

ERROR_RATE = 1e-3
"""Of a physical gate, at which the figures below were found; a better machine is taken for this one."""

IDLE_ERROR, IN_MODULE_ERROR, INTER_MODULE_ERROR, T_ERROR = 8.2e-21, 1e-11, 1e-9, 2.1e-8
IDLE_TIME, T_TIME = 8, 2383
"""Of the two-gross code in the bicycle architecture compiler: probabilities, times in eighths of a round."""


@attrs.frozen
class TwoGrossBlocks(DataBlock):
    """Blocks of 11 logical qubits.

    Parameters:
        data_d: of the code; always 18, whatever is asked for.

    Example:
        >>> TwoGrossBlocks(18).n_physical_qubits(100)
        5760
    """

    data_d: int
    n_steps_to_consume_a_magic_state = 1

    def n_tiles(self, n_algo_qubits: int) -> int:
        """Blocks."""
        return math.ceil(n_algo_qubits / LOGICAL_QUBITS)

    def n_physical_qubits(self, n_algo_qubits: int) -> int:
        """Data and checks of all blocks."""
        return self.n_tiles(n_algo_qubits) * BLOCK_QUBITS


@attrs.frozen(kw_only=True)
class BicycleTKind(FactoryKind):
    """T states as the bicycle architecture injects them; its own factory is not placed.

    Parameters:
        name: by which it is found.
        words: what it does, for messages and tables.
        levels: levels of distillation.

    Example:
        >>> [one.error for one in BICYCLE_T.candidates(GateCounts(t=100), None)]
        [2.1e-06]
    """

    name: str = "bicycle-t"
    words: str = "T injection of the bicycle architecture"
    levels: int = 1

    def candidates(
        self, counts: GateCounts, error: LogicalErrorModel | None
    ) -> Iterator[Candidate]:
        """One; none for a machine worse than the figures are for."""
        if error is not None and error.physical_error > ERROR_RATE * (1 + 1e-9):
            return
        states = int(counts.total_t_count())
        # One is always ready: how long its injection takes is the model's.
        yield Candidate(self.name, (18,), None, 0, states, states * T_ERROR)


BICYCLE_T = BicycleTKind()
FACTORY_KINDS.register(BICYCLE_T)


@attrs.frozen
class TwoGrossModel(SurfaceCodeModel):
    """An estimate for bicycle codes: blocks of 11 qubits, one T after another, a Toffoli by four.

    Each T takes one measurement within a block and one between two. The code has one distance: the code
    distance of a footprint says nothing here.

    References:
        [Tour de gross](https://arxiv.org/abs/2506.03094). Yoder et al. (2025).

    Example:
        >>> from qualtran.resource_counting import GateCounts
        >>> from bloqs.costs.surface_code import surface_code_footprint
        >>> surface_code_footprint(GateCounts(t=10**5), 100, model="bicycle-two-gross").physical_qubits
        5760
    """

    name = "bicycle-two-gross"
    source = (
        "an estimate: Yoder et al. (2025), arXiv:2506.03094, two-gross code, errors and times of the bicycle "
        "architecture compiler at p = 1e-3; 576 physical qubits for 11 logical ones; one T after another, a "
        "Toffoli by four; left out: logical processing units, adapters between blocks, the T factory's "
        "qubits, Clifford gates, compilation"
    )
    scheme = QECScheme.make_beverland_et_al()
    preset = "gidney-2025"
    factory_kinds = (BICYCLE_T,)
    deeper_kinds = ()

    def data_block(self, distance: int) -> TwoGrossBlocks:
        """The same at every distance."""
        return TwoGrossBlocks(distance)

    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        """One T injection after another, its measurements included."""
        states = int(summary.n_logical_gates.total_t_count())
        return math.ceil(states * T_TIME / IDLE_TIME)

    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        """Idle blocks a round, and the measurements of every T."""
        states = int(summary.n_logical_gates.total_t_count())
        blocks = self.data_block(distance).n_tiles(summary.n_algo_qubits)
        return blocks * cycles * IDLE_ERROR + states * (IN_MODULE_ERROR + INTER_MODULE_ERROR)


SURFACE_CODE_MODELS.register(TwoGrossModel())
