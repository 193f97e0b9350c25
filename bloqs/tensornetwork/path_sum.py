"""A circuit as a sum over paths: one tensor for each map, and labels followed as polynomials.

An index of the sum is the label of a qubit between two gates that change it. Every label is a polynomial over
GF(2) in variables: what enters open, and what comes out of gates that are not monomial. A qubit that is known
to be 0 or 1 needs no index; one that repeats the label of another shares its index; a map that only reads, or
undoes, what is known needs no tensor. Two labels with one polynomial are equal on every path, so all of
this is exact; that two polynomials differ proves nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq

from bloqs.statevector.kernel import Kernel
from bloqs.statevector.label_table import kernel_logic
from bloqs.statevector.states import check_inputs, check_value
from bloqs.wiring import Node, wire_count

MAX_TERMS = 64
"""A polynomial of more terms is replaced by a variable of its own."""

Polynomial: TypeAlias = frozenset[frozenset[int]]
"""Exclusive-or of conjunctions of variables."""

ZERO: Polynomial = frozenset()
ONE: Polynomial = frozenset({frozenset()})


@attrs.frozen(order=True)
class Index:
    """An index of the network, of dimension 2; that of the conjugate network is marked.

    Parameters:
        number: distinguishes it.
        is_conjugate: whether it is an index of the conjugate network.

    Example:
        >>> Index(3).name, Index(3, is_conjugate=True).name
        ('k3', 'c3')
    """

    number: int
    is_conjugate: bool = False

    @property
    def name(self) -> str:
        """What quimb calls it."""
        return f"{'c' if self.is_conjugate else 'k'}{self.number}"


Leg: TypeAlias = Index | int
"""An index of the network, or the bit to which an axis is fixed."""

Tensor: TypeAlias = tuple[NDArray[Any], tuple[Index, ...]]
"""An array and its distinct indices."""


def restricted(array: NDArray[Any], legs: Sequence[Leg]) -> Tensor:
    """A tensor without the axes of fixed bits, and with each index once.

    Args:
        array: an axis of length 2 for each leg.
        legs: for each axis its index, or the bit to which it is fixed.

    Returns:
        The array that is left, and its distinct indices; of an index that came twice, the diagonal.

    Example:
        >>> cnot = np.eye(4)[[0, 1, 3, 2]].reshape(2, 2, 2, 2)  # axes: out, out, in, in
        >>> array, indices = restricted(cnot, [Index(0), Index(1), 1, 0])  # of the input |10>
        >>> array.tolist(), [index.name for index in indices]
        ([[0.0, 0.0], [0.0, 1.0]], ['k0', 'k1'])
    """
    array = array[tuple(leg if isinstance(leg, int) else slice(None) for leg in legs)]
    kept = [leg for leg in legs if isinstance(leg, Index)]
    distinct = tuple(dict.fromkeys(kept))
    if len(distinct) < len(kept):
        axes = [distinct.index(leg) for leg in kept]
        array = np.einsum(array, axes, list(range(len(distinct))))
    return array, distinct


@attrs.frozen(eq=False)
class Step:
    """One leaf map on numbered wires.

    Parameters:
        kernel: the map.
        ins: wire of each input slot.
        outs: wire of each output slot.
        path: names of the bloqs that it is in, the outermost first.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> ((step,), _) = flatten(MapNodes().node(And()))
        >>> step.ins, step.outs, step.path
        ((0, 1), (0, 1, 2), ('And',))
    """

    kernel: Kernel
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    path: tuple[str, ...]


def flatten(root: Node[Kernel]) -> tuple[list[Step], list[int]]:
    """All leaf maps of a node in order, calls written out.

    Args:
        root: the node; the first wires are those of `root.ins`.

    Returns:
        The maps on numbered wires, and the wires of `root.outs` at the end.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> steps, ends = flatten(MapNodes().node(AllZeroFlag(3)))
        >>> len(steps), ends
        (5, [0, 1, 2, 3])
    """
    steps: list[Step] = []
    fresh = itertools.count(len(root.ins))

    def expand(node: Node[Kernel], entering: Sequence[int], path: tuple[str, ...]) -> list[int]:
        path = (*path, node.name)
        place = dict(zip(node.ins, entering, strict=True))
        for part, ins, outs in node.calls:
            into = [place[wire] for wire in ins]
            if isinstance(part, Node):
                place |= zip(outs, expand(part, into, path), strict=True)
                continue
            place |= {wire: next(fresh) for wire in outs if wire not in ins}
            steps.append(Step(part, tuple(into), tuple(place[wire] for wire in outs), path))
        return [place[wire] for wire in node.outs]

    return steps, expand(root, range(len(root.ins)), ())


class LabelPolynomials:
    """Polynomials in the variables of the sum over paths; long ones get a variable of their own.

    Example:
        >>> labels = LabelPolynomials()
        >>> x, y = labels.fresh(), labels.fresh()
        >>> both, only_x = (labels.conjunction(frozenset({x, other})) for other in (y, y ^ ONE))
        >>> both ^ only_x == x  # x and y, or x and not y, is x
        True
    """

    def __init__(self) -> None:
        self._fresh = itertools.count()
        self._named: dict[object, Polynomial] = {}

    def fresh(self) -> Polynomial:
        """A variable of its own."""
        return frozenset({frozenset({next(self._fresh)})})

    def _name(self, key: object) -> Polynomial:
        if key not in self._named:
            self._named[key] = self.fresh()
        return self._named[key]

    def conjunction(self, factors: frozenset[Polynomial]) -> Polynomial:
        """The product of polynomials; one name for all products of the same factors that are too long."""
        product = ONE
        for factor in sorted(factors, key=len):
            if len(product) * len(factor) > MAX_TERMS:
                return self._name(factors)
            terms: set[frozenset[int]] = set()
            for one, other in itertools.product(product, factor):
                terms ^= {one | other}
            product = frozenset(terms)
        return product

    def evaluate(self, form: Sequence[int], values: Sequence[Polynomial]) -> Polynomial:
        """Exclusive-or of conjunctions, as `normal_form` writes them.

        Args:
            form: the terms.
            values: labels of the arguments; the last is bit 0 of a term.

        Returns:
            The polynomial; a variable of its own where it has more than `MAX_TERMS` terms.
        """
        total = ZERO
        for term in form:
            chosen = [value for i, value in enumerate(reversed(values)) if (term >> i) & 1]
            total ^= self.conjunction(frozenset(chosen))
        return total if len(total) <= MAX_TERMS else self._name(total)

    def after(
        self, kernel: Kernel, values: Sequence[Polynomial]
    ) -> tuple[list[Polynomial], Polynomial | None]:
        """Labels of a map's output.

        Args:
            kernel: the map.
            values: labels of its input slots.

        Returns:
            Labels of its output slots, and the label "this path is dropped" (None: not known).
        """
        kept = [
            slot < kernel.n_shared
            and slot not in kernel.changed_slots
            and slot not in kernel.targets_in
            for slot in range(kernel.n_out)
        ]
        logic = kernel_logic(kernel) if kernel.is_monomial else None
        if logic is not None:
            images = {slot: self.evaluate(form, values) for slot, form in logic.outputs}
            dropped = self.evaluate(logic.dropped, values)
            return [images[i] if i in images else values[i] for i in range(kernel.n_out)], dropped
        bits = [values[slot] for slot in kernel.labels_in]
        if all(value in (ZERO, ONE) for value in bits):
            row = int("".join("1" if value == ONE else "0" for value in bits) or "0", 2)
            image = int(kernel.index[row])
            if image < 0:
                return [ZERO] * kernel.n_out, ONE
            block = kernel.blocks[row]
            is_idle = block.shape[0] == block.shape[1] and np.array_equal(block, np.eye(len(block)))
            out = []
            for slot in range(kernel.n_out):
                if slot in kernel.targets_out:
                    is_same = is_idle and kernel.targets_in == kernel.targets_out
                    out.append(values[slot] if is_same else self.fresh())
                else:
                    weight = len(kernel.labels_out) - 1 - kernel.labels_out.index(slot)
                    out.append(ONE if (image >> weight) & 1 else ZERO)
            return out, None if kernel.targets_in or kernel.targets_out else ZERO
        out = [values[slot] if kept[slot] else self.fresh() for slot in range(kernel.n_out)]
        return out, ZERO if kernel.is_monomial and np.all(kernel.index >= 0) else None


@attrs.frozen(eq=False)
class Ends:
    """What enters and what is kept, checked against the registers of a bloq.

    Parameters:
        bits: input wires in a basis state.
        vectors: input wires in any other state.
        open_wires: input wires over whose basis states the result is a matrix.
        rights: for each output wire, the bit that it is projected on, or None where it is kept.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> ends = Ends.checked(CNOT(), {"ctrl": 1}, {"target": 0}, ["target"])
        >>> ends.bits, ends.open_wires, ends.rights
        ({0: 1}, [1], [None, 0])
    """

    bits: dict[int, int]
    vectors: list[tuple[list[int], NDArray[Any]]]
    open_wires: list[int]
    rights: list[int | None]

    @classmethod
    def checked(
        cls,
        bloq: Bloq,
        inputs: Mapping[str, int | NDArray[Any]],
        project: Mapping[str, int],
        open_inputs: Sequence[str],
    ) -> Ends:
        """The ends of a bloq.

        Args:
            bloq: whose registers are meant.
            inputs: as in `Simulator.contract`.
            project: as in `Simulator.contract`.
            open_inputs: as in `Simulator.contract`.

        Returns:
            The ends, on wires numbered in signature order.

        Raises:
            ValueError: an unknown register or one that is open twice, a value out of range or no integer, a
                vector of a wrong length.
        """
        lefts = {register.name: register for register in bloq.signature.lefts()}
        rights = {register.name: register for register in bloq.signature.rights()}
        for name, projected in project.items():
            check_value(bloq, rights, name, projected, "right")
        check_inputs(bloq, lefts, inputs, open_inputs)
        wires: dict[str, list[int]] = {}
        fresh = itertools.count()
        known: dict[int, int] = {}
        vectors: list[tuple[list[int], NDArray[Any]]] = []
        for name, register in lefts.items():
            wires[name] = list(itertools.islice(fresh, wire_count(register)))
            value = inputs.get(name, 0)
            if isinstance(value, np.ndarray):
                vectors.append((wires[name], value))
            elif name not in open_inputs:
                known |= zip(wires[name], basis_bits(int(value), len(wires[name])), strict=True)
        ends: list[int | None] = []
        for name, register in rights.items():
            size = wire_count(register)
            ends += basis_bits(int(project[name]), size) if name in project else [None] * size
        return cls(known, vectors, [w for name in open_inputs for w in wires[name]], ends)


def basis_bits(value: int, size: int) -> list[int]:
    """Bits of a basis state, most significant first.

    Args:
        value: its number.
        size: how many bits.

    Returns:
        The bits.

    Example:
        >>> basis_bits(5, 4)
        [0, 1, 0, 1]
    """
    return [(value >> i) & 1 for i in reversed(range(size))]


class PathSum:
    """The sum over paths: tensors of the maps applied so far, and the label of each live wire.

    Parameters:
        ends: what enters.

    Attributes:
        tensors: arrays with their indices.
        scalar: factor of the whole.
        wires: the label of each live wire.
        open_legs: the index of each open input wire.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> from bloqs.statevector.map_nodes import MapNodes
        >>> paths = PathSum(Ends.checked(CNOT(), {"target": 0}, {}, ["ctrl"]))
        >>> for step in flatten(MapNodes().node(CNOT()))[0]:
        ...     _ = paths.apply(step)
        >>> paths.leg(1) == paths.leg(0), paths.tensors  # the target repeats the control: no tensor is needed
        (True, [])
    """

    def __init__(self, ends: Ends):
        self.labels = LabelPolynomials()
        self.tensors: list[Tensor] = []
        self.scalar = 1.0 + 0.0j
        self.wires: dict[int, Polynomial] = {}
        self._index_of: dict[Polynomial, Index] = {}
        self._users: dict[Polynomial, int] = {}
        self._numbers = itertools.count()
        for wire, bit in ends.bits.items():
            self._set(wire, ONE if bit else ZERO)
        for wires, vector in ends.vectors:
            for wire in wires:
                self._set(wire, self.labels.fresh())
            self.add(vector.reshape((2,) * len(wires)), [self.leg(wire) for wire in wires])
        for wire in ends.open_wires:
            self._set(wire, self.labels.fresh())
        self.open_legs = [self._index_of[self.wires[wire]] for wire in ends.open_wires]

    def leg(self, wire: int) -> Leg:
        """The index of a wire, or its bit."""
        label = self.wires[wire]
        return int(label == ONE) if label in (ZERO, ONE) else self._index_of[label]

    def _set(self, wire: int, label: Polynomial) -> bool:
        """Give a wire its label, and say whether that needs a new index."""
        self.wires[wire] = label
        if label in (ZERO, ONE):
            return False
        self._users[label] = self._users.get(label, 0) + 1
        if label in self._index_of:
            return False
        self._index_of[label] = Index(next(self._numbers))
        return True

    def _release(self, label: Polynomial) -> None:
        """One wire less has this label.

        The index of the last one is not used again: that would keep it open from one use to the next.
        """
        if label in (ZERO, ONE):
            return
        self._users[label] -= 1
        if not self._users[label]:
            del self._index_of[label], self._users[label]

    def add(self, array: NDArray[Any], legs: Sequence[Leg]) -> None:
        """Multiply by a tensor; the axis of a fixed bit is sliced, repeated indices give the diagonal.

        Args:
            array: an axis of length 2 for each leg.
            legs: as `leg` gives them.
        """
        tensor = restricted(array, legs)
        if tensor[1]:
            self.tensors.append(tensor)
        else:
            self.scalar *= complex(tensor[0])

    def apply(self, step: Step) -> bool:
        """Multiply by the tensor of a map.

        Args:
            step: the map on live wires.

        Returns:
            Whether it is proved to lose nothing by freeing qubits.
        """
        kernel = step.kernel
        legs = [self.leg(wire) for wire in step.ins]
        before = [self.wires.pop(wire) for wire in step.ins]
        after, dropped = self.labels.after(kernel, before)
        is_new = [self._set(wire, label) for wire, label in zip(step.outs, after, strict=True)]
        legs = [self.leg(wire) for wire in step.outs] + legs
        for label in before:
            self._release(label)
        is_clean = kernel.leak is None or (dropped == ZERO and kernel.leaks_by_dropping)
        if dropped == ZERO and kernel.has_unit_coefficients and not any(is_new):
            return is_clean
        self.add(kernel.matrix().reshape((2,) * len(legs)), legs)
        return is_clean
