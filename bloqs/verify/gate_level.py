"""Gate-level simulation: every gate's tensor enters, and nothing is flattened.

A bloq is taken apart one level at a time (`bloqs.wiring`), sub-bloqs and runs of gates are merged into one
map where that is faster (`bloqs.statevector`), and the maps are applied in turn to a state vector of the
live qubits. Allocate, Free, And and its adjoint make the state longer and shorter. A qubit
that is freed while it is not |0> is an error, not a projection.

A circuit that is wide and shallow does not fit into a state vector, but may be cheap as a tensor network
(`bloqs.tensornetwork`). `contract` plans both and takes the cheaper; `plan_contraction` tells which, and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import attrs
import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq
from qualtran.bloqs.block_encoding import BlockEncoding

from bloqs.checks import instance, sequence
from bloqs.core.checks import a_bloq
from bloqs.messages import shown
from bloqs.statevector.leaf_maps import NoTensorsError
from bloqs.statevector.limits import SimulationTooLargeError
from bloqs.statevector.run import DirtyFreeError, Progress
from bloqs.statevector.simulator import SimulationPlan, Simulator
from bloqs.tensornetwork.network import NetworkContraction, NetworkPlan
from bloqs.tensornetwork.path_sum import Ends
from bloqs.verify.encoding_registers import in_signal_state, split_registers
from bloqs.wiring import wire_count

__all__ = [
    "ContractionPlan",
    "DirtyFreeError",
    "NetworkPlan",
    "NoTensorsError",
    "SimulationPlan",
    "SimulationTooLargeError",
    "Simulator",
    "contract",
    "encoded_matrix_gate",
    "encoded_vector_gate",
    "plan_contraction",
    "unitary",
]

_DEFAULT = Simulator()
"""Used where no simulator is given, so that what is compiled once serves the next call."""


Method: TypeAlias = Literal["auto", "state", "network"]

NETWORK_QUBITS = 20
"""A state vector of no more qubits than this is always taken; a path is not searched for."""

NETWORK_SECONDS = 2.0
"""Nor where the state vector is estimated to take less than this: about what the search would take."""


@attrs.frozen
class ContractionPlan:
    """How a contraction will be done, known before it is run.

    Parameters:
        method: "state" (a state vector in time order) or "network" (quimb and cotengra).
        reason: why this one.
        width: log2 of the entries of the largest array.
        peak_bytes: memory of the arrays that are held at once.
        seconds: estimate.
        leaf_gates: tensors of leaf bloqs, repetitions included.
        state: plan as a state vector; None where it does not fit or was not asked for.
        network: plan as a network; None likewise, or where the state vector is small enough.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> plan: ContractionPlan = plan_contraction(And())
        >>> plan.method, plan.reason, plan.leaf_gates
        ('state', '3 qubits at once, at most 20', 1)
    """

    method: Literal["state", "network"]
    reason: str
    width: float
    peak_bytes: int
    seconds: float
    leaf_gates: int
    state: SimulationPlan | None = None
    network: NetworkPlan | None = None


def _check_simulator(simulator: Any) -> None:
    instance(simulator, "simulator", (Simulator, type(None)), "a bloqs.verify.Simulator, or None")


def _check_arguments(
    bloq: Any, inputs: Any, project: Any, open_inputs: Any, simulator: Any
) -> None:
    """Refuse what is none of the kinds that a contraction takes."""
    a_bloq(bloq)
    _check_simulator(simulator)
    for name, given in (("inputs", inputs), ("project", project)):
        instance(given, name, (Mapping, type(None)), "a dictionary from the names of registers")
        for key in given or ():
            instance(key, f"a key of {name}", str, "the name of a register")
    instance(open_inputs, "open_inputs", (list, tuple), "a sequence of names of registers")
    for word in sequence(open_inputs, "open_inputs"):
        instance(word, "each of open_inputs", str, "the name of a register")


def plan_contraction(
    bloq: Bloq,
    *,
    inputs: Mapping[str, int | NDArray[Any]] | None = None,
    project: Mapping[str, int] | None = None,
    open_inputs: Sequence[str] = (),
    method: Method = "auto",
    simulator: Simulator | None = None,
) -> ContractionPlan:
    """What `contract` would do with the same arguments, and why; nothing is contracted.

    Args:
        bloq: see `contract`.
        inputs: see `contract`.
        project: see `contract`.
        open_inputs: see `contract`.
        method: see `contract`.
        simulator: see `contract`.

    Returns:
        The method with its width, memory and time.

    Raises:
        SimulationTooLargeError: no method fits, with what each would take.
        NoTensorsError: see `contract`.
        ValueError: see `contract`.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> plan_contraction(And()).method
        'state'
    """
    _check_arguments(bloq, inputs, project, open_inputs, simulator)
    return _planned(bloq, inputs, project, open_inputs, method, simulator or _DEFAULT)[0]


def contract(
    bloq: Bloq,
    *,
    inputs: Mapping[str, int | NDArray[Any]] | None = None,
    project: Mapping[str, int] | None = None,
    open_inputs: Sequence[str] = (),
    method: Method = "auto",
    simulator: Simulator | None = None,
    progress: Progress | None = None,
) -> NDArray[np.complexfloating[Any, Any]]:
    """`<project| bloq |inputs>`, from the tensor of every gate.

    Args:
        bloq: anything with tensors, by itself or through its decomposition.
        inputs: see `Simulator.contract`.
        project: see `Simulator.contract`.
        open_inputs: see `Simulator.contract`.
        method: "state" runs `Simulator.contract`; "network" contracts a tensor network; "auto" takes the
            state vector up to `NETWORK_QUBITS` qubits, and beyond the one that is estimated to be faster.
        simulator: gives type, memory limit and whether freed qubits are checked, for both methods; by
            default one that all calls share.
        progress: is called with the fraction done.

    Returns:
        complex `(2**kept,)`, or `(2**kept, 2**open)` with open inputs, as `Simulator.contract`.

    Raises:
        SimulationTooLargeError: no method fits, with what each would take; before anything is contracted.
        DirtyFreeError: a qubit is freed while it is not |0>. A network sees this from a norm of 1e-7 on.
        NoTensorsError: a part has neither decomposition nor tensors.
        ValueError: an unknown method or register, a value out of range, a symbolic size.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> inputs = {"ctrl": np.array([0.6, 0.8]), "target": 0}
        >>> contract(CNOT(), inputs=inputs).real.round(6).tolist()
        [0.6, 0.0, 0.0, 0.8]
        >>> contract(CNOT(), inputs=inputs, project={"target": 1}, method="network").real
        array([0. , 0.8])
    """
    _check_arguments(bloq, inputs, project, open_inputs, simulator)
    simulator = simulator or _DEFAULT
    _, network = _planned(bloq, inputs, project, open_inputs, method, simulator)
    if network is not None:
        return network.run(progress)
    return simulator.contract(
        bloq, inputs=inputs, project=project, open_inputs=open_inputs, progress=progress
    )


def _planned(
    bloq: Bloq,
    inputs: Mapping[str, int | NDArray[Any]] | None,
    project: Mapping[str, int] | None,
    open_inputs: Sequence[str],
    method: Method,
    simulator: Simulator,
) -> tuple[ContractionPlan, NetworkContraction | None]:
    """The plan, and the network where that is the method."""
    if not isinstance(method, str) or method not in get_args(Method):
        raise ValueError(
            f"method is one of {', '.join(map(repr, get_args(Method)))}, got {shown(method)}"
        )
    Ends.checked(bloq, inputs or {}, project or {}, open_inputs)

    def network_contraction() -> NetworkContraction:
        return NetworkContraction(
            bloq,
            inputs=inputs,
            project=project,
            open_inputs=open_inputs,
            dtype=simulator.dtype,
            max_amplitudes=simulator.max_amplitudes,
            check_free=simulator.check_free,
            free_tolerance=simulator.free_tolerance,
        )

    if method == "network":
        network = network_contraction()
        return _network_plan(network, "asked for", None), network
    try:
        lefts = {register.name: register for register in bloq.signature.lefts()}
        n_open = sum(wire_count(lefts[name]) for name in open_inputs)
        state = simulator.plan(bloq, n_columns=2**n_open)
    except SimulationTooLargeError as error:
        if method == "state":
            raise
        try:
            network = network_contraction()
        except SimulationTooLargeError as other:
            raise SimulationTooLargeError(
                f"{bloq} fits neither as a state vector nor as a network. State vector: {error}. "
                f"Network: {other}"
            ) from other
        return _network_plan(network, "does not fit as a state vector", None), network
    if method == "state":
        return _state_plan(state, "asked for", None), None
    if state.peak_qubits <= NETWORK_QUBITS:
        reason = f"{state.peak_qubits} qubits at once, at most {NETWORK_QUBITS}"
        return _state_plan(state, reason, None), None
    if state.seconds <= NETWORK_SECONDS:
        reason = f"{state.seconds:.2g} s, less than the search for a path"
        return _state_plan(state, reason, None), None
    try:
        network = network_contraction()
    except SimulationTooLargeError:
        return _state_plan(state, "does not fit as a network", None), None
    times = f"{state.seconds:.2g} s as a state vector, {network.plan.seconds:.2g} s as a network"
    if network.plan.seconds < state.seconds:
        return _network_plan(network, times, state), network
    return _state_plan(state, times, network.plan), None


def _state_plan(state: SimulationPlan, reason: str, network: NetworkPlan | None) -> ContractionPlan:
    return ContractionPlan(
        method="state",
        reason=reason,
        width=state.peak_qubits + float(np.log2(state.batch)),
        peak_bytes=state.peak_bytes,
        seconds=state.seconds,
        leaf_gates=state.leaf_gates,
        state=state,
        network=network,
    )


def _network_plan(
    contraction: NetworkContraction, reason: str, state: SimulationPlan | None
) -> ContractionPlan:
    network = contraction.plan
    return ContractionPlan(
        method="network",
        reason=reason,
        width=network.width,
        peak_bytes=network.peak_bytes,
        seconds=network.seconds,
        leaf_gates=network.leaf_gates,
        state=state,
        network=network,
    )


def unitary(bloq: Bloq, *, simulator: Simulator | None = None) -> NDArray[np.complex128]:
    """The whole matrix of a small bloq, registers in signature order.

    The same numbers as `bloq.tensor_contract()`, but always a matrix. Qubits that are freed are
    projected on |0>, since some columns may break a promise that the bloq makes.

    Args:
        bloq: anything with tensors, by itself or through its decomposition.
        simulator: by default one that all calls share, which does not check freed qubits.

    Returns:
        complex128 `(2**right, 2**left)`, big-endian.

    Raises:
        SimulationTooLargeError: it does not fit.
        NoTensorsError: a part has neither decomposition nor tensors.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> unitary(CNOT()).real.astype(int).tolist()
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """
    a_bloq(bloq)
    _check_simulator(simulator)
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
    ve: Any,
    *,
    method: Method = "auto",
    simulator: Simulator | None = None,
    progress: Progress | None = None,
) -> NDArray[np.complex128]:
    """The encoded vector `alpha * <0|_ancilla U |0>`, from the tensor of every gate.

    Args:
        ve: a bloq with the register `system`, perhaps `ancilla` and `resource`, and the attribute `alpha`.
        method: see `contract`.
        simulator: by default one that all calls share.
        progress: is called with the fraction done.

    Returns:
        complex `(2**n,)`, big-endian.

    Raises:
        SimulationTooLargeError: see `contract`.
        DirtyFreeError: see `contract`.
        NoTensorsError: see `contract`.
        ValueError: other registers than those named.

    Example:
        >>> from bloqs.combine import VectorSum
        >>> from bloqs.loading import LoadedVector
        >>> total = VectorSum(LoadedVector([1.0, 0.0]), LoadedVector([0.0, 1.0]), weight=0.5)
        >>> encoded_vector_gate(total).real.round(6).tolist()
        [0.707107, 0.707107]
    """
    vector = contract(
        ve, project=_work_registers(ve), method=method, simulator=simulator, progress=progress
    )
    return np.asarray(vector * complex(ve.alpha))


def encoded_matrix_gate(
    be: Any,
    *,
    method: Method = "auto",
    simulator: Simulator | None = None,
    progress: Progress | None = None,
) -> NDArray[np.complex128]:
    """The encoded matrix `alpha * <0|_ancilla U |0>_ancilla`, from the tensor of every gate.

    Args:
        be: a block encoding, with its signal state; or a bloq with registers `system`, perhaps `ancilla` and
            `resource`, and an attribute `alpha`.
        method: see `contract`.
        simulator: by default one that all calls share.
        progress: is called with the fraction done.

    Returns:
        complex `(2**n, 2**n)`, big-endian.

    Raises:
        SimulationTooLargeError: see `contract`.
        DirtyFreeError: see `contract`.
        NoTensorsError: see `contract`.
        ValueError: other registers than those named.

    Example:
        >>> from qualtran.bloqs.basic_gates import XGate
        >>> from qualtran.bloqs.block_encoding import Unitary
        >>> encoded_matrix_gate(Unitary(XGate())).real.astype(int).tolist()
        [[0, 1], [1, 0]]
    """
    if isinstance(be, BlockEncoding):
        system = [register.name for register in split_registers(be)[0]]
        circuit, work = in_signal_state(be)
        project = dict.fromkeys(work, 0)
    else:
        circuit, system, project = be, ["system"], _work_registers(be)
    matrix = contract(
        circuit,
        project=project,
        open_inputs=system,
        method=method,
        simulator=simulator,
        progress=progress,
    )
    return np.asarray(matrix * complex(be.alpha))
