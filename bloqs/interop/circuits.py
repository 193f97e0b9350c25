"""A small bloq as a circuit of Cirq, or as OpenQASM."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import cirq
from qualtran import Bloq
from qualtran.resource_counting import GateCounts

from bloqs.checks import one_of, whole_number
from bloqs.core.checks import a_bloq
from bloqs.costs.call_graph import walk
from bloqs.costs.unknown import UnknownCostError
from bloqs.interop.gates import CirqNodes, Operation
from bloqs.messages import printable
from bloqs.wiring import Node, count_leaves, nodes_below
from bloqs.wiring.node import title
from bloqs.wiring.registers import Port

DEFAULT_MAX_GATES = 100_000
"""A circuit of more gates than this is refused; its text would be megabytes that few tools can read."""

VERSIONS = ("2.0", "3.0")
"""The versions of OpenQASM that are written."""


def to_cirq(bloq: Bloq, *, max_gates: int = DEFAULT_MAX_GATES) -> cirq.Circuit:
    """A bloq as a circuit of elementary gates.

    The qubits of a register `x` are `x_0`, `x_1`, ..., most significant first; where a register has a shape,
    its entries follow one another. Qubits that the circuit borrows are `work_0`, `work_1`, ...: they are |0>
    before and after it, and are used again; so must those be found that a projection (`ZeroEffect`) ends. An
    And is a Toffoli gate, and so is its adjoint, in place of the
    measurement that Qualtran counts.

    Args:
        bloq: any that can be simulated: sizes and data in numbers.
        max_gates: a bloq of more gates is refused, before any of them is made.

    Returns:
        The circuit. Its unitary, with |0> on what it borrows, is that of the bloq, phase included.

    Raises:
        ValueError: more than `max_gates` gates, symbolic sizes, data by shape only, or a part without gates.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> circuit = to_cirq(LoadedVector([0.6, 0.0, 0.0, 0.8]))
        >>> cirq.final_state_vector(circuit, dtype=complex).real.round(3).tolist()
        [0.6, 0.0, 0.0, 0.8]
    """
    operations, qubits = _operations(bloq, max_gates)
    circuit = cirq.Circuit(operations)
    idle = [qubit for qubit in qubits if qubit not in circuit.all_qubits()]
    # So that every qubit of a register is in the circuit, whatever is done to it.
    return cirq.Circuit(cirq.I.on_each(*idle), circuit) if idle else circuit


def to_openqasm(bloq: Bloq, *, version: str = "2.0", max_gates: int = DEFAULT_MAX_GATES) -> str:
    """A bloq as OpenQASM, the gates of `to_cirq`.

    Args:
        bloq: as `to_cirq`.
        version: "2.0", which most tools read, or "3.0".
        max_gates: as `to_cirq`.

    Returns:
        The program, on one register `q`: the bloq's registers in the order of its signature, big-endian, then
        what is borrowed, |0> before and after. Its first lines say which is which. A global phase, which
        OpenQASM 2 has no word for, is left out.

    Raises:
        ValueError: as `to_cirq`.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> print(to_openqasm(And()).splitlines()[-1])
        ccx q[0],q[1],q[2];
    """
    one_of(version, "version", VERSIONS)
    operations, qubits = _operations(bloq, max_gates)
    kept = [one for one in operations if not isinstance(one.gate, cirq.GlobalPhaseGate)]
    if version == "2.0":
        # Its standard gates, as they were published, have no swap.
        kept = [simple for one in kept for simple in _without_swaps(one)]
    borrowed = sorted({q for one in kept for q in one.qubits} - {*qubits})
    order = [*qubits, *borrowed]
    header = (
        f"{printable(title(bloq))}, by resnet-bloqs\nQubits, most significant first: "
        + ", ".join(map(str, order))
    )
    return cirq.Circuit(kept).to_qasm(
        header=header, precision=17, qubit_order=order, version=version
    )


def _operations(bloq: Bloq, max_gates: int) -> tuple[list[cirq.Operation], list[cirq.Qid]]:
    """The gates of a bloq in order, and the qubits of its registers."""
    a_bloq(bloq)
    whole_number(max_gates, "max_gates", low=1)
    # Of a large circuit, the call graph tells in a moment what its wires would take minutes for.
    _check_size(bloq, _gates_below(bloq), max_gates)
    root = CirqNodes().node(bloq)
    _check_size(bloq, count_leaves(nodes_below(root)), max_gates)
    entering, leaving = _names(root.lefts), _names(root.rights)
    operations: list[cirq.Operation] = []
    place = _flatten(root, dict(zip(root.ins, entering, strict=True)), operations)
    now = [place[wire] for wire in root.outs]
    # A register that only leaves names the qubits that were made for it.
    named = {
        have: want
        for have, want in zip(now, leaving, strict=True)
        if want not in entering and have not in entering
    }
    operations = [one.transform_qubits(lambda q: named.get(q, q)) for one in operations]
    now = [named.get(qubit, qubit) for qubit in now]
    # A decomposition may hand qubits on under each other's names, which a circuit has to swap.
    for i, want in enumerate(leaving):
        have = now[i]
        if have != want:
            operations.append(cirq.SWAP(have, want))
            now = [{have: want, want: have}.get(qubit, qubit) for qubit in now]
    return operations, list(dict.fromkeys([*entering, *leaving]))


def _without_swaps(operation: cirq.Operation) -> list[cirq.Operation]:
    """A swap, controlled or not, as controlled inversions."""
    if operation.gate not in (cirq.SWAP, cirq.CSWAP):
        return [operation]
    *control, x, y = operation.qubits
    inner = cirq.CCX(*control, x, y) if control else cirq.CNOT(x, y)
    return [cirq.CNOT(y, x), inner, cirq.CNOT(y, x)]


def _gates_below(bloq: Bloq) -> int:
    """Gates by the call graph; 0 where it does not tell."""
    try:
        graph = walk(bloq)
    except UnknownCostError:
        return 0
    calls = graph.calls()
    gates = [calls[leaf] for leaf, own in graph.gates.items() if own != GateCounts()]
    return sum(n for n in gates if isinstance(n, int))


def _check_size(bloq: Bloq, count: int, max_gates: int) -> None:
    if count > max_gates:
        raise ValueError(
            f"{title(bloq)} is a circuit of {count:,} gates, and at most max_gates = {max_gates:,} are "
            "written: export a smaller bloq, or raise max_gates; bloqs.interop.to_qref takes any size"
        )


def _names(entries: Iterable[Port]) -> list[cirq.Qid]:
    """A qubit for each wire of the entries of registers."""
    sizes: dict[str, int] = {}
    for name, _, size in entries:
        sizes[name] = sizes.get(name, 0) + size
    return [cirq.NamedQubit(f"{name}_{i}") for name, size in sizes.items() for i in range(size)]


def _flatten(
    root: Node[Operation], place: dict[int, cirq.Qid], operations: list[cirq.Operation]
) -> dict[int, cirq.Qid]:
    """Append the gates of a node in turn.

    Args:
        root: the node.
        place: where its wires are.
        operations: grows.

    Returns:
        Where its wires are in the end.
    """
    fresh = itertools.count()
    free: list[cirq.Qid] = []

    def apply(leaf: Operation, ins: tuple[int, ...], outs: tuple[int, ...]) -> None:
        held = [here[wire] for wire in ins]
        made = [
            free.pop() if free else cirq.NamedQubit(f"work_{next(fresh)}") for _ in range(leaf.made)
        ]
        if leaf.gate is not None:
            operations.append(leaf.gate(*held, *made))
        kept, ended = held[: leaf.kept], held[leaf.kept :]
        if leaf.is_clean:
            free.extend(reversed(ended))
        here.update(zip(outs, [*kept, *made], strict=True))

    # No recursion: nesting may be deeper than Python's stack.
    here = place
    stack = [(root, here, iter(root.calls))]
    calls: list[tuple[int, ...]] = []
    while True:
        node, here, rest = stack[-1]
        for part, ins, outs in rest:
            if isinstance(part, Node):
                inner = dict(zip(part.ins, [here[wire] for wire in ins], strict=True))
                stack.append((part, inner, iter(part.calls)))
                calls.append(outs)
                break
            apply(part, ins, outs)
        else:
            stack.pop()
            if not stack:
                return here
            moved = [here[wire] for wire in node.outs]
            stack[-1][1].update(zip(calls.pop(), moved, strict=True))
