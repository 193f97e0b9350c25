"""Gate-level simulation: every gate's tensor enters, and nothing is flattened.

A bloq is taken apart one level at a time (`structure`), sub-bloqs and runs of gates are merged into one
map where that is faster (`compile`, `merge`), and the maps are applied in turn to a state vector of the
live qubits (`runners`). Allocate, Free, And and its adjoint make the state longer and shorter. A qubit
that is freed while it is not |0> is an error, not a projection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq

from bloqs.simulation.nodes import NoTensorsError
from bloqs.simulation.run import DirtyFreeError, Progress
from bloqs.simulation.simulator import SimulationPlan, SimulationTooLargeError, Simulator

__all__ = [
    "DirtyFreeError",
    "NoTensorsError",
    "SimulationPlan",
    "SimulationTooLargeError",
    "Simulator",
    "contract",
    "encoded_matrix_gate",
    "encoded_vector_gate",
    "unitary",
]

_DEFAULT = Simulator()
"""Used where no simulator is given, so that what is compiled once serves the next call."""


def contract(
    bloq: Bloq,
    *,
    inputs: Mapping[str, int | NDArray[Any]] | None = None,
    project: Mapping[str, int] | None = None,
    open_inputs: Sequence[str] = (),
    simulator: Simulator | None = None,
    progress: Progress | None = None,
) -> NDArray[np.complexfloating[Any, Any]]:
    """`<project| bloq |inputs>`, gate by gate: `Simulator.contract` with a shared simulator."""
    return (simulator or _DEFAULT).contract(
        bloq, inputs=inputs, project=project, open_inputs=open_inputs, progress=progress
    )


def unitary(bloq: Bloq, *, simulator: Simulator | None = None) -> NDArray[np.complex128]:
    """The whole matrix of a small bloq, `(2**right, 2**left)`, registers in signature order, big-endian.

    The same numbers as `bloq.tensor_contract()`, but always a matrix. Qubits that are freed are
    projected on |0>, since some columns may break a promise that the bloq makes.

    >>> from qualtran.bloqs.basic_gates import CNOT
    >>> unitary(CNOT()).real.astype(int).tolist()
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """
    if simulator is None:
        simulator = _UNCHECKED
    names = [register.name for register in bloq.signature.lefts()]
    matrix = simulator.contract(bloq, open_inputs=names)
    return np.asarray(matrix.reshape(len(matrix), -1))


_UNCHECKED = Simulator(check_free=False)


def _work_registers(bloq: Bloq) -> dict[str, int]:
    """The right registers to be projected on zero; refuses a bloq without `system` or with unknown ones."""
    names = [register.name for register in bloq.signature]
    unknown = set(names) - {"system", "ancilla", "resource", "ctrl"}
    if "system" not in names or unknown or "ctrl" in names:
        raise ValueError(
            f"{bloq} has the registers {', '.join(names)}; an encoding has 'system' and possibly "
            "'ancilla' and 'resource', and is not controlled. Use `contract` for other bloqs"
        )
    return {name: 0 for name in names if name != "system"}


def encoded_vector_gate(
    ve: Any, *, simulator: Simulator | None = None, progress: Progress | None = None
) -> NDArray[np.complex128]:
    r"""The encoded vector `alpha * <0|_ancilla U |0>`, from the tensor of every gate.

    Args:
        ve: a bloq with the register `system`, perhaps `ancilla` and `resource`, and the attribute `alpha`.
        simulator: by default one that all calls share.
        progress: is called with the fraction done.

    Returns:
        complex `(2**n,)`, big-endian.

    Raises:
        SimulationTooLargeError, DirtyFreeError, NoTensorsError: see `Simulator.contract`.
        ValueError: other registers than those named.
    """
    vector = contract(ve, project=_work_registers(ve), simulator=simulator, progress=progress)
    return np.asarray(vector * complex(ve.alpha))


def encoded_matrix_gate(
    be: Any, *, simulator: Simulator | None = None, progress: Progress | None = None
) -> NDArray[np.complex128]:
    r"""The encoded matrix `alpha * <0|_ancilla U |0>_ancilla`, from the tensor of every gate.

    Args:
        be: a block encoding: registers `system`, perhaps `ancilla` and `resource`, attribute `alpha`.
        simulator: by default one that all calls share.
        progress: is called with the fraction done.

    Returns:
        complex `(2**n, 2**n)`, big-endian.

    Raises:
        SimulationTooLargeError, DirtyFreeError, NoTensorsError: see `Simulator.contract`.
        ValueError: other registers than those named.

    >>> from qualtran.bloqs.basic_gates import XGate
    >>> from qualtran.bloqs.block_encoding import Unitary
    >>> encoded_matrix_gate(Unitary(XGate())).real.astype(int).tolist()
    [[0, 1], [1, 0]]
    """
    matrix = contract(
        be,
        project=_work_registers(be),
        open_inputs=["system"],
        simulator=simulator,
        progress=progress,
    )
    return np.asarray(matrix * complex(be.alpha))
