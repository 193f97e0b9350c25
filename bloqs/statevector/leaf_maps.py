"""Nodes of the bloqs that do not decompose: their tensors as maps."""

from __future__ import annotations

import itertools
import numbers
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import attrs
import cirq
import numpy as np
from qualtran import Bloq, Controlled, CtrlSpec, Side
from qualtran.bloqs.bookkeeping import Free
from qualtran.cirq_interop import CirqGateAsBloqBase
from qualtran.symbolics import is_symbolic

from bloqs.statevector.kernel import (
    ComplexArray,
    Kernel,
    controlled_kernel,
    extract_bits,
    kernel_from_matrix,
    label_positions,
)
from bloqs.statevector.merge import merge
from bloqs.statevector.steps import KernelStep
from bloqs.wiring import Call, Node, PartError, wire_count

MAX_LEAF_WIRES = 12
"""A leaf whose tensor has more legs (in or out) than this is refused: its matrix would not be small."""


class NoTensorsError(PartError):
    """Raised when a bloq can be neither decomposed nor given by tensors.

    Attributes:
        path: names of the bloqs from the outermost to the one without tensors.

    Example:
        >>> from bloqs.core.rotation import GenericRotation
        >>> from bloqs.statevector.simulator import Simulator
        >>> try:
        ...     Simulator().contract(GenericRotation("Ry"))
        ... except NoTensorsError:
        ...     print("a rotation of unknown angle has no tensors")
        a rotation of unknown angle has no tensors
    """


def _gate_node(bloq: Bloq) -> Node[Kernel] | None:
    """The node of a bloq whose tensor is the unitary of a cirq gate, which is asked for it directly."""
    if not isinstance(bloq, CirqGateAsBloqBase):
        return None
    if type(bloq).my_tensors is not CirqGateAsBloqBase.my_tensors:
        return None
    signature = bloq.signature
    if any(register.side is not Side.THRU for register in signature):
        return None
    unitary = cirq.unitary(bloq.cirq_gate, default=None)
    n = sum(wire_count(register) for register in signature)
    if unitary is None or n > MAX_LEAF_WIRES:
        return None
    kernel = kernel_from_matrix(unitary, n, n)
    if _wire_permutation(kernel) is not None:
        return None
    wires = tuple(range(n))
    return Node(bloq, wires, wires, [(kernel, wires, wires)])


