"""The two-term LCU: one qubit turned by Ry, its AND with the control, and Ry undone."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from qualtran import Bloq
from qualtran.bloqs.mcmt import And
from qualtran.symbolics import SymbolicInt

from bloqs.core.rotation import ry
from bloqs.core.wires import Wires

Keys = list[tuple[str, int]]


@contextmanager
def lcu_select(wires: Wires, ctrl: Keys, lcu: Keys, angle: float | None) -> Iterator[Keys]:
    """Within it: the qubit that selects the second term. Its Ry needs no control: off, it is undone at once.

    Args:
        wires: of the layer.
        ctrl: its control, or empty.
        lcu: the LCU qubit.
        angle: `2 acos(sqrt(p))` in radians, for the weight p of the first term; None by shape.

    Yields:
        The qubit that controls the second term: the LCU qubit, or its AND with the control.

    Example:
        >>> from qualtran import BloqBuilder, QBit
        >>> from qualtran.bloqs.basic_gates import CZ
        >>> bb = BloqBuilder()
        >>> wires = Wires(bb, {name: bb.add_register(name, 1) for name in ("lcu", "system")})
        >>> with lcu_select(wires, [], wires.reg("lcu"), 1.0) as select:
        ...     wires.call(CZ(), q1=select, q2=wires.reg("system"))
        >>> circuit = bb.finalize(**wires.join({"lcu": QBit(), "system": QBit()}))
        >>> sorted(str(call.bloq) for call in circuit.bloq_instances)
        ['CZ', 'Ry(-1.0)', 'Ry(1.0)']
    """
    wires.call(ry(angle), q=lcu)
    if ctrl:
        yield [wires.both(ctrl[0], lcu[0], "select")]
        wires.undo_both(ctrl[0], lcu[0], "select")
    else:
        yield lcu
    wires.call(ry(None if angle is None else -angle), q=lcu)


def lcu_counts(angle: float | None, is_controlled: bool) -> dict[Bloq, SymbolicInt]:
    """The gates of `lcu_select`, without those that the second term is made of.

    Args:
        angle: as there.
        is_controlled: whether there is a control.

    Returns:
        Two rotations, and with control an And and its adjoint.

    Example:
        >>> [str(bloq) for bloq in lcu_counts(None, is_controlled=True)]
        ['GenericRotation', 'And', 'And†']
    """
    # An angle of 0 (all weight on the first term) makes both the same gate, which is then counted twice.
    back = ry(None if angle is None else -angle)
    turns: dict[Bloq, SymbolicInt] = dict(Counter([ry(angle), back]))
    if is_controlled:
        turns.update({And(): 1, And().adjoint(): 1})
    return turns
