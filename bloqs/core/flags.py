"""And ladders: "all these qubits are zero", the flag on which reflections, phases and heralds rest."""

from functools import cached_property

import attrs
import sympy
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, XGate
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import CTRL, ControllableBloq
from bloqs.core.wires import Wires

Key = tuple[str, int]


def compute_ladder(wires: Wires, ones: list[Key], zeros: list[Key], name: str = "ladder") -> Key:
    """The AND of several qubits on a new one, by one And gate for each qubit after the first.

    Args:
        wires: the qubits of the decomposition; gets the new ones, named `name0`, `name1`, ...
        ones: qubits that must be 1.
        zeros: qubits that must be 0; two or more together with `ones`.
        name: of the new qubits, in use nowhere else.

    Returns:
        The key of the qubit that holds the result; `uncompute_ladder` with the same arguments undoes it.

    Raises:
        ValueError: fewer than two qubits, or a name that is in use.

    Example:
        >>> from qualtran.resource_counting import QECGatesCost, get_cost_value
        >>> bb = BloqBuilder()
        >>> wires = Wires(bb, {"x": bb.add_register("x", 4)})
        >>> compute_ladder(wires, [], wires.reg("x"))
        ('ladder2', 0)
        >>> uncompute_ladder(wires, [], wires.reg("x"))
        >>> get_cost_value(bb.finalize(**wires.join({"x": QAny(4)})), QECGatesCost()).and_bloq
        3
    """
    controls = [(key, 1) for key in ones] + [(key, 0) for key in zeros]
    if len(controls) < 2:
        raise ValueError(f"a ladder needs two controls or more, got {len(controls)}")
    top, cv = controls[0]
    for level, (key, cv2) in enumerate(controls[1:]):
        (a, b), target = wires.bb.add(And(cv, cv2), ctrl=[wires.get(top), wires.get(key)])
        wires.set(top, a)
        wires.set(key, b)
        top, cv = wires.put(f"{name}{level}", target), 1
    return top


def uncompute_ladder(wires: Wires, ones: list[Key], zeros: list[Key], name: str = "ladder") -> None:
    """Undo `compute_ladder` by And-adjoints, which are measurements and take no T gates.

    Args:
        wires: the qubits of the decomposition; loses those of the ladder.
        ones: as given to `compute_ladder`.
        zeros: as given to `compute_ladder`.
        name: as given to `compute_ladder`.

    Example:
        >>> bb = BloqBuilder()
        >>> wires = Wires(bb, {"x": bb.add_register("x", 2)})
        >>> top = compute_ladder(wires, wires.reg("x"), [])
        >>> uncompute_ladder(wires, wires.reg("x"), [])
        >>> wires.reg(top[0])
        []
    """
    controls = [(key, 1) for key in ones] + [(key, 0) for key in zeros]
    for level in reversed(range(len(controls) - 1)):
        below, cv = (controls[0]) if level == 0 else ((f"{name}{level - 1}", 0), 1)
        key, cv2 = controls[level + 1]
        a, b = wires.bb.add(
            And(cv, cv2).adjoint(),
            ctrl=[wires.get(below), wires.get(key)],
            target=wires.pop((f"{name}{level}", 0)),
        )
        wires.set(below, a)
        wires.set(key, b)


def ladder_counts(num_controls: SymbolicInt) -> BloqCountDictT:
    """The gates of a ladder that is computed and undone.

    Args:
        num_controls: qubits that it combines; may be symbolic, and is then taken to be at least 2.

    Returns:
        How many And gates and And-adjoints; empty for fewer than two qubits, which need no ladder.

    Example:
        >>> ladder_counts(4) == {And(): 3, And().adjoint(): 3}, ladder_counts(1)
        (True, {})
    """
    size = num_controls - 1 if is_symbolic(num_controls) else max(num_controls - 1, 0)
    if size == 0:
        return {}
    return {And(): size, And().adjoint(): size}


@attrs.frozen(field_transformer=checked)
class AllZeroFlag(ControllableBloq):
    """`|x>|t> -> |x>|t xor [x = 0]>`: exact, `bitsize - 1` And (one more with control).

    Registers:
        ctrl: only when `is_controlled`.
        x: `QAny(bitsize)`, unchanged.
        target: one qubit.
    Parameters:
        bitsize: width of `x`, at least 1; may be symbolic (then taken to be at least 2).
        is_controlled: with a `ctrl` qubit.

    Example:
        >>> flag = AllZeroFlag(3)
        >>> flag.call_classically(x=0b000, target=0), flag.call_classically(x=0b010, target=0)
        ((0, 1), (2, 0))
        >>> flag.workspace
        2
    """

    bitsize: SymbolicInt
    is_controlled: bool = False

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], x, target`."""
        registers = [Register("x", QAny(self.bitsize)), Register("target", QBit())]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @property
    def _num_controls(self) -> SymbolicInt:
        return self.bitsize + 1 if self.is_controlled else self.bitsize

    @property
    def workspace(self) -> SymbolicInt:
        """One qubit a rung."""
        rungs = self._num_controls - 1
        return rungs if is_symbolic(rungs) else max(rungs, 0)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """And ladder, CNOT, ladder undone."""
        if is_symbolic(self.bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ones, zeros, target = wires.reg("ctrl"), wires.reg("x"), wires.reg("target")
        if len(ones) + len(zeros) == 1:
            wires.call(XGate(), q=zeros)
            wires.call(CNOT(), ctrl=zeros, target=target)
            wires.call(XGate(), q=zeros)
        else:
            top = compute_ladder(wires, ones, zeros)
            wires.call(CNOT(), ctrl=[top], target=target)
            uncompute_ladder(wires, ones, zeros)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        counts: dict[Bloq, SymbolicInt] = {CNOT(): 1, **dict(ladder_counts(self._num_controls))}
        if self._num_controls == 1:
            counts[XGate()] = 2
        return counts


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _all_zero_flag() -> AllZeroFlag:
    all_zero_flag = AllZeroFlag(3)
    return all_zero_flag


@bloq_example
def _all_zero_flag_symbolic() -> AllZeroFlag:
    all_zero_flag_symbolic = AllZeroFlag(sympy.Symbol("a"))
    return all_zero_flag_symbolic