def leaf_node(bloq: Bloq, why: Exception) -> Node[Kernel]:
    """The node of a bloq without decomposition: one map for each of its separate tensors.

    Args:
        bloq: with tensors.
        why: what Qualtran raised when its decomposition was asked for.

    Returns:
        The node, whose calls are maps; a permutation of qubits is a renaming of wires.

    Raises:
        NoTensorsError: it has none, they are symbolic, or they do not fit its registers.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> ((kernel, wires, _),) = leaf_node(CNOT(), NotImplementedError()).calls
        >>> kernel.index.tolist(), wires
        ([0, 1, 3, 2], (0, 1))
    """
    node = _gate_node(bloq)
    if node is not None:
        return node
    legs: dict[tuple[int, int], tuple[str, int]] = {}
    names: dict[str, list[str]] = {"in": [], "out": []}
    ports: dict[str, dict[str, Any]] = {"in": {}, "out": {}}
    counts = {"in": 0, "out": 0}
    thru: dict[int, int] = {}
    keep_alive = []
    for register in bloq.signature:
        size = wire_count(register)
        n_entries = max(1, size // max(1, int(register.dtype.num_bits)))
        starts = {}
        for side, flag in (("in", Side.LEFT), ("out", Side.RIGHT)):
            if not register.side & flag:
                continue
            entries = [object() for _ in range(n_entries)]
            keep_alive += entries
            starts[side] = counts[side]
            for entry in entries:
                for j in range(int(register.dtype.num_bits)):
                    legs[id(entry), j] = (side, counts[side])
                    counts[side] += 1
                    names[side].append(register.name)
            array = np.empty(n_entries, dtype=object)
            array[:] = entries
            shape = tuple(int(d) for d in register.shape)
            ports[side][register.name] = array.reshape(shape) if shape else entries[0]
        if len(starts) == 2:
            thru |= {starts["out"] + i: starts["in"] + i for i in range(size)}
    try:
        tensors = bloq.my_tensors(ports["in"], ports["out"])
    except Exception as error:
        # At a symbol, tensors fail in ways of their own.
        symbolic = _symbolic_parameters(bloq)
        if symbolic:
            raise NoTensorsError(
                f"{bloq} has no tensors while it is symbolic: {', '.join(symbolic)}; give all parameters "
                "as numbers before simulating"
            ) from error
        if not isinstance(error, NotImplementedError):
            raise
        raise NoTensorsError(
            f"{bloq} has neither a decomposition ({why}) nor tensors ({error}); give the bloq a "
            "`build_composite_bloq` or `my_tensors`"
        ) from error
    ins = tuple(range(counts["in"]))
    fresh = itertools.count(counts["in"])
    outs = tuple(thru[i] if i in thru else next(fresh) for i in range(counts["out"]))
    calls: list[Call[Kernel]] = []
    rename: dict[int, int] = {}
    is_freeing = isinstance(bloq, Free) or bool(outs)
    _check_legs(bloq, tensors, legs, names)
    for matrix, row_legs, column_legs in _components(bloq, tensors, legs):
        columns = [ins[leg] for leg in column_legs]
        rows = [outs[leg] for leg in row_legs]
        # Qubits that pass through come first, in one order; others are consumed, created, or paired as
        # they come.
        shared = [wire for wire in columns if wire in rows]
        columns_order = shared + [wire for wire in columns if wire not in rows]
        rows_order = shared + [wire for wire in rows if wire not in columns]
        tensor = matrix.reshape((2,) * (len(rows) + len(columns)))
        axes = [rows.index(wire) for wire in rows_order]
        axes += [len(rows) + columns.index(wire) for wire in columns_order]
        matrix = tensor.transpose(axes).reshape(2 ** len(rows), 2 ** len(columns))
        kernel = kernel_from_matrix(
            matrix,
            len(columns),
            len(rows),
            is_freeing=is_freeing and len(rows) < len(columns),
        )
        permutation = _wire_permutation(kernel)
        if permutation is not None:
            rename |= {rows_order[out]: columns_order[i] for out, i in enumerate(permutation)}
        else:
            calls.append((kernel, tuple(columns_order), tuple(rows_order)))
    outs = tuple(rename.get(wire, wire) for wire in outs)
    return Node(bloq, ins, outs, calls)


def _symbolic_parameters(bloq: Bloq) -> list[str]:
    """`name = value` of the fields of a bloq that are symbols or expressions."""
    if not attrs.has(type(bloq)):
        return []
    values = {field.name: getattr(bloq, field.name) for field in attrs.fields(type(bloq))}
    return [f"{name} = {value}" for name, value in values.items() if is_symbolic(value)]


def _leg(index: Any, legs: dict[tuple[int, int], tuple[str, int]]) -> tuple[str, int] | None:
    """The side and number of the leg that an index of a tensor names; None for an inner bond."""
    if isinstance(index, tuple) and len(index) == 2 and isinstance(index[1], numbers.Integral):
        return legs.get((id(index[0]), int(index[1])))
    return None


def _check_legs(
    bloq: Bloq,
    tensors: list[Any],
    legs: dict[tuple[int, int], tuple[str, int]],
    names: dict[str, list[str]],
) -> None:
    """Refuse tensors that leave out a leg or have it twice, or whose inner bonds do not join two of them.

    A leg that is left out would be taken for a qubit that passes through.
    """
    for tensor in tensors:
        if not hasattr(tensor, "data"):
            raise NoTensorsError(
                f"{bloq} discards or measures a qubit: a state vector cannot follow it; "
                "leave it out of what is simulated"
            )
    found = Counter(index for tensor in tensors for index in tensor.inds)
    uses = Counter({leg: n for index, n in found.items() if (leg := _leg(index, legs)) is not None})
    for leg in legs.values():
        if uses[leg] != 1:
            side, number = leg
            name = names[side][number]
            raise NoTensorsError(
                f"the tensors of {bloq} have qubit {number - names[side].index(name)} of its "
                f"{'left' if side == 'in' else 'right'} register {name!r} {uses[leg]} times; its my_tensors "
                "must have an index (soquet, bit) for each qubit of each register, once"
            )
    for index, n in found.items():
        if n != 2 and _leg(index, legs) is None:
            raise NoTensorsError(
                f"the tensors of {bloq} have the index {index!r} {n} times, and it is none of the legs of "
                f"{', '.join(dict.fromkeys([*names['in'], *names['out']])) or 'no register'}; an inner bond "
                "must join two of the tensors that my_tensors returns"
            )


def _components(
    bloq: Bloq, tensors: list[Any], legs: dict[tuple[int, int], tuple[str, int]]
) -> Iterator[tuple[ComplexArray, list[int], list[int]]]:
    """Contract the tensors that share inner bonds; each part as a matrix with its output and input legs."""
    groups: list[list[Any]] = []
    for tensor in tensors:
        bonds = {index for index in tensor.inds if _leg(index, legs) is None}
        joined = [group for group in groups if any(bonds & set(other.inds) for other in group)]
        groups = [group for group in groups if not any(group is other for other in joined)]
        groups.append([*itertools.chain.from_iterable(joined), tensor])
    for group in groups:
        names: dict[Any, int] = {}
        operands: list[Any] = []
        for tensor in group:
            operands.append(np.asarray(tensor.data, dtype=np.complex128))
            operands.append([names.setdefault(index, len(names)) for index in tensor.inds])
        outer = [(_leg(index, legs), name) for index, name in names.items()]
        rows = sorted((where[1], name) for where, name in outer if where and where[0] == "out")
        columns = sorted((where[1], name) for where, name in outer if where and where[0] == "in")
        if max(len(rows), len(columns)) > MAX_LEAF_WIRES:
            raise NoTensorsError(
                f"the tensor of {bloq} has {len(rows)} output and {len(columns)} input qubits, at most "
                f"{MAX_LEAF_WIRES} are taken as one matrix; give the bloq a decomposition"
            )
        order = [name for _, name in rows] + [name for _, name in columns]
        data = np.einsum(*operands, order)
        yield data, [i for i, _ in rows], [i for i, _ in columns]


def _wire_permutation(kernel: Kernel) -> list[int] | None:
    """For a map that only permutes qubits, the input slot of each output slot; else None."""
    n = kernel.n_in
    if n != kernel.n_out or not n or not kernel.is_monomial or not kernel.has_unit_coefficients:
        return None
    if np.any(kernel.index < 0) or kernel.index[0] != 0:
        return None
    images = [int(kernel.index[1 << (n - 1 - slot)]) for slot in range(n)]
    if any(image & (image - 1) for image in images):
        return None
    source = [0] * n
    for slot, image in enumerate(images):
        source[n - image.bit_length()] = slot
    labels = np.arange(2**n, dtype=np.int64)
    if not np.array_equal(kernel.index, extract_bits(labels, label_positions(source, n))):
        return None
    return source


def controlled_leaf_node(bloq: Controlled, sub: Node[Kernel], why: Exception) -> Node[Kernel]:
    """The node of a controlled leaf: the leaf's map where the control is on, the identity where it is off.

    Args:
        bloq: the controlled bloq.
        sub: the node of what it controls.
        why: what Qualtran raised when the decomposition of `bloq` was asked for.

    Returns:
        The node, whose call is one map.

    Raises:
        NoTensorsError: the leaf cannot be controlled, since it is none, or creates or consumes qubits.

    Example:
        >>> from qualtran.bloqs.basic_gates import XGate
        >>> x = XGate()
        >>> sub = leaf_node(x, NotImplementedError())
        >>> node = controlled_leaf_node(Controlled(x, CtrlSpec()), sub, NotImplementedError())
        >>> node.calls[0][0].index.tolist()  # CNOT
        [0, 1, 3, 2]
    """
    if not sub.is_leaf or len(sub.ins) != len(sub.outs):
        raise NoTensorsError(f"{bloq} has neither a decomposition ({why}) nor tensors") from why
    active = _activity(bloq.ctrl_spec)
    kernel = _whole_map(sub)
    if kernel is None:
        # `sub` may rename wires (a swap): its whole matrix is controlled, not its parts.
        kernel = kernel_from_matrix(node_matrix(sub), len(sub.ins), len(sub.outs))
    n_controls = len(active).bit_length() - 1
    wires = tuple(range(n_controls + len(sub.ins)))
    return Node(bloq, wires, wires, [(controlled_kernel(kernel, active), wires, wires)])


def _whole_map(node: Node[Kernel]) -> Kernel | None:
    """The map of a node that is nothing else."""
    if len(node.calls) != 1 or node.ins != node.outs:
        return None
    ((kernel, ins, outs),) = node.calls
    return kernel if isinstance(kernel, Kernel) and ins == outs == node.ins else None


@lru_cache(maxsize=4096)
def _activity(spec: CtrlSpec) -> tuple[bool, ...]:
    """Whether each value of the control qubits, big-endian, is one at which the controlled bloq acts."""
    shapes = [(dtype, shape) for dtype, shape in spec.activation_function_dtypes()]
    n_controls = sum(int(dtype.num_bits) * int(np.prod(shape)) for dtype, shape in shapes)
    active = []
    for bits in itertools.product((0, 1), repeat=n_controls):
        values, rest = [], list(bits)
        for dtype, shape in shapes:
            entries = []
            for _ in range(int(np.prod(shape))):
                entries.append(dtype.from_bits(rest[: int(dtype.num_bits)]))
                rest = rest[int(dtype.num_bits) :]
            values.append(np.array(entries).reshape(shape) if shape else entries[0])
        active.append(bool(spec.is_active(*values)))
    return tuple(active)


def node_matrix(node: Node[Kernel]) -> ComplexArray:
    """The matrix of a small node whose calls are all leaves.

    Args:
        node: of few wires.

    Returns:
        complex128 `(2**outs, 2**ins)`, big-endian.

    Example:
        >>> from qualtran.bloqs.basic_gates import TwoBitSwap
        >>> node_matrix(leaf_node(TwoBitSwap(), NotImplementedError())).real.astype(int).tolist()
        [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    """
    steps = []
    for part, ins, outs in node.calls:
        assert isinstance(part, Kernel)
        steps.append(KernelStep(part, ins, outs))
    idle = Kernel(
        len(node.ins),
        len(node.ins),
        (),
        (),
        np.arange(2 ** len(node.ins), dtype=np.int64),
        np.ones((2 ** len(node.ins), 1, 1), dtype=np.complex128),
    )
    step = merge([KernelStep(idle, node.ins, node.ins), *steps])
    n_in, n_out = len(node.ins), len(node.outs)
    tensor = step.kernel.matrix().reshape((2,) * (n_out + n_in))
    axes = [step.outs.index(wire) for wire in node.outs]
    axes += [n_out + step.ins.index(wire) for wire in node.ins]
    return tensor.transpose(axes).reshape(2**n_out, 2**n_in)
